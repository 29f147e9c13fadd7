"""Follow-up actions by the real actions: drafted, authorised, done with evidence, judged, closed, changed."""

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from scored_office import CARD, ScoredOffice
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError

from learning_register.action_overview import actions_overview
from learning_register.action_people import change_person
from learning_register.action_queries import ActionRow, Concern, follow_up_actions
from learning_register.action_sheets import ActionSheet, action_sheet
from learning_register.aims import ParagraphAim, RequirementAim, change_aims
from learning_register.authorising import authorise_action, decline_action
from learning_register.documents import GUIDANCE
from learning_register.follow_up import ActionState, Part, Result, Right
from learning_register.following_up import move_target_date, reword_action
from learning_register.no_action import authorise_no_action, cases_without_plan, propose_no_action
from learning_register.point_queries import learning_points
from learning_register.progressing import (
    add_file,
    add_link,
    add_milestone,
    add_note,
    finish_action,
    finish_milestone,
    reopen_action,
    share_action,
    start_action,
)
from learning_register.recurrence import later_points, recurrences
from learning_register.tables_actions import ActionMilestone, FollowUpAction, NoActionNeeded
from learning_register.verifying import (
    close_action,
    close_without_result,
    judge_effective,
    judge_not_effective,
    monitor_action,
    move_review_date,
)
from sampling.records.office import disable_person
from sampling.records.people import Role, Team
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.cards import publish_scorecard, use_scorecard
from scorecards.requirements import Kind
from scorecards.tables import Review

NORTH, SOUTH, HEAD, OWNER, QA = "Nora North", "Sue South", "Hedda Head", "Otto Owner", "Quinn Qua"
TARGET, REVIEW = date(2026, 7, 20), date(2026, 9, 1)


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine)


def not_met(office: ScoredOffice) -> int:
    """A review of North in which the first outcome requirement is not met."""
    office.draw_open("North", NORTH)
    return office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME)


def drafted(office: ScoredOffice, **changes: object) -> int:
    return office.act_on(NORTH, office.learn(NORTH, not_met(office)), begun=False, **changes)


def row_of(office: ScoredOffice, action_id: int, name: str = HEAD) -> ActionRow:
    (row,) = office.ask(follow_up_actions, name, action_id=action_id)
    return row


def sheet_of(office: ScoredOffice, action_id: int, name: str = HEAD) -> ActionSheet:
    return office.ask(lambda session, person: action_sheet(session, action_id, person), name)


def refused(words: str, do: Callable[[], object]) -> None:
    with pytest.raises(Refused, match=words):
        do()


def done_and_monitored(office: ScoredOffice, **changes: object) -> int:
    action_id = office.act_on(NORTH, office.learn(NORTH, not_met(office)), **changes)
    office.change(finish_action, OWNER, action_id, note="Gone through.")
    monitor(office, action_id, SOUTH)
    return action_id


def monitor(office: ScoredOffice, action_id: int, verifier: str | None, until: date = REVIEW) -> None:
    with office.writing() as session:
        monitor_action(
            session,
            session.get_one(FollowUpAction, action_id),
            verifier=None if verifier is None else office.person(session, verifier),
            review_on=until,
            by=office.person(session, HEAD),
        )


