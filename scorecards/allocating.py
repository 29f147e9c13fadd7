"""Sharing the cases of a drawn sample out among its reviewers, and passing a case on to somebody else."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from sampling.records import audit_trail
from sampling.records.database import now, today
from sampling.records.people import Absence, Person, Role, RoleHeld, in_force, may_act_as, teams_managed
from sampling.refused import Refused
from sampling.sealing import is_sealed
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase, in_sample
from scorecards.actions import check_has_route, check_is_in_sample
from scorecards.allocated import still_stands
from scorecards.allocation import share_out
from scorecards.independence import barred_because
from scorecards.involvement import involvements
from scorecards.tables import Allocation, Review, ReviewState
from scorecards.themes import check_reviews_theme, commission_of, is_theme_reviewer
from scorecards.visibility import BLIND_ROLES


@dataclass(frozen=True)
class LeftOver:
    """A case that nobody could be given, and why. Of a sealed draw neither which it is nor whose doing."""

    reference: str | None
    is_barred: bool  # else those who may have it take no more
    reasons: tuple[str, ...]  # one for each reviewer who may not have it


@dataclass(frozen=True)
class Sharing:
    """Who gets which of the sampled cases, and which are left over."""

    reviewer_of: dict[int, int]
    left: tuple[LeftOver, ...]

    @property
    def counts(self) -> dict[int, int]:
        """How many cases each reviewer gets."""
        return dict(Counter(self.reviewer_of.values()))


def may_allocate(session: Session, frame: Frame, person: Person) -> bool:
    """Whether a person shares out the cases of a frame: a team's its manager, the others QA, all the Head."""
    if frame.team_id is not None:
        if frame.team_id in teams_managed(session, person):
            return True
        # Whoever scores blind is not shown which open cases the managers have.
        return may_act_as(session, person, [Role.HEAD]) and not may_act_as(session, person, BLIND_ROLES)
    themes = [Role.THEMATIC_REVIEWER] if frame.route == Route.THEMATIC else []
    return may_act_as(session, person, [Role.QA_REVIEWER, Role.HEAD, *themes])


def check_may_allocate(session: Session, frame: Frame, person: Person) -> None:
    """Refuse unless the person shares out the cases of this frame."""
    if not may_allocate(session, frame, person):
        raise Refused(
            f"{person.name} cannot share these cases out: that is for those who review them, and for the "
            "Head of Customer Care."
        )


def reviewers_of(session: Session, plan: Plan) -> list[Person]:
    """Who may review the cases of a plan today, by name: of its roles and theme, those who work here."""
    day = today(session)
    held = exists(select(RoleHeld.id).where(RoleHeld.person_id == Person.id, in_force(RoleHeld, day)))
    deputises = exists(select(Absence.id).where(Absence.deputy_id == Person.id, in_force(Absence, day)))
    people = session.scalars(
        select(Person)
        .where(Person.disabled_on.is_(None), or_(held, deputises))
        .order_by(Person.name, Person.id)
    )
    commission = commission_of(session, plan.id)
    theirs = None if commission is None else {one.person_id for one in commission.reviewers}
    return [
        person
        for person in people
        if (theirs is None or person.id in theirs) and has_route(session, plan.frame, person)
    ]


def has_route(session: Session, frame: Frame, person: Person) -> bool:
    """Whether a person works here and reviews cases of the frame's route."""
    try:
        check_has_route(session, frame, person)
    except Refused:
        return False
    return person.disabled_on is None


def barred(
    session: Session, frame: Frame, person: Person, asked: ColumnElement[bool], *, by: Person
) -> dict[int, str | None]:
    """Why a person cannot be given each sampled case of a condition, in words after a name; None if they can.

    Outside a manager's own open sampling, nobody gets two lines of the same case: not one they were given
    in another sample either. Whoever manages a team is not told which of the reasons it is: that another
    sample holds the case might tell that it is scored again.
    """
    is_open = frame.route == Route.OPEN
    was_given = select(SampledCase.id).where(asked, _was_given(person))
    other_line = set() if is_open else set(session.scalars(was_given))
    reasons = {
        sampled_id: barred_because(involvement, open_sampling=is_open)
        or ("was given this case in another sample" if sampled_id in other_line else None)
        for sampled_id, involvement in involvements(session, person, asked).items()
    }
    if is_open or not teams_managed(session, by):
        return reasons
    return {sampled_id: reason and "may not have this case" for sampled_id, reason in reasons.items()}


