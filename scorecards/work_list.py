"""What a person has to review now: the sampled cases that wait for them, and their drafts."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, not_, or_, select
from sqlalchemy.orm import Session

from sampling.next_tickets import REPLACED_BY_STATE
from sampling.records.cases import Case, CaseState, ever_was
from sampling.records.database import today
from sampling.records.people import Person, Role, Team, roles_of, teams_managed
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase, in_sample
from scorecards.actions import abandoned
from scorecards.allocated import is_allocated_to_another
from scorecards.independence import Involvement, barred_because
from scorecards.involvement import scored_before
from scorecards.tables import (
    Allocation,
    Declaration,
    Review,
    ReviewState,
    SecondScoring,
)
from scorecards.themes import reviews_theme


@dataclass(frozen=True)
class WorkItem:
    """A sampled case somebody may review: to do, or in draft."""

    sampled_case_id: int
    review_id: int | None  # none of a draft that was passed on to them, until they have declared
    reference: str
    team: str | None
    caseworker: str | None  # shown to the team's own manager only
    sample: str
    route: Route
    due_on: date
    state: str  # "to do", "draft"
    is_own: bool  # allocated to them, or begun by them
    gone: str | None  # cancelled or merged since it was drawn: replaced, not reviewed


def work_of(session: Session, person: Person) -> list[WorkItem]:
    """The cases a person has still to review, their own drafts first, then by due date.

    Cases they are barred from, or that a colleague has or was given, are not among them.
    """
    roles, teams = roles_of(session, person), teams_managed(session, person)
    routes = set()
    if Role.QA_REVIEWER in roles:
        routes |= {Route.CENTRAL, Route.SECOND, Route.THEMATIC}
    if Role.THEMATIC_REVIEWER in roles:
        routes |= {Route.THEMATIC}
    if not routes and not teams:
        return []
    caseworker = select(Person.name).where(Person.id == FrameCase.caseworker_id).scalar_subquery()
    first_scorer = (
        select(Review.reviewer_id)
        .join(SecondScoring, SecondScoring.manager_review_id == Review.id)
        .where(SecondScoring.sampled_case_id == SampledCase.id)
        .correlate(SampledCase)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            SampledCase.id,
            Review.id,
            Review.reviewer_id,
            Review.state,
            FrameCase.reference,
            Team.name,
            caseworker,
            Frame.name,
            Frame.route,
            func.coalesce(Allocation.due_on, Plan.due_on),
            FrameCase.caseworker_id,
            ever_was(person, Case.caseworker_id),
            ever_was(person, Case.decided_by_id),
            ever_was(person, Case.approved_by_id),
            Declaration.is_involved,
            first_scorer,
            Case.state,
            and_(Frame.route != Route.OPEN, scored_before(person)),
            Allocation.reviewer_id,
        )
        .select_from(SampledCase)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Case, Case.id == FrameCase.case_id)
        .outerjoin(Team, Team.id == FrameCase.team_id)
        .outerjoin(Review, Review.sampled_case_id == SampledCase.id)
        .outerjoin(Allocation, Allocation.sampled_case_id == SampledCase.id)
        .outerjoin(Declaration, (Declaration.case_id == Case.id) & (Declaration.person_id == person.id))
        .where(
            Draw.closed_at.is_(None),  # of the others nothing waits, and they are nearly all
            in_sample(),
            reviews_theme(person),
            (Frame.route.in_(routes)) | ((Frame.route == Route.OPEN) & Frame.team_id.in_(teams)),
            or_(
                and_(Review.id.is_(None), not_(is_allocated_to_another(person))),
                and_(Review.reviewer_id == person.id, Review.state == ReviewState.DRAFT),
                abandoned(today(session)),
            ),
        )
        # By ticket, over all strata: what was reviewed so far can then be read at any time. Over all samples
        # too, so that a case that is scored again stands among the others.
        .order_by(func.coalesce(Allocation.due_on, Plan.due_on), SampledCase.ticket, SampledCase.id)
    ).all()
    items = []
    for row in rows:
        involvement = Involvement(
            handled=row[11] or row[10] == person.id,
            decided=row[12],
            approved=row[13],
            declared=bool(row[14]),
            scored=row[15] == person.id or bool(row[17]),
        )
        route = Route(row[8])
        own = row[2] == person.id  # else nobody has it, or its reviewer has left it behind
        if own and row[14]:
            continue  # they have declared an involvement since
        if not own and barred_because(involvement, open_sampling=route == Route.OPEN):
            continue
        shown = row[6] if route == Route.OPEN else None
        gone = REPLACED_BY_STATE.get(CaseState(row[16])) if route != Route.SECOND else None
        items.append(
            WorkItem(
                sampled_case_id=row[0],
                review_id=row[1] if own and row[14] is not None else None,
                reference=row[4],
                team=row[5],
                caseworker=shown,
                sample=sample_shown(route, row[7]),
                route=route,
                due_on=row[9],
                state="draft" if own else "to do",
                gone=gone,
                is_own=own or row[18] == person.id,
            )
        )
    return sorted(items, key=lambda item: item.state != "draft")


def reviews_submitted(session: Session, person: Person) -> int:
    """How many reviews a person has submitted, of the samples that count."""
    count = (
        select(func.count())
        .select_from(Review)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .where(Review.reviewer_id == person.id, Review.state == ReviewState.SUBMITTED, in_sample())
    )
    return session.scalar(count) or 0


def sample_shown(route: Route, name: str) -> str:
    """What a reviewer is told of the sample before a case is open: central and second scoring alike."""
    return "Review for QA" if route in (Route.CENTRAL, Route.SECOND) else name


def next_case(session: Session, person: Person, *, after: int) -> WorkItem | None:
    """The case to go on with after a review: the first of the list that is not that review itself."""
    return next((item for item in work_of(session, person) if item.review_id != after), None)
