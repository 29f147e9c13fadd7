"""The sentences that read agreement between managers and QA, as it is and by the strata it was drawn from."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import pandas as pd

from qa_app.wording import (
    VERDICTS,
    cases_in_words,
    limit_sentence,
    needed_sentence,
    percent,
    until_they_are_in,
    whole_percent,
)
from scorecards.adjudication import Reason
from scorecards.adjudication_queries import AdjudicationResult
from scorecards.agreement import ItemAgreement, WeightedAgreement
from scorecards.agreement_results import AgreementResult
from scorecards.pairs import Standing
from scorecards.second_scoring_progress import DesignPreview

REASONS: Final = {
    Reason.EVIDENCE_MISSED: "Evidence on the file was missed",
    Reason.GUIDANCE_UNCLEAR: "The guidance is unclear",
    Reason.REQUIREMENT_MISREAD: "The requirement was misread",
    Reason.FILE_CHANGED: "The file had changed in between",
    Reason.JUDGEMENT_DIFFERS: "Judgement differs",
    Reason.RECORDING_ERROR: "The wrong answer was recorded",
    Reason.NONE: "None: both are right",
}
_APART: Final = {
    Standing.CORRECTED: "the manager found a fault that was put right before closing, and QA found it met",
    Standing.NOT_BLIND: "QA had seen the manager's review",
    Standing.NOT_ALIKE: "the two went by another version of the scorecard or read the file at another moment",
}


def agreement_sentence(result: AgreementResult) -> str:
    """Do managers and QA give the same verdict often enough?"""
    judgement, pairs, figures = result.judgement, sum(result.counts), result.figures
    standard = judgement.standard
    verdict = VERDICTS[judgement.verdict]
    if figures is None or figures.raw_low is None or figures.raw_high is None:
        return (
            f"{verdict}: no pair has both verdicts yet. {result.outstanding:,} of "
            f"{cases_in_words(result.drawn)} still to be scored again; "
            f"the standard is {whole_percent(standard)}."
        )
    share = percent(Fraction(judgement.met, pairs), against=standard)
    weighted = result.weighted
    if weighted is None:
        low, high = percent(figures.raw_low, against=standard), percent(figures.raw_high, against=standard)
        told = f"{share} (likely range {low} to {high})"
    else:
        low = percent(weighted.agreement_low, against=standard)
        high = percent(weighted.agreement_high, against=standard)
        of = cases_in_words(weighted.population, "managers' review")
        share_of_all = weighted.agreement
        estimate = "not known" if share_of_all is None else percent(share_of_all, against=standard)
        told = (
            f"{share} of these. Each stratum counted by its size, they agree in {estimate} of {of} "
            f"(likely range {low} to {high})"
        )
    words = [
        f"{verdict}: the manager and QA gave the same verdict in {judgement.met:,} of "
        f"{cases_in_words(pairs, 'pair')}, {told}."
    ]
    if result.outstanding:
        words.append(
            f"{result.drawn - result.outstanding:,} of {cases_in_words(result.drawn)} scored again; "
            f"{until_they_are_in(judgement.verdict, result.outstanding)}."
        )
    if result.not_assessable:
        words.append(f"{cases_in_words(result.not_assessable)} could not be compared: nothing applied.")
    words.append(limit_sentence(judgement, "agree", "managers' reviews"))
    words.append(needed_sentence(judgement, result.outstanding, "pair", "in agreement"))
    return " ".join(word for word in words if word)


def chance_sentence(result: AgreementResult) -> str:
    """How much of the agreement two reviewers would reach who look at nothing, and the least there can be."""
    if result.cells is None:
        return ""
    return (
        f"Two reviewers who look at nothing, and call as many cases met as these did, would agree in "
        f"{percent(result.cells.chance)}. Raw agreement says something only beyond that. With as many called "
        f"met, it cannot be below {percent(result.cells.floor)}."
    )


def not_met_sentence(result: AgreementResult) -> str:
    """Agreement where it matters: on the cases that somebody called not met."""
    _, missed, overcalled, both = result.counts
    pairs = (
        f"from {cases_in_words(missed + overcalled + both)} that at least one of them called not met; "
        f"both did in {both:,}."
    )
    weighted = result.weighted_not_met
    if weighted is not None:
        if weighted.share is None:
            return _NOBODY
        if weighted.low is None or weighted.high is None:
            return (
                f"Agreement on not met, each stratum counted by its size: {percent(weighted.share)}, {pairs} "
                "How sure that is cannot be told from so few that differ."
            )
        return (
            f"Agreement on not met, each stratum counted by its size: {percent(weighted.share)} "
            f"({percent(weighted.low)} to {percent(weighted.high)}), {pairs}"
        )
    figures = result.figures
    low, high = (figures.not_met_low, figures.not_met_high) if figures else (None, None)
    if figures is None or figures.not_met is None or low is None or high is None:
        return _NOBODY
    return f"Agreement on not met: {percent(figures.not_met)} ({percent(low)} to {percent(high)}), {pairs}"


def detection_sentence(result: AgreementResult) -> str:
    """What managers miss: how many of the cases that QA called not met they had found."""
    _, missed, _, both = result.counts
    if result.detection_low is None or result.detection_high is None:
        return "QA has called no case not met, so nothing is known of what managers miss."
    counts = f"Of {cases_in_words(missed + both)} that QA called not met, managers had found {both:,}"
    if result.weighted is not None:
        return f"{counts}. {detection_in_words(result.weighted)}"
    return (
        f"{counts}: {percent(Fraction(both, missed + both))} ({percent(result.detection_low)} to "
        f"{percent(result.detection_high)})."
    )


def detection_in_words(weighted: WeightedAgreement) -> str:
    """The share of all that QA would call not met that managers find, each stratum by its size."""
    if weighted.detection is None:
        return (
            "What share of all not met managers find cannot be told: QA found none not met among those "
            "they passed, or none among those they called not met."
        )
    found = f"Each stratum counted by its size, managers find {percent(weighted.detection)}"
    if weighted.detection_low is None or weighted.detection_high is None:
        return f"{found} of all that QA would call not met; how sure that is cannot be told."
    return (
        f"{found} ({percent(weighted.detection_low)} to {percent(weighted.detection_high)}) of all that QA "
        "would call not met."
    )


def direction_sentence(result: AgreementResult) -> str:
    """Who is stricter, where the two differ, and whether chance could explain it (exact McNemar test)."""
    _, missed, overcalled, _ = result.counts
    differing = missed + overcalled
    if result.figures is None or not differing:
        return "They differ in no case, so neither is stricter."
    start = (
        f"They differ in {cases_in_words(differing)}: QA was stricter in {missed:,}, "
        f"the manager in {overcalled:,}."
    )
    if result.weighted is not None and result.cells is not None:
        return (
            f"{start} Each stratum counted by its size, QA is stricter in {percent(result.cells.missed)} of "
            f"all reviews and the manager in {percent(result.cells.overcalled)}. The strata were drawn at "
            "different rates, so the counts themselves show no leaning."
        )
    chance = percent(result.figures.mcnemar)
    if result.figures.mcnemar > 1 - float(result.assurance):
        return f"{start} Chance alone would lean as far {chance} of the time, so no leaning is shown."
    stricter = "QA is" if missed > overcalled else "managers are"
    return f"{start} Chance alone would lean as far only {chance} of the time: {stricter} stricter."


def set_apart_sentence(result: AgreementResult) -> str:
    """Which pairs do not count, and why; empty when all do."""
    parts = [
        f"{cases_in_words(count, 'pair')} in which {_APART[standing]}"
        for standing, count in result.set_apart.items()
    ]
    return f"Set apart, and in no figure here: {'; '.join(parts)}." if parts else ""


def answers_sentence(answers: ItemAgreement) -> str:
    """How many of all the answers to requirements the two give alike."""
    if answers.share is None:
        return "No answer can be compared yet."
    start = (
        f"Of {answers.answers:,} answers in {cases_in_words(answers.cases)} that both could give, "
        f"{answers.alike:,} are alike: {percent(answers.share)}"
    )
    if answers.low is None or answers.high is None:
        return f"{start} of all, each stratum counted by its size."
    return (
        f"{start} of all, each stratum counted by its size ({percent(answers.low)} to "
        f"{percent(answers.high)}; answers in one case are alike, and the range allows for it)."
    )


def requirements_sentence(found: pd.DataFrame) -> str:
    """On how many requirements the two ever differ."""
    differing = found[(found["missed"] + found["overcalled"]) > 0]
    if differing.empty:
        return "Where both judge a requirement, they differ on none."
    most = max(differing.to_dict("records"), key=lambda row: row["missed"] + row["overcalled"])
    return (
        f"Where both judge, they differ on {len(differing):,} of "
        f"{cases_in_words(len(found), 'requirement')}, most often on “{most['requirement'].rstrip('.')}”: "
        f"only QA said not met in {most['missed']:,}, only the manager in {most['overcalled']:,}."
    )


def trend_sentence(results: Sequence[AgreementResult]) -> str:
    """Whether agreement has moved from the second scoring before to the newest, as far as ranges tell."""
    (_, low_before, high_before), (_, low, high) = results[-2].range, results[-1].range
    if None in (low, high, low_before, high_before):
        return "What the newest says beside the one before cannot be told yet."
    assert low is not None
    assert high is not None
    assert low_before is not None
    assert high_before is not None
    if low > high_before:
        return "Agreement is higher than in the second scoring before: the two likely ranges do not touch."
    if high < low_before:
        return "Agreement is lower than in the second scoring before: the two likely ranges do not touch."
    return "No change is shown: the likely ranges of the newest two overlap."


def causes_sentence(found: AdjudicationResult) -> str:
    """What a third person found behind the pairs that differ."""
    if not found.discordant:
        return "The two gave the same verdict in every pair, so there was no difference to decide."
    start = f"{found.decided:,} of {cases_in_words(found.discordant, 'pair')} that differ are decided"
    if not found.decided:
        return f"{start}."
    neither = f", and nothing applied in {found.with_neither:,}" if found.with_neither else ""
    return (
        f"{start}: the manager's verdict stands in {found.with_manager:,}, QA's in "
        f"{found.with_qa:,}{neither}."
    )


def shared_misses_sentence(found: AdjudicationResult) -> str:
    """What both miss: of the pairs both called met that a third person read, how many are not."""
    if not found.chosen:
        return "No pair that both called met was chosen, so nothing is known of what both miss."
    start = (
        f"Of {cases_in_words(found.both_met, 'pair')} that both called met, {found.chosen:,} were chosen by "
        f"lot; {found.chosen_decided:,} are decided, and {found.shared_misses:,} should not have been met."
    )
    if found.most_missed is None:
        return f"{start} What that says of all of them is told when the last is decided."
    return (
        f"{start} With {whole_percent(found.assurance)} assurance at most {percent(found.most_missed)} of "
        "them should not have been."
    )


def expected_sentence(preview: DesignPreview, *, missed: str, confirmed: str) -> str:
    """How sure a design would make us of what managers miss, if what was assumed is so."""
    start = (
        f"If QA called {whole_percent(missed)} of those managers passed not met, and "
        f"{whole_percent(confirmed)} of those they called not met: "
    )
    expected = preview.expected
    if expected.detection is None or expected.detection_low is None or expected.detection_high is None:
        return f"{start}so few would differ that what share managers find could not be told."
    return (
        f"{start}it would show that managers find {percent(expected.detection)} "
        f"({percent(expected.detection_low)} to {percent(expected.detection_high)}) of what is not met."
    )


_NOBODY: Final = "Nobody has called a case not met, so nothing is known of agreement on not met."
