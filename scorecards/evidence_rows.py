"""The rows of an evidence pack: cases, reviews, revisions, pairs and what people said of them, as tables.

Nothing here asks who is reading: `evidence` does. People stand as numbers, moments in UTC, in one order, so
that the same state of the books gives the same tables.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, aliased

from sampling.records.cases import Case
from sampling.records.people import Person, Team
from sampling.tables import FrameCase, Replacement, SampledCase, Stratum
from scorecards.evidence_extent import Extent, cases_told
from scorecards.tables import (
    Allocation,
    Declaration,
    Review,
    Revision,
    ScorecardVersion,
    SecondScoring,
)
from scorecards.tables import Answer as AnswerRow
from scorecards.tables_agreement import Adjudication
from scorecards.tables_feedback import Dispute
from scorecards.tables_themes import ReviewAttribute

_SECOND = aliased(Review)


def tables_of(session: Session, extent: Extent) -> dict[str, pd.DataFrame]:
    """Each table of the pack by the name of its file, but for the people's names."""
    return {f"{name}.csv": make(session, extent) for name, make in _TABLES.items()}


def people_in(session: Session, tables: Iterable[pd.DataFrame], others: Iterable[int]) -> pd.DataFrame:
    """The names of the people who planned, reviewed or decided, by number.

    Caseworkers stay numbers, unless they did one of these too.
    """
    numbers = set(others)
    for table in tables:
        for name in set(table.columns) & _WHO:
            numbers |= {int(number) for number in table[name] if number != ""}
    named = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(numbers))).all())
    return _table(["person", "name"], [(number, named[number]) for number in sorted(numbers)])


def cards_of(session: Session, extent: Extent) -> dict[str, str]:
    """The scorecards that the reviews were made on, as their text, by the name of their file."""
    versions = select(Review.scorecard_version_id).where(Review.id.in_(extent.reviews))
    rows = session.execute(
        select(ScorecardVersion.key, ScorecardVersion.version, ScorecardVersion.definition)
        .where(ScorecardVersion.id.in_(versions))
        .order_by(ScorecardVersion.key, ScorecardVersion.version)
    )
    return {f"scorecards/{key}-{version}.toml": definition for key, version, definition in rows}


def _cases(session: Session, extent: Extent) -> pd.DataFrame:
    query = (
        select(
            SampledCase.id,
            FrameCase.reference,
            Stratum.code,
            SampledCase.position,
            SampledCase.ticket,
            SampledCase.cause,
            Team.name,
            FrameCase.caseworker_id,
            Allocation.reviewer_id,
            Review.state,
            Replacement.code,
            Replacement.reason,
            Replacement.by_id,
        )
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Stratum, Stratum.id == SampledCase.stratum_id)
        .outerjoin(Team, Team.id == FrameCase.team_id)
        .outerjoin(Allocation, Allocation.sampled_case_id == SampledCase.id)
        .outerjoin(Review, Review.sampled_case_id == SampledCase.id)
        .outerjoin(Replacement, Replacement.sampled_case_id == SampledCase.id)
        .where(SampledCase.id.in_(extent.cases))
        .order_by(Stratum.code, SampledCase.position)
    )
    names = "sampled_case case stratum position ticket cause team caseworker allocated_to review"
    return _table([*names.split(), "replaced", "replaced_because", "replaced_by"], session.execute(query))


def _reviews(session: Session, extent: Extent) -> pd.DataFrame:
    facts = [
        "file_read_at",
        "file_found",
        "started_at",
        "submitted_at",
        "is_blind",
        "critical_failed",
        "outcome_met",
        "method_met",
        "overall_met",
        "overall_after_correction",
        "case_type",
        "stage",
        "risk",
    ]
    query = (
        select(
            Review.id,
            Review.sampled_case_id,
            SampledCase.draw_id,
            FrameCase.reference,
            Review.reviewer_id,
            ScorecardVersion.key,
            ScorecardVersion.version,
            *(getattr(Review, fact) for fact in facts),
        )
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(ScorecardVersion, ScorecardVersion.id == Review.scorecard_version_id)
        .where(Review.id.in_(extent.reviews))
        .order_by(Review.id)
    )
    names = ["review", "sampled_case", "draw", "case", "reviewer", "scorecard", "version"]
    return _table([*names, *facts], session.execute(query))


def _answers(session: Session, extent: Extent) -> pd.DataFrame:
    columns = [
        AnswerRow.review_id,
        AnswerRow.requirement_key,
        AnswerRow.response,
        AnswerRow.evidence,
        AnswerRow.put_right,
        AnswerRow.severity,
    ]
    query = select(*columns).where(AnswerRow.review_id.in_(extent.reviews)).order_by(*columns[:2])
    return _table(
        ["review", "requirement", "response", "evidence", "put_right", "severity"], session.execute(query)
    )


def _facts(session: Session, extent: Extent) -> pd.DataFrame:
    columns = [ReviewAttribute.review_id, ReviewAttribute.attribute, ReviewAttribute.value]
    query = select(*columns).where(ReviewAttribute.review_id.in_(extent.reviews)).order_by(*columns)
    return _table(["review", "list", "value"], session.execute(query))


