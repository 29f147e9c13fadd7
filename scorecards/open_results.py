"""What managers found in open cases: a series of its own, since what is found can still be put right."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.records.database import total
from sampling.records.people import Person, Role, Team, roles_of, teams_managed
from sampling.records.settings import setting
from sampling.tables import Draw, Frame, Plan, Route, SampledCase, in_sample
from scorecards.tables import Answer, Review, ReviewState
from scorecards.visibility import may_see_review


@dataclass(frozen=True)
class OpenResult:
    """The open cases that one team's manager reviewed in one month: a count of them, not an estimate."""

    team: str
    month: date
    standard: str
    reviewed: int
    assessable: int
    met: int
    met_after_correction: int
    met_if_assessed: int
    found: int
    put_right: int
    approved_by_reviewer: int


def open_results(session: Session, person: Person) -> list[OpenResult]:
    """What managers' open-case reviews found, by team and month, newest first; voided draws left out.

    Whoever reviews for QA sees only the reviews whose second score is in.
    """
    teams = teams_managed(session, person)
    roles = roles_of(session, person)
    if not teams and not roles & {Role.HEAD, Role.QA_REVIEWER}:
        return []

    found = (
        select(Answer.review_id, func.count().label("found"), total(Answer.put_right).label("right"))
        .where(Answer.response == "not_met")
        .group_by(Answer.review_id)
        .subquery()
    )
    rows = session.execute(
        select(
            Team.name,
            Frame.period_from,
            func.count(),
            total(Review.overall_met.is_not(None)),
            total(Review.overall_met.is_(True)),
            total(Review.overall_after_correction.is_(True)),
            total(Review.overall_if_assessed.is_(True)),
            func.coalesce(func.sum(found.c.found), 0),
            func.coalesce(func.sum(found.c.right), 0),
            total(Review.approved_by_reviewer),
        )
        .select_from(Review)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .join(Team, Team.id == Frame.team_id)
        .outerjoin(found, found.c.review_id == Review.id)
        .where(
            Frame.route == Route.OPEN,
            Review.state == ReviewState.SUBMITTED,
            in_sample(),
            may_see_review(session, person),
        )
        .group_by(Team.name, Frame.period_from)
        .order_by(Frame.period_from.desc(), Team.name)
    )
    return [
        OpenResult(
            row[0], row[1], setting(session, "overall_standard", row[1]), *(int(value) for value in row[2:])
        )
        for row in rows
        if row[1] is not None  # an open frame always has its month
    ]
