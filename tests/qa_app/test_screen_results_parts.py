"""Results over time, by team and by requirement: what is said, what can be followed, and who sees what."""

from collections.abc import Callable

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from sampling.records.people import Role
from sampling.tables import Route
from scorecards.requirements import Kind, ResponseValue

OpenScreen = Callable[..., AppTest]
HEAD, QA, NORTH, OWNER = "Hedda Head", "Quinn Qua", "Nora North", "Otto Owner"
PARTS = ("Over time", "Teams", "Requirements")


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, closed=30)


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, part: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "results", part=part, **query)
    # The cases are of 2026, whenever the test runs.
    for box in app.selectbox:
        if box.label == "Period":
            box.select("All months").run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.markdown, *app.subheader, *app.info, *app.warning, *app.caption]
    return " ".join(element.value for element in shown)


def charts(app: AppTest) -> int:
    return len(app.get("arrow_vega_lite_chart")) + len(app.get("vega_lite_chart"))


def reviews_linked(app: AppTest) -> list[str]:
    return [link.proto.query_string for link in app.get("page_link") if "review=" in link.proto.query_string]


def column(app: AppTest, name: str) -> list[object]:
    return next(list(table.value[name]) for table in app.dataframe if name in table.value.columns)


@pytest.mark.parametrize("part", PARTS)
def test_before_anything_is_reviewed(office: ScoredOffice, open_screen: OpenScreen, part: str) -> None:
    assert "No review of closed cases has been submitted yet that you may see." in words(
        see(office, open_screen, HEAD, part)
    )
    assert "Cases that managers sampled while they were open" in words(see(office, open_screen, NORTH, part))


def test_closed_cases_over_time_by_team_and_by_requirement(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_closed([30])
    bad, missing, *others = office.to_do(QA, Route.CENTRAL)
    failed = office.score(QA, bad, not_met=Kind.OUTCOME)
    not_found = office.score(QA, missing, file_found=False)
    for sampled_id in others:
        office.score(QA, sampled_id)

    app = see(office, open_screen, HEAD, "Over time")
    assert (
        "All together: 28 of 30 cases met, 93.3% (likely range 77.9% to 99.2%); the standard is 98%."
        in words(app)
    )
    assert "There is one month with results, so there is no trend to read yet." in words(app)
    assert "Had it met: 96.7%." in words(app)
    assert column(app, "Verdict") == ["Missed"]
    assert sorted(reviews_linked(app)) == sorted(f"review={number}" for number in (failed, not_found))
    assert "Limits need two finished months at least." in words(app)

    app = see(office, open_screen, HEAD, "Teams")
    assert charts(app) == 1
    assert (
        "Of 2 teams that are all on the standard, at least one lies outside the 95% limits with a chance"
        in words(app)
    )
    assert column(app, "Team") == ["North", "South"]
    assert set(column(app, "Standard of 98%")) <= {"Not shown yet", "Missed"}

    app = see(office, open_screen, HEAD, "Requirements")
    assert charts(app) == 1
    assert "4 answers not met." in words(app)
    assert column(app, "Not met") == [1, 0, 0]
    assert column(app, "File not found") == [1, 1, 1]
    assert len(reviews_linked(app)) == 2
    app.selectbox(key="requirement-chosen").select("told").run()
    assert reviews_linked(app) == [f"review={not_found}"]
    app.radio(key="requirements-by").set_value("Quarter").run()
    assert not app.exception
    assert charts(app) == 2  # the map, and the trend of the one requirement
    app.selectbox(key="requirement-cell-quarter").select_index(1).run()
    assert reviews_linked(app) == [f"review={not_found}"]


def test_a_manager_sees_the_own_team_and_a_reviewer_for_qa_what_is_scored_again(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    for team, manager in (("North", NORTH), ("South", "Sue South")):
        office.draw_open(team, manager)
        for number, sampled_id in enumerate(office.to_do(manager, Route.OPEN)):
            response = ResponseValue.CANNOT_ASSESS if number else ResponseValue.NOT_MET
            office.score(manager, sampled_id, not_met=Kind.METHOD, response=response)
    app = see(office, open_screen, NORTH, "Teams")
    assert column(app, "Team") == ["North"]
    assert column(app, "Standard of 80%") == ["Not reached"]
    assert "South" not in words(app)
    assert len(reviews_linked(app)) == 4
    assert column(see(office, open_screen, NORTH, "Over time"), "Standard") == ["Not reached (80%)"]
    assert column(see(office, open_screen, HEAD, "Teams", cases="Open cases"), "Team") == ["North", "South"]
    for part in PARTS:
        app = see(office, open_screen, QA, part, cases="Open cases")
        assert "of those you see only the ones whose second score is in" in words(app)
        assert "No review of open cases has been submitted yet that you may see." in words(app)
    office.give_role(OWNER, Role.THEMATIC_REVIEWER)
    assert "No review of themes, closed cases has" in words(see(office, open_screen, OWNER, "Teams"))
