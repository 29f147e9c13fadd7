"""The register on screen: what happened to a sample, and each thing that can still be done with it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from scored_office import QUARTER, ScoredOffice
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from sampling.drawing import carry_out_plan
from sampling.randomness import for_demonstration, from_beacon, from_dice
from sampling.records.audit_trail import record
from sampling.records.cases import Case
from sampling.records.office import add_person
from sampling.registering import Terms
from sampling.samples import InTwoStages, Size, plan_case_sample
from sampling.tables import Draw, Plan, Replacement, Route, SampledCase
from scorecards.requirements import Kind

OpenScreen = Callable[..., AppTest]
QA, HEAD, NORTH = "Quinn Qua", "Hedda Head", "Nora North"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    made = ScoredOffice(sqlite_engine, closed=40)
    made.now = datetime.now(UTC)  # the screens go by the real clock
    return made


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, screen: str = "samples") -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, screen, part="Register")
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.markdown, *app.info, *app.warning, *app.caption, *app.success, *app.error]
    return " ".join(element.value for element in shown)


def press(app: AppTest, label: str) -> AppTest:
    app = next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def fill(app: AppTest, label: str, value: Any) -> None:
    fields = [*app.text_input, *app.text_area, *app.selectbox, *app.radio]
    field = next(field for field in fields if field.label == label)
    field.set_value(value)


def plan(office: ScoredOffice, size: Size = 5, terms: Terms | None = None) -> int:
    with office.writing() as session:
        made = plan_case_sample(
            session,
            "Quarter",
            route=Route.CENTRAL,
            period=QUARTER,
            filters={},
            stratify_by=None,
            size=size,
            due_on=date(2099, 1, 5),
            terms=terms or Terms(),
            by=office.person(session, QA),
        )
        return made.id


def drawn(office: ScoredOffice, plan_id: int) -> int:
    with office.reading() as session:
        by_id = office.person(session, QA).id
    return carry_out_plan(office.engine, plan_id, by_id=by_id, now=office.now)


def seed_of(office: ScoredOffice) -> str | None:
    with office.reading() as session:
        return session.scalars(select(Draw.public_value)).first()


def test_what_happened_is_told_line_by_line(office: ScoredOffice, open_screen: OpenScreen) -> None:
    drawn(office, plan(office))
    app = see(office, open_screen, QA)
    lines = next(
        frame.value for frame in app.dataframe if "What happened" in frame.value and "Hash" in frame.value
    )
    assert list(lines["What happened"]) == ["Planned", "Seeded", "Drawn"]
    assert list(lines["Recorded"]) == ["", "Seed from: operating system", "5 cases"]
    assert "The register holds: 3 lines, each follows from the one before." in words(app)


def test_a_sample_is_voided_by_two_people(office: ScoredOffice, open_screen: OpenScreen) -> None:
    plan_id = plan(office)
    drawn(office, plan_id)
    app = see(office, open_screen, QA)
    app = press(app, "Ask that it be voided")
    assert "Say why the plan is to be voided" in words(app)
    fill(app, "Why", "Drawn from last month's extract")
    app = press(app, "Ask that it be voided")
    assert "Drawn from last month's extract 0 cases had been reviewed by then." in words(app)
    assert "Somebody else who may plan such samples has to answer." in words(app)
    assert "be voided, and you may answer" in words(see(office, open_screen, HEAD, "start"))
    app = see(office, open_screen, HEAD)
    app = press(app, "Do not void it")
    assert "The reason is missing" in words(app)
    app = press(app, "Void it")
    assert "Voided. Its cases have left the lists of work and the results" in words(app)
    assert "draw 1 of 1 for this period, 1 of them voided" in words(app)
    with office.reading() as session:
        assert session.get_one(Plan, plan_id).voided_at is not None
    assert office.to_do(QA, Route.CENTRAL) == []


def test_a_request_to_void_is_declined_with_a_reason(office: ScoredOffice, open_screen: OpenScreen) -> None:
    plan_id = plan(office)
    drawn(office, plan_id)
    app = see(office, open_screen, QA)
    fill(app, "Why", "I do not like it")
    press(app, "Ask that it be voided")
    app = see(office, open_screen, HEAD)
    fill(app, "If not, why not", "It was drawn as registered")
    app = press(app, "Do not void it")
    assert "Declined. The sample stays." in words(app)
    with office.reading() as session:
        assert session.get_one(Plan, plan_id).voided_at is None


def test_drawing_again_is_told_with_what_it_does(office: ScoredOffice, open_screen: OpenScreen) -> None:
    for name in ("One", "Two"):
        office.draw_closed([5], name=name)
    assert (
        "2 samples were drawn for the same purpose, 0 of them voided. Were only the best of 2 reported"
        in (words(see(office, open_screen, QA)))
    )


def test_dice_are_recorded_by_one_and_confirmed_by_another(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    with office.writing() as session:
        ada = office.person(session, "Ada Min")
        add_person(session, "Wanda", email="wanda@example.org", password="a long enough password", by=ada)
        wanda_id = office.person(session, "Wanda").id
    plan(office, terms=Terms(randomness=from_dice()))
    app = see(office, open_screen, QA)
    assert "Its seed comes from dice that two people roll." in words(app)
    numbers = "The 20 numbers, nothing between them"
    fill(app, numbers, "1234")
    app = press(app, "Record the roll")
    assert "Something is missing: the second person." in words(app)
    fill(app, "The second person", wanda_id)
    app = press(app.run(), "Record the roll")
    assert "Write the minute" in words(app)
    fill(app, "Minute: when and where, and who saw it", "Monday meeting, room 3")
    app = press(app, "Record the roll")
    assert "20 digits from 1 to 6" in words(app)
    fill(app, numbers, "12345612345612345612")
    app = press(app, "Record the roll")
    assert "the second person confirms them" in words(app)
    assert seed_of(office) is None
    app = see(office, open_screen, "Wanda", "start")
    assert "named you as the second person. Minute: Monday meeting, room 3" in words(app)
    app = press(app, "They fell so")
    assert "The plan has its seed and can be drawn." in words(app)
    assert seed_of(office) == "12345612345612345612"
    app = press(see(office, open_screen, QA), "Go on with the draw")
    assert "Drawn: Quarter." in words(app)


def test_a_beacons_value_is_typed_once_it_is_out(office: ScoredOffice, open_screen: OpenScreen) -> None:
    moment = office.now - timedelta(hours=2)
    past = from_beacon("drand quicknet", moment, registered_at=moment - timedelta(hours=1))
    plan(office, terms=Terms(randomness=past))
    app = see(office, open_screen, QA)
    assert f"round {past['round']:,} of the public beacon drand quicknet" in words(app)
    app = press(app, "Draw with this value")
    assert "The public value is missing." in words(app)
    fill(app, "Public value", "xyz")
    app = press(app, "Draw with this value")
    assert "64 lower-case hexadecimal digits" in words(app)
    fill(app, "Public value", "ab" * 32)
    app = press(app, "Draw with this value")
    assert "Drawn: Quarter." in words(app)
    assert seed_of(office) == "ab" * 32


def test_a_demonstration_is_marked(office: ScoredOffice, open_screen: OpenScreen) -> None:
    plan(office, terms=Terms(randomness=for_demonstration()))
    app = see(office, open_screen, QA)
    fill(app, "Public value", "swordfish")
    app = press(app, "Draw with this value")
    assert "A demonstration: its seed was typed by hand" in words(app)
    assert list(app.dataframe[0].value["Draw"]) == ["1 of 1, demonstration"]


def test_the_second_stage_is_offered_when_the_plan_goes_on(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    draw_id = drawn(office, plan(office, size=InTwoStages("0.7", "0.6")))
    assert "the plan goes on" not in words(see(office, open_screen, QA))
    for place, sampled_id in enumerate(office.to_do(QA, Route.CENTRAL)):
        office.score(QA, sampled_id, not_met=Kind.OUTCOME if place == 0 else None)
    app = see(office, open_screen, QA)
    assert "Exactly one case of the first stage failed, so the plan goes on" in words(app)
    app = press(app, "Draw the second stage")
    assert "of the second stage." in words(app)
    with office.reading() as session:
        causes = session.scalars(select(SampledCase.cause).where(SampledCase.draw_id == draw_id)).all()
    assert "extension" in causes


def test_late_cases_are_drawn_as_strata_of_their_own(office: ScoredOffice, open_screen: OpenScreen) -> None:
    drawn(office, plan(office))
    assert "came too late" not in str([block.label for block in see(office, open_screen, QA).expander])
    with office.writing() as session:  # a case whose closing had not been entered when the frame was frozen
        late = session.scalars(select(Case).where(Case.state == "open")).first()
        assert late is not None
        late.state, late.closed_on = "closed", date(2026, 6, 15)
        record(session, "set_up", "test", by=None)
    app = see(office, open_screen, QA)
    assert "1 case came too late for this sample" in [block.label for block in app.expander]
    app = press(app, "Freeze and draw the late cases")
    assert "Drawn: Quarter, late cases." in words(app)
    with office.reading() as session:
        assert len(session.scalars(select(Draw)).all()) == 2


def test_a_case_that_does_not_belong_is_replaced_from_its_page(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    drawn(office, plan(office))
    first = office.to_do(QA, Route.CENTRAL)[0]
    with office.reading() as session:
        person = office.person(session, QA)
    app = open_screen(office.engine, person, "review", sampled=first)
    app = press(app, "Put the next case in its place")
    assert "Something is missing: why the case does not belong in the sample." in words(app)
    fill(app, "Why", "out_of_scope")
    fill(app, "In a few words, without names", "An enquiry, not a complaint")
    press(app.run(), "Put the next case in its place")
    with office.reading() as session:
        assert session.get_one(Replacement, first).code == "out_of_scope"
    app = see(office, open_screen, QA)
    lines = next(
        frame.value for frame in app.dataframe if "What happened" in frame.value and "Hash" in frame.value
    )
    assert list(lines["What happened"])[-1] == "Case replaced"


def test_a_case_cancelled_since_is_replaced_with_one_button(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    drawn(office, plan(office))
    first = office.to_do(QA, Route.CENTRAL)[0]
    with office.writing() as session:
        session.get_one(SampledCase, first).frame_case.case.state = "cancelled"
        record(session, "set_up", "test", by=None)
        person = office.person(session, QA)
    assert "**cancelled since**, to be replaced" in words(open_screen(office.engine, person, "reviews"))
    app = open_screen(office.engine, person, "review", sampled=first)
    assert "was cancelled in the case system since it was drawn, so it is not reviewed." in words(app)
    press(app, "Put the next case in its place")
    assert first not in office.to_do(QA, Route.CENTRAL)
