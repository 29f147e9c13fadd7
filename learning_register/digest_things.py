"""What waits for each person on a day, as far as they may know of it: the things of their digest."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from learning_register import reminders
from learning_register.action_rights import acting_for_teams, may_see_action
from learning_register.follow_up import UNFINISHED, ActionState
from learning_register.reminders import Reach
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from learning_register.visibility import may_see_point
from sampling.records.calendars import working_days_on
from sampling.records.database import OFFICE_TIME, today
from sampling.records.office import day_in_words
from sampling.records.people import Absence, LineManagement, Person, Role, RoleHeld, Team, in_force
from sampling.tables import Route
from scorecards.held_cases import held_cases
from scorecards.interventions import interventions
from scorecards.tables_intervention import Intervention
from scorecards.work_list import work_of


class Group(StrEnum):
    """The headings of a digest, in their order."""

    OWN = "Your actions"
    AUTHORISE = "Waiting for you to authorise"
    VERIFY = "Waiting for you to say whether it worked"
    ACKNOWLEDGE = "Learning you were told of, not acknowledged yet"
    HELD = "Cases that must not go out"
    PUT_RIGHT = "To put right"
    REVIEWS = "Reviews that are late"
    OF_MANAGED = "Late actions of people you manage"
    OF_OFFICE = "Late actions of the office"


@dataclass(frozen=True)
class Thing:
    """One thing that waits. `key` names it and how pressing it is; `path` is its address in the app."""

    group: Group
    key: str
    words: str
    path: str


@dataclass(frozen=True)
class _Office:
    """Who is what today."""

    managers: Mapping[int, frozenset[int]]  # of a person
    acting: Mapping[int, frozenset[int]]  # for a team
    deputies: Mapping[int, frozenset[int]]
    heads: frozenset[int]
    reviewers: frozenset[int]

    def with_deputies(self, people: Iterable[int]) -> frozenset[int]:
        named = frozenset(people)
        return named.union(*(self.deputies.get(person, frozenset()) for person in named))


_DUE: Final = frozenset({ActionState.AUTHORISED, ActionState.IN_PROGRESS})
_REVIEWERS: Final = frozenset({Role.LINE_MANAGER, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER})


def things_by_person(session: Session) -> dict[int, list[Thing]]:
    """What waits today for whom, by the number of the person, in the order of the headings.

    Whoever is away has a deputy who gets it too. Nobody gets what they may not see.
    """
    office = _office(session)
    of_actions = _of_actions(session, office)
    of_points = _of_points(session, office)
    to_put_right = _with_something_to_put_right(session)
    wanted = {*of_actions, *of_points, *to_put_right, *office.reviewers}
    people = {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(wanted)))}
    found = {}
    for person_id in sorted(wanted):
        person = people[person_id]
        things = [
            *_seen_actions(session, person, of_actions.get(person_id, {})),
            *_seen_points(session, person, of_points.get(person_id, {})),
        ]
        if person_id in office.reviewers:
            things += [*_held(session, person), *_late_reviews(session, person)]
        if person_id in to_put_right:
            things += _to_put_right(session, person)
        if things:
            found[person_id] = sorted(things, key=lambda thing: list(Group).index(thing.group))
    return found


def _office(session: Session) -> _Office:
    day = today(session)
    managers: defaultdict[int, set[int]] = defaultdict(set)
    for row in session.scalars(select(LineManagement).where(in_force(LineManagement, day))):
        managers[row.person_id].add(row.manager_id)
    deputies: defaultdict[int, set[int]] = defaultdict(set)
    for absence in session.scalars(select(Absence).where(in_force(Absence, day))):
        if absence.deputy_id is not None:
            deputies[absence.person_id].add(absence.deputy_id)
    heads, reviewers = set(), set()
    for held in session.scalars(select(RoleHeld).where(in_force(RoleHeld, day))):
        if held.role == Role.HEAD:
            heads.add(held.person_id)
        if held.role in _REVIEWERS:
            reviewers |= {held.person_id, *deputies[held.person_id]}
    return _Office(
        managers=_frozen(managers),
        acting=acting_for_teams(session),
        deputies=_frozen(deputies),
        heads=frozenset(heads),
        reviewers=frozenset(reviewers),
    )


def _frozen(sets: Mapping[int, set[int]]) -> dict[int, frozenset[int]]:
    return {key: frozenset(values) for key, values in sets.items()}


def _of_actions(session: Session, office: _Office) -> dict[int, dict[int, Thing]]:
    """By person and action what is to be told; not yet asked is whether they may see it."""
    day = today(session)
    found: defaultdict[int, dict[int, Thing]] = defaultdict(dict)
    rows = session.execute(
        select(FollowUpAction, Person.name, Team.name)
        .outerjoin(Person, Person.id == FollowUpAction.owner_id)
        .outerjoin(Team, Team.id == FollowUpAction.owner_team_id)
        .where(FollowUpAction.state.in_(UNFINISHED))
        .order_by(FollowUpAction.target_date, FollowUpAction.id)
    )
    for action, owner, team in rows:
        for people, group, step, words in _calls(action, owner or f"the team {team}", office, day):
            said = f"{_short(action.description)} {words}"
            key = f"action {action.id}, {group.name.lower()} {step}"
            for person_id in office.with_deputies(people):
                thing = Thing(group, key, said, f"learning?action={action.id}")
                found[person_id].setdefault(action.id, thing)  # once, under the heading that is nearest
    return found


def _calls(
    action: FollowUpAction, owner: str, office: _Office, day: date
) -> Iterator[tuple[frozenset[int], Group, int, str]]:
    """Who is called upon by an action, under which heading, how pressing it is, and in which words."""
    state = ActionState(action.state)
    owners = (
        frozenset({action.owner_id})
        if action.owner_id is not None
        else office.acting.get(action.owner_team_id or 0, frozenset())
    )
    step, told = reminders.due(action.target_date, day), reminders.reached(action.target_date, day)
    if state in _DUE and step is not None:
        words = due_in_words(action.target_date, day)
        yield owners, Group.OWN, step, words
        if Reach.MANAGER in told:
            above = frozenset().union(*(office.managers.get(each, frozenset()) for each in owners))
            yield above, Group.OF_MANAGED, step, f"{words} Its owner is {owner}."
        if Reach.HEAD in told:
            yield office.heads, Group.OF_OFFICE, step, f"{words} Its owner is {owner}."
    drafted_on = action.logged_at.astimezone(OFFICE_TIME).date()
    weeks = reminders.waiting(drafted_on, day, after=reminders.DRAFT_WAITS)
    if state is ActionState.DRAFT and weeks is not None:
        said = f"Drafted on {day_in_words(drafted_on)}, for {owner}."
        yield frozenset({action.authoriser_id}), Group.AUTHORISE, weeks, said
    weeks = reminders.waits_for_verdict(state, action.review_on, action.done_on, day)
    if weeks is not None and action.done_on is not None:
        verifier = frozenset({action.verifier_id or action.authoriser_id})
        yield verifier, Group.VERIFY, weeks, f"Done on {day_in_words(action.done_on)}."


def _seen_actions(session: Session, person: Person, things: Mapping[int, Thing]) -> list[Thing]:
    if not things:
        return []
    seen = session.scalars(
        select(FollowUpAction.id)
        .join(LearningPoint, LearningPoint.id == FollowUpAction.learning_point_id)
        .where(FollowUpAction.id.in_(things), may_see_action(session, person))
    )
    allowed = set(seen)
    return [thing for action_id, thing in things.items() if action_id in allowed]


def _of_points(session: Session, office: _Office) -> dict[int, dict[int, Thing]]:
    """By person and learning point the feedback that was not acknowledged in its time."""
    day = today(session)
    found: defaultdict[int, dict[int, Thing]] = defaultdict(dict)
    rows: Iterable[Row[int, date, int, str]] = session.execute(
        select(
            LearningPoint.id,
            LearningPoint.fed_back_on,
            LearningPoint.fed_back_to_id,
            LearningPoint.description,
        )
        .where(LearningPoint.fed_back_on < day, LearningPoint.acknowledged_on.is_(None))
        .order_by(LearningPoint.fed_back_on, LearningPoint.id)
    )
    until: dict[date, date] = {}
    for point_id, told_on, to_id, description in rows:
        if told_on not in until:
            until[told_on] = working_days_on(session, told_on, reminders.ACKNOWLEDGED_WITHIN)
        weeks = reminders.waiting(until[told_on], day, after=1)
        if weeks is None:
            continue
        words = f"{_short(description)} You were told on {day_in_words(told_on)}."
        thing = Thing(
            Group.ACKNOWLEDGE, f"point {point_id}, waiting {weeks}", words, f"learning?point={point_id}"
        )
        for person_id in office.with_deputies([to_id]):
            found[person_id][point_id] = thing
    return found


def _seen_points(session: Session, person: Person, things: Mapping[int, Thing]) -> list[Thing]:
    if not things:
        return []
    seen = session.scalars(
        select(LearningPoint.id).where(LearningPoint.id.in_(things), may_see_point(session, person))
    )
    allowed = set(seen)
    return [thing for point_id, thing in things.items() if point_id in allowed]


def _held(session: Session, person: Person) -> list[Thing]:
    day, found = today(session), []
    for row in held_cases(session, person, waiting_only=True):
        since = row.held_at.astimezone(OFFICE_TIME).date()
        weeks = reminders.waiting(since, day, after=0)
        if row.is_own_team:
            words = f"{row.reference} is held back since {day_in_words(since)}."
            key, path = f"held {row.held_id}, waiting {weeks}", f"held_cases?held={row.held_id}"
            found.append(Thing(Group.HELD, key, words, path))
    return found


def _with_something_to_put_right(session: Session) -> frozenset[int]:
    due = select(Intervention.owner_id).where(
        Intervention.done_on.is_(None), Intervention.due_on <= today(session)
    )
    return frozenset(session.scalars(due.distinct()))


def _to_put_right(session: Session, person: Person) -> list[Thing]:
    day = today(session)
    return [
        Thing(
            Group.PUT_RIGHT,
            f"intervention {row.intervention_id}, due {reminders.due(row.due_on, day)}",
            f"{row.reference}: {_short(row.what)} {due_in_words(row.due_on, day)}",
            "held_cases?part=Interventions",
        )
        for row in interventions(session, person)
        if row.owner_id == person.id and row.done_on is None and row.due_on <= day
    ]


def _late_reviews(session: Session, person: Person) -> list[Thing]:
    """Of each sample how many reviews are late: a manager's own month, and what was given to a reviewer."""
    day = today(session)
    late: defaultdict[tuple[str, date], int] = defaultdict(int)
    for item in work_of(session, person):
        is_theirs = item.is_own or item.route == Route.OPEN
        if item.gone is None and is_theirs and item.due_on < day:
            late[item.sample, item.due_on] += 1
    return [
        Thing(
            Group.REVIEWS,
            f"reviews of {sample} due {due_on}, late {reminders.due(due_on, day)}",
            f"{count:,} of “{sample}”. {due_in_words(due_on, day)}",
            "reviews",
        )
        for (sample, due_on), count in sorted(late.items(), key=lambda found: found[0][1])
    ]


def due_in_words(due_on: date, day: date) -> str:
    """A date that something is due on, and how far off it is: Due on 20 July 2026, in 7 days."""
    days = (due_on - day).days
    if days < 0:
        return f"Due on {day_in_words(due_on)}, {-days:,} day{'' if days == -1 else 's'} late."
    when = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
    return f"Due on {day_in_words(due_on)}, {when}."


def _short(text: str, length: int = 200) -> str:
    line = " ".join(text.split())
    if len(line) > length:
        return f"{line[: length - 1].rstrip()}…"
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."
