"""The risks of casework: in which categories a case has any, and why a case is a high-risk one.

The seven categories and the three reasons are those of the feedback service model, section “Risk assessment”.
“None identified” is what somebody found after looking; a case that nobody has looked at is blank.
"""

from collections.abc import Sequence
from enum import StrEnum

from sampling.refused import Refused


class RiskCategory(StrEnum):
    WELL_BEING = "well_being"
    STANDING = "standing"
    OTHER_PEOPLE = "other_people"
    IMPACT = "impact"
    FUNCTION = "function"
    OTHER = "other"
    NONE = "none_identified"


class HighRisk(StrEnum):
    """Why a case is a high-risk one."""

    AVOIDABLE_DEATH = "avoidable_death"
    PUBLIC_INTEREST = "public_interest"
    SERIOUS_FAILURE = "serious_failure"


def check_risks(categories: Sequence[str], high_risk: Sequence[str], note: str) -> None:
    """Refuse what cannot be recorded of a case together."""
    for given, known in ((categories, RiskCategory), (high_risk, HighRisk)):
        for value in given:
            if value not in list(known):
                raise Refused(f"{value!r} is not one of the risks. Choose from: {', '.join(known)}.")
        if len(set(given)) < len(given):
            raise Refused("A risk is there twice. Choose each once.")
    if not categories:
        raise Refused(
            "No category is chosen. Choose those that apply, or “None identified” once you have considered "
            "the risk in full."
        )
    if RiskCategory.NONE in categories and len(categories) > 1:
        raise Refused(
            "“None identified” stands alone: it says that the case was considered and has no risk. "
            "Take it out, or the other categories."
        )
    if RiskCategory.NONE in categories and high_risk:
        raise Refused(
            "A high-risk case has a risk, so “None identified” cannot be right. Choose its category."
        )
    if RiskCategory.OTHER in categories and not note.strip():
        raise Refused("Say in the note what the other risk is.")


def says_high(risk: str | None) -> bool:
    """Whether the case system's own word for a case's risk is high: “High”, “high risk”."""
    return risk is not None and risk.strip().casefold().startswith("high")
