"""The words for what is kept of a learning point as codes, and its fields as they are listed and exported."""

from typing import Final

import pandas as pd

from learning_register.point_queries import LearningRow
from learning_register.recording import RecurrenceRisk
from learning_register.tables import Source
from qa_app.wording import LEARNING_KINDS, SEVERITIES, in_words

SOURCES: Final = {
    Source.REVIEW: "A review",
    Source.DISPUTE: "A dispute",
    Source.ADJUDICATION: "An adjudication",
    Source.THEME: "A theme",
    Source.POSITIVE_FEEDBACK: "Positive feedback",
    Source.REVIEW_TEAM: "A review team's list",
    Source.BY_HAND: "By hand",
}
RISKS: Final = {
    RecurrenceRisk.LOW: "Low",
    RecurrenceRisk.MEDIUM: "Medium",
    RecurrenceRisk.HIGH: "High",
}


def listed(point: LearningRow) -> dict[str, object]:
    """A learning point as a row of the list."""
    return {
        "Number": point.point_id,
        "Kind": LEARNING_KINDS[point.kind],
        "What was learned": point.description,
        "From": SOURCES[point.source],
        "Case": point.reference,
        "Team": point.team or "",
        "Paragraphs": paragraphs_in_words(point),
        "Commitments": ", ".join(str(number) for number in point.commitments),
        "Root cause": point.root_cause or "",
        "Fed back": point.fed_back_on,
        "Actions": point.actions,
        "Logged": point.logged_on,
    }


def paragraphs_in_words(point: LearningRow) -> str:
    """What a point cites, or that the guidance has a gap."""
    cited = list(point.paragraphs)
    if point.is_gap:
        cited.append("A gap in the guidance")
    return "; ".join(cited) or "None"


def weight_in_words(point: LearningRow) -> dict[str, str]:
    """What the office makes of a point, field by field."""
    weight = point.weight
    return {
        "Root cause": point.root_cause or "Not said",
        "Risk of recurrence": RISKS[weight.recurrence_risk] if weight.recurrence_risk else "Not said",
        "Severity": SEVERITIES[weight.severity] if weight.severity else "Not said",
        "May be published": "Yes" if weight.may_be_published else "No",
    }


def fed_back_in_words(point: LearningRow) -> str:
    """Whether a point was fed back, when, to whom, and whether they have acknowledged it."""
    if point.fed_back_on is None:
        return "Not yet"
    words = f"{in_words(point.fed_back_on)} to {point.fed_back_to}"
    if point.acknowledged_on is None:
        return f"{words}, not acknowledged yet"
    return f"{words}, acknowledged {in_words(point.acknowledged_on)}"


def in_words_for_export(frame: pd.DataFrame) -> pd.DataFrame:
    """The points of `points_frame` with words in place of codes."""
    words = {
        "Kind": {str(code): text for code, text in LEARNING_KINDS.items()},
        "Source": {str(code): text for code, text in SOURCES.items()},
        "Risk of recurrence": {str(code): text for code, text in RISKS.items()} | {"": ""},
        "Severity": {str(code): text for code, text in SEVERITIES.items()} | {"": ""},
    }
    return frame.assign(**{column: frame[column].map(texts) for column, texts in words.items()})


def shortened(text: str, length: int = 80) -> str:
    """A text for a list of choices."""
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
