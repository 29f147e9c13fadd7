"""Who has which case of a sample, for those who share it out. Of a sealed draw, counts only."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from sampling.records.database import today
from sampling.records.people import Absence, Person, Team, in_force
from sampling.refused import Refused
from sampling.sealing import is_sealed
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase, in_sample
from scorecards.allocated import still_stands
from scorecards.allocating import may_allocate, reviewers_of
from scorecards.tables import Allocation, Review, ReviewState
from scorecards.work_list import WorkItem, work_of


@dataclass(frozen=True)
class SampleToAllocate:
    """A sample of which some case is not reviewed yet."""

    draw_id: int
    name: str
    waiting: int  # cases without a submitted review


@dataclass(frozen=True)
class ReviewerLoad:
    """What a reviewer has of a sample."""

    person_id: int
    name: str
    away_until: date | None
    allocated: int  # to them, and not begun
    begun: int
    submitted: int


@dataclass(frozen=True)
class AllocatedSample:
    """How a sample is shared out. `cases` are those not submitted, in the order of their tickets."""

    draw_id: int
    name: str
    route: Route
    due_on: date
    is_sealed: bool
    unallocated: int
    allocated: int  # and not begun
    reviewers: list[ReviewerLoad]
    cases: pd.DataFrame  # sampled_case_id, reference, team, reviewer, state, due_on; empty while sealed


def samples_to_allocate(session: Session, person: Person) -> list[SampleToAllocate]:
    """The samples with cases left to review that a person may share out, the newest first."""
    rows = session.execute(
        select(Draw.id, Frame, func.count(SampledCase.id))
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .join(SampledCase, SampledCase.draw_id == Draw.id)
        .outerjoin(
            Review, (Review.sampled_case_id == SampledCase.id) & (Review.state == ReviewState.SUBMITTED)
        )
        .where(in_sample(), Review.id.is_(None), Draw.drawn_at.is_not(None), Frame.route != Route.FILE)
        .group_by(Draw.id, Frame.id)
        .order_by(Draw.id.desc())
    )
    return [
        SampleToAllocate(draw_id, frame.name, waiting)
        for draw_id, frame, waiting in rows
        if may_allocate(session, frame, person)
    ]


def allocated_sample(session: Session, draw_id: int, person: Person) -> AllocatedSample:
    """How a sample is shared out by now."""
    draw = session.get(Draw, draw_id)
    if draw is None or not may_allocate(session, draw.plan.frame, person):
        raise Refused("There is no such sample, or it is not for you to share out. Choose another one.")
    given_to, reviewed_by = aliased(Person), aliased(Person)
    rows = session.execute(
        select(
            SampledCase.id,
            FrameCase.reference,
            Team.name,
            func.coalesce(reviewed_by.id, given_to.id),
            func.coalesce(reviewed_by.name, given_to.name),
            Review.state,
            func.coalesce(Allocation.due_on, Plan.due_on),
        )
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .outerjoin(Team, Team.id == FrameCase.team_id)
        .outerjoin(Allocation, (Allocation.sampled_case_id == SampledCase.id) & still_stands())
        .outerjoin(given_to, given_to.id == Allocation.reviewer_id)
        .outerjoin(Review, Review.sampled_case_id == SampledCase.id)
        .outerjoin(reviewed_by, reviewed_by.id == Review.reviewer_id)
        .where(SampledCase.draw_id == draw.id, in_sample())
        .order_by(SampledCase.ticket, SampledCase.id)
    ).all()
    cases = pd.DataFrame(
        rows, columns=["sampled_case_id", "reference", "team", "reviewer_id", "reviewer", "state", "due_on"]
    )
    waiting = cases[cases["state"] != ReviewState.SUBMITTED]
    sealed = is_sealed(draw)
    return AllocatedSample(
        draw_id=draw.id,
        name=draw.plan.frame.name,
        route=Route(draw.plan.frame.route),
        due_on=draw.plan.due_on,
        is_sealed=sealed,
        unallocated=int(cases["reviewer"].isna().sum()),
        allocated=int((cases["reviewer"].notna() & cases["state"].isna()).sum()),
        reviewers=_loads(session, draw.plan, cases),
        cases=waiting.iloc[:0] if sealed else waiting.reset_index(drop=True),
    )


def _loads(session: Session, plan: Plan, cases: pd.DataFrame) -> list[ReviewerLoad]:
    """Of everybody who reviews such cases, with what they have of these."""
    away = {
        absence.person_id: absence.ends_on
        for absence in session.scalars(select(Absence).where(in_force(Absence, today(session))))
    }
    loads = []
    for person in reviewers_of(session, plan):
        states = cases.loc[cases["reviewer_id"] == person.id, "state"]
        submitted, begun = ((states == state).sum() for state in (ReviewState.SUBMITTED, ReviewState.DRAFT))
        loads.append(
            ReviewerLoad(
                person_id=person.id,
                name=person.name,
                away_until=away.get(person.id),
                allocated=int(states.isna().sum()),
                begun=int(begun),
                submitted=int(submitted),
            )
        )
    return loads


def own_cases(session: Session, person: Person) -> list[WorkItem]:
    """The cases a person was given or has begun, in the order of their list: theirs to pass on."""
    return [item for item in work_of(session, person) if item.is_own]


def colleagues_for(session: Session, sampled_case_id: int, person: Person) -> dict[int, str]:
    """Who else reviews cases like a sampled one, by number, in the order of their names."""
    plan = session.get_one(SampledCase, sampled_case_id).draw.plan
    return {
        colleague.id: colleague.name for colleague in reviewers_of(session, plan) if colleague.id != person.id
    }
