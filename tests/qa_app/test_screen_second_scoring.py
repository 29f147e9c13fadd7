"""The second-scoring screen: empty, drawn, refused, gone on with; never a score, never a case."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, func, select
from streamlit.testing.v1 import AppTest

from sampling.records.database import OFFICE_TIME
from sampling.tables import Draw, Frame, Route
from scorecards.requirements import Kind
from scorecards.second_scoring import plan_second_scoring
from scorecards.tables import SecondScoring

OpenScreen = Callable[..., AppTest]
QA, HEAD, NORTH = "Quinn Qua", "Hedda Head", "Nora North"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    made = ScoredOffice(sqlite_engine)
    made.now = datetime.now(UTC)  # the screens go by the real clock
    return made


@pytest.fixture
def scored(office: ScoredOffice) -> ScoredOffice:
    """Four managers' reviews, one of them not met."""
    office.draw_open("North", NORTH)
    first, *others = office.to_do(NORTH, Route.OPEN)
    office.score(NORTH, first, not_met=Kind.OUTCOME)
    for sampled_id in others:
        office.score(NORTH, sampled_id)
    return office


def see(office: ScoredOffice, open_screen: OpenScreen, name: str = QA) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "second_scoring")
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.markdown, *app.subheader, *app.info, *app.warning, *app.caption, *app.success]
    return " ".join(element.value for element in shown)


def of(fields: Any, label: str) -> Any:
    return next(field for field in fields if field.label == label)


def press(app: AppTest, label: str) -> AppTest:
    app = of(app.button, label).click().run()
    assert not app.exception
    return app


def of_this_week(app: AppTest) -> AppTest:
    day = datetime.now(OFFICE_TIME).date()
    of(app.date_input, "Managers' reviews submitted from").set_value(day - timedelta(days=6))
    return of(app.date_input, "to, and including").set_value(day).run()


def test_without_managers_reviews_there_is_nothing_to_score_again(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = see(office, open_screen)
    assert "is left to be scored again. Managers submit theirs first" in words(app)
    assert "Nothing has been scored again yet." in words(app)
    assert not app.button


def test_every_review_is_drawn_and_its_progress_shown(scored: ScoredOffice, open_screen: OpenScreen) -> None:
    app = of_this_week(see(scored, open_screen))
    assert "**4 managers' reviews** can be scored again." in words(app)
    app = press(app, "Register and draw")
    assert "Drawn: Second scoring," in words(app)
    assert list(app.dataframe[0].value.iloc[0])[1:5] == [4, 4, 0, 4]
    with scored.reading() as session:
        assert session.scalar(select(func.count()).select_from(SecondScoring)) == 4
    scored.now = datetime.now(UTC)
    scored.score(QA, scored.to_do(QA, Route.SECOND)[0])
    app = see(scored, open_screen)
    assert list(app.dataframe[0].value.iloc[0])[1:5] == [4, 4, 1, 3]


def test_a_size_that_shows_agreement(scored: ScoredOffice, open_screen: OpenScreen) -> None:
    scored.set_standard("agreement_standard", "0.5")
    app = of_this_week(see(scored, open_screen, HEAD))
    app = of(app.radio, "How many").set_value("Enough to show that managers and QA agree").run()
    shown = words(app)
    assert "at least 50% of the 4 managers' reviews agree" in shown
    assert "**Met** if none differs" in shown
    app = press(app, "Register and draw")
    assert list(app.dataframe[0].value["Managers' reviews"]) == [4]


def test_nothing_on_the_screen_tells_a_score_or_a_case(scored: ScoredOffice, open_screen: OpenScreen) -> None:
    before = words(of_this_week(see(scored, open_screen)))
    app = press(of_this_week(see(scored, open_screen)), "Register and draw")
    after = words(app) + "".join(str(frame.value) for frame in app.dataframe)
    for telling in ("O-0", "North", "not met", "Not met"):
        assert telling not in before + after


def test_by_the_managers_verdicts_is_for_a_head_who_reviews_nothing_for_qa(
    scored: ScoredOffice, open_screen: OpenScreen
) -> None:
    by_verdict = "All that managers called not met, and some of the others"
    assert by_verdict not in of(of_this_week(see(scored, open_screen)).radio, "How many").options
    app = of_this_week(see(scored, open_screen, HEAD))
    app = of(app.radio, "How many").set_value(by_verdict).run()
    app = of(app.selectbox, "Of the others").set_value("").run()
    app = of(app.number_input, "How many of the others").set_value(2).run()
    assert not app.exception
    design = app.dataframe[0].value
    assert list(design["Stratum"]) == [
        "Manager: met or not assessable, other risk",
        "Manager: not met, other risk",
    ]
    assert list(design["Scored again"]) == [2, 1]
    assert list(design["Chance of being drawn"]) == ["66.7%", "100%"]
    assert "If QA called 3% of those managers passed not met, and 60% of those" in words(app)
    app = press(app, "Register and draw")
    assert list(app.dataframe[0].value.iloc[0])[1:5] == [4, 3, 0, 3]
    with scored.reading() as session:
        qa = scored.person(session, QA)
    for screen in ("second_scoring", "samples"):
        shown = open_screen(scored.engine, qa, screen, part="Register")
        told = words(shown) + "".join(str(frame.value) for frame in shown.dataframe)
        assert "Second scoring," in told
        for telling in ("Manager:", "verdict", "66.7%", "risk", "S-"):
            assert telling not in told, telling


def test_a_registered_second_scoring_is_gone_on_with_before_another(
    scored: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = of_this_week(see(scored, open_screen))
    day = datetime.now(OFFICE_TIME).date()
    with scored.writing() as session:
        period = (day - timedelta(days=6), day)
        plan_second_scoring(session, period=period, allowed_failures=None, by=scored.person(session, HEAD))
    # The screen was opened before: it shows what waits now, and registers no second one.
    app = press(app, "Register and draw")
    assert "is not drawn yet" in words(app)
    with scored.reading() as session:
        assert session.scalar(select(func.count()).where(Frame.route == Route.SECOND)) == 1
    app = press(app, "Go on with the draw")
    assert list(app.dataframe[0].value.iloc[0])[1:5] == [4, 4, 0, 4]
    with scored.reading() as session:
        assert session.scalar(select(func.count()).select_from(SecondScoring)) == 4
        assert session.scalar(select(func.count()).where(Draw.drawn_at.is_not(None))) == 2


def test_a_period_that_ends_before_it_starts_is_refused(
    scored: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = of_this_week(see(scored, open_screen))
    app = of(app.date_input, "to, and including").set_value(datetime(2020, 1, 1, tzinfo=UTC).date()).run()
    assert "The period ends before it starts" in app.error[0].value
    assert not app.button


def test_only_those_who_score_are_led_to_the_reviews(scored: ScoredOffice, open_screen: OpenScreen) -> None:
    press(of_this_week(see(scored, open_screen)), "Register and draw")
    links = {
        name: [link.proto.label for link in see(scored, open_screen, name).get("page_link")]
        for name in (QA, HEAD)
    }
    assert "Reviews" in links[QA]
    assert "Reviews" not in links[HEAD]
    assert {"Results", "Adjudication"} <= set(links[HEAD])
