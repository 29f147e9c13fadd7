"""The quality part of reports: standards with their verdicts, open cases, trend, requirements, agreement."""

from collections.abc import Sequence
from fractions import Fraction

import pandas as pd

from learning_register.report_contents import Block, Cell, Paragraph, Points, Section, Table
from qa_app.agreement_words import (
    agreement_sentence,
    chance_sentence,
    detection_sentence,
    not_met_sentence,
    set_apart_sentence,
)
from qa_app.charts import verdict_chart
from qa_app.reports.making import Making, chart, share, share_of, standard_share, with_interval
from qa_app.result_charts import trend_chart
from qa_app.result_words import method_sentence, progress_sentence, rerolls_sentence
from qa_app.trend_words import PLACES, period_in_words, trend_sentences
from qa_app.wording import (
    MEASURES,
    VERDICTS,
    alternative_sentence,
    range_sentence,
    verdict_sentence,
    whole_percent,
)
from sampling.tables import Route
from scorecards.agreement_results import AgreementResult, agreement_over_time
from scorecards.measure_results import MeasureResult
from scorecards.periods import MONTHS_OF, Grain, first_day
from scorecards.requirement_results import requirement_results
from scorecards.result_cells import by_period, cells, part_of
from scorecards.results import SampleResult, result_samples, sample_result, visible_sample
from scorecards.review_counts import CaseGroup, review_counts
from scorecards.standing import cards_used, confidence_on, standard_on
from scorecards.standing_out import Place, trend

_QUARTERS = 8  # points of a trend
_MOST = 12  # requirements in a table of those that are not met


def samples_of(making: Making, route: Route) -> list[SampleResult]:
    """The samples of a route whose period touches that of the report, oldest first."""
    found = []
    for draw_id, _ in reversed(result_samples(making.session, making.person)):
        frame = visible_sample(making.session, draw_id, making.person).plan.frame
        begins, ends = frame.period_from, frame.period_until or frame.period_from
        if frame.route != route or begins is None or ends is None:
            continue
        if begins <= making.last and making.first <= ends:
            found.append(sample_result(making.session, draw_id, making.person))
    return found


def closed_cases(making: Making) -> list[Section]:
    """Each sample of the period's closed cases, with the verdict on each standard by its plan's rule."""
    found = samples_of(making, Route.CENTRAL)
    if not found:
        none = Paragraph("No sample of closed cases of this period had been drawn by then.")
        return [Section("Closed cases: the standards", (none,))]
    start = Section(
        "Closed cases: the standards",
        (
            Paragraph(
                "Each standard is judged on a sample drawn at random from all cases that closed, by the rule "
                "that was registered before the draw. “Not shown yet” means that the sample cannot tell "
                "either way: it is no verdict on the office."
            ),
        ),
    )
    return [start, *(Section(result.name, tuple(_sample(result)), 3) for result in found)]


def _sample(result: SampleResult) -> list[Block]:
    blocks: list[Block] = [Paragraph(progress_sentence(result))]
    if rerolls := rerolls_sentence(result.draws, result.assurance):
        blocks.append(Paragraph(rerolls))
    for measure in result.measures:
        blocks.append(_verdict(measure))
    table = Table(
        f"{result.name}: standards, shares and limits",
        ("Measure", "Standard", "Verdict", "Met", "With a result", "Share", "Likely from", "Likely to"),
        tuple(_row(measure) for measure in result.measures),
        note="Share: of the reviewed cases with a result. Likely: the interval of the share of all cases, "
        f"with {whole_percent(result.assurance)} confidence.",
    )
    frame = pd.DataFrame(
        {
            "label": [MEASURES[measure.measure] for measure in result.measures],
            "share": [measure.share for measure in result.measures],
            "low": [measure.likely_low for measure in result.measures],
            "high": [measure.likely_high for measure in result.measures],
            "standard": [float(measure.standard) for measure in result.measures],
        }
    )
    if frame["share"].isna().all():
        return [*blocks, table]
    read = "; ".join(
        f"{MEASURES[measure.measure].lower()} {VERDICTS[measure.judgement.verdict].lower()}"
        for measure in result.measures
    )
    blocks.append(
        chart(
            verdict_chart(frame),
            alt_text=f"Shares that meet, beside their standards: {read}.",
            sentence="Diamond: share of the reviewed cases. Bar: likely range of the share of all cases. "
            "Black line: the standard.",
            table=table,
        )
    )
    return blocks


