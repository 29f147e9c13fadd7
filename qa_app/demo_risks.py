"""The risks of the demonstration: what managers record of open cases, and the months that the Head signs."""

import random
from datetime import date
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from qa_app.demo_cases import HIGH
from qa_app.demo_people import TEAMS
from qa_app.demo_play import Play
from sampling.records.cases import Case, CaseState
from sampling.records.people import Person
from scorecards.recording_risk import record_risk, sign_off_risks
from scorecards.risk import HighRisk, RiskCategory
from scorecards.tables_risk import RiskRecord

SIGNED: Final = 2  # the first months of the play; the next waits for the Head
_BLANK: Final = 0.2  # the share of cases that nobody looks at
_NOTES: Final = {
    RiskCategory.WELL_BEING: "Many calls a day, some of them abusive.",
    RiskCategory.OTHER_PEOPLE: "Said they might harm themselves: the procedure was followed.",
    RiskCategory.IMPACT: "The decision may be cited in other cases.",
}


def plan_risks(play: Play, number: int) -> None:
    """Put on the agenda of a month what managers record, and the signing of the month before."""
    days = play.agenda.days(play.months[number])
    if 0 < number <= SIGNED:
        moment = play.agenda.at(days[min(3, len(days) - 1)], 11)
        play.agenda.add(moment, partial(_sign, play.cast.head, play.months[number - 1]))
    for team in TEAMS:
        moment = play.agenda.at(days[min(5, len(days) - 1)], 15)
        play.agenda.add(moment, partial(_record, play.cast.managers[team], play.cast.teams[team]))


def _record(manager_id: int, team_id: int, session: Session) -> None:
    """Record the risks of the team's open cases that have no record yet, but for some."""
    manager = session.get_one(Person, manager_id)
    without = select(Case).where(
        Case.state == CaseState.OPEN, Case.team_id == team_id, Case.id.not_in(select(RiskRecord.case_id))
    )
    for case in session.scalars(without.order_by(Case.id)).all():
        rng = random.Random(case.reference)  # of its own: the other scenes keep their chances
        if rng.random() < _BLANK:
            continue
        category, reasons = RiskCategory.NONE, []
        if case.risk == HIGH or rng.random() < 0.25:
            category = rng.choice([one for one in RiskCategory if one not in (RiskCategory.NONE, "other")])
        if case.risk == HIGH and rng.random() < 0.8:
            reasons = [rng.choice(list(HighRisk))]
        record_risk(
            session,
            case,
            categories=[category],
            high_risk=reasons,
            note=_NOTES.get(category, ""),
            by=manager,
        )


def _sign(head_id: int, month: date, session: Session) -> None:
    sign_off_risks(
        session,
        month,
        note="Each high-risk case was discussed with its manager. Managers are to look at the blank ones.",
        by=session.get_one(Person, head_id),
    )