def test_from_a_draft_to_proven_improvement(engine: Engine) -> None:
    office = ScoredOffice(engine)
    action_id = drafted(office)
    do = partial(office.change)
    assert row_of(office, action_id).concerns == {Concern.UNAUTHORISED}
    refused("so it cannot become in progress", lambda: do(start_action, OWNER, action_id))
    refused("It is for its authoriser or the Head", lambda: do(authorise_action, OWNER, action_id))
    do(authorise_action, HEAD, action_id)
    refused("so it cannot become done", lambda: do(finish_action, OWNER, action_id, note="Done."))
    do(start_action, OWNER, action_id)
    refused("Nothing shows that this was done", lambda: do(finish_action, OWNER, action_id))
    refused("not an address", lambda: do(add_link, OWNER, action_id, address="javascript:alert(1)"))
    refused("is empty", lambda: do(add_file, OWNER, action_id, file_name="minutes.pdf", content=b""))
    do(add_link, OWNER, action_id, address="https://intranet.example.org/minutes")
    do(add_file, OWNER, action_id, file_name="minutes.pdf", content=b"abc")
    refused("no such action", lambda: do(add_note, SOUTH, action_id, words="Seen."))
    office.later(16)
    do(finish_action, OWNER, action_id)
    row = row_of(office, action_id)
    assert (row.state, row.days_late, row.done_on) == (ActionState.DONE, 2, date(2026, 7, 22))
    assert row.concerns == {Concern.UNVERIFIED}
    refused("Name a verifier", lambda: monitor(office, action_id, None))
    refused("Otto Owner owns this action, so somebody else", lambda: monitor(office, action_id, OWNER))
    refused("reviews for QA", lambda: monitor(office, action_id, QA))  # the learning is from an open case
    refused("leaves no time", lambda: monitor(office, action_id, SOUTH, date(2026, 7, 22)))
    monitor(office, action_id, SOUTH)
    assert row_of(office, action_id, SOUTH).concerns == frozenset()
    refused("It is for its verifier", lambda: do(judge_effective, HEAD, action_id, reason="It did."))
    refused("Say what shows", lambda: do(judge_effective, SOUTH, action_id, reason=" "))
    do(judge_effective, SOUTH, action_id, reason="2 of 130 after, 9 of 120 before.")
    refused("has its result already", lambda: close_as(office, SOUTH, action_id, Result.NOT_MEASURABLE))
    do(close_action, SOUTH, action_id)
    sheet = sheet_of(office, action_id)
    assert (sheet.row.state, sheet.row.result) == (ActionState.CLOSED, Result.EFFECTIVE)
    assert [(one.before, one.after) for one in sheet.changes if one.what == "state"] == [
        ("draft", "authorised"),
        ("authorised", "in_progress"),
        ("in_progress", "done"),
        ("done", "monitoring"),
        ("monitoring", "effective"),
        ("effective", "closed"),
    ]
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of "abc", FIPS 180-2
    assert [(one.kind, one.sha256) for one in sheet.evidence] == [("link", None), ("file", sha256)]
    assert (sheet.may_become, sheet.rights) == (frozenset(), {Right.SHARE})


def close_as(office: ScoredOffice, name: str, action_id: int, result: Result) -> None:
    office.change(close_without_result, name, action_id, result=result, reason="Nothing more can be shown.")


def test_without_effect_it_starts_another_before_it_is_closed(office: ScoredOffice) -> None:
    action_id = done_and_monitored(office)
    next_step = {"reason": "As many as before.", "next_step": "Train all.", "target_date": REVIEW}
    refused("says nothing", lambda: judge_not(office, action_id, {**next_step, "next_step": " "}))
    assert row_of(office, action_id).state is ActionState.MONITORING  # all of it, or nothing
    judge_not(office, action_id, next_step)
    (following,) = sheet_of(office, action_id).followed_by
    sheet = sheet_of(office, following)
    assert (sheet.row.state, sheet.follows, sheet.row.owner) == (ActionState.DRAFT, action_id, OWNER)
    assert (sheet.row.authoriser, sheet.row.point_id) == (HEAD, row_of(office, action_id).point_id)
    office.change(close_action, HEAD, action_id)
    assert row_of(office, action_id).result is Result.NOT_EFFECTIVE


def judge_not(office: ScoredOffice, action_id: int, given: dict[str, object]) -> None:
    office.change(judge_not_effective, SOUTH, action_id, **given)


def test_not_shown_is_an_answer_from_the_review_date_on(office: ScoredOffice) -> None:
    action_id = done_and_monitored(office)
    refused("There is time until", lambda: close_as(office, SOUTH, action_id, Result.NOT_SHOWN))
    refused("Say why", lambda: move_review(office, HEAD, action_id, REVIEW, " "))
    refused("not yours to do", lambda: move_review(office, OWNER, action_id, REVIEW, "Later."))
    move_review(office, HEAD, action_id, date(2026, 8, 1), "The sample is in by then.")
    office.later(26)
    assert Concern.UNVERIFIED in row_of(office, action_id).concerns
    close_as(office, SOUTH, action_id, Result.NOT_SHOWN)
    row = row_of(office, action_id)
    assert (row.state, row.result) == (ActionState.CLOSED, Result.NOT_SHOWN)
    with office.reading() as session:
        overview = actions_overview(session, office.person(session, HEAD))
    assert dict(overview.by_result.itertuples(index=False)) == {
        "effective": 0,
        "not_effective": 0,
        "not_measurable": 0,
        "not_shown": 1,
    }


