"""The screens of follow-up actions: empty, from draft to effect, refused, changed, filtered."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from scored_office import CARD, ScoredOffice
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from learning_register.action_queries import ActionRow, follow_up_actions
from learning_register.follow_up import ActionState, Result
from learning_register.progressing import finish_action
from learning_register.verifying import judge_effective, monitor_action
from sampling.tables import Route
from scorecards.cards import publish_scorecard, use_scorecard
from scorecards.requirements import Kind

OpenScreen = Callable[..., AppTest]
HEAD, QA, NORTH, SOUTH, OWNER = "Hedda Head", "Quinn Qua", "Nora North", "Sue South", "Otto Owner"
SOON = date.today() + timedelta(days=14)  # noqa: DTZ011


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, closed=4, with_sign_in=[HEAD, NORTH, SOUTH])


@pytest.fixture
def point_id(office: ScoredOffice) -> int:
    """A learning point of North, from a review with its first outcome requirement not met."""
    office.draw_open("North", NORTH)
    return office.learn(NORTH, office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME))


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "learning", **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.subheader, *app.markdown, *app.info, *app.warning, *app.caption]
    return " ".join(element.value for element in shown)


def buttons(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def press(app: AppTest, label: str) -> AppTest:
    found = next(button for button in app.button if button.label == label).click().run()
    assert not found.exception
    return found


def field(elements: object, label: str):  # type: ignore[no-untyped-def]
    return next(element for element in elements if element.label == label)  # type: ignore[attr-defined]


def row_of(office: ScoredOffice, action_id: int) -> ActionRow:
    (row,) = office.ask(follow_up_actions, HEAD, action_id=action_id)
    return row


def test_before_anything_was_agreed(office: ScoredOffice, open_screen: OpenScreen) -> None:
    assert "No action has been agreed yet" in words(see(office, open_screen, NORTH, part="Actions"))
    app = see(office, open_screen, HEAD, part="Cases without a plan")
    assert "Every reviewed case on the trust's card has a plan" in words(app)


def test_an_action_is_drafted_and_waits_for_its_authoriser(
    office: ScoredOffice, open_screen: OpenScreen, point_id: int
) -> None:
    app = see(office, open_screen, NORTH, point=point_id)
    assert "No action has been agreed on this yet" in words(app)
    field(app.text_area, "What is to be done").input("Go through the template.")
    press(app, "Add the action")
    assert "Something is missing: the owner" in app.error[0].value
    field(app.selectbox, "Owner, who does it").select("Team South (its line manager acts for it)")
    field(app.selectbox, "Authorised by, not the owner").select(SOUTH)
    field(app.date_input, "Target date").set_value(SOON)
    press(app, "Add the action")
    assert "leads the team that owns this action" in app.error[0].value
    assert field(app.text_area, "What is to be done").value == "Go through the template."
    field(app.selectbox, "Owner, who does it").select(NORTH)
    press(app, "Add the action")
    assert "The action is drafted" in app.success[0].value
    (row,) = office.ask(follow_up_actions, NORTH)
    assert (row.owner, row.authoriser, row.state) == (NORTH, SOUTH, ActionState.DRAFT)

    app = see(office, open_screen, NORTH, action=row.action_id)
    assert "Authorise the action" not in buttons(app)
    assert "is for its authoriser or the Head of Customer Care" in words(app)
    app = see(office, open_screen, SOUTH, action=row.action_id)
    press(app, "Decline the action")
    assert "Say why the action is declined" in app.error[0].value
    press(app, "Authorise the action")
    assert "The action is authorised" in app.success[0].value
    assert "Authorised by: **Sue South**" in words(app)


def test_from_its_beginning_to_done_with_evidence_and_back(
    office: ScoredOffice, open_screen: OpenScreen, point_id: int
) -> None:
    action_id = office.act_on(NORTH, point_id, owner=NORTH, target_date=SOON)
    app = see(office, open_screen, NORTH, action=action_id)
    field(app.text_input, "What is to be reached").input("Template agreed")
    field(app.date_input, "By when").set_value(SOON)
    press(app, "Add the milestone")
    press(app, "Reached")
    assert ": Template agreed" in words(app)
    press(app, "Mark as done")
    assert "Nothing shows that this was done" in app.error[0].value
    field(app.text_area, "What was done").input("Gone *through*.")
    field(app.text_input, "A link that shows it").input("minutes")
    press(app, "Mark as done")
    assert "is not an address that can be opened" in app.error[0].value
    field(app.text_input, "A link that shows it").input("https://intranet.example.org/minutes")
    press(app, "Mark as done")
    assert "The action is marked as done" in app.success[0].value
    evidence = next(frame.value for frame in app.dataframe if "Evidence" in frame.value)
    assert list(evidence["What"]) == ["Link", "Note"]
    field(app.text_input, "With whom").input("All teams")
    field(app.date_input, "When").set_value(date(2026, 7, 6))
    press(app, "Record it")
    assert "All teams, on 6 July 2026." in words(app)
    field(app.text_input, "Why is it opened again?").input("Two were away.")
    press(app, "Open the action again")
    assert "The action is open again" in app.success[0].value


def monitored(office: ScoredOffice, point_id: int) -> int:
    action_id = office.act_on(NORTH, point_id)
    office.change(finish_action, HEAD, action_id, note="Gone through.")
    with office.reading() as session:
        south = office.person(session, SOUTH)
    office.change(monitor_action, NORTH, action_id, verifier=south, review_on=date(2026, 9, 1))
    return action_id


def test_the_verifier_is_shown_what_the_samples_say_and_decides(
    office: ScoredOffice, open_screen: OpenScreen, point_id: int
) -> None:
    first, second = office.to_do(NORTH, Route.OPEN)[:2]
    office.score(NORTH, first, not_met=Kind.OUTCOME)
    action_id = office.act_on(NORTH, point_id)
    assert "Did it work?" not in words(see(office, open_screen, HEAD, action=action_id))
    office.change(finish_action, OWNER, action_id, note="Gone through.")
    said = words(see(office, open_screen, HEAD, action=action_id))
    assert "Not shown: no other review after 6 July 2026 that you may see answers this requirement." in said
    office.later(1)
    office.score(NORTH, second)
    app = see(office, open_screen, HEAD, action=action_id)
    said = words(app)
    assert "Not shown: the reviews do not tell whether the action made a difference." in said
    assert "Not met in 1 of 1 review (100%) before, and in 0 of 1 review (0%) after." in said
    assert "between 100.0 percentage points fewer and 97.5 percentage points more (95% sure)" in said
    assert "38 more reviews, none of them failing, would show it." in said
    assert "Proposed: not shown, unless there is time for more reviews" in said
    behind = next(frame.value for frame in app.dataframe if "Not met" in frame.value)
    assert list(behind["Not met"]) == [1, 0]
    assert app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")


def test_without_effect_another_action_is_drafted(
    office: ScoredOffice, open_screen: OpenScreen, point_id: int
) -> None:
    action_id = monitored(office, point_id)
    app = see(office, open_screen, NORTH, action=action_id)
    assert not {"Judge it effective", "Judge it not effective"} & set(buttons(app))
    app = see(office, open_screen, SOUTH, action=action_id)
    field(app.text_area, "What shows that it did not work").input("As many as before.")
    press(app, "Judge it not effective")
    assert "the target date of the next action" in app.error[0].value
    field(app.date_input, "Target date of the next action").set_value(SOON)
    field(app.text_area, "What is to be done instead").input("Train everybody.")
    field(app.selectbox, "Owner, who does it").select(NORTH)
    press(app, "Judge it not effective")
    (following,) = [row for row in office.ask(follow_up_actions, HEAD) if row.state is ActionState.DRAFT]
    assert f"Judged not effective. Action {following.action_id} follows it" in app.success[0].value
    press(app, "Close the action")
    assert row_of(office, action_id).result is Result.NOT_EFFECTIVE
    assert "Nothing was learned again since" in words(app)


def test_closed_without_a_result_is_said_so(
    office: ScoredOffice, open_screen: OpenScreen, point_id: int
) -> None:
    action_id = monitored(office, point_id)
    app = see(office, open_screen, SOUTH, action=action_id)
    press(app, "Close without a result")
    assert "Say why nothing more can be shown" in app.error[0].value
    field(app.text_area, "The reason").input("The scorecard does not ask about it.")
    press(app, "Close without a result")
    assert "Closed: not measurable" in words(app)


def test_each_change_is_chosen_and_has_its_reason(
    office: ScoredOffice, open_screen: OpenScreen, point_id: int
) -> None:
    action_id = office.act_on(NORTH, point_id, owner=NORTH)
    app = see(office, open_screen, NORTH, action=action_id)
    assert "What is to change" not in [box.label for box in app.selectbox]
    app = see(office, open_screen, HEAD, action=action_id)
    field(app.selectbox, "What is to change").select("The target date").run()
    field(app.date_input, "New target date").set_value(SOON)
    press(app, "Change it")
    assert "Say why the target date moves" in app.error[0].value
    field(app.text_input, "Why?").input("Waiting for the template.")
    press(app, "Change it")
    assert "First target date: **20 July 2026**" in words(app)
    for what, label, value in (
        ("The owner", "Owner, who does it", SOUTH),
        ("The verifier", "Verified by, neither the owner nor who did it", NORTH),
    ):
        field(app.selectbox, "What is to change").select(what).run()
        field(app.selectbox, label).select(value)
        field(app.text_input, "Why?").input("Nearer to it.")
        press(app, "Change it")
    row = row_of(office, action_id)
    assert (row.owner, row.verifier, row.target_date) == (SOUTH, NORTH, SOON)
    history = next(frame.value for frame in app.dataframe if "Why" in frame.value)
    assert "Owner: Nora North → Sue South" in set(history["What"])


def test_the_list_says_what_is_late_and_can_be_led_to(
    office: ScoredOffice, open_screen: OpenScreen, point_id: int
) -> None:
    office.act_on(NORTH, point_id)
    office.act_on(NORTH, point_id, target_date=date(2099, 1, 1), description="Train everybody.", begun=False)
    app = see(office, open_screen, NORTH, part="Actions")
    assert "2 unfinished, 1 of them overdue; 0 closed or declined." in words(app)
    assert "From **draft** to **authorised**: its authoriser or the Head of Customer Care." in words(app)
    field(app.selectbox, "Which actions").select("Overdue").run()
    assert list(app.dataframe[0].value["Action"]) == ["Go through the template at the team meeting."]
    assert "overdue by " in app.dataframe[0].value["State"].iloc[0]
    field(app.checkbox, "Only those in which I am named").check().run()
    assert "No action fits" in words(app)
    led = see(office, open_screen, NORTH, part="Actions", **{"actions-shown": "To be authorised"})
    assert list(led.dataframe[0].value["Action"]) == ["Train everybody."]


def test_what_is_not_for_you_is_refused(office: ScoredOffice, open_screen: OpenScreen, point_id: int) -> None:
    action_id = office.act_on(NORTH, point_id)
    app = see(office, open_screen, SOUTH, action=action_id)
    assert "There is a problem" in app.error[0].value
    assert "template" not in words(app)


def test_a_case_without_a_plan_needs_none_when_a_second_person_agrees(
    sqlite_engine: Engine, open_screen: OpenScreen
) -> None:
    office = ScoredOffice(sqlite_engine, closed=4, with_sign_in=[HEAD, QA])
    with office.writing() as session:
        ada, key = office.person(session, "Ada Min"), "nhs-trust-complaint"
        publish_scorecard(session, CARD.replace("short-card", key), by=ada)
        use_scorecard(session, None, scorecard_key=key, starts_on=office.now.date(), by=ada)
    office.draw_closed([1])
    office.score(QA, office.to_do(QA, Route.CENTRAL)[0])
    app = see(office, open_screen, QA, part="Cases without a plan")
    assert "1 case without a plan" in words(app)
    choose = field(app.selectbox, "Choose a case")
    choose.select(choose.options[0]).run()
    press(app, "Propose that nothing needs to be done")
    assert "Say why nothing needs to be done" in app.error[0].value
    field(app.text_area, "Why does nothing need to be done?").input("All was met.")
    press(app, "Propose that nothing needs to be done")
    assert "Authorise that nothing needs to be done" not in buttons(app)
    app = see(office, open_screen, HEAD, part="Cases without a plan")
    choose = field(app.selectbox, "Choose a case")
    choose.select(choose.options[0]).run()
    press(app, "Authorise that nothing needs to be done")
    assert "Every reviewed case on the trust's card has a plan" in words(app)


def test_what_was_effective_is_closed(office: ScoredOffice, open_screen: OpenScreen, point_id: int) -> None:
    action_id = monitored(office, point_id)
    office.change(judge_effective, SOUTH, action_id, reason="None since.")
    app = see(office, open_screen, SOUTH, action=action_id)
    press(app, "Close the action")
    assert "Closed: effective" in words(app)