def _was_given(person: Person) -> ColumnElement[bool]:
    """The condition on SampledCase that the same case was allocated to a person in another sample."""
    other, drawn, mine = aliased(SampledCase), aliased(FrameCase), aliased(FrameCase)
    return exists(
        select(other.id)
        .join(drawn, drawn.id == other.frame_case_id)
        .join(mine, mine.case_id == drawn.case_id)
        .join(Draw, Draw.id == other.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Allocation, Allocation.sampled_case_id == other.id)
        .where(
            mine.id == SampledCase.frame_case_id,
            other.id != SampledCase.id,
            Allocation.reviewer_id == person.id,
            Plan.voided_at.is_(None),
        )
        .correlate(SampledCase)
    )


def propose_sharing(
    session: Session, draw: Draw, *, capacities: Mapping[int, int | None], again: bool, by: Person
) -> Sharing:
    """How the cases of a draw that nobody has would be shared out, evenly or as far as capacities go.

    `capacities` is how many more cases each reviewer takes, by the person's number, None for any number.
    `again` takes those that were allocated and not begun into it.
    """
    frame = draw.plan.frame
    check_may_allocate(session, frame, by)
    for person in session.scalars(select(Person).where(Person.id.in_(capacities))):
        check_reviews_theme(session, draw.plan_id, person)
    reviewers = {person.id: person for person in reviewers_of(session, draw.plan) if person.id in capacities}
    if len(reviewers) < len(capacities):
        raise Refused("Somebody chosen here does not review such cases any more. Choose the reviewers again.")
    if not reviewers:
        raise Refused("Nobody is chosen. Choose at least one reviewer.")
    if any(most is not None and most < 0 for most in capacities.values()):
        raise Refused("Nobody can take fewer than no cases. Type 0 or more for each reviewer.")
    rows = session.execute(
        select(
            SampledCase.id,
            FrameCase.reference,
            Review.reviewer_id,
            select(Allocation.reviewer_id)
            .where(Allocation.sampled_case_id == SampledCase.id, still_stands())
            .correlate(SampledCase)
            .scalar_subquery(),
        )
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .outerjoin(Review, Review.sampled_case_id == SampledCase.id)
        .where(SampledCase.draw_id == draw.id, in_sample())
        .order_by(SampledCase.ticket, SampledCase.id)
    ).all()
    free = {row[0]: row[1] for row in rows if row[2] is None and (again or row[3] is None)}
    loads = Counter(row[2] or row[3] for row in rows if row[0] not in free)
    asked = SampledCase.draw_id == draw.id
    reasons = {number: barred(session, frame, person, asked, by=by) for number, person in reviewers.items()}
    shares = share_out(
        {case: [number for number in capacities if reasons[number][case] is None] for case in free},
        capacities=capacities,
        loads=loads,
    )
    left = []
    for case in shares.left:
        why = [(reviewers[number].name, reasons[number][case]) for number in capacities]
        words = tuple(f"{name} {reason}" for name, reason in why if reason is not None)
        is_barred = len(words) == len(why)
        sealed = is_sealed(draw)
        left.append(LeftOver(None if sealed else free[case], is_barred, () if sealed else words))
    return Sharing(shares.reviewer_of, tuple(left))


def allocate_cases(
    session: Session,
    draw: Draw,
    *,
    capacities: Mapping[int, int | None],
    again: bool = False,
    due_on: date | None = None,
    by: Person,
) -> Sharing:
    """Share the cases of a draw that nobody has out among reviewers. Without a date the plan's counts."""
    # Whoever starts one of them at the same time waits, and is then asked whose it is.
    session.execute(select(SampledCase.id).where(SampledCase.draw_id == draw.id).with_for_update()).all()
    if draw.plan.voided_at is not None:
        raise Refused("This draw was voided, so nothing of it is reviewed any more.")
    sharing = propose_sharing(session, draw, capacities=capacities, again=again, by=by)
    if not sharing.reviewer_of:
        raise Refused("No case can be given to those chosen. Choose other reviewers, or let them take more.")
    if due_on is not None and due_on < today(session):
        raise Refused(f"The day by which they are due, {due_on:%d %B %Y}, has passed. Choose a later one.")
    before = session.scalars(
        select(Allocation)
        .join(SampledCase, SampledCase.id == Allocation.sampled_case_id)
        .where(SampledCase.draw_id == draw.id)
    )
    kept = {allocation.sampled_case_id: allocation for allocation in before}
    for sampled_id, reviewer_id in sharing.reviewer_of.items():
        _allocate(session, kept.get(sampled_id), sampled_id, reviewer_id, due_on, by)
    session.flush()
    audit_trail.record(
        session,
        "allocate_cases",
        f"draw {draw.id}",
        by=by,
        cases={str(number): count for number, count in sharing.counts.items()},
        due_on=str(due_on) if due_on else None,
    )
    return sharing


