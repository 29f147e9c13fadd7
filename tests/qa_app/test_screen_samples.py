"""The samples screen: empty, planned, drawn, refused, gone on with, and who sees which part."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, func, select
from streamlit.testing.v1 import AppTest

from qa_app.screens import samples_draw, samples_register
from sampling.drawing import seed_plan
from sampling.receipt import verify_receipt
from sampling.records.appointments import give_role
from sampling.records.audit_trail import record
from sampling.records.cases import Case
from sampling.records.database import OFFICE_TIME
from sampling.records.people import Person, Role
from sampling.refused import Refused
from sampling.samples import plan_open_sample
from sampling.sizes import size_to_show
from sampling.tables import Draw, Frame, Plan, Route, SampledCase
from scorecards.tables import SamplingReduction

OpenScreen = Callable[..., AppTest]
QA, HEAD, THEME, NORTH = "Quinn Qua", "Hedda Head", "Thea Theme", "Nora North"
CENTRAL, THEMATIC, REGISTER = "Plan a central sample", "Plan a thematic sample", "Register"
QUARTER = (datetime(2026, 4, 1, tzinfo=UTC).date(), datetime(2026, 6, 30, tzinfo=UTC).date())


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    made = ScoredOffice(sqlite_engine, closed=40)
    made.now = datetime.now(UTC)  # the screens go by the real clock
    return made


def see(
    office: ScoredOffice, open_screen: OpenScreen, name: str, part: str | None = None, **query: Any
) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    query |= {"part": part} if part else {}
    app = open_screen(office.engine, person, "samples", **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.markdown, *app.subheader, *app.info, *app.warning, *app.caption, *app.success, *app.error]
    return " ".join(element.value for element in shown)


def press(app: AppTest, label: str, number: int = 0) -> AppTest:
    buttons = [button for button in app.button if button.label == label]
    app = buttons[number].click().run()
    assert not app.exception
    return app


def of(fields: Any, label: str) -> Any:
    return next(field for field in fields if field.label == label)


def closed_in_the_quarter(app: AppTest) -> AppTest:
    of(app.date_input, "Cases closed from").set_value(QUARTER[0])
    return of(app.date_input, "to, and including").set_value(QUARTER[1]).run()


def counts(office: ScoredOffice) -> tuple[int, int, int]:
    """Frames, plans, and draws that were finished."""
    with office.reading() as session:
        tables = [select(func.count()).select_from(table) for table in (Frame, Plan)]
        drawn = select(func.count()).where(Draw.drawn_at.is_not(None))
        frames, plans, draws = (session.scalar(query) or 0 for query in (*tables, drawn))
    return frames, plans, draws


def test_everybody_has_the_parts_of_their_roles(office: ScoredOffice, open_screen: OpenScreen) -> None:
    parts = {
        NORTH: ["This month", "Required reviews", REGISTER],
        QA: [CENTRAL, THEMATIC, REGISTER],
        THEME: [THEMATIC, REGISTER],
        HEAD: ["Required reviews", CENTRAL, THEMATIC, REGISTER],
    }
    for name, wanted in parts.items():
        app = see(office, open_screen, name)
        assert app.button_group[0].options == wanted


def test_an_office_without_cases_says_what_to_do(sqlite_engine: Engine, open_screen: OpenScreen) -> None:
    office = ScoredOffice(sqlite_engine, closed=0, open_cases=0)
    assert "North has no open cases to sample. They come with an import" in words(
        see(office, open_screen, NORTH)
    )
    assert "No team had open cases" in words(see(office, open_screen, HEAD, "Required reviews"))
    assert "No case fits." in words(see(office, open_screen, QA, CENTRAL))
    assert "No case fits." in words(see(office, open_screen, THEME, THEMATIC))
    assert "No sample has been drawn yet that you may see" in words(see(office, open_screen, HEAD, REGISTER))


def test_a_manager_draws_the_months_sample_with_one_button(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = see(office, open_screen, NORTH)
    assert "would be drawn from the 8 open cases of today: **4 cases**" in words(app)
    assert "By lot 2 cases of each caseworker, or all where there are fewer." in words(app)
    assert list(app.dataframe[0].value.columns) == ["Cases of", "Open cases", "Would be drawn", "How"]
    app = press(app, "Draw this month's sample")
    assert "by Nora North: 4 of 8 cases. By lot 2 cases of each caseworker" in words(app)
    assert list(app.dataframe[0].value["Drawn"]) == [2, 2]
    assert not [button for button in app.button if button.label == "Draw this month's sample"]
    assert counts(office) == (1, 1, 1)


def test_a_second_window_cannot_draw_the_month_again(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, NORTH)
    office.draw_open("North", NORTH)
    app = press(app, "Draw this month's sample")
    # Drawn meanwhile: the screen shows what was drawn, and draws nothing.
    assert "by Nora North: 4 of 8 cases" in words(app)
    assert counts(office) == (1, 1, 1)


def test_high_risk_is_marked_for_review_as_a_whole(office: ScoredOffice, open_screen: OpenScreen) -> None:
    with office.writing() as session:
        for case in session.scalars(select(Case).where(Case.reference.in_(["O-000", "O-002"]))):
            case.risk = "HIGH: potentially avoidable death"
        session.scalars(select(Case).where(Case.reference == "O-004")).one().risk = "Other"
        record(session, "set_up", "test", by=None)
    app = see(office, open_screen, NORTH)
    chosen = of(app.multiselect, "Cases of these risks are all reviewed")
    assert chosen.options == ["HIGH: potentially avoidable death", "Other"]
    assert chosen.value == ["HIGH: potentially avoidable death"]
    assert "High-risk cases are all reviewed." in words(app)
    app = press(app, "Draw this month's sample")
    first = app.dataframe[0].value.iloc[0]
    assert list(first) == ["High risk", 2, 2, "All of them"]


@pytest.mark.parametrize("seeded", [True, False])
def test_a_draw_that_was_interrupted_can_be_gone_on_with(
    office: ScoredOffice, open_screen: OpenScreen, monkeypatch: pytest.MonkeyPatch, seeded: bool
) -> None:
    app = see(office, open_screen, NORTH)

    def refuse(engine: Engine, plan_id: int, *, by_id: int, public_value: str | None) -> int:
        if seeded:
            with office.writing() as session:
                by = session.get_one(Person, by_id)
                seed_plan(session, session.get_one(Plan, plan_id), by=by)
        raise Refused("The frame is no longer what was frozen.")

    with monkeypatch.context() as broken:
        broken.setattr(samples_draw, "carry_out_plan", refuse)
        app = press(app, "Draw this month's sample")
    assert "you can go on with its draw" in app.error[0].value
    assert counts(office) == (1, 1, 0)
    app = see(office, open_screen, NORTH)
    assert "is not drawn yet" in words(app)
    app = press(app, "Go on with the draw")
    assert "by Nora North: 4 of 8 cases" in words(app)
    assert counts(office) == (1, 1, 1)
    assert "Caseworker" in str(see(office, open_screen, HEAD, REGISTER).dataframe[1].value)


def test_only_those_who_may_draw_are_offered_to_go_on(office: ScoredOffice, open_screen: OpenScreen) -> None:
    with office.writing() as session:
        team = office._team(session, "North")
        plan_open_sample(session, team, by=office.person(session, NORTH))
    app = see(office, open_screen, HEAD, REGISTER)
    assert "The draw is for those who may plan this kind of sample." in words(app)
    assert not [button for button in app.button if button.label == "Go on with the draw"]


def test_a_central_sample_from_plan_to_receipt(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.set_standard("outcome_standard", "0.90")
    app = closed_in_the_quarter(see(office, open_screen, QA, CENTRAL))
    assert "**40 closed cases** to draw from. Left out: 1 cancelled." in words(app)
    sizes = [str(size_to_show("0.90", 40, allowed_failures=allowed).sample_size) for allowed in range(4)]
    assert list(app.dataframe[0].value["To draw"]) == sizes
    of(app.radio, "How many may fail").set_value(1)
    app = app.run()
    shown = words(app)
    assert f"**{sizes[1]} of 40 cases are drawn**" in shown
    assert "**Met** if at most 1 fails: with 95% assurance at least 90% of all 40 cases then meet." in shown
    assert "**Missed** if" in shown
    assert "An office at 97.5% passes" in shown
    app = press(app, "Freeze, register and draw")
    assert "Drawn: Closed cases, April to June 2026." in words(app)
    app = see(office, open_screen, QA, REGISTER)
    assert list(app.dataframe[0].value.iloc[0])[:4] == [
        "Closed cases, April to June 2026",
        "Closed cases",
        40,
        int(sizes[1]),
    ]
    assert "draw 1 of 1 for this period" in words(app)
    assert len(app.dataframe[2].value) == min(int(sizes[1]), 25)
    with office.reading() as session:
        draw_id = session.scalars(select(Draw.id)).one()
        person = office.person(session, QA)
    assert verify_receipt(samples_register.receipt_file(draw_id, person))["population"] == 40
    assert "sha256sum" in app.code[-1].value


def test_the_same_name_again_is_refused_and_nothing_is_lost(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_closed([5], name="Spring")
    app = closed_in_the_quarter(see(office, open_screen, QA, CENTRAL))
    of(app.text_input, "Name of the sample").input("spring")
    app = press(app.run(), "Freeze, register and draw")
    assert "There is already a sample called “Spring”" in app.error[0].value
    assert of(app.text_input, "Name of the sample").value == "spring"
    assert counts(office) == (1, 1, 1)


def test_a_period_that_ends_before_it_starts_is_refused(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = see(office, open_screen, QA, CENTRAL)
    of(app.date_input, "Cases closed from").set_value(QUARTER[1])
    app = of(app.date_input, "to, and including").set_value(QUARTER[0]).run()
    assert "The period ends before it starts" in app.error[0].value


def test_sharing_out_by_team_shows_its_own_sizes(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.set_standard("outcome_standard", "0.90")
    app = closed_in_the_quarter(see(office, open_screen, HEAD, CENTRAL))
    app = of(app.selectbox, "Share the sample out by").select("team").run()
    assert "one that misses the standard never more often than the assurance allows" in words(app)
    app = press(app, "Freeze, register and draw")
    with office.reading() as session:
        plan = session.scalars(select(Plan)).one()
        assert len(plan.sizes) == 2
        assert sum(plan.sizes.values()) == session.scalar(select(func.count()).select_from(SampledCase))
    app = see(office, open_screen, QA, REGISTER)
    assert list(app.dataframe[1].value["Stratum"]) == ["North", "South"]


def test_a_thematic_sample_by_filter_with_a_number(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, THEME, THEMATIC)
    assert "A standard is shown of closed cases only" in words(app)
    app = of(app.radio, "What is this sample for?").set_value("A number I choose").run()
    of(app.multiselect, "Open or closed").set_value(["open"])
    app = of(app.multiselect, "Only some of the cases: filter by").set_value(["team"]).run()
    with office.reading() as session:
        north = office._team(session, "North").id
    app = of(app.multiselect, "Team").set_value([north]).run()
    assert "**8 cases** to draw from" in words(app)
    app = of(app.number_input, "Cases to review").set_value(3).run()
    app = press(app, "Freeze, register and draw")
    assert "The sample has no name" in app.error[0].value
    of(app.text_input, "Name of the sample").input("Delays in *North*")
    app = press(app.run(), "Freeze, register and draw")
    assert counts(office) == (1, 1, 1)
    app = see(office, open_screen, THEME, REGISTER)
    assert "3 of 8 cases: a number that was chosen" in words(app)
    assert "only State: open; Team: North" in words(app)


def test_every_case_and_a_typed_standard(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, THEME, THEMATIC)
    app = of(app.radio, "Which standard").set_value("Another").run()
    of(app.text_input, "Standard to show").input("most")
    app = app.run()
    assert "A standard is a share such as 0.98" in app.error[0].value
    app = of(app.radio, "What is this sample for?").set_value("Every case").run()
    assert "All 56 cases are reviewed" in words(app)
    of(app.text_input, "Name of the sample").input("All of it")
    press(app.run(), "Freeze, register and draw")
    with office.reading() as session:
        assert session.scalars(select(Plan.purpose)).one() == "census"


def test_a_second_scoring_in_the_register_is_sealed(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.now = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
    office.draw_open("North", NORTH)
    for sampled_id in office.to_do(NORTH, Route.OPEN):
        office.score(NORTH, sampled_id)
    office.draw_second()
    with office.reading() as session:
        plan_id = session.scalars(select(func.max(Plan.id))).one()
    app = see(office, open_screen, QA, REGISTER)
    shown = words(app)
    assert "is sealed, for managers and for those who score again" in shown
    assert "The receipt of a second scoring is sealed" in shown
    assert "O-0" not in shown + "".join(str(frame.value) for frame in app.dataframe)
    assert not app.code
    assert {button.key for button in app.get("download_button")} == {
        "register-download",
        f"events-{plan_id}-download",
        "whole-download",
    }


def test_a_reduction_is_asked_for_and_approved_by_somebody_else(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_open("North", NORTH)
    app = see(office, open_screen, NORTH, "Required reviews")
    assert "0 of 4 required reviews are done, 0%; the standard is 100%." in words(app)
    app = press(app, "Ask for the reduction")
    assert "Say why fewer reviews are required" in app.error[0].value
    of(app.text_input, "Reason").input("On leave for most of the month.")
    app = press(app, "Ask for the reduction")
    assert "Asked for 0 instead of 2 reviews for North 0." in words(app)
    assert "0 of 4 required reviews are done, 0%; the standard is 100%." in words(
        app
    )  # it counts once it is approved

    app = see(office, open_screen, HEAD, "Required reviews")
    assert "North 0" not in "".join(str(frame.value) for frame in app.dataframe)
    label = next(button.label for button in app.button if button.label.startswith("Approve"))
    app = press(app, label)
    assert "The reduction is approved" in words(app)
    with office.reading() as session:
        assert session.scalars(select(SamplingReduction)).one().approved_by is not None
    app = see(office, open_screen, NORTH, "Required reviews")
    assert "0 of 2 required reviews are done" in words(app)
    assert "Approved reductions that lower it: 1." in words(app)


def test_every_month_since_the_first_import_says_what_is_known_of_it(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = see(office, open_screen, NORTH, "Required reviews")
    assert "Not drawn yet: North. What is required there is counted from the cases" in words(app)
    months = of(app.selectbox, "Month")
    assert months.options[-1] == "July 2026"
    app = months.select("July 2026").run()
    assert "**Not complete:** no sample was drawn in this month." in words(app)
    assert "Not drawn, not complete: North." in words(app)
    (row,) = app.dataframe[0].value.to_dict("records")
    assert (row["Caseworker"], row["Open cases"], row["Required"]) == ("Whole team", "Not known", "Not known")
    assert not [button for button in app.button if button.label == "Ask for the reduction"]


def test_nobody_approves_their_own_reduction(office: ScoredOffice, open_screen: OpenScreen) -> None:
    day = datetime.now(OFFICE_TIME).date()
    with office.writing() as session:
        by = office.person(session, "Ada Min")
        team = office._team(session, "North")
        head = office.person(session, HEAD)
        give_role(session, head, role=Role.LINE_MANAGER, team=team, starts_on=day, by=by)
    office.draw_open("North", HEAD)
    app = see(office, open_screen, HEAD, "Required reviews")
    of(app.text_input, "Reason").input("On leave.")
    app = press(app, "Ask for the reduction")
    assert not [button for button in app.button if button.label.startswith("Approve")]
