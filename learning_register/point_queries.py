"""Learning points as readers see them: pages of a list, and one with the way back to where it came from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from learning_register.citations import LearningKind
from learning_register.point_search import PointFilters, fits, in_text
from learning_register.recording import Weight, weight_of
from learning_register.tables import LearningCitation, LearningPoint, Source
from learning_register.tables_actions import FollowUpAction
from learning_register.visibility import check_may_see_point, may_see_point
from sampling.records.people import Person, manager_of
from sampling.records.readings import note_reading
from sampling.refused import Refused
from sampling.tables import Draw, Plan, Route, SampledCase
from scorecards.cards import scorecard_from
from scorecards.tables import Review, ScorecardVersion
from scorecards.visibility import may_see_review


@dataclass(frozen=True)
class LearningRow:
    """A learning point as a reader sees it, with the way back to where it came from.

    `requirement`, `reference` and `sample` are "" where there is none. `commission_id` is the theme of its
    finding, `file_name` the list it was imported from.
    """

    point_id: int
    kind: LearningKind
    source: Source
    source_note: str
    description: str
    is_gap: bool
    requirement_key: str | None
    requirement: str
    paragraphs: tuple[str, ...]
    unverified: tuple[str, ...]
    commitments: tuple[int, ...]
    weight: Weight
    root_cause: str | None
    reference: str
    team_id: int | None
    team: str | None
    sample: str
    draw_id: int | None  # none of a second scoring: its draw is sealed
    review_id: int | None
    may_open_review: bool
    dispute_id: int | None
    commission_id: int | None
    file_name: str | None
    logged_on: datetime
    logged_by: str
    fed_back_on: date | None
    fed_back_to_id: int | None
    fed_back_to: str | None
    acknowledged_on: date | None
    actions: int


@dataclass(frozen=True)
class PointsFound:
    """One page of those that were found, and how many there are; pages count from 0."""

    total: int
    page: int
    rows: list[LearningRow]


def page_of_points(
    session: Session,
    person: Person,
    wanted: PointFilters,
    *,
    page: int,
    size: int,
    oldest_first: bool = False,
) -> PointsFound:
    """A page of the points that a person wants and may see, the newest first unless the oldest are asked for.

    A page beyond the last is the last.
    """
    found = (
        select(LearningPoint.id, LearningPoint.logged_at)
        .where(
            *fits(session, wanted),
            *in_text(session, wanted.words),
            may_see_point(session, person, among_all=True),
        )
        .cte("found")
    )
    order = (found.c.logged_at, found.c.id)
    # Worked out once for both, the number of those found and a page of them.
    total = select(func.count()).select_from(found).scalar_subquery()
    rows = session.execute(
        select(found.c.id, total)
        .order_by(*(order if oldest_first else [column.desc() for column in order]))
        .offset(page * size)
        .limit(size)
    ).all()
    if not rows and page:
        in_all = session.scalar(select(total)) or 0
        last = max(0, (in_all - 1) // size)
        return page_of_points(session, person, wanted, page=last, size=size, oldest_first=oldest_first)
    shown = _rows(
        session, person, select(LearningPoint).where(LearningPoint.id.in_([row[0] for row in rows]))
    )
    places = {row[0]: place for place, row in enumerate(rows)}
    return PointsFound(
        total=rows[0][1] if rows else 0,
        page=page,
        rows=sorted(shown, key=lambda point: places[point.point_id]),
    )


def learning_points(session: Session, person: Person, *, review_id: int | None = None) -> list[LearningRow]:
    """The learning points a person may see, newest first; those of one review if asked."""
    of_review = [] if review_id is None else [LearningPoint.review_id == review_id]
    query = _points(session, person, *of_review)
    return _rows(session, person, query.order_by(LearningPoint.logged_at.desc(), LearningPoint.id.desc()))


def learning_point(session: Session, point_id: int, person: Person) -> LearningRow:
    """One learning point, for those who may see it."""
    found = _rows(session, person, _points(session, person, LearningPoint.id == point_id))
    if not found:
        raise Refused(
            "There is no such learning point, or it is not for you to see. Choose one from the list."
        )
    _note_reading(session, point_id, person)
    return found[0]


def to_acknowledge(session: Session, person: Person) -> dict[int, str]:
    """What was learned that a person was told of and has not acknowledged, by number, the oldest first."""
    rows = session.execute(
        select(LearningPoint.id, LearningPoint.description)
        .where(
            LearningPoint.fed_back_to_id == person.id,
            LearningPoint.acknowledged_on.is_(None),
            may_see_point(session, person),
        )
        .order_by(LearningPoint.fed_back_on, LearningPoint.id)
    )
    return {row[0]: row[1] for row in rows}


def told_by_default(session: Session, point_id: int, person: Person, *, on: date) -> str | None:
    """Who is told of a learning point unless somebody else is chosen: the caseworker's manager that day."""
    point = session.get(LearningPoint, point_id)
    if point is None or point.caseworker_id is None:
        return None
    check_may_see_point(session, point, person)
    manager = manager_of(session, point.caseworker_id, on)
    return manager.name if manager else None


