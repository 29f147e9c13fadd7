"""Thematic reviews as they are read: the list of themes, and one with all that was found."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, not_, select
from sqlalchemy.orm import Session, selectinload

from sampling.records.database import today
from sampling.records.people import Person, Role, RoleHeld, in_force, roles_of
from sampling.refused import Refused
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase, in_sample
from scorecards.tables import Review, ReviewState
from scorecards.tables_themes import Commission, CommissionPlan, Finding, Recommendation
from scorecards.themes import Decision

_READERS = frozenset({Role.HEAD, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER})


@dataclass(frozen=True)
class ThemeRow:
    """A theme in the list."""

    id: int
    name: str
    asked_by: str
    due_on: date
    is_closed: bool
    cases: int
    reviewed: int


@dataclass(frozen=True)
class RecommendationRow:
    id: int
    wording: str
    decision: Decision | None
    reason: str
    is_own: bool  # made by the reader, who then does not decide


@dataclass(frozen=True)
class FindingRow:
    id: int
    statement: str
    reviews: tuple[tuple[int, str], ...]  # review, reference of its case
    accuracy_response: str
    accuracy_on: date | None
    recommendations: tuple[RecommendationRow, ...]


@dataclass(frozen=True)
class ThemeSheet:
    """A theme with its samples, the reviews that can be cited, and what was found."""

    id: int
    name: str
    asked_by: str
    question: str
    scope: str
    scorecard_key: str
    due_on: date
    is_closed: bool
    works_on: bool
    decides: bool
    reviewers: tuple[tuple[int, str], ...]  # person, name
    samples: tuple[tuple[int, str, int, int], ...]  # plan, name, cases, reviewed
    free_samples: tuple[tuple[int, str], ...]  # thematic samples of no theme, not begun
    reviews: tuple[tuple[int, str], ...]  # submitted reviews of the theme
    findings: tuple[FindingRow, ...]


def themes(session: Session, person: Person) -> list[ThemeRow]:
    """The themes a person may read, those that are due first and closed ones last."""
    if not roles_of(session, person) & _READERS:
        return []
    counts = {row[0]: (row[2], row[3]) for row in _counts(session)}
    rows = session.scalars(
        select(Commission)
        .options(selectinload(Commission.plans))
        .order_by(Commission.closed_at.is_not(None), Commission.due_on, Commission.id)
    ).all()
    return [
        ThemeRow(
            id=row.id,
            name=row.name,
            asked_by=row.asked_by,
            due_on=row.due_on,
            is_closed=row.closed_at is not None,
            cases=sum(counts.get(one.plan_id, (0, 0))[0] for one in row.plans),
            reviewed=sum(counts.get(one.plan_id, (0, 0))[1] for one in row.plans),
        )
        for row in rows
    ]


def theme_sheet(session: Session, commission_id: int, person: Person) -> ThemeSheet:
    """One theme, for those who may read it."""
    commission = session.get(Commission, commission_id)
    roles = roles_of(session, person)
    if commission is None or not roles & _READERS:
        raise Refused("There is no such theme, or it is not for you to see. Go back to the list of themes.")
    samples = [row for row in _counts(session) if row[0] in {one.plan_id for one in commission.plans}]
    reviewers = [one.person for one in commission.reviewers]
    is_open = commission.closed_at is None
    submitted = session.execute(
        select(Review.id, FrameCase.reference, in_sample())
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(CommissionPlan, CommissionPlan.plan_id == Draw.plan_id)
        .where(CommissionPlan.commission_id == commission.id, Review.state == ReviewState.SUBMITTED)
        .order_by(Review.id)
    ).all()
    references = {row[0]: row[1] for row in submitted}  # a finding may cite what has fallen away since
    findings = session.scalars(
        select(Finding)
        .where(Finding.commission_id == commission.id)
        .options(selectinload(Finding.reviews), selectinload(Finding.recommendations))
        .order_by(Finding.id)
    ).all()
    return ThemeSheet(
        id=commission.id,
        name=commission.name,
        asked_by=commission.asked_by,
        question=commission.question,
        scope=commission.scope,
        scorecard_key=commission.scorecard_key,
        due_on=commission.due_on,
        is_closed=not is_open,
        works_on=is_open and (person.id in {one.id for one in reviewers} or Role.HEAD in roles),
        decides=Role.HEAD in roles,
        reviewers=tuple((one.id, one.name) for one in reviewers),
        samples=tuple((row[0], row[1], row[2], row[3]) for row in samples),
        free_samples=_free_samples(session),
        reviews=tuple((row[0], row[1]) for row in submitted if row[2]),
        findings=tuple(
            FindingRow(
                id=finding.id,
                statement=finding.statement,
                reviews=tuple((cited.review_id, references[cited.review_id]) for cited in finding.reviews),
                accuracy_response=finding.accuracy_response,
                accuracy_on=finding.accuracy_on,
                recommendations=tuple(
                    RecommendationRow(
                        id=one.id,
                        wording=one.wording,
                        decision=Decision(one.decision) if one.decision else None,
                        reason=one.reason,
                        is_own=one.made_by_id == person.id,
                    )
                    for one in finding.recommendations
                ),
            )
            for finding in findings
        ),
    )


def recommendations_to_decide(session: Session, person: Person) -> list[tuple[int, str, int]]:
    """The themes with recommendations that wait for this person's decision: id, name, how many."""
    if Role.HEAD not in roles_of(session, person):
        return []
    rows = session.execute(
        select(Commission.id, Commission.name, func.count(Recommendation.id))
        .join(Finding, Finding.commission_id == Commission.id)
        .join(Recommendation, Recommendation.finding_id == Finding.id)
        .where(Recommendation.decision.is_(None), Recommendation.made_by_id != person.id)
        .group_by(Commission.id, Commission.name)
        .order_by(Commission.name)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def theme_reviewers(session: Session) -> list[tuple[int, str]]:
    """Who may review for a theme: thematic and QA reviewers of today, by name."""
    rows = session.execute(
        select(Person.id, Person.name)
        .join(RoleHeld, RoleHeld.person_id == Person.id)
        .where(
            RoleHeld.role.in_([Role.THEMATIC_REVIEWER, Role.QA_REVIEWER]),
            in_force(RoleHeld, today(session)),
            Person.disabled_on.is_(None),
        )
        .distinct()
        .order_by(Person.name)
    )
    return [(row[0], row[1]) for row in rows]


def _counts(session: Session) -> list[tuple[int, str, int, int]]:
    """Plan, name, cases and reviewed cases of each sample of a theme that was not voided."""
    rows = session.execute(
        select(Plan.id, Frame.name, func.count(SampledCase.id), func.count(Review.id))
        .select_from(CommissionPlan)
        .join(Plan, Plan.id == CommissionPlan.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .outerjoin(Draw, Draw.plan_id == Plan.id)
        .outerjoin(SampledCase, and_(SampledCase.draw_id == Draw.id, in_sample()))
        .outerjoin(
            Review,
            and_(Review.sampled_case_id == SampledCase.id, Review.state == ReviewState.SUBMITTED),
        )
        .where(Plan.voided_at.is_(None))
        .group_by(Plan.id, Frame.name)
        .order_by(Plan.id)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def _free_samples(session: Session) -> tuple[tuple[int, str], ...]:
    """Thematic samples that belong to no theme and of which no review has begun."""
    begun = (
        select(Review.id)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .where(Draw.plan_id == Plan.id)
        .correlate(Plan)
        .exists()
    )
    rows = session.execute(
        select(Plan.id, Frame.name)
        .join(Frame, Frame.id == Plan.frame_id)
        .outerjoin(CommissionPlan, CommissionPlan.plan_id == Plan.id)
        .where(
            Frame.route == Route.THEMATIC,
            Plan.voided_at.is_(None),
            CommissionPlan.plan_id.is_(None),
            not_(begun),
        )
        .order_by(Plan.id.desc())
    )
    return tuple((row[0], row[1]) for row in rows)