def move_review(office: ScoredOffice, name: str, action_id: int, to: date, reason: str) -> None:
    office.change(move_review_date, name, action_id, review_on=to, reason=reason)


def test_what_is_done_and_cannot_be_measured_is_closed_by_somebody_who_did_not_do_it(
    office: ScoredOffice,
) -> None:
    action_id = office.act_on(NORTH, office.learn(NORTH, not_met(office)))
    refused("so it cannot become closed", lambda: close_as(office, HEAD, action_id, Result.NOT_MEASURABLE))
    office.change(finish_action, NORTH, action_id, note="Gone through.")  # for the owner, who is away
    refused("It is for its authoriser", lambda: close_as(office, NORTH, action_id, Result.NOT_MEASURABLE))
    refused("no review date", lambda: close_as(office, HEAD, action_id, Result.NOT_SHOWN))
    refused("has no result yet", lambda: office.change(close_action, HEAD, action_id))
    refused("is closed like this", lambda: close_as(office, HEAD, action_id, Result.EFFECTIVE))
    close_as(office, HEAD, action_id, Result.NOT_MEASURABLE)
    row = row_of(office, action_id)
    assert (row.result, row.verifier) == (Result.NOT_MEASURABLE, HEAD)


@pytest.mark.parametrize("monitored", [False, True])
def test_what_turned_out_not_to_be_done_is_opened_again(office: ScoredOffice, monitored: bool) -> None:
    if monitored:
        action_id = done_and_monitored(office)
    else:
        action_id = office.act_on(NORTH, office.learn(NORTH, not_met(office)))
        refused("so it cannot become", lambda: office.change(reopen_action, OWNER, action_id, reason="No."))
        office.change(finish_action, OWNER, action_id, note="Gone through.")
    refused("Say why", lambda: office.change(reopen_action, OWNER, action_id, reason=" "))
    office.later(16)
    refused("Open it again, with a reason", lambda: office.change(start_action, OWNER, action_id))
    office.change(reopen_action, NORTH, action_id, reason="The template is still missing.")
    row = row_of(office, action_id)
    assert (row.state, row.is_overdue, row.done_on) == (ActionState.IN_PROGRESS, True, None)
    assert row.review_on is None


def test_declined_with_a_reason(office: ScoredOffice) -> None:
    action_id = drafted(office)
    refused("Say why", lambda: office.change(decline_action, HEAD, action_id, reason=" "))
    refused("It is for its authoriser", lambda: office.change(decline_action, NORTH, action_id, reason="No."))
    office.change(decline_action, HEAD, action_id, reason="The template goes in May.")
    sheet = sheet_of(office, action_id)
    assert (sheet.row.state, sheet.decline_reason) == (ActionState.DECLINED, "The template goes in May.")
    refused("come to its end", lambda: office.change(authorise_action, HEAD, action_id))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"owner": NORTH, "authoriser": NORTH}, "Nora North owns this action"),
        ({"authoriser": QA}, "cannot authorise"),
        ({"verifier": OWNER}, "Otto Owner verifies this action"),
        ({"verifier": QA}, "reviews for QA"),
        ({"target_date": date(2026, 7, 5)}, "has passed"),
        ({"description": " "}, "says nothing"),
        ({"improves": [RequirementAim("short-card", "nowhere")]}, "No published scorecard asks about"),
        ({"improves": [ParagraphAim(GUIDANCE, "14")]}, "No published scorecard asks about paragraph 14"),
    ],
)
def test_an_action_that_cannot_be_is_refused(
    office: ScoredOffice, changes: dict[str, object], words: str
) -> None:
    refused(words, lambda: drafted(office, **changes))


def team(office: ScoredOffice, name: str) -> Team:
    with office.reading() as session:
        return session.scalars(select(Team).where(Team.name == name)).one()