def _revisions(session: Session, extent: Extent) -> pd.DataFrame:
    facts = ["made_at", "file_found", "critical_failed", "outcome_met", "method_met", "overall_met"]
    query = (
        select(
            Revision.review_id,
            Revision.number,
            Revision.cause,
            Revision.reason,
            Revision.made_by_id,
            *(getattr(Revision, fact) for fact in facts),
        )
        .where(Revision.review_id.in_(extent.reviews))
        .order_by(Revision.review_id, Revision.number)
    )
    return _table(["review", "revision", "cause", "reason", "made_by", *facts], session.execute(query))


def _revision_answers(session: Session, extent: Extent) -> pd.DataFrame:
    kept = session.execute(
        select(Revision.review_id, Revision.number, Revision.answers)
        .where(Revision.review_id.in_(extent.reviews))
        .order_by(Revision.review_id, Revision.number)
    )
    fields = ["response", "evidence", "put_right", "severity"]
    rows = [
        (review, number, key, *(answer.get(field) for field in fields))
        for review, number, answers in kept
        for key, answer in sorted(answers.items())
    ]
    return _table(["review", "revision", "requirement", *fields], rows)


def _pairs(session: Session, extent: Extent) -> pd.DataFrame:
    query = (
        select(SecondScoring.sampled_case_id, SecondScoring.manager_review_id, _SECOND.id, _SECOND.is_blind)
        .join(_SECOND, _SECOND.sampled_case_id == SecondScoring.sampled_case_id)
        .where(SecondScoring.sampled_case_id.in_(extent.pairs))
        .order_by(SecondScoring.sampled_case_id)
    )
    return _table(["sampled_case", "manager_review", "second_review", "blind"], session.execute(query))


def _adjudications(session: Session, extent: Extent) -> pd.DataFrame:
    facts = ["reason_code", "note", "outcome_met", "method_met", "overall_met", "decided_at"]
    query = (
        select(
            Adjudication.sampled_case_id,
            Adjudication.is_discordant,
            Adjudication.manager_is_a,
            Adjudication.decided_by_id,
            *(getattr(Adjudication, fact) for fact in facts),
        )
        .where(_decided(extent))
        .order_by(Adjudication.sampled_case_id)
    )
    names = ["sampled_case", "reviews_disagree", "manager_was_a", "decided_by"]
    return _table([*names, *facts], session.execute(query))


def _adjudicated_answers(session: Session, extent: Extent) -> pd.DataFrame:
    kept = session.execute(
        select(Adjudication.sampled_case_id, Adjudication.verdicts)
        .where(_decided(extent))
        .order_by(Adjudication.sampled_case_id)
    )
    rows = [(case, key, response) for case, verdicts in kept for key, response in sorted(verdicts.items())]
    return _table(["sampled_case", "requirement", "response"], rows)


def _disputes(session: Session, extent: Extent) -> pd.DataFrame:
    facts = ["grounds", "raised_at", "decision", "decision_reason", "decided_at"]
    query = (
        select(
            Dispute.id,
            Dispute.review_id,
            Dispute.raised_by_id,
            Dispute.decided_by_id,
            *(getattr(Dispute, fact) for fact in facts),
        )
        .where(Dispute.review_id.in_(extent.reviews))
        .order_by(Dispute.id)
    )
    return _table(["dispute", "review", "raised_by", "decided_by", *facts], session.execute(query))


def _involvements(session: Session, extent: Extent) -> pd.DataFrame:
    query = (
        select(
            Case.reference,
            Declaration.person_id,
            Declaration.is_involved,
            Declaration.note,
            Declaration.declared_at,
        )
        .join(Case, Case.id == Declaration.case_id)
        .where(Declaration.case_id.in_(cases_told(extent)))
        .order_by(Declaration.id)
    )
    return _table(["case", "declared_by", "is_involved", "note", "declared_at"], session.execute(query))


def _decided(extent: Extent) -> ColumnElement[bool]:
    return and_(Adjudication.sampled_case_id.in_(extent.pairs), Adjudication.decided_at.is_not(None))


def _table(columns: list[str], rows: Iterable[Iterable[Any]]) -> pd.DataFrame:
    return pd.DataFrame([[_plain(value) for value in row] for row in rows], columns=columns, dtype=object)


def _plain(value: Any) -> Any:
    """A value as it stands in a file: yes and no, moments to the second, nothing for what is not there."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


# The columns that name who did something, by their number.
_WHO: Final = frozenset(
    {"allocated_to", "replaced_by", "reviewer", "made_by", "decided_by", "raised_by", "declared_by"}
)
_TABLES: Final[Mapping[str, Callable[[Session, Extent], pd.DataFrame]]] = {
    "cases": _cases,
    "reviews": _reviews,
    "answers": _answers,
    "facts": _facts,
    "revisions": _revisions,
    "revision-answers": _revision_answers,
    "pairs": _pairs,
    "adjudications": _adjudications,
    "adjudicated-answers": _adjudicated_answers,
    "disputes": _disputes,
    "involvements": _involvements,
}
