"""The words for what the books keep as codes, and for moments."""

from datetime import datetime
from typing import Final

from learning_register.citations import LearningKind
from learning_register.follow_up import ActionState
from qa_app.table import in_words
from sampling.records.database import OFFICE_TIME
from sampling.tables import Route
from scorecards.requirements import ResponseValue
from scorecards.tables import ReviewState
from scorecards.verdicts import Verdict

VERDICTS: Final = {
    Verdict.MET: "Met",
    Verdict.MISSED: "Missed",
    Verdict.NOT_SHOWN: "Not shown yet",
}
VERDICT_OF_CASE: Final[dict[bool | None, str]] = {True: "Met", False: "Not met", None: "Not assessable"}
MEASURES: Final = {"outcome": "Outcome", "method": "Method"}
ROUTES: Final = {
    Route.OPEN: "Open cases",
    Route.CENTRAL: "Closed cases",
    Route.THEMATIC: "Theme",
    Route.SECOND: "Review for QA",
}
RESPONSES: Final = {
    ResponseValue.MET: "Met",
    ResponseValue.NOT_MET: "Not met",
    ResponseValue.NOT_APPLICABLE: "Not applicable",
    ResponseValue.NOT_YET_DUE: "Not yet due",
    ResponseValue.CANNOT_ASSESS: "Cannot assess",
}
REVIEW_STATES: Final = {ReviewState.DRAFT: "Draft", ReviewState.SUBMITTED: "Submitted"}
LEARNING_KINDS: Final = {
    LearningKind.INDIVIDUAL: "Individual",
    LearningKind.ORGANISATIONAL: "Organisational",
    LearningKind.GOOD_PRACTICE: "Good practice",
}
ACTION_STATES: Final = {ActionState.OPEN: "Open", ActionState.DONE: "Done"}


def moment_in_words(moment: datetime) -> str:
    """A moment by the office's clock: 27 March 2007 at 14:05."""
    local = moment.astimezone(OFFICE_TIME)
    return f"{in_words(local.date())} at {local:%H:%M}"


def cases_in_words(count: int, noun: str = "case") -> str:
    """A count with its noun: 1 case, 1,204 cases."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
