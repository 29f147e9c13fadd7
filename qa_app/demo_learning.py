"""What the people of the demonstration learn from their reviews, and what they do about it."""

from typing import Final

from sqlalchemy.orm import Session

from learning_register.actions import feed_back
from learning_register.citations import LearningKind
from learning_register.citing import TypedCitation
from learning_register.documents import GUIDANCE
from learning_register.raising import log_learning
from learning_register.recording import RecurrenceRisk, Weight
from learning_register.root_causes import causes_to_choose
from learning_register.tables import LearningPoint
from sampling.records.database import today
from sampling.records.people import Person
from scorecards.cards import scorecard_from
from scorecards.requirements import Severity
from scorecards.tables import Review

UNVERIFIED: Final = TypedCitation("Service Model", "2.140", "Listening to what people tell us")

# What a requirement that was not met teaches, and what could be done about it.
LESSONS: Final = {
    "whole-challenge-answered": (
        "A ground named late in a long letter is easily missed.",
        "Number the grounds on the analysis form before answering them.",
    ),
    "whole-complaint-answered": (
        "Calls that were not returned are a concern of their own and need an answer.",
        "Read the list of concerns back to the person at the first call.",
    ),
    "clear-explanation": (
        "A result without its reasons brings the same question back.",
        "Go through two good decision letters at the team meeting.",
    ),
    "right-remedy": (
        "The cost of a delay to the person was not weighed when the remedy was chosen.",
        "Add the remedy principles to the checklist for proposals.",
    ),
    "promises-kept": (
        "A promised update needs a date in the diary.",
        "Show the team how to set a reminder when a promise is made.",
    ),
    "adjustments-kept": (
        "Nothing says who checks adjustments when a letter leaves by the post room.",
        "Agree with the post room who checks adjustments.",
    ),
    "grounds-asked-for": (
        "The deadline for further grounds was agreed by telephone and not noted.",
        "Add the deadline to the telephone note.",
    ),
    "challenge-analysed": (
        "The analysis stopped at the first ground.",
        "Share a completed analysis form as an example.",
    ),
    "tried-to-resolve": (
        "A short call before the formal route often settles the matter.",
        "Try a call first on every new challenge this month, and count what it settles.",
    ),
    "kept-informed": (
        "A handover between colleagues left nobody to write to the person.",
        "Put the date of the next update on the handover note.",
    ),
    "no-avoidable-delay": (
        "New complaints wait when their owner is on leave.",
        "Look through the new complaints together on Mondays and Thursdays.",
    ),
}
# The first is a gap.
ORGANISATIONAL: Final = ("adjustments-kept", "no-avoidable-delay", "right-remedy", "challenge-analysed")
SERIOUS: Final = ("right-remedy", "adjustments-kept")
CAUSES: Final = {  # why it came about, of the root causes that are shipped
    "whole-challenge-answered": "Decision not thought through",
    "whole-complaint-answered": "Communication with the person",
    "clear-explanation": "Communication with the person",
    "right-remedy": "Decision not thought through",
    "promises-kept": "Communication with the person",
    "adjustments-kept": "Guidance missing or unclear",
    "grounds-asked-for": "Records or file handling",
    "challenge-analysed": "Knowledge or training",
    "tried-to-resolve": "Guidance known and not followed",
    "kept-informed": "Communication between colleagues or teams",
    "no-avoidable-delay": "Workload or absence",
}
GOOD_PRACTICE: Final = "The first call set out the steps and the dates, and both were kept."


def learn_from(
    session: Session, review: Review, *, told: Person | None, unverified: bool, by: Person
) -> tuple[LearningPoint, str] | None:
    """Log and feed back what a review teaches; the point and what to do, or None where it teaches nothing."""
    wanting = [answer.requirement_key for answer in review.answers if answer.response == "not_met"]
    key = next((key for key in wanting if key in LESSONS), None)
    if key is None:
        return None
    card = scorecard_from(review.scorecard_version.definition)
    requirement = next(requirement for requirement in card.requirements if requirement.key == key)
    description, deed = LESSONS[key]
    is_gap = key == ORGANISATIONAL[0]
    citations = [] if is_gap else [TypedCitation(GUIDANCE, requirement.citations[0])]
    point = log_learning(
        session,
        review,
        requirement_key=key,
        kind=LearningKind.ORGANISATIONAL if key in ORGANISATIONAL else LearningKind.INDIVIDUAL,
        description=description,
        citations=[*citations, UNVERIFIED] if unverified else citations,
        commitments=requirement.commitments[:1],
        is_gap=is_gap,
        weight=_weight(session, key),
        by=by,
    )
    _tell(session, point, told, by=by)
    return point, deed


def _weight(session: Session, key: str) -> Weight:
    causes = {name: number for number, name in causes_to_choose(session).items()}
    severity = Severity.MODERATE if key in SERIOUS else Severity.MINOR
    risk = RecurrenceRisk.HIGH if key in SERIOUS else RecurrenceRisk.MEDIUM
    return Weight(causes[CAUSES[key]], risk, severity, may_be_published=key in ORGANISATIONAL)


def praise(session: Session, review: Review, *, told: Person | None, by: Person) -> LearningPoint:
    """Log and feed back good practice from a review's first requirement."""
    card = scorecard_from(review.scorecard_version.definition)
    point = log_learning(
        session,
        review,
        requirement_key=card.requirements[0].key,
        kind=LearningKind.GOOD_PRACTICE,
        description=GOOD_PRACTICE,
        by=by,
    )
    _tell(session, point, told, by=by)
    return point


def _tell(session: Session, point: LearningPoint, told: Person | None, *, by: Person) -> None:
    feed_back(session, point, on=today(session), to=told, by=by)
