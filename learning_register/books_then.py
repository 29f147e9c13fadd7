"""What of each table was in the books by a moment: when its rows came, and what was added to them later.

Three things are worked out row by row: reviews that were corrected since, follow-up actions that have moved
on, and cases that later extracts told otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from learning_register.tables import LearningImport, LearningPoint
from learning_register.tables_actions import (
    ActionChange,
    ActionEvidence,
    ActionMilestone,
    ActionShared,
    FollowUpAction,
    NoActionNeeded,
)
from learning_register.tables_policy import ParagraphMove, PolicyVersion
from learning_register.tables_reports import ClosedPeriod
from sampling.records.case_import_history import restored
from sampling.records.cases import Case, CaseBefore, Import
from sampling.records.database import Base
from sampling.tables import Draw, Frame, Plan, RegisterEntry, Replacement
from scorecards.answers import score_of
from scorecards.tables import Allocation, Answer, Declaration, Review, Revision, SamplingReduction
from scorecards.tables_agreement import (
    Adjudication,
    AdjudicationDraw,
    CalibrationScore,
    CalibrationSession,
    FirstSight,
)
from scorecards.tables_feedback import Dispute, Feedback
from scorecards.tables_intervention import HeldCase, Intervention
from scorecards.tables_risk import RiskRecord, RiskSignOff
from scorecards.tables_themes import Commission, Finding, Recommendation


@dataclass(frozen=True)
class Book:
    """How a table grows. `since` names the column that says when a row came; None: it is always there.

    `later` says of a column with a moment or a day which columns were filled in with it.
    """

    since: str | None
    later: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rows:
    """Rows that were different: the columns that differ, and their values with the primary key."""

    columns: frozenset[str]
    values: Sequence[Mapping[str, Any]]


BOOKS: Final[Mapping[type[Base], Book]] = {
    Import: Book("at"),
    Case: Book(None),  # those of later imports are left out by `looking_back`
    Frame: Book("frozen_at"),
    Plan: Book("registered_at", {"voided_at": ("voided_at",)}),
    Draw: Book("seeded_at", {name: (name,) for name in ("drawn_at", "closed_at")}),
    RegisterEntry: Book("at"),
    Replacement: Book("at"),
    Review: Book("submitted_at"),  # a draft counts nowhere
    Answer: Book(None),
    Revision: Book("made_at"),
    Allocation: Book("allocated_at"),
    Declaration: Book("declared_at"),
    SamplingReduction: Book(None, {"approved_at": ("approved_at", "approved_by_id")}),
    Intervention: Book("made_at", {"done_on": ("done_on", "done_by_id")}),
    HeldCase: Book(
        "held_at",
        {
            "put_right_at": ("put_right_at",),
            "released_at": ("released_at", "released_by_id", "release_reason"),
            "told_at": ("told_at",),
        },
    ),
    Feedback: Book("shared_on", {"commented_on": ("commented_on", "comments")}),
    Dispute: Book(
        "raised_at", {"decided_at": ("decided_at", "decided_by_id", "decision", "decision_reason")}
    ),
    FirstSight: Book("seen_at"),
    AdjudicationDraw: Book("made_at"),
    Adjudication: Book(
        None,
        {"decided_at": ("decided_at", "decided_by_id", "outcome_met", "method_met", "overall_met")},
    ),
    CalibrationSession: Book("opened_at", {name: (name,) for name in ("revealed_at", "closed_at")}),
    CalibrationScore: Book("submitted_at"),
    Commission: Book("made_at", {"closed_at": ("closed_at",)}),
    Finding: Book("made_at", {"accuracy_on": ("accuracy_response", "accuracy_on", "accuracy_by_id")}),
    Recommendation: Book("made_at", {"decided_at": ("decision", "reason", "decided_at", "decided_by_id")}),
    LearningPoint: Book(
        "logged_at",
        {"fed_back_on": ("fed_back_on", "fed_back_to_id"), "acknowledged_on": ("acknowledged_on",)},
    ),
    FollowUpAction: Book(
        "logged_at",
        {
            "authorised_on": ("authorised_on",),
            "done_on": ("done_on",),
            "result_on": ("result", "result_on", "result_reason"),
            "closed_on": ("closed_on",),
        },
    ),
    ActionChange: Book("made_at"),
    ActionEvidence: Book("given_at"),
    ActionShared: Book("shared_on"),
    ActionMilestone: Book(None, {"done_on": ("done_on",)}),
    NoActionNeeded: Book("proposed_at", {"authorised_on": ("authorised_on", "authorised_by_id")}),
    LearningImport: Book("imported_at"),
    PolicyVersion: Book("loaded_at"),
    ParagraphMove: Book("said_at"),
    RiskRecord: Book("recorded_at"),
    RiskSignOff: Book("signed_at"),
    ClosedPeriod: Book("closed_at"),
}

_RESULTS: Final = (
    "file_found",
    "critical_failed",
    "outcome_met",
    "method_met",
    "overall_met",
    "outcome_if_assessed",
    "method_if_assessed",
    "overall_if_assessed",
    "overall_after_correction",
)
_ANSWERS: Final = ("response", "evidence", "put_right", "severity")
_CHANGED: Final = {"state": "state", "target date": "target_date"}  # what is kept of changes: its column
_NEVER_CHANGED: Final = frozenset({"id", "first_import_id"})


def rows_then(session: Session, moment: datetime) -> dict[type[Base], Rows]:
    """The rows of reviews, answers, actions and cases that were different at a moment, by table."""
    reviews, answers = _reviews_then(session, moment)
    of_case = frozenset(column.name for column in Case.__table__.columns) - _NEVER_CHANGED
    return {
        table: rows
        for table, rows in {
            Review: Rows(frozenset(_RESULTS), reviews),
            Answer: Rows(frozenset(_ANSWERS), answers),
            FollowUpAction: Rows(frozenset(_CHANGED.values()), _actions_then(session, moment)),
            Case: Rows(of_case, _cases_then(session, moment)),
        }.items()
        if rows.values or (table is Answer and reviews)
    }


def _reviews_then(
    session: Session, moment: datetime
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Reviews that were revised since, and their answers, as the last revision of before has them."""
    revised = select(Revision.review_id).where(Revision.made_at > moment)
    last = (
        select(func.max(Revision.id))
        .where(Revision.review_id.in_(revised), Revision.made_at <= moment)
        .group_by(Revision.review_id)
    )
    revisions = session.scalars(
        select(Revision)
        .where(Revision.id.in_(last))
        .options(joinedload(Revision.review).joinedload(Review.scorecard_version))
    ).all()
    reviews: list[Mapping[str, Any]] = []
    answers: list[Mapping[str, Any]] = []
    for revision in revisions:
        given = [
            {"requirement_key": key, **{name: kept[name] for name in _ANSWERS}}
            for key, kept in revision.answers.items()
        ]
        answers += [{"review_id": revision.review_id, **answer} for answer in given]
        reviews.append({"id": revision.review_id, **_results_of(revision, given)})
    return reviews, answers


