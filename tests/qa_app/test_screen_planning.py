"""Planning a sample: each purpose done, refused and empty; what follows; and where the seed comes from."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, func, select
from streamlit.testing.v1 import AppTest

from sampling.randomness import Source, for_demonstration, from_beacon, from_dice
from sampling.records.database import OFFICE_TIME
from sampling.registering import Terms, plan_contents
from sampling.samples import plan_case_sample
from sampling.sizes import size_for_margin, size_to_show, stop_or_go
from sampling.tables import Draw, Frame, Plan, Route

OpenScreen = Callable[..., AppTest]
QA, HEAD, THEME = "Quinn Qua", "Hedda Head", "Thea Theme"
CENTRAL, THEMATIC = "Plan a central sample", "Plan a thematic sample"
FIRST, LAST = datetime(2026, 4, 1, tzinfo=UTC).date(), datetime(2026, 6, 30, tzinfo=UTC).date()
PURPOSE, DRAW, REGISTER = "What is this sample for?", "Freeze, register and draw", "Freeze and register"
ESTIMATE, QUOTA, CENSUS = "Know the rate within a margin", "A number I choose", "Every case"
ROLLING, AGREEMENT = "A rolling intake", "Find out whether reviewers agree"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    made = ScoredOffice(sqlite_engine, closed=200)
    made.now = datetime.now(UTC)  # the screens go by the real clock
    return made


def see(office: ScoredOffice, open_screen: OpenScreen, name: str = QA, part: str = CENTRAL) -> AppTest:
    """The planning screen, for a central sample with the cases of the second quarter."""
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "samples", part=part)
    if part == CENTRAL:
        of(app.date_input, "Cases closed from").set_value(FIRST)
        app = of(app.date_input, "to, and including").set_value(LAST).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.markdown, *app.subheader, *app.info, *app.warning, *app.caption, *app.success, *app.error]
    return " ".join(element.value for element in shown)


def of(fields: Any, label: str) -> Any:
    return next(field for field in fields if field.label == label)


def choose(app: AppTest, label: str, value: object) -> AppTest:
    app = of(app.radio, label).set_value(value).run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    app = of(app.button, label).click().run()
    assert not app.exception
    return app


def plan_of(office: ScoredOffice) -> dict[str, Any]:
    """The one plan there is, as it was registered, with the name of its frame and whether it was drawn."""
    with office.reading() as session:
        plan = session.scalars(select(Plan)).one()
        drawn = session.scalars(select(Draw.drawn_at)).one_or_none()
        return {**plan_contents(plan), "name": plan.frame.name, "drawn": drawn is not None}


def frames(office: ScoredOffice) -> int:
    with office.reading() as session:
        return session.scalar(select(func.count()).select_from(Frame)) or 0


def drawn_size(plan: dict[str, Any]) -> int:
    return sum(plan["sizes"].values())


def test_a_standard_with_the_curve_of_its_rule(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen)
    shown = words(app)
    size = size_to_show("0.98", 200).sample_size
    assert f"**{size} of 200 cases are drawn**" in shown
    assert (
        "The standard of 98% is missed when 5 or more of all 200 cases fail; with 4 it is still met." in shown
    )
    assert "An office at 99.5% passes" in shown
    assert "one that only just misses it, at 97.5%," in shown
    chart = app.get("vega_lite_chart")[0]
    assert "An office at 99.5% passes" in str(chart.proto)
    curves = next(frame.value for frame in app.dataframe if "None, in two stages" in frame.value)
    assert list(curves.columns) == [
        "Cases that fail",
        "Share that meet",
        "None",
        "1",
        "2",
        "3",
        "None, in two stages",
    ]
    assert curves["None"].iloc[0] == "100%"
    press(app, DRAW)
    plan = plan_of(office)
    assert (plan["purpose"], drawn_size(plan), plan["drawn"]) == ("show", size, True)


def test_another_standard_and_more_assurance(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.set_standard("method_standard", "0.75")
    app = choose(see(office, open_screen), "Which standard", "method")
    assert "The standard for method is 75%, by the office's settings for the period" in words(app)
    app = choose(app, "Which standard", "Another")
    of(app.text_input, "Standard to show").input("most")
    app = app.run()
    assert "A standard is a share such as 0.98; 'most'" in app.error[0].value
    assert not [button for button in app.button if button.label == DRAW]
    of(app.text_input, "Standard to show").input("92.5%")
    app = choose(app.run(), "How sure must it be", "0.99")
    size = size_to_show("0.925", 200, assurance=0.99).sample_size
    assert f"**{size} of 200 cases are drawn**" in words(app)
    press(app, DRAW)
    plan = plan_of(office)
    assert (plan["rule"]["standard"], plan["rule"]["assurance"]) == ("0.925", "0.99")
    # The office's own standards are registered as they are, whatever this plan is to show.
    assert (plan["standards"], plan["rule"]["measure"]) == ({"outcome": "0.98", "method": "0.75"}, "outcome")
    assert drawn_size(plan) == size


def test_the_office_may_set_an_assurance_of_its_own(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.set_standard("assurance", "0.975")
    app = see(office, open_screen)
    assert of(app.radio, "How sure must it be").options == ["90%", "95%", "97.5%", "99%"]
    assert of(app.radio, "How sure must it be").value == "0.975"


def test_two_stages(office: ScoredOffice, open_screen: OpenScreen) -> None:
    found = stop_or_go("0.98", 200)
    app = choose(see(office, open_screen), "How many may fail", -1)
    shown = words(app)
    assert f"**{found.first_stage} of 200 cases are drawn**, and {found.second_stage} more" in shown
    assert "**Second stage** if exactly one fails" in shown
    assert "With the second stage " in shown  # what it costs
    press(app, DRAW)
    plan = plan_of(office)
    assert plan["rule"]["second_stage"] == found.second_stage
    assert drawn_size(plan) == found.first_stage
    app = see(office, open_screen, part="Register")
    assert f"After exactly one failure {found.second_stage} more are drawn" in words(app)


def test_two_stages_are_not_for_strata(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen)
    assert "None, in two stages" in of(app.radio, "How many may fail").options
    app = of(app.selectbox, "Share the sample out by").select("team").run()
    assert of(app.radio, "How many may fail").options == ["None", "1", "2", "3"]
    assert "Worked out for failing cases that sit anywhere, by chance." in words(app)


def test_the_rate_within_a_margin(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = choose(see(office, open_screen), PURPOSE, ESTIMATE)
    size = size_for_margin("0.98", "0.05", 200).sample_size
    assert f"**{size} of 200 cases are drawn**" in words(app)
    assert "half of its width is at most 5 points" in words(app)
    of(app.number_input, "Margin in points, to either side").set_value(2.5)
    app = of(app.number_input, "Per cent of cases that you expect to meet").set_value(95.0).run()
    size = size_for_margin("0.95", "0.025", 200).sample_size
    assert f"**{size} of 200 cases are drawn**" in words(app)
    press(app, DRAW)
    plan = plan_of(office)
    assert (plan["purpose"], plan["rule"]["expected"], plan["rule"]["margin"]) == (
        "estimate",
        "0.95",
        "0.025",
    )
    assert drawn_size(plan) == size
    app = see(office, open_screen, part="Register")
    assert "to know the share that meets within 2.5 points, if about 95% meet" in words(app)


def test_a_number_and_what_it_can_show(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = choose(see(office, open_screen), PURPOSE, QUOTA)
    app = of(app.number_input, "Cases to review").set_value(26).run()
    assert "If none of the 26 fails, that shows with 95% assurance that at least" in words(app)
    press(app, DRAW)
    assert (plan_of(office)["purpose"], drawn_size(plan_of(office))) == ("quota", 26)


def test_every_case(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = choose(see(office, open_screen), PURPOSE, CENSUS)
    assert "All 200 cases are reviewed, and the result is no estimate." in words(app)
    assert "Every team's share is large enough to show 98% of that team on its own." in words(app)
    press(app, DRAW)
    assert (plan_of(office)["purpose"], drawn_size(plan_of(office))) == ("census", 200)


def test_a_rolling_intake(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = choose(see(office, open_screen), PURPOSE, ROLLING)
    app = of(app.number_input, "Of 100 cases, draw").set_value(12.5).run()
    assert "Chance decides how many: about 25 of 200 cases" in words(app)
    press(app, DRAW)
    plan = plan_of(office)
    assert (plan["purpose"], plan["rule"]["rate"], plan["drawn"]) == ("rolling", "0.125", True)
    app = see(office, open_screen, part="Register")
    assert "each case is in with a chance of 12.5%, whichever others are" in words(app)


@pytest.mark.parametrize(("name", "part"), [(QA, CENTRAL), (THEME, THEMATIC)])
def test_agreement_is_planned_under_second_scoring(
    office: ScoredOffice, open_screen: OpenScreen, name: str, part: str
) -> None:
    app = choose(see(office, open_screen, name, part), PURPOSE, AGREEMENT)
    assert "That sample is planned, sized and drawn under Second scoring." in words(app)
    assert ("It is for QA reviewers and the Head of Customer Care." in words(app)) == (name == THEME)
    assert not [button for button in app.button if button.label in (DRAW, REGISTER)]


@pytest.mark.parametrize("purpose", [ESTIMATE, QUOTA, CENSUS, ROLLING])
def test_without_cases_every_purpose_says_what_to_do(
    sqlite_engine: Engine, open_screen: OpenScreen, purpose: str
) -> None:
    office = ScoredOffice(sqlite_engine, closed=0, open_cases=0)
    app = choose(see(office, open_screen), PURPOSE, purpose)
    assert "No case fits. Choose another period" in words(app)
    assert not [button for button in app.button if button.label == DRAW]


@pytest.mark.parametrize("purpose", [ESTIMATE, QUOTA, CENSUS, ROLLING])
def test_a_refusal_loses_nothing(office: ScoredOffice, open_screen: OpenScreen, purpose: str) -> None:
    office.draw_closed([5], name="Spring")
    app = choose(see(office, open_screen), PURPOSE, purpose)
    of(app.text_input, "Name of the sample").input("Spring")
    app = press(app.run(), DRAW)
    assert "There is already a sample called “Spring”" in app.error[0].value
    assert of(app.radio, PURPOSE).value == purpose
    assert of(app.text_input, "Name of the sample").value == "Spring"
    assert frames(office) == 1


def test_each_teams_share_and_what_it_can_say(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = choose(see(office, open_screen), PURPOSE, QUOTA)
    app = of(app.number_input, "Cases to review").set_value(31).run()
    assert "No team's share can show 98% of that team on its own" in words(app)
    shares = next(frame.value for frame in app.dataframe if "Team" in frame.value)
    assert list(shares["To review, about"]) == ["16", "15"]
    assert list(shares["To show 98% on its own"]) == ["Takes 63", "Takes 63"]
    app = of(app.selectbox, "Share the sample out by").select("team").run()
    app = of(app.number_input, "Cases to review").set_value(130).run()
    shares = next(frame.value for frame in app.dataframe if "Team" in frame.value)
    assert list(shares["To review"]) == ["65", "65"]
    assert list(shares["To show 98% on its own"]) == ["This is enough", "This is enough"]


def test_what_it_costs(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = choose(see(office, open_screen), PURPOSE, QUOTA)
    app = of(app.number_input, "Cases to review").set_value(28).run()
    assert "28 reviews of 45 minutes: **21 hours**, 3 working days of 7 hours." in words(app)
    app = of(app.number_input, "Minutes per review").set_value(60).run()
    assert "28 reviews of 60 minutes: **28 hours**, 4 working days" in words(app)


@pytest.mark.parametrize("purpose", [None, QUOTA, ROLLING])
def test_the_bound_that_is_named_is_the_one_that_is_registered(
    office: ScoredOffice, open_screen: OpenScreen, purpose: str | None
) -> None:
    app = of(see(office, open_screen).selectbox, "Share the sample out by").select("team").run()
    if purpose is not None:
        app = choose(app, PURPOSE, purpose)
    shown = words(app)
    press(app, DRAW)
    assert f"judged together by the {plan_of(office)['method']}:" in shown
    assert "Registering the plan fixes this, before any result is known." in shown


def test_dice_are_rolled_after_the_plan_is_registered(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = choose(see(office, open_screen), "Source of the seed", Source.DICE)
    assert "Then two people roll the dice" in words(app)
    app = press(app, REGISTER)
    plan = plan_of(office)
    assert (plan["randomness"]["source"], plan["drawn"]) == ("dice", False)
    assert (
        "Registered: Closed cases, April to June 2026. Nothing is drawn yet. The hash of the plan is"
        in words(app)
    )
    assert "Go on with Closed cases, April to June 2026 in the register" in str(app.get("page_link")[0].proto)
    assert "Its seed comes from dice that two people roll." in words(
        see(office, open_screen, part="Register")
    )


def test_a_beacon_of_tomorrow(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = choose(see(office, open_screen), "Source of the seed", Source.BEACON)
    assert "The plan will name round" in words(app)
    yesterday = datetime.now(OFFICE_TIME).date() - timedelta(days=1)
    app = of(app.date_input, "First round on or after").set_value(yesterday).run()
    assert "the value must not exist yet" in app.error[0].value
    app = press(app, REGISTER)
    assert frames(office) == 0
    assert of(app.date_input, "First round on or after").value == yesterday
    app = of(app.date_input, "First round on or after").set_value(None).run()
    assert "Give the day and the time" in words(app)
    assert "Something is missing: the day and time" in press(app, REGISTER).error[0].value
    tomorrow = yesterday + timedelta(days=2)
    app = of(app.date_input, "First round on or after").set_value(tomorrow).run()
    press(app, REGISTER)
    randomness = plan_of(office)["randomness"]
    assert randomness["beacon"] == "drand quicknet"
    out_at = datetime.fromisoformat(randomness["out_at"]).astimezone(OFFICE_TIME)
    assert (out_at.date(), out_at.hour) == (tomorrow, 10)


def test_a_demonstration_says_so_in_its_name(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = choose(see(office, open_screen), "Source of the seed", Source.DEMONSTRATION)
    assert "it is called “Demonstration: Closed cases, April to June 2026”" in words(app)
    of(app.text_input, "Name of the sample").input("How it works")
    app = app.run()
    assert "It is called “Demonstration: How it works”." in words(app)
    press(app, REGISTER)
    plan = plan_of(office)
    assert (plan["name"], plan["randomness"]["source"]) == ("Demonstration: How it works", "demonstration")


def test_a_plan_nests_only_where_nobody_can_know_the_seed(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = choose(see(office, open_screen), "Source of the seed", Source.PARENT)
    assert "No registered plan waits for a seed that nobody can know yet." in words(app)
    assert "Something is missing: the plan whose seed" in press(app, REGISTER).error[0].value
    assert frames(office) == 0

    past = office.now - timedelta(days=1)
    out = from_beacon("drand default", past, registered_at=past - timedelta(days=1))
    for name, randomness in (
        ("Waiting", from_dice()),
        ("Round is out", out),
        ("Demonstration: waiting", for_demonstration()),
    ):
        with office.writing() as session:
            plan_case_sample(
                session,
                name,
                route=Route.CENTRAL,
                period=(FIRST, LAST),
                filters={},
                stratify_by=None,
                size=50,
                due_on=datetime.now(OFFICE_TIME).date(),
                terms=Terms(randomness=randomness),
                by=office.person(session, QA),
            )
    office.draw_closed([5], name="Drawn")
    app = choose(see(office, open_screen), "Source of the seed", Source.PARENT)
    parents = of(app.selectbox, "Plan whose seed this sample shares")
    assert parents.options == ["Demonstration: waiting", "Waiting"]
    app = parents.select("Waiting").run()
    of(app.text_input, "Name of the sample").input("Nested")
    press(app.run(), REGISTER)
    with office.reading() as session:
        plan = session.scalars(select(Plan).where(Plan.parent_id.is_not(None))).one()
        assert plan.parent is not None
        assert (plan.frame.name, plan.parent.frame.name) == ("Nested", "Waiting")