def _verdict(measure: MeasureResult) -> Paragraph:
    against, judgement = Fraction(measure.standard), measure.judgement
    drawn = sum(stratum.drawn for stratum in measure.strata)
    outstanding = sum(stratum.outstanding for stratum in measure.strata)
    words, _, rest = verdict_sentence(
        judgement, outstanding=outstanding, not_assessable=drawn - outstanding - measure.assessable
    ).partition(": ")
    more = [
        method_sentence(judgement),
        range_sentence(
            measure.likely_low,
            measure.likely_high,
            population=judgement.population,
            assurance=measure.assurance,
            against=against,
            weighted=measure.weighted_estimate,
        ),
        alternative_sentence(measure.met, measure.met_if_assessed, measure.assessable, against=against),
    ]
    text = " ".join(sentence for sentence in (rest, *more) if sentence)
    return Paragraph(
        f"{text[0].upper()}{text[1:]}",
        lead=f"{MEASURES[measure.measure]}, standard {whole_percent(measure.standard)}: {words.lower()}.",
    )


def _row(measure: MeasureResult) -> tuple[Cell, ...]:
    against = Fraction(measure.standard)
    return (
        MEASURES[measure.measure],
        standard_share(measure.standard),
        VERDICTS[measure.judgement.verdict],
        measure.met,
        measure.assessable,
        share_of(measure.met, measure.assessable, against=against),
        share(measure.likely_low, against=against),
        share(measure.likely_high, against=against),
    )


def open_cases(making: Making) -> list[Section]:
    """What managers found in open cases, month by month: counts, which are no estimate."""
    counts = part_of(review_counts(making.session, CaseGroup.OPEN, making.person), months=making.months)
    found = cells(counts, "month", "overall", confidence=confidence_on(making.session, making.last))
    rows: list[tuple[Cell, ...]] = []
    for _, row in found.iterrows():
        month = int(row["month"])
        standard = standard_on(making.session, "overall", first_day(month))
        met, n = int(row["met"]), int(row["n"])
        reached = "No result yet" if not n else "Reached" if met >= standard * n else "Not reached"
        name = period_in_words(month, Grain.MONTH)
        rows.append((name, int(row["reviewed"]), n, met, share_of(met, n, against=standard), reached))
    table = Table(
        "Open cases that managers reviewed, by month",
        ("Month", "Reviewed", "With a result", "Met", "Share", "Standard"),
        tuple(rows),
        note="A count of the cases that managers sampled, not an estimate of all open cases, so it has no "
        "interval. What is found in an open case can still be put right before the decision goes out.",
        empty="No manager's review of an open case of this period was in by then.",
    )
    return [Section("Open cases: managers' sampling", (table,))]


def over_time(making: Making) -> list[Section]:
    """The standards of closed cases over the last quarters, with the limits of chance."""
    counts = review_counts(making.session, CaseGroup.CLOSED, making.person)
    grain, last = Grain.QUARTER, making.months[1]
    counts = part_of(counts, months=(last - MONTHS_OF[grain] * _QUARTERS + 1, last))
    blocks: list[Block] = []
    confidence = confidence_on(making.session, making.last)
    for measure in MEASURES:
        standard = standard_on(making.session, measure, making.last)
        periods = cells(by_period(counts, grain), "period", measure, confidence=confidence)
        of = trend(periods, confidence=confidence)
        sentences = [words.replace("**", "") for words in trend_sentences(of, grain, standard=standard)]
        rows = of.rows[of.rows["n"] > 0]
        if of.rate is None:
            blocks.append(Paragraph(" ".join(sentences), lead=f"{MEASURES[measure]}."))
            continue
        names = [period_in_words(int(period), grain) for period in rows["period"]]
        places = [PLACES[Place(place)] for place in rows["place"]]
        frame = rows[["share", "low", "high", "limit_low", "limit_high"]].assign(
            label=[f"{name}|n = {n:,}" for name, n in zip(names, rows["n"], strict=True)],
            stands_out=["" if words == PLACES[Place.WITHIN] else words for words in places],
        )
        table = Table(
            f"{MEASURES[measure]} by {grain}",
            (
                grain.capitalize(),
                "With a result",
                "Met",
                "Share",
                "Likely from",
                "Likely to",
                "Limits of chance",
            ),
            tuple(
                (
                    name,
                    int(row["n"]),
                    int(row["met"]),
                    share(row["share"], against=standard),
                    share(row["low"], against=standard),
                    share(row["high"], against=standard),
                    place,
                )
                for name, place, (_, row) in zip(names, places, rows.iterrows(), strict=True)
            ),
        )
        blocks.append(Paragraph(" ".join(sentences), lead=f"{MEASURES[measure]}."))
        if of.periods < 2:  # a chart would show no more than its table
            blocks.append(table)
            continue
        blocks.append(
            chart(
                trend_chart(frame, standard=float(standard), pooled=of.rate),
                alt_text=f"{MEASURES[measure]}: share that is met in each {grain}, with its limits.",
                sentence=f"Diamond: share of the {grain}, with its likely range as a thin line. Bar: where a "
                f"{grain} with as many cases stays, if nothing has changed. Triangle: outside. Broken line: "
                "all together. Solid line: the standard.",
                table=table,
            )
        )
    return [Section("Closed cases over time", tuple(blocks))]