def _results_of(revision: Revision, answers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a revision keeps of its results, and the others worked out from its answers."""
    now = revision.review
    then = Review(
        scorecard_version=now.scorecard_version,
        case_type=now.case_type,
        stage=now.stage,
        risk=now.risk,
        file_found=revision.file_found,
        answers=[Answer(**answer) for answer in answers],
    )
    score = score_of(then)
    return {
        **{name: getattr(revision, name) for name in _RESULTS[:5]},
        "outcome_if_assessed": score.outcome_if_assessed,
        "method_if_assessed": score.method_if_assessed,
        "overall_if_assessed": score.overall_if_assessed,
        "overall_after_correction": score_of(then, corrected=True).overall,
    }


def _actions_then(session: Session, moment: datetime) -> list[Mapping[str, Any]]:
    """Actions that changed since: the state and the target date that the first change of either ended."""
    changes = session.execute(
        select(ActionChange.action_id, ActionChange.what, ActionChange.before, FollowUpAction)
        .join(FollowUpAction, FollowUpAction.id == ActionChange.action_id)
        .where(ActionChange.made_at > moment, ActionChange.what.in_(_CHANGED))
        .order_by(ActionChange.id.desc())
    )
    found: dict[int, dict[str, Any]] = {}
    for action_id, what, before, action in changes:
        as_now = {"id": action_id, "state": action.state, "target_date": action.target_date}
        column = _CHANGED[what]
        found.setdefault(action_id, as_now)[column] = (
            date.fromisoformat(before) if column == "target_date" else before
        )
    return list(found.values())


def _cases_then(session: Session, moment: datetime) -> list[Mapping[str, Any]]:
    """Cases that imports of since have changed, as they were before the first of these."""
    columns = [column for column in Case.__table__.columns if column.name != "first_import_id"]
    steps = (
        select(CaseBefore.before, *columns)
        .join(Import, Import.id == CaseBefore.import_id)
        .join(Case, Case.id == CaseBefore.case_id)
        .where(Import.at > moment)
        .order_by(CaseBefore.import_id.desc())
    )
    found: dict[int, dict[str, Any]] = {}
    for before, *values in session.execute(steps):
        as_now = dict(zip((column.name for column in columns), values, strict=True))
        # From the newest import back, each step takes a case to what it was before it.
        was = found.setdefault(as_now["id"], as_now)
        was |= restored(before)
        was["reference_key"] = was["reference"].upper()
    return list(found.values())
