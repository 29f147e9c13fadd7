"""The feedback sheet as a document: one HTML file that can be read, printed and sent by itself.

Nothing in it comes from elsewhere, and no script runs in it. It reads the same with a screen reader.
"""

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Final

from qa_app.wording import RESPONSES, SEVERITIES, VERDICT_OF_CASE, in_words
from scorecards.feedback_sheets import FeedbackItem, FeedbackSheet
from scorecards.requirements import Kind, ResponseValue
from scorecards.tables import RevisionCause

_KINDS: Final = {
    Kind.OUTCOME: ("The outcome", "Whether the result was right, requirement by requirement"),
    Kind.METHOD: ("The method", "Whether it was reached in the right way, requirement by requirement"),
}
_CHANGES: Final = {
    RevisionCause.CORRECTED: "its reviewer corrected it",
    RevisionCause.DISPUTED: "a dispute about it was decided",
}
_MEANINGS: Final = {
    ResponseValue.MET: "The file shows that the requirement was met.",
    ResponseValue.NOT_MET: "The file shows that it was not met; the evidence stands beside it.",
    ResponseValue.NOT_APPLICABLE: "The case gave no occasion for it. It does not count.",
    ResponseValue.NOT_YET_DUE: "The case is open, and it was too early for it. It does not count.",
    ResponseValue.CANNOT_ASSESS: "The file does not show whether it was met. It counts as not met.",
}
_STYLE: Final = """
body{margin:0;font:1.05rem/1.5 system-ui,sans-serif;color:#0b0c0c;background:#fff}
main{max-width:60rem;margin:0 auto;padding:1rem 1.5rem 3rem}
h1{font-size:1.9rem;margin:.5rem 0}
h2{font-size:1.35rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem;table-layout:fixed}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{border:1px solid #505a5f;padding:.4rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
thead th{background:#f1f3f5}
tbody th{font-weight:400}
.facts th{width:30%}
.answers th:first-child{width:45%}
.answers th:nth-child(2){width:20%}
.words{white-space:pre-wrap}
dt{font-weight:600}
dd{margin:0 0 .4rem}
@media print{@page{margin:18mm}body{font-size:11pt}main{max-width:none;padding:0}
thead{display:table-header-group}tr{break-inside:avoid}h2{break-after:avoid}}
"""


def feedback_document(sheet: FeedbackSheet, *, good_practice: Sequence[str], office: str, day: date) -> str:
    """The sheet as HTML. `good_practice` is what was noted as such, `day` that on which it is made."""
    name = f"Feedback on {escape(sheet.reference)}"
    parts = [
        f"<h1>{name}</h1>",
        f"<p>This sheet says what a review of this case found. It is for the caseworker, to learn from: what "
        f"went well, and what to do otherwise next time. It shows the review as it stood on "
        f"{in_words(day)}.</p>",
        _facts(sheet),
        _result(sheet),
    ]
    if sheet.file_found:
        parts += [_table(sheet, kind) for kind in Kind if any(item.kind is kind for item in sheet.items)]
        parts.append(_meanings(sheet))
    parts += [_good_practice(good_practice), _said(sheet), _next(sheet)]
    return (
        f'<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n<title>{name}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{_STYLE}</style>\n'
        f"</head>\n<body>\n<main>\n<p>{escape(office)}</p>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _facts(sheet: FeedbackSheet) -> str:
    facts = {
        "Case": sheet.reference,
        "Caseworker": sheet.caseworker,
        "Team": sheet.team,
        "Sample": sheet.sample,
        "Reviewed by": sheet.reviewer,
        "Review submitted on": in_words(sheet.submitted_on),
        "Feedback shared on": in_words(sheet.shared_on) if sheet.shared_on else None,
    }
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td>{escape(value)}</td></tr>'
        for name, value in facts.items()
        if value
    )
    return f'<table class="facts"><caption>The review</caption><tbody>{rows}</tbody></table>'


def _result(sheet: FeedbackSheet) -> str:
    results = (("Outcome", sheet.outcome_met), ("Method", sheet.method_met), ("Overall", sheet.overall_met))
    words = [f"<li>{name}: <strong>{VERDICT_OF_CASE[met]}</strong></li>" for name, met in results]
    notes = []
    if not sheet.file_found:
        notes.append("The case file could not be found, so the case counts as not met.")
    if sheet.critical_failed:
        notes.append("A critical requirement was not met. The tables say which are critical.")
    if sheet.changed_on and sheet.changed_by:
        notes.append(
            f"The review was changed on {in_words(sheet.changed_on)}: {_CHANGES[sheet.changed_by]}. "
            "What it said before is on record."
        )
    return f"<h2>The result</h2><ul>{''.join(words)}</ul>" + "".join(f"<p>{note}</p>" for note in notes)


def _table(sheet: FeedbackSheet, kind: Kind) -> str:
    heading, caption = _KINDS[kind]
    rows = "".join(_row(item) for item in sheet.items if item.kind is kind)
    return (
        f'<h2>{heading}</h2><table class="answers"><caption>{caption}</caption><thead><tr>'
        '<th scope="col">What was asked</th><th scope="col">Answer</th><th scope="col">Evidence</th>'
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(item: FeedbackItem) -> str:
    critical = "<br><strong>Critical requirement</strong>" if item.is_critical else ""
    evidence = (
        f'<span class="words">{escape(item.evidence)}</span>' if item.evidence.strip() else "None given"
    )
    return (
        f'<tr><th scope="row">{item.number}. {escape(item.text)}{critical}</th>'
        f"<td>{answer_in_words(item)}</td><td>{evidence}</td></tr>"
    )


def answer_in_words(item: FeedbackItem) -> str:
    """The answer to one requirement: “Not met, serious, put right before closing”."""
    words = [RESPONSES[item.response] if item.response else "Not answered"]
    if item.severity:
        words.append(SEVERITIES[item.severity].lower())
    if item.put_right:
        words.append("put right before closing")
    return ", ".join(words)


def _meanings(sheet: FeedbackSheet) -> str:
    given = {item.response for item in sheet.items}
    rows = "".join(
        f"<dt>{RESPONSES[value]}</dt><dd>{words}</dd>" for value, words in _MEANINGS.items() if value in given
    )
    return f"<h2>What the answers mean</h2><dl>{rows}</dl>" if rows else ""


def _good_practice(found: Sequence[str]) -> str:
    if not found:
        return "<h2>Good practice</h2><p>No good practice was noted apart from the answers above.</p>"
    rows = "".join(f'<li class="words">{escape(words)}</li>' for words in found)
    return f"<h2>Good practice</h2><ul>{rows}</ul>"


def _said(sheet: FeedbackSheet) -> str:
    if sheet.commented_on is None:
        return ""
    return (
        f"<h2>What the caseworker said</h2><p>On {in_words(sheet.commented_on)}:</p>"
        f'<p class="words">{escape(sheet.comments)}</p>'
    )


def _next(sheet: FeedbackSheet) -> str:
    start = "" if sheet.shared_on else " The time counts from the day this sheet is shared, once it is."
    return (
        "<h2>If you see it differently</h2><p>Say so to whoever gave you this sheet: your comments are kept "
        "with it. Your line manager can dispute the review for you until "
        f"{in_words(sheet.disputable_until)}, and somebody else decides.{start}</p>"
    )