def test_a_team_owns_through_its_line_manager(office: ScoredOffice) -> None:
    south = team(office, "South")
    refused("leads the team that owns", lambda: drafted(office, owner=south, authoriser=SOUTH))
    action_id = office.act_on(NORTH, only_point(office), owner=south, begun=False)
    row = row_of(office, action_id, SOUTH)
    assert (row.owner, row.owner_id, len(row.acting)) == ("South", None, 1)
    refused("not yours to do", lambda: office.change(authorise_action, SOUTH, action_id))
    office.change(authorise_action, HEAD, action_id)
    office.change(start_action, SOUTH, action_id)
    office.change(finish_action, SOUTH, action_id, note="Gone through.")
    refused("Sue South leads the team that owns this action", lambda: monitor(office, action_id, SOUTH))


def only_point(office: ScoredOffice) -> int:
    (point,) = office.ask(learning_points, NORTH)
    return point.point_id


def test_the_head_authorises_for_another_and_is_on_record_but_not_their_own(office: ScoredOffice) -> None:
    action_id = drafted(office, authoriser=SOUTH)
    office.change(authorise_action, HEAD, action_id)
    assert row_of(office, action_id).authoriser == HEAD
    own = office.act_on(NORTH, only_point(office), owner=HEAD, authoriser=SOUTH, begun=False)
    refused("You own this action", lambda: office.change(authorise_action, HEAD, own))
    office.change(authorise_action, SOUTH, own)


def test_each_change_has_its_reason_and_the_first_target_date_stays(office: ScoredOffice) -> None:
    action_id = office.act_on(NORTH, office.learn(NORTH, not_met(office)))
    new = date(2026, 8, 3)

    def move(name: str, reason: str, to: date = new) -> None:
        office.change(move_target_date, name, action_id, target_date=to, reason=reason)

    refused("It is for its authoriser or the Head", lambda: move(OWNER, "Busy."))
    refused("Say why", lambda: move(HEAD, " "))
    refused("has passed", lambda: move(HEAD, "Back.", date(2026, 7, 5)))
    move(HEAD, "Waiting for the template.")
    office.change(reword_action, HEAD, action_id, description="Replace the template.", reason="It is old.")
    aims = [ParagraphAim(GUIDANCE, "38")]
    office.change(change_aims, HEAD, action_id, aims=aims, reason="It is about the whole paragraph.")
    for part, to in ((Part.OWNER, SOUTH), (Part.VERIFIER, NORTH)):
        change_to(office, action_id, part, to)
    refused("authorises this action", lambda: change_to(office, action_id, Part.OWNER, HEAD))
    refused("owns this action", lambda: change_to(office, action_id, Part.AUTHORISER, SOUTH))
    refused("verifies this action", lambda: change_to(office, action_id, Part.OWNER, NORTH))
    refused("has this part in it already", lambda: change_to(office, action_id, Part.OWNER, SOUTH))
    refused("reviews for QA", lambda: change_to(office, action_id, Part.OWNER, QA))
    sheet = sheet_of(office, action_id)
    assert (sheet.row.target_date, sheet.row.first_target_date) == (new, TARGET)
    assert (sheet.row.owner, sheet.row.verifier, sheet.row.description) == (
        SOUTH,
        NORTH,
        "Replace the template.",
    )
    assert sheet.aims == tuple(aims)
    made = {one.what: (one.before, one.after, one.reason) for one in sheet.changes if one.what != "state"}
    assert set(made) == {"target date", "wording", "improves", "owner", "verifier"}
    assert made["target date"] == ("2026-07-20", "2026-08-03", "Waiting for the template.")
    assert made["owner"] == (OWNER, SOUTH, "Somebody else is nearer to it.")
    office.change(finish_action, SOUTH, action_id, note="Done.")
    refused("is done, so this is settled", lambda: move(HEAD, "Late."))


def change_to(office: ScoredOffice, action_id: int, part: Part, to: str) -> None:
    with office.writing() as session:
        change_person(
            session,
            session.get_one(FollowUpAction, action_id),
            part=part,
            to=office.person(session, to),
            reason="Somebody else is nearer to it.",
            by=office.person(session, HEAD),
        )


