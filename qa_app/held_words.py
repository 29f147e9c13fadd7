"""The words for levels of approval, and for where a case stands that was held back."""

from typing import Final

from qa_app.wording import RESPONSES, cases_in_words
from scorecards.approval_rows import Level
from scorecards.going_out import Standing
from scorecards.held_cases import Finding

LEVELS: Final = {
    Level.LINE_MANAGER: "Line manager",
    Level.ASSISTANT_DIRECTOR: "Assistant director",
    Level.HEAD: "Head of Customer Care",
    Level.DEPUTY: "Deputy Ombudsman",
    Level.OMBUDSMAN: "Ombudsman",
}
STANDINGS: Final = {
    Standing.WAITING: "Held back",
    Standing.PUT_RIGHT: "Put right",
    Standing.RELEASED: "Released",
    Standing.TOO_LATE: "Had closed before it was held",
    Standing.BREACH: "Went out without being let go",
    Standing.GONE: "Cancelled or merged",
}


def for_days(days: int) -> str:
    """How long something has waited: since today, for 3 days."""
    return f"for {cases_in_words(days, 'day')}" if days else "since today"


def finding_in_words(finding: Finding) -> str:
    """One thing that stops a case: the requirement, and how it was answered."""
    return f"{finding.requirement.rstrip('.')}: {RESPONSES[finding.response].lower()}"
