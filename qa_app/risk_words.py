"""The words for the risks of casework, and the sentences that read them."""

from collections.abc import Sequence
from typing import Final

from qa_app.wording import cases_in_words
from scorecards.risk import HighRisk, RiskCategory
from scorecards.risk_queries import RiskFigures

CATEGORIES: Final = {
    RiskCategory.WELL_BEING: "Well-being of staff",
    RiskCategory.STANDING: "Professional standing of staff",
    RiskCategory.OTHER_PEOPLE: "Complainant, stakeholders and third parties",
    RiskCategory.IMPACT: "Impact of the decision",
    RiskCategory.FUNCTION: "Ability to carry out the function",
    RiskCategory.OTHER: "Other",
    RiskCategory.NONE: "None identified",
}
HIGH_RISK: Final = {
    HighRisk.AVOIDABLE_DEATH: "Potentially avoidable death",
    HighRisk.PUBLIC_INTEREST: "Wider public interest",
    HighRisk.SERIOUS_FAILURE: "Serious failure",
}
BLANK: Final = "No record"


def categories_in_words(categories: Sequence[str] | None) -> str:
    """The categories of a record; “No record” where there is none."""
    if not isinstance(categories, Sequence):
        return BLANK
    return "; ".join(CATEGORIES[RiskCategory(one)] for one in categories)


def reasons_in_words(reasons: Sequence[str] | None) -> str:
    """Why a case is a high-risk one; empty where it is not."""
    if not isinstance(reasons, Sequence):
        return ""
    return "; ".join(HIGH_RISK[HighRisk(one)] for one in reasons)


def risk_sentences(figures: RiskFigures) -> list[str]:
    """How many open cases have which kind of record."""
    none = figures.categories[RiskCategory.NONE]
    sentences = [
        f"{cases_in_words(figures.open, 'open case')}: {figures.recorded:,} with a record of their risks, of "
        f"these {none:,} with none identified, and **{figures.blank:,} with no record**, which nobody has "
        "looked at.",
        f"**{cases_in_words(figures.high, 'high-risk case')}** by their records.",
    ]
    if figures.not_confirmed:
        sentences.append(
            f"{cases_in_words(figures.not_confirmed)} that the case system calls high "
            f"{'has' if figures.not_confirmed == 1 else 'have'} no reason for it on record."
        )
    return sentences
