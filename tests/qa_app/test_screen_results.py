"""The results screen: empty, with results, and for those who may see little or nothing."""

from collections.abc import Callable

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from sampling.tables import Route
from scorecards.requirements import Kind, ResponseValue

OpenScreen = Callable[..., AppTest]
HEAD, QA, NORTH, SOUTH, OWNER = "Hedda Head", "Quinn Qua", "Nora North", "Sue South", "Otto Owner"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, closed=12)


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "results", **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.markdown, *app.subheader, *app.info, *app.caption]
    return " ".join(element.value for element in shown)


def charts(app: AppTest) -> list[object]:
    return list(app.get("arrow_vega_lite_chart")) + list(app.get("vega_lite_chart"))


def choose(app: AppTest, label: str, option: str) -> AppTest:
    """Choose in a selectbox by the words it shows."""
    box = next(box for box in app.selectbox if box.label == label)
    return box.select(option).run()


def test_before_anything_is_drawn(office: ScoredOffice, open_screen: OpenScreen) -> None:
    assert "No sample of closed cases has been drawn yet" in words(see(office, open_screen, HEAD))
    opened = words(see(office, open_screen, HEAD, part="Open cases"))
    assert "No review of an open case of this month has been submitted yet" in opened
    assert "Not drawn yet: North, South." in opened
    assert "No second scoring has been drawn yet" in words(see(office, open_screen, HEAD, part="Agreement"))


def test_closed_cases_verdict_first(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_closed([12])
    app = see(office, open_screen, HEAD)
    assert "0 of 12 cases in the sample reviewed, of 12 in all. Draw 1 of 1 for this period." in words(app)
    assert "**Not shown yet:** no case has a result yet." in words(app)
    assert not charts(app)

    missing, unclear, *others = office.to_do(QA, Route.CENTRAL)
    office.score(QA, missing, file_found=False)
    office.score(QA, unclear, not_met=Kind.OUTCOME, response=ResponseValue.CANNOT_ASSESS)
    office.score(QA, others[0], everything=ResponseValue.NOT_APPLICABLE)
    for sampled_id in others[1:]:
        office.score(QA, sampled_id)
    app = see(office, open_screen, HEAD)
    shown = words(app)
    assert "Outcome: the standard is 98%" in shown
    assert "Missed:** 9 of 11 met, 81.8% of the sample." in shown
    assert "Not met includes 2 cases that could not be assessed or found. Had they met: 100%." in shown
    assert "1 case file could not be found" in shown
    assert "Nothing on the scorecard applied, for outcome or for method, in 1 case: C-0" in shown
    assert "1 cancelled" in shown
    assert len(charts(app)) == 1
    assert {"Likely from", "Likely to", "With a result"} <= set(app.dataframe[0].value.columns)


def test_several_strata_and_several_draws(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_closed([3, 3], name="First")
    second = office.draw_closed([3, 3], name="Second")
    for sampled_id in office.to_do(QA, Route.CENTRAL)[:4]:
        office.score(QA, sampled_id)
    app = see(office, open_screen, QA, sample=second)
    assert "Draw 2 of 2 for this period" in words(app)
    assert "the best of several draws says less than it seems to" in words(app)
    app = choose(app, "Sample", "First")
    assert "Draw 1 of 2" in words(app)
    strata = next(table.value for table in app.dataframe if "Stratum" in table.value.columns)
    assert list(strata["Stratum"]) == ["North", "South"]


def test_a_manager_sees_the_open_cases_of_their_own_team(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    for team, manager in (("North", NORTH), ("South", SOUTH)):
        office.draw_open(team, manager)
        first, *others = office.to_do(manager, Route.OPEN)
        office.score(manager, first, not_met=Kind.OUTCOME, put_right=True)
        office.score(manager, others[0])
    office.draw_closed([3])
    app = see(office, open_screen, NORTH)
    assert not app.button_group  # one part only, so nothing to choose
    app = choose(app, "Month", "July 2026")
    shown = words(app)
    assert "**Not reached:** 1 of 2 reviewed open cases meet requirements overall, 50.0%" in shown
    assert "This is a count of the cases managers sampled, not an estimate of all open cases" in shown
    assert "Managers found 1 requirement not met, and 1 put right before closing." in shown
    assert "2 of 2 cases meet requirements, 100%" in shown
    assert "**Not complete:** 2 of 4 required reviews are done, 50.0%; the standard is 100%." in shown
    assert "No reduction was approved" in shown
    for table in app.dataframe:
        if "Team" in table.value.columns:
            assert set(table.value["Team"]) == {"North"}
    assert len(charts(app)) == 1


def test_a_second_scorer_is_told_that_they_see_a_part(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_open("North", NORTH)
    office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0])
    app = see(office, open_screen, QA, part="Open cases")
    assert "you see only the ones whose second score is in" in words(app)
    assert "No review of an open case of this month" in words(app)
    assert "Sampling done" not in words(app)


def test_agreement(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_open("North", NORTH)
    for sampled_id in office.to_do(NORTH, Route.OPEN):
        office.score(NORTH, sampled_id)
    office.draw_second()
    app = see(office, open_screen, QA, part="Agreement")
    assert "no pair has both verdicts yet. 4 of 4 cases still to be scored again" in words(app)
    first, *others = office.to_do(QA, Route.SECOND)
    office.score(QA, first, not_met=Kind.OUTCOME)
    for sampled_id in others:
        office.score(QA, sampled_id)
    app = see(office, open_screen, HEAD, part="Agreement")
    shown = words(app)
    assert "**Missed:** the manager and QA gave the same verdict in 3 of 4 pairs, 75.0%" in shown
    assert "Two reviewers who look at nothing" in shown
    assert "Agreement on not met: 0% (" in shown
    assert "Of 1 case that QA called not met, managers had found 0: 0%" in shown
    assert "no leaning is shown" in shown
    pairs = next(table.value for table in app.dataframe if "QA: not met" in table.value.columns)
    assert list(pairs["QA: not met"]) == [1, 0, 1]
    assert len(charts(app)) == 1


def test_a_thematic_reviewer_has_themes_only(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_closed([3])
    office.draw_closed([3], route=Route.THEMATIC, name="Remedies")
    app = see(office, open_screen, "Thea Theme")
    assert app.selectbox[0].options == ["Remedies"]
    assert not app.button_group
