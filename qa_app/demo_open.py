"""A month of open-case sampling in the demonstration: each team's draw, and what its manager finds."""

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from qa_app.demo_actions import (
    DECLINED,
    DONE,
    NOT_SHOWN,
    OF_THE_TEAM,
    OVERDUE,
    STILL_OPEN,
    WATCHED,
    WORKED,
    WORKED_NOT,
)
from qa_app.demo_cases import HIGH
from qa_app.demo_people import DECISION, TEAMS
from qa_app.demo_play import Lesson, Play
from qa_app.demo_reviews import HALF_DONE, NOTHING_WRONG, Findings, found_wanting, wanting
from sampling.actions import register_quota_plan
from sampling.drawing import carry_out_plan
from sampling.frames import freeze_open_frame
from sampling.records.appointments import record_absence
from sampling.records.database import reading, today, writing
from sampling.records.people import Person, Team
from scorecards.reductions import approve_reduction, request_reduction
from scorecards.tables import SamplingReduction
from scorecards.work_list import WorkItem, work_of

CURRENT: Final = 3  # the number of the month that runs now; 0 to 2 are over
DONE_SO_FAR: Final = {"North": 5, "South": 8, "East": 3, "West": 6}
AWAY: Final = (1, "South")  # the month and team whose manager is away
DEPUTY: Final = "West"  # the team whose manager stands in
REDUCED: Final = (2, "East")  # fewer reviews of somebody's cases, approved
ASKED: Final = (CURRENT, "South")  # fewer reviews asked for, not approved yet

# One case of a month and team in which a certain requirement is not met, and what comes of it.
_CERTAIN: Final = {
    (0, "North"): ("challenge-analysed", Lesson((WORKED,))),
    (0, "South"): ("adjustments-kept", Lesson((NOT_SHOWN, DECLINED))),
    (0, "East"): ("clear-explanation", Lesson((WORKED_NOT,))),
    (1, "North"): ("clear-explanation", Lesson((OVERDUE, DONE), unverified=True)),
    (1, "West"): ("tried-to-resolve", Lesson((WATCHED,))),
    (2, "North"): ("clear-explanation", Lesson((STILL_OPEN,))),
    (2, "West"): ("right-remedy", Lesson((OF_THE_TEAM,))),
}
_PRAISED: Final = ((0, "West"), (1, "South"), (2, "North"))


def play_open_month(play: Play, number: int) -> None:
    """Draw the sample of every team in a month, and put its reviews on the agenda."""
    for team in TEAMS:
        items = _draw(play, team, play.agenda.days(play.months[number])[0])
        if (number, team) == REDUCED:
            _leave_out_one(play, number, team, items)
        if (number, team) == ASKED:
            _ask_reduction(play, number, team, _with_two(items).caseworker or "")
        _plan_reviews(play, number, team, items)


def _draw(play: Play, team: str, day: date) -> list[WorkItem]:
    moment, manager_id = play.agenda.at(day, 10), play.cast.managers[team]
    with writing(play.engine, now=moment) as session:
        manager = session.get_one(Person, manager_id)
        of = session.get_one(Team, play.cast.teams[team])
        frame = freeze_open_frame(session, of, certainty_risks=(HIGH,), by=manager)
        plan_id, name = register_quota_plan(session, frame, by=manager).id, frame.name
    carry_out_plan(play.engine, plan_id, by_id=manager_id, now=moment)
    with reading(play.engine, now=moment) as session:
        work = work_of(session, session.get_one(Person, manager_id))
        return [item for item in work if item.sample == name]


