"""The adjudication screen: empty, choosing the pairs, deciding them; and what Agreement then says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kept import once
from scored_office import ScoredOffice
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from sampling.records.appointments import record_absence
from sampling.tables import Route
from scorecards.requirements import Kind
from scorecards.second_scoring import carry_out_second_scoring, plan_by_verdict
from scorecards.second_scoring_design import Design
from scorecards.tables_agreement import Adjudication

OpenScreen = Callable[..., AppTest]
QA, ROBIN, HEAD, NORTH = "Quinn Qua", "Robin Qua", "Hedda Head", "Nora North"


@pytest.fixture
def scored_twice(sqlite_engine: Engine) -> ScoredOffice:
    """Four pairs of a second scoring by the managers' verdicts: one differs, one is not met by both."""

    def score() -> None:
        office = ScoredOffice(sqlite_engine)
        office.now = datetime.now(UTC)
        office.draw_open("North", NORTH)
        for number, sampled_id in enumerate(office.to_do(NORTH, Route.OPEN)):
            office.score(NORTH, sampled_id, not_met=None if number else Kind.OUTCOME)
        with office.writing() as session:
            by = office.person(session, HEAD)
            period = (office.now.date(), office.now.date())
            plan = plan_by_verdict(session, period=period, design=Design((), "1", 3), by=by)
            plan_id, by_id = plan.id, by.id
        carry_out_second_scoring(office.engine, plan_id, by_id=by_id, now=office.now)
        for sampled_id in office.to_do(QA, Route.SECOND):
            office.score(QA, sampled_id, not_met=Kind.METHOD)

    once(sqlite_engine, "an adjudication screen", score)
    return ScoredOffice.found_in(sqlite_engine)


def see(office: ScoredOffice, open_screen: OpenScreen, screen: str, name: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, screen, **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.markdown, *app.subheader, *app.info, *app.warning, *app.caption, *app.success, *app.error]
    return " ".join(element.value for element in shown)


def press(app: AppTest, label: str) -> AppTest:
    button: Any = next(button for button in app.button if button.label.startswith(label))
    app = button.click().run()
    assert not app.exception
    return app


def test_without_a_complete_second_scoring_nothing_waits(
    sqlite_engine: Engine, open_screen: OpenScreen
) -> None:
    office = ScoredOffice(sqlite_engine)
    assert "Nothing waits to be adjudicated" in words(see(office, open_screen, "adjudication", QA))
    assert "No second scoring has been drawn yet" in words(
        see(office, open_screen, "results", HEAD, part="Agreement")
    )


def test_a_third_person_chooses_decides_and_agreement_tells_why(
    scored_twice: ScoredOffice, open_screen: OpenScreen
) -> None:
    before = words(see(scored_twice, open_screen, "results", HEAD, part="Agreement"))
    assert "Nobody has adjudicated yet." in before
    app = press(see(scored_twice, open_screen, "adjudication", ROBIN), "Choose the pairs")
    assert "The pairs are chosen." in words(app)
    assert "3 pairs you may decide" in words(app)
    assert "3 pairs wait for somebody else" in words(see(scored_twice, open_screen, "adjudication", QA))
    assert "Waiting for you" in words(see(scored_twice, open_screen, "start", ROBIN))
    assert "Waiting for you" not in words(see(scored_twice, open_screen, "start", QA))
    with scored_twice.reading() as session:
        numbers = list(session.scalars(select(Adjudication.sampled_case_id)))
    for place, number in enumerate(numbers):
        app = see(scored_twice, open_screen, "adjudication", ROBIN, pair=number)
        app.radio(key=f"involved-{number}").set_value("No").run()
        app = press(app, "Continue")
        shown = words(app)
        assert "Review A: **" in shown
        assert QA not in shown
        assert NORTH not in shown
        app = press(app, "Decide this pair")
        assert "The two reviews differ on a requirement that has no answer yet" in words(app)
        app.radio(key=f"answer-{number}-told").set_value("not_met" if place else "met").run()
        app.radio(key=f"reason-{number}").set_value("guidance unclear").run()
        app = press(app, "Decide this pair")
        assert "is decided." in words(app)
    shown = words(see(scored_twice, open_screen, "results", HEAD, part="Agreement"))
    assert "3 of 3 pairs that differ are decided: the manager's verdict stands in 1, QA's in 2." in shown
    # Where both called a case not met they did so for different reasons.
    assert (
        "they differ on 2 of 3 requirements, most often on “The person was told what happens next”" in shown
    )
    assert before.split("Two reviewers")[0] == shown.split("Two reviewers")[0]  # agreement is as it was


def test_what_was_answered_is_there_after_a_reload_and_a_colleague_is_told(
    scored_twice: ScoredOffice, open_screen: OpenScreen
) -> None:
    press(see(scored_twice, open_screen, "adjudication", ROBIN), "Choose the pairs")
    with scored_twice.reading() as session:
        number = session.scalars(select(Adjudication.sampled_case_id)).first()
    app = see(scored_twice, open_screen, "adjudication", ROBIN, pair=number)
    app.radio(key=f"involved-{number}").set_value("No").run()
    app = press(app, "Continue")
    app.radio(key=f"answer-{number}-told").set_value("not_met").run()
    app.selectbox(key=f"alike-{number}-remedy").set_value("not_met").run()
    app.radio(key=f"reason-{number}").set_value("guidance unclear").run()
    app.text_area(key=f"note-{number}").set_value("The letter of May").run()
    app = see(scored_twice, open_screen, "adjudication", ROBIN, pair=number)
    assert app.radio(key=f"answer-{number}-told").value == "not_met"
    assert app.selectbox(key=f"alike-{number}-remedy").value == "not_met"
    assert app.radio(key=f"reason-{number}").value == "guidance unclear"
    assert app.text_area(key=f"note-{number}").value == "The letter of May"
    app = press(app, "Back to the list")
    assert any(button.label.startswith("Go on with") for button in app.button)
    app = see(scored_twice, open_screen, "adjudication", HEAD)
    assert "1 pair with a colleague" in words(app)
    app = see(scored_twice, open_screen, "adjudication", HEAD, pair=number)
    assert f"{ROBIN} is deciding this pair." in words(app)
    assert not app.radio
    with scored_twice.writing() as session:
        robin = scored_twice.person(session, ROBIN)
        day = datetime.now(UTC).date()
        next_day = day + timedelta(days=1)  # in the office it may be that already
        record_absence(session, robin, starts_on=day, ends_on=next_day, deputy=None, by=robin)
    app = see(scored_twice, open_screen, "adjudication", HEAD, pair=number)
    assert "has started this pair and cannot go on with it now" in words(app)
    app.radio(key=f"involved-{number}").set_value("No").run()
    app = press(app, "Continue")
    assert app.text_area(key=f"note-{number}").value == "The letter of May"


def test_agreement_has_a_sentence_and_a_table_for_each_chart(
    scored_twice: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = see(scored_twice, open_screen, "results", QA, part="Agreement")
    shown = words(app)
    assert "the manager and QA gave the same verdict in 1 of 4 pairs, 25.0% of these." in shown
    assert "Each stratum counted by its size, they agree in 25.0% of 4 managers' reviews" in shown
    titles = [set(frame.value.columns) for frame in app.dataframe]
    for column in ("Figure", "QA: not met", "Requirement", "Who scored again"):
        assert any(column in title for title in titles), column
    reviewers = next(frame.value for frame in app.dataframe if "Who scored again" in frame.value.columns)
    assert list(reviewers["Who scored again"]) == ["You"]
