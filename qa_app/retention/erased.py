"""What disposing of a record takes out of which rows, class by class.

A column that is not named here stays: counts, verdicts and days are worked out from those as before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, SQLColumnExpression

from learning_register.tables import LearningPoint
from learning_register.tables_actions import (
    ActionChange,
    ActionEvidence,
    ActionMilestone,
    ActionShared,
    FollowUpAction,
    NoActionNeeded,
)
from learning_register.tables_mail import Mail
from qa_app.retention.stand_ins import StandIns
from sampling.records.cases import Case, CaseBefore
from sampling.records.database import Base
from sampling.records.retention import WORDS, RecordClass
from sampling.tables import FrameCase
from scorecards.tables import Allocation, Answer, Declaration, Review, Revision
from scorecards.tables_agreement import (
    Adjudication,
    CalibrationAnswer,
    CalibrationCase,
    CalibrationMember,
    CalibrationScore,
    FirstSight,
)
from scorecards.tables_feedback import Dispute, Feedback
from scorecards.tables_intervention import HeldCase, Intervention
from scorecards.tables_risk import RiskRecord

_NAMES: Final = frozenset({"owner", "authoriser", "verifier", "wording"})  # of what changed in an action
_PEOPLE: Final = ("caseworker_id", "decided_by_id", "approved_by_id")


@dataclass(frozen=True)
class Row:
    """A row as it was, and what is needed to say what becomes of it.

    `kept` are the further columns of cases that hold days the service standards are counted from.
    """

    values: RowMapping
    record: int
    stand_ins: StandIns
    kept: frozenset[str]


@dataclass(frozen=True)
class Erased:
    """The rows of a table that belong to a record, and what is taken out of them.

    `record` is the number of the record, reached over `through` where the table itself does not have it.
    `people` become stand-ins, `texts` a word that says so where there was one, `others` what they say.
    """

    table: type[Base]
    record: SQLColumnExpression[int]
    through: tuple[type[Base], ColumnElement[bool]] | None = None
    people: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    others: Mapping[str, Callable[[Row], Any]] = field(default_factory=dict)


def _reference(row: Row) -> str:
    return f"disposed-{row.record}"


def _days_kept(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.values["attributes"].items() if name in row.kept}


def _before(row: Row) -> dict[str, Any]:
    """What a case was before an import changed it, with what goes from the case gone from here too."""
    was = dict(row.values["before"])
    for name in _PEOPLE:
        if was.get(name) is not None:
            was[name] = row.stand_ins.of(("case", row.record), was[name])
    for name, value in (("reference", _reference(row)), ("system_id", None)):
        if name in was:
            was[name] = value
    if "attributes" in was:
        was["attributes"] = {name: value for name, value in was["attributes"].items() if name in row.kept}
    return was


def _without_evidence(row: Row) -> dict[str, Any]:
    return {
        key: {**answer, "evidence": ""} if answer.get("evidence") else answer
        for key, answer in row.values["answers"].items()
    }


def _unless_a_day_or_state(column: str) -> Callable[[Row], Any]:
    def new(row: Row) -> Any:
        value = row.values[column]
        return WORDS if value and row.values["what"] in _NAMES else value

    return new


def _always(value: Any) -> Callable[[Row], Any]:
    return lambda _row: value


def _review_of(column: SQLColumnExpression[int]) -> tuple[type[Base], ColumnElement[bool]]:
    return Review, Review.sampled_case_id == column


def _action_of(column: SQLColumnExpression[int]) -> tuple[type[Base], ColumnElement[bool]]:
    return FollowUpAction, FollowUpAction.id == column


_POINT: Final = FollowUpAction.learning_point_id
_SESSION: Final = CalibrationCase.session_id

ERASED: Final[Mapping[RecordClass, tuple[Erased, ...]]] = {
    RecordClass.CASES: (
        Erased(
            Case,
            Case.id,
            people=_PEOPLE,
            others={
                "reference": _reference,
                "reference_key": lambda row: _reference(row).upper(),
                "system_id": _always(None),
                "attributes": _days_kept,
            },
        ),
        Erased(CaseBefore, CaseBefore.case_id, others={"before": _before}),
        Erased(FrameCase, FrameCase.case_id, others={"reference": _reference}),
        Erased(RiskRecord, RiskRecord.case_id, people=("recorded_by_id",), texts=("note",)),
        Erased(Declaration, Declaration.case_id, people=("person_id",), texts=("note",)),
    ),
    RecordClass.REVIEWS: (
        Erased(Review, Review.id, people=("reviewer_id",)),
        Erased(Answer, Answer.review_id, others={"evidence": _always("")}),
        Erased(
            Revision,
            Revision.review_id,
            people=("made_by_id",),
            texts=("reason",),
            others={"answers": _without_evidence},
        ),
        Erased(
            Allocation,
            Review.id,
            _review_of(Allocation.sampled_case_id),
            people=("reviewer_id", "allocated_by_id"),
        ),
        Erased(FirstSight, FirstSight.review_id, people=("person_id",)),
        Erased(Feedback, Feedback.review_id, people=("shared_by_id",), texts=("comments",)),
        Erased(
            Dispute,
            Dispute.review_id,
            people=("raised_by_id", "decided_by_id"),
            texts=("grounds", "decision_reason"),
        ),
        Erased(
            Intervention,
            Intervention.review_id,
            people=("owner_id", "made_by_id", "done_by_id"),
            texts=("what", "result"),
        ),
        Erased(
            HeldCase,
            HeldCase.review_id,
            people=("lowered_by_id", "released_by_id"),
            texts=("release_reason",),
        ),
        Erased(
            NoActionNeeded,
            NoActionNeeded.review_id,
            people=("proposed_by_id", "authorised_by_id"),
            texts=("reason",),
        ),
        Erased(
            Adjudication,
            Review.id,
            _review_of(Adjudication.sampled_case_id),
            people=("started_by_id", "decided_by_id"),
            texts=("note",),
        ),
    ),
    RecordClass.LEARNING: (
        Erased(
            LearningPoint,
            LearningPoint.id,
            people=("caseworker_id", "logged_by_id", "fed_back_to_id"),
            texts=("description", "source_note"),
        ),
        Erased(
            FollowUpAction,
            _POINT,
            people=("owner_id", "authoriser_id", "verifier_id", "logged_by_id"),
            texts=("description", "decline_reason", "result_reason"),
        ),
        Erased(
            ActionChange,
            _POINT,
            _action_of(ActionChange.action_id),
            people=("made_by_id",),
            texts=("reason",),
            others={name: _unless_a_day_or_state(name) for name in ("before", "after")},
        ),
        Erased(ActionMilestone, _POINT, _action_of(ActionMilestone.action_id), texts=("description",)),
        Erased(
            ActionEvidence,
            _POINT,
            _action_of(ActionEvidence.action_id),
            people=("given_by_id",),
            texts=("words",),
        ),
        Erased(
            ActionShared,
            _POINT,
            _action_of(ActionShared.action_id),
            people=("recorded_by_id",),
            texts=("with_whom",),
        ),
    ),
    RecordClass.MAIL: (
        Erased(
            Mail,
            Mail.id,
            people=("to_id", "written_by_id"),
            texts=("to_address", "subject", "body", "failure"),
        ),
    ),
    RecordClass.CALIBRATION: (
        Erased(CalibrationMember, CalibrationMember.session_id, people=("person_id",)),
        Erased(
            CalibrationScore,
            _SESSION,
            (CalibrationCase, CalibrationCase.id == CalibrationScore.calibration_case_id),
            people=("person_id",),
            others={"answers": _without_evidence},
        ),
        Erased(
            CalibrationAnswer,
            _SESSION,
            (CalibrationCase, CalibrationCase.id == CalibrationAnswer.calibration_case_id),
            people=("agreed_by_id",),
        ),
    ),
}
