"""The report of a theme: what was asked, what was looked at, what was found, and what is recommended."""

from collections.abc import Sequence
from typing import Final

from learning_register.report_contents import Block, Cell, Paragraph, Points, Section, Table
from qa_app.reports.making import Making, with_interval
from qa_app.reports.method import method
from qa_app.reports.sampling_done import register_of_draws
from qa_app.reports.standards import requirements
from qa_app.result_words import progress_sentence
from qa_app.wording import MEASURES, SERIES, cases_in_words, in_words
from sampling.tables import Draw
from scorecards.results import SampleResult, result_samples, sample_result
from scorecards.review_counts import CaseGroup
from scorecards.standing import confidence_on
from scorecards.theme_queries import FindingRow, RecommendationRow, ThemeSheet, theme_sheet
from scorecards.themes import Decision

_EVER: Final = (0, 12 * 9999)
_DECISIONS: Final = {Decision.ACCEPTED: "Accepted", Decision.DECLINED: "Declined", None: "Not decided yet"}


def compose(making: Making) -> Sequence[Section]:
    """One theme, from its question to its recommendations."""
    assert making.commission_id is not None, "a theme report is of a theme"
    sheet = theme_sheet(making.session, making.commission_id, making.person)
    plans = {row[0] for row in sheet.samples}
    results = [
        sample_result(making.session, draw_id, making.person)
        for draw_id, _ in reversed(result_samples(making.session, making.person))
        if making.session.get_one(Draw, draw_id).plan_id in plans
    ]
    failing = [
        section
        for group in (CaseGroup.THEME_CLOSED, CaseGroup.THEME_OPEN)
        for section in requirements(making, group=group, scorecard=sheet.scorecard_key, months=_EVER)
        if any(isinstance(block, Table) for block in section.blocks)
    ]
    return [
        Section("What was asked", tuple(_question(sheet))),
        Section("What was looked at", tuple(_samples(making, results))),
        *failing,
        Section("Findings", tuple(_findings(sheet.findings))),
        Section("Recommendations", (_recommendations(sheet.findings),)),
        *method(making),
        *register_of_draws(making),
    ]


def _question(sheet: ThemeSheet) -> list[Block]:
    state = (
        "It is finished." if sheet.is_closed else f"It is due by {in_words(sheet.due_on)}, and not finished."
    )
    return [
        Paragraph(sheet.question, lead="Question:"),
        Paragraph(sheet.scope or "Not limited.", lead="Scope:"),
        Paragraph(f"Asked for by {sheet.asked_by}. {state}"),
    ]


def _samples(making: Making, results: Sequence[SampleResult]) -> list[Block]:
    blocks: list[Block] = [
        Paragraph(
            "A theme looks where something is expected, so its shares do not stand for the office. Open and "
            "closed cases are counted apart."
        )
    ]
    confidence = confidence_on(making.session, making.last)
    rows: list[tuple[Cell, ...]] = []
    for result in results:
        blocks.append(Paragraph(progress_sentence(result), lead=f"{result.name}:"))
        rows += [
            (
                result.name,
                SERIES[series.state],
                MEASURES[each.measure],
                each.assessable,
                each.met,
                *with_interval(each.met, each.assessable, confidence=confidence),
            )
            for series in result.series
            for each in series.measures
        ]
    table = Table(
        "What the reviews found",
        ("Sample", "Cases", "Measure", "With a result", "Met", "Share", "Likely from", "Likely to"),
        tuple(rows),
        note="Likely: exact limits as of cases like these without end, each sample taken as one draw.",
        empty="No sample of this theme had been drawn by then.",
    )
    return [*blocks, table]


def _findings(findings: Sequence[FindingRow]) -> list[Block]:
    blocks: list[Block] = []
    for number, finding in enumerate(findings, start=1):
        rests = f"It rests on {cases_in_words(len(finding.reviews), 'review')}."
        blocks.append(Paragraph(f"{finding.statement} {rests}", lead=f"Finding {number}."))
        if finding.accuracy_on is not None:
            blocks.append(
                Points((f"On its facts, {in_words(finding.accuracy_on)}: {finding.accuracy_response}",))
            )
    return blocks or [Paragraph("No finding had been written down by then.")]


def _recommendations(findings: Sequence[FindingRow]) -> Table:
    return Table(
        "Recommendations",
        ("Finding", "Recommendation", "Decision", "Reason"),
        tuple(
            _recommendation(number, one)
            for number, finding in enumerate(findings, start=1)
            for one in finding.recommendations
        ),
        empty="Nothing had been recommended by then.",
    )


def _recommendation(finding: int, one: RecommendationRow) -> tuple[Cell, ...]:
    return (f"Finding {finding}", one.wording, _DECISIONS[one.decision], one.reason)