def _plan_reviews(play: Play, number: int, team: str, items: list[WorkItem]) -> None:
    month = play.agenda.days(play.months[number])
    days = month[1:17] or month
    away_from = None
    if (number, team) == AWAY:
        away_from = days[len(days) // 2]
        _go_away(play, away_from, month[-1])
    play.rng.shuffle(items)
    items.sort(key=lambda item: play.cases[item.reference].case_type != DECISION)
    praised = items[-1] if (number, team) in _PRAISED else None
    certain = items[0] if (number, team) in _CERTAIN else None
    play.rng.shuffle(items)
    done = items if number < CURRENT else items[: DONE_SO_FAR[team]]
    for item, moment in zip(done, play.agenda.spread(days, len(done), rng=play.rng), strict=True):
        findings, lesson = _findings(play, item, number)
        if item is certain:
            key, lesson = _CERTAIN[number, team]
            findings = found_wanting(play.cases[item.reference].case_type, key)
        elif item is praised:
            findings, lesson = NOTHING_WRONG, Lesson(is_praise=True)
        reviewer = DEPUTY if away_from is not None and moment.date() >= away_from else team
        play.first_scores[item.reference] = findings
        by_id = play.cast.managers[reviewer]
        play.plan_review(moment, item.sampled_case_id, item.reference, findings, by_id=by_id, lesson=lesson)
    if (number, team) == (CURRENT, "North"):
        moment, item = play.agenda.at(days[-1], 17), items[len(done)]
        by_id = play.cast.managers[team]
        play.plan_review(moment, item.sampled_case_id, item.reference, HALF_DONE, by_id=by_id)


def _findings(play: Play, item: WorkItem, number: int) -> tuple[Findings, Lesson | None]:
    """About one open case in seven is found wanting; most of it is put right in time.

    In the first month many analyses stop too soon, until something is done about it.
    """
    if number == 0 and play.cases[item.reference].case_type == DECISION and play.rng.random() < 0.5:
        return replace(found_wanting(DECISION, "challenge-analysed"), put_right=True), None
    chance, case_type = play.rng.random(), play.cases[item.reference].case_type
    if chance > 0.14:
        return NOTHING_WRONG, None
    put_right = play.rng.random() < 0.65
    findings = wanting(play.rng, case_type, outcome=chance < 0.05, method=chance > 0.03, put_right=put_right)
    return findings, Lesson() if play.rng.random() < 0.4 else None


def _go_away(play: Play, starts_on: date, ends_on: date) -> None:
    manager_id, deputy_id = play.cast.managers[AWAY[1]], play.cast.managers[DEPUTY]

    def tell(session: Session) -> None:
        manager, deputy = session.get_one(Person, manager_id), session.get_one(Person, deputy_id)
        record_absence(session, manager, starts_on=starts_on, ends_on=ends_on, deputy=deputy, by=manager)

    play.agenda.add(play.agenda.at(starts_on, 9), tell)


def _leave_out_one(play: Play, number: int, team: str, items: list[WorkItem]) -> None:
    """A caseworker is on leave: one review less is required, and one of the cases drawn stays unread."""
    left_out = _with_two(items)
    items.remove(left_out)
    _ask_reduction(play, number, team, left_out.caseworker or "")
    days = play.agenda.days(play.months[number])
    play.agenda.add(play.agenda.at(days[1], 9), partial(_approve, play.cast.head))


def _with_two(items: list[WorkItem]) -> WorkItem:
    """A case of somebody of whose cases two were drawn, if there is such a person."""
    names = [item.caseworker for item in items]
    owned = [item for item in items if item.caseworker]
    return max(owned, key=lambda item: names.count(item.caseworker) == 2)


def _ask_reduction(play: Play, number: int, team: str, caseworker: str) -> None:
    manager_id, team_id = play.cast.managers[team], play.cast.teams[team]

    def ask(session: Session) -> None:
        person = session.scalars(select(Person).where(Person.case_system_name == caseworker)).one()
        request_reduction(
            session,
            session.get_one(Team, team_id),
            caseworker=person,
            month=today(session),
            required=1,
            reason="On leave for three of the four weeks.",
            by=session.get_one(Person, manager_id),
        )

    play.agenda.add(play.agenda.at(play.agenda.days(play.months[number])[0], 11), ask)


def _approve(head_id: int, session: Session) -> None:
    reduction = session.scalars(select(SamplingReduction)).one()
    approve_reduction(session, reduction, by=session.get_one(Person, head_id))