def test_milestones_and_with_whom_it_was_shared(office: ScoredOffice) -> None:
    action_id = office.act_on(NORTH, office.learn(NORTH, not_met(office)))

    def plan(description: str, due_on: date) -> None:
        office.change(add_milestone, OWNER, action_id, description=description, due_on=due_on)

    refused("says nothing", lambda: plan(" ", TARGET))
    refused("has passed", lambda: plan("Half", date(2026, 7, 5)))
    plan("Template agreed", date(2026, 7, 13))
    with office.writing() as session:
        milestone = session.scalars(select(ActionMilestone)).one()
        finish_milestone(session, milestone, by=office.person(session, OWNER))
        with pytest.raises(Refused, match="done already"):
            finish_milestone(session, milestone, by=office.person(session, OWNER))

    def share(with_whom: str, on: date) -> None:
        office.change(share_action, OWNER, action_id, with_whom=with_whom, shared_on=on)

    refused("Say with whom", lambda: share(" ", date(2026, 7, 6)))
    refused("in the future", lambda: share("All teams", date(2026, 7, 7)))
    share("All teams", date(2026, 7, 6))
    sheet = sheet_of(office, action_id)
    assert [(one.description, one.done_on) for one in sheet.milestones] == [
        ("Template agreed", date(2026, 7, 6))
    ]
    assert sheet.shared == (("All teams", date(2026, 7, 6)),)


def test_who_is_named_sees_it_and_no_more(office: ScoredOffice) -> None:
    point_id = office.learn(NORTH, not_met(office))
    action_id = office.act_on(NORTH, point_id, authoriser=SOUTH)
    for name in (OWNER, SOUTH):
        assert row_of(office, action_id, name).description
        assert office.ask(learning_points, name) == []
    with pytest.raises(Refused, match="not for you to see"):
        office.act_on(OWNER, point_id)
    hidden = office.act_on(NORTH, point_id)
    refused("no such action", lambda: sheet_of(office, hidden, SOUTH))
    refused("no such action", lambda: office.change(finish_action, SOUTH, hidden, note="Done."))


def test_the_database_too_holds_owner_and_authoriser_apart(engine: Engine) -> None:
    office = ScoredOffice(engine)
    action_id = drafted(office)
    for values in ({"owner_id": FollowUpAction.authoriser_id}, {"state": "done"}, {"state": "authorised"}):
        changed = update(FollowUpAction).where(FollowUpAction.id == action_id).values(**values)
        with pytest.raises(IntegrityError), office.writing() as session:
            session.execute(changed)


def test_the_overview_counts_what_somebody_has_to_look_after(engine: Engine) -> None:
    office = ScoredOffice(engine)
    point_id = office.learn(NORTH, not_met(office))
    begun = office.act_on(NORTH, point_id)
    drafts = [office.act_on(NORTH, point_id, owner=team(office, "South"), begun=False)]
    done = office.act_on(NORTH, point_id, target_date=date(2027, 1, 1))
    office.change(finish_action, OWNER, done, note="Gone through.")
    with office.writing() as session:
        disable_person(session, office.person(session, OWNER), by=office.person(session, "Ada Min"))
    office.later(31)
    with office.reading() as session:
        found = actions_overview(session, office.person(session, HEAD))
        nothing = actions_overview(session, office.person(session, SOUTH))
    states = dict(found.by_state.itertuples(index=False))
    assert (states["draft"], states["in_progress"], states["done"], states["closed"]) == (1, 1, 1, 0)
    assert found.by_age.values.tolist()[:2] == [["Up to 30 days", 0, 0], ["31 to 90 days", 3, 2]]
    assert found.by_unit.values.tolist() == [[1, "North", 3, 2]]
    assert found.by_owner[["owner", "actions", "late"]].values.tolist() == [[OWNER, 2, 1], ["South", 1, 1]]
    assert [row.action_id for row in found.late] == [begun, *drafts]
    assert [row.action_id for row in found.unowned] == [begun]
    assert [row.action_id for row in found.unauthorised] == drafts
    assert [row.action_id for row in found.unverified] == [done]
    assert [row.action_id for row in nothing.late] == drafts
    assert list(nothing.by_age["actions"]) == [0, 1, 0, 0, 0]