def _note_reading(session: Session, point_id: int, person: Person) -> None:
    """Note that somebody reads what went wrong with one person's work, unless they logged it."""
    point = session.get_one(LearningPoint, point_id)
    if point.kind == LearningKind.INDIVIDUAL and point.logged_by_id != person.id:
        note_reading(session, [point.caseworker_id], by=person)


def _paragraph_in_words(citation: LearningCitation) -> str:
    """A citation as it is listed: with its title, and the document where nobody can look it up."""
    if citation.is_verified:
        return f"{citation.reference} {citation.title}"
    return f"{citation.document} {citation.reference} {citation.title} (unverified)"


def _sample_in_words(route: str, name: str) -> str:
    """The sample that a review belongs to, as everybody may know it."""
    return "Review for QA" if route == Route.SECOND else name


def requirements_of(session: Session, versions: Collection[int]) -> dict[tuple[int, str], str]:
    """The words of every requirement of some versions of scorecards, by version and key."""
    rows = session.execute(
        select(ScorecardVersion.id, ScorecardVersion.definition).where(ScorecardVersion.id.in_(versions))
    )
    return {
        (row[0], requirement.key): requirement.text
        for row in rows
        for requirement in scorecard_from(row[1]).requirements
    }


def _points(session: Session, person: Person, *conditions: ColumnElement[bool]) -> Select[LearningPoint]:
    return select(LearningPoint).where(*conditions, may_see_point(session, person))


def _rows(session: Session, person: Person, query: Select[LearningPoint]) -> list[LearningRow]:
    of_review = joinedload(LearningPoint.review).joinedload(Review.sampled_case)
    points = session.scalars(
        query.options(
            of_review.joinedload(SampledCase.draw).joinedload(Draw.plan).joinedload(Plan.frame),
            of_review.joinedload(SampledCase.frame_case),
            *(
                joinedload(place)
                for place in (
                    *(LearningPoint.case, LearningPoint.team, LearningPoint.root_cause),
                    *(LearningPoint.finding, LearningPoint.import_),
                    *(LearningPoint.logged_by, LearningPoint.fed_back_to),
                )
            ),
            selectinload(LearningPoint.citations),
            selectinload(LearningPoint.commitments),
        )
    ).all()
    actions = _actions(session, points)
    reviews = {point.review_id for point in points}
    opened = set(
        session.scalars(select(Review.id).where(Review.id.in_(reviews), may_see_review(session, person)))
    )
    versions = {point.review.scorecard_version_id for point in points if point.review is not None}
    texts = requirements_of(session, versions)
    return [
        _row(point, actions=actions.get(point.id, 0), may_open_review=point.review_id in opened, texts=texts)
        for point in points
    ]


def _actions(session: Session, points: Sequence[LearningPoint]) -> dict[int, int]:
    """How many actions points have: whoever sees a point sees all of its actions."""
    rows = session.execute(
        select(FollowUpAction.learning_point_id, func.count())
        .where(FollowUpAction.learning_point_id.in_([point.id for point in points]))
        .group_by(FollowUpAction.learning_point_id)
    )
    return {row[0]: row[1] for row in rows}


def _row(
    point: LearningPoint, *, actions: int, may_open_review: bool, texts: dict[tuple[int, str], str]
) -> LearningRow:
    review = point.review
    reference, sample, draw_id, requirement = (point.case.reference if point.case else ""), "", None, ""
    if review is not None:
        sampled, frame = review.sampled_case, review.sampled_case.draw.plan.frame
        reference, sample = sampled.frame_case.reference, _sample_in_words(frame.route, frame.name)
        draw_id = None if frame.route == Route.SECOND else sampled.draw_id
        requirement = texts.get((review.scorecard_version_id, point.requirement_key or ""), "")
    return LearningRow(
        point_id=point.id,
        kind=LearningKind(point.kind),
        source=Source(point.source),
        source_note=point.source_note,
        description=point.description,
        is_gap=point.is_gap,
        requirement_key=point.requirement_key,
        requirement=requirement,
        paragraphs=tuple(_paragraph_in_words(row) for row in point.citations),
        unverified=tuple(row.reference for row in point.citations if not row.is_verified),
        commitments=tuple(row.number for row in point.commitments),
        weight=weight_of(point),
        root_cause=point.root_cause.name if point.root_cause else None,
        reference=reference,
        team_id=point.team_id,
        team=point.team.name if point.team else None,
        sample=sample,
        draw_id=draw_id,
        review_id=point.review_id,
        may_open_review=may_open_review,
        dispute_id=point.dispute_id,
        commission_id=point.finding.commission_id if point.finding else None,
        file_name=point.import_.file_name if point.import_ else None,
        logged_on=point.logged_at,
        logged_by=point.logged_by.name,
        fed_back_on=point.fed_back_on,
        fed_back_to_id=point.fed_back_to_id,
        fed_back_to=point.fed_back_to.name if point.fed_back_to else None,
        acknowledged_on=point.acknowledged_on,
        actions=actions,
    )