def _allocate(
    session: Session,
    allocation: Allocation | None,
    sampled_id: int,
    reviewer_id: int,
    due_on: date | None,
    by: Person,
) -> None:
    if allocation is None:
        allocation = Allocation(sampled_case_id=sampled_id)
        session.add(allocation)
    allocation.reviewer_id, allocation.due_on = reviewer_id, due_on
    allocation.allocated_at, allocation.allocated_by_id = now(session), by.id


def reassign_case(
    session: Session, sampled: SampledCase, *, to: Person, due_on: date | None = None, by: Person
) -> None:
    """Give one case that is not submitted to another reviewer; a draft goes with it, its answers kept.

    For those who share its sample out, and for whoever has the case.
    """
    if holder_of(session, sampled) != by.id:
        check_may_allocate(session, sampled.draw.plan.frame, by)
    if due_on is not None and due_on < today(session):
        raise Refused(f"The day by which it is due, {due_on:%d %B %Y}, has passed. Choose a later one.")
    move_case(session, sampled, to=to, due_on=due_on, by=by)


def holder_of(session: Session, sampled: SampledCase) -> int | None:
    """The number of the person who has a sampled case: who reviews it, or else whom it was given to."""
    reviewer = session.scalar(select(Review.reviewer_id).where(Review.sampled_case_id == sampled.id))
    allocation = session.get(Allocation, sampled.id)
    return reviewer or (allocation.reviewer_id if allocation else None)


def why_not_to(session: Session, sampled: SampledCase, to: Person, *, by: Person) -> str | None:
    """Why a case cannot go to a person, in words that follow their name; None if it can."""
    if to.disabled_on is not None:
        return "has left"
    away = session.scalars(
        select(Absence).where(Absence.person_id == to.id, in_force(Absence, today(session)))
    )
    if (absence := away.first()) is not None:
        return f"is away until {absence.ends_on.day} {absence.ends_on:%B %Y}"
    frame = sampled.draw.plan.frame
    if not has_route(session, frame, to):
        return "does not review such cases"
    if not is_theme_reviewer(session, sampled.draw.plan_id, to):
        return "does not review for the theme of this case"
    if holder_of(session, sampled) == to.id:
        return "has this case already"
    return barred(session, frame, to, SampledCase.id == sampled.id, by=by)[sampled.id]


def move_case(
    session: Session, sampled: SampledCase, *, to: Person, due_on: date | None = None, by: Person
) -> None:
    """Give one case to another reviewer with its draft. Who may do so is for the caller to check."""
    # Whoever starts or submits its review at the same time waits, or is waited for.
    session.execute(select(SampledCase.id).where(SampledCase.id == sampled.id).with_for_update())
    check_is_in_sample(session, sampled)
    name = "This case" if is_sealed(sampled.draw) else sampled.frame_case.reference
    review = session.scalars(
        select(Review)
        .where(Review.sampled_case_id == sampled.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if review is not None and review.state == ReviewState.SUBMITTED:
        raise Refused(f"{name} has been reviewed, and its review stays with who submitted it.")
    check_reviews_theme(session, sampled.draw.plan_id, to)
    reason = why_not_to(session, sampled, to, by=by)
    if reason is not None:
        raise Refused(f"{name} cannot go to {to.name}: {to.name} {reason}. Choose somebody else.")
    before = holder_of(session, sampled)
    allocation = session.get(Allocation, sampled.id)
    kept = due_on or (allocation.due_on if allocation else None)
    _allocate(session, allocation, sampled.id, to.id, kept, by)
    if review is not None:
        route = sampled.draw.plan.frame.route
        review.reviewer_id = to.id
        review.approved_by_reviewer = route == Route.OPEN and sampled.frame_case.case.approved_by_id == to.id
        if route != Route.SECOND:
            review.file_read_at = now(session)
        session.flush()
        session.expire(review, ["reviewer"])
    session.flush()
    audit_trail.record(
        session,
        "reassign_case",
        f"sampled case {sampled.id}",
        by=by,
        before=before,
        after=to.id,
        draft=review is not None,
    )