def test_what_comes_back_after_closing(engine: Engine) -> None:
    office = ScoredOffice(engine)
    first = not_met(office)
    action_id = office.act_on(NORTH, office.learn(NORTH, first))
    office.change(finish_action, OWNER, action_id, note="Gone through.")
    close_as(office, HEAD, action_id, Result.NOT_MEASURABLE)
    review_id = office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME)
    office.learn(NORTH, review_id)  # the day it was closed is not after it

    def again(name: str = HEAD) -> list[int]:
        points = office.ask(lambda session, person: later_points(session, action_id, person), name)
        return [point.point_id for point in points]

    assert again() == []
    office.later(1)
    office.draw_open("South", SOUTH)
    elsewhere = office.score(SOUTH, office.to_do(SOUTH, Route.OPEN)[0], not_met=Kind.OUTCOME)
    office.learn(SOUTH, elsewhere)
    other = {"citations": [], "commitments": [6], "is_gap": True, "kind": "organisational"}
    office.learn(NORTH, review_id, **other)
    back = office.learn(NORTH, review_id, description="The reasons do not answer it again.")
    assert again() == again(NORTH) == [back]
    found = office.ask(recurrences, HEAD)
    assert [(row.about.document, row.about.reference, row.team) for row in found] == [
        ("", "5", "North"),
        (GUIDANCE, "38", "North"),
    ]
    assert all(row.point_ids == (back,) and row.action_ids == (action_id,) for row in found)
    assert office.ask(recurrences, SOUTH) == []


def on_the_trusts_card(office: ScoredOffice) -> list[int]:
    """Two closed cases reviewed on a card that asks for a plan."""
    with office.writing() as session:
        ada, key = office.person(session, "Ada Min"), "nhs-trust-complaint"
        card = CARD.replace("short-card", key).replace("Short card", "Trust card")
        publish_scorecard(session, card, by=ada)
        use_scorecard(session, None, scorecard_key=key, starts_on=office.now.date(), by=ada)
    office.draw_closed([2])
    return [office.score(QA, sampled, not_met=Kind.OUTCOME) for sampled in office.to_do(QA, Route.CENTRAL)]


def test_that_nothing_needs_to_be_done_is_authorised_by_somebody_else(engine: Engine) -> None:
    office = ScoredOffice(engine)
    acted, unneeded = on_the_trusts_card(office)
    assert {row.review_id for row in office.ask(cases_without_plan, HEAD)} == {acted, unneeded}
    assert office.ask(cases_without_plan, NORTH) == []  # closed cases' reviews are not a manager's to see
    point_id = office.learn(QA, acted)
    action_id = office.act_on(QA, point_id, begun=False)
    (row,) = office.ask(cases_without_plan, HEAD)
    assert (row.review_id, row.reason, row.may_authorise) == (unneeded, None, False)

    def propose(name: str, reason: str = "The staff member has left.") -> None:
        with office.writing() as session:
            propose_no_action(
                session, session.get_one(Review, unneeded), reason=reason, by=office.person(session, name)
            )

    def authorise(name: str) -> None:
        with office.writing() as session:
            proposal = session.get_one(NoActionNeeded, unneeded)
            authorise_no_action(session, proposal, by=office.person(session, name))

    refused("not for you to see", lambda: propose(NORTH))
    refused("Say why", lambda: propose(QA, " "))
    propose(QA, "Nothing.")
    propose(QA)
    refused("You proposed this", lambda: authorise(QA))
    refused("cannot authorise this", lambda: authorise("Robin Qua"))
    (row,) = office.ask(cases_without_plan, HEAD)
    assert (row.reason, row.proposed_by, row.may_authorise) == ("The staff member has left.", QA, True)
    authorise(HEAD)
    refused("authorised already", lambda: authorise(HEAD))
    refused("authorised already", lambda: propose(QA))
    assert office.ask(cases_without_plan, HEAD) == []
    office.change(decline_action, HEAD, action_id, reason="It is done elsewhere.")
    assert [row.review_id for row in office.ask(cases_without_plan, HEAD)] == [acted]


def test_a_head_who_scores_blind_has_no_part_in_what_a_manager_found(engine: Engine) -> None:
    office = ScoredOffice(engine)
    action_id = drafted(office)
    office.give_role(HEAD, Role.QA_REVIEWER)
    assert office.ask(follow_up_actions, HEAD) == []
    with office.reading() as session:
        assert actions_overview(session, office.person(session, HEAD)).unauthorised == ()
    refused("no such action", lambda: office.change(authorise_action, HEAD, action_id))