def requirements(
    making: Making,
    *,
    group: CaseGroup = CaseGroup.CLOSED,
    scorecard: str | None = None,
    months: tuple[int, int] | None = None,
) -> list[Section]:
    """The requirements that are not met most often, of each scorecard that was used."""
    months = months or making.months
    counts = review_counts(making.session, group, making.person)
    confidence = confidence_on(making.session, making.last)
    blocks: list[Block] = []
    for key, title in cards_used(making.session, part_of(counts, months=months)).items():
        if scorecard not in (None, key):
            continue
        results = requirement_results(
            making.session,
            group,
            making.person,
            counts=counts,
            scorecard=key,
            months=months,
            confidence=confidence,
        )
        texts = {each.requirement.key: each.requirement.text for each in results.requirements}
        failing = results.together[results.together["met"] < results.together["n"]].copy()
        failing["fails"] = failing["n"] - failing["met"]
        failing = failing.sort_values(["fails", "requirement"], ascending=[False, True])
        rows = tuple(
            (
                texts[row["requirement"]],
                int(row["n"]),
                int(row["fails"]),
                *with_interval(int(row["met"]), int(row["n"]), confidence=confidence),
            )
            for _, row in failing.head(_MOST).iterrows()
        )
        left = len(failing) - len(rows)
        blocks.append(
            Table(
                f"{title}: requirements that were not met",
                ("Requirement", "Applied to", "Not met", "Share met", "Likely from", "Likely to"),
                rows,
                note=f"{left} more requirements were not met, each less often." if left > 0 else "",
                empty="Every requirement was met wherever it applied.",
            )
        )
    return [
        Section(
            "What was not met",
            tuple(blocks) or (Paragraph("No case of this period had been reviewed by then."),),
        )
    ]


def agreement(making: Making) -> list[Section]:
    """Whether managers and QA agree: second scorings of the period's reviews that are complete."""
    of_period = [
        result
        for result in agreement_over_time(making.session, making.person)
        if result.period_until is not None and making.first <= result.period_until <= making.last
    ]
    complete = [result for result in of_period if not result.outstanding]
    blocks: list[Block] = []
    for result in complete:
        words, _, rest = agreement_sentence(result).partition(": ")
        blocks.append(Paragraph(rest[:1].upper() + rest[1:], lead=f"{result.name}: {words.lower()}."))
        more = [set_apart_sentence(result)]
        if result.figures is not None and result.cells is not None:
            more += [chance_sentence(result), not_met_sentence(result), detection_sentence(result)]
        blocks.append(Points(tuple(sentence for sentence in more if sentence)))
    if complete:
        blocks.append(_agreement_table(complete))
    running = len(of_period) - len(complete)
    if running:
        scorings = "1 second scoring runs" if running == 1 else f"{running} second scorings run"
        blocks.append(Paragraph(f"{scorings}, and nothing is told of it before its last score is in."))
    if not of_period:
        blocks.append(Paragraph("No reviews of this period had been scored again by then."))
    return [Section("Agreement between managers and QA", tuple(blocks))]


def _agreement_table(results: Sequence[AgreementResult]) -> Table:
    return Table(
        "Agreement",
        ("Second scoring", "Standard", "Verdict", "Pairs", "Agree", "Agreement", "Likely from", "Likely to"),
        tuple(
            (
                result.name,
                standard_share(result.standard),
                VERDICTS[result.judgement.verdict],
                sum(result.counts),
                result.counts[0] + result.counts[3],
                *(share(value, against=Fraction(result.standard)) for value in result.range),
            )
            for result in results
        ),
        note="Where strata were drawn at different rates, agreement and its range count each by its size.",
    )
