"""The sentences that read a sample's results: its draws, its progress, its limits, what deciding costs."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from qa_app.sample_words import REPLACED
from qa_app.wording import cases_in_words, in_words, percent
from sampling.register_chain import best_of
from sampling.series import Series
from sampling.stratified import EXACT, FISHER, HOEFFDING_BINOMIAL, METHODS, WORST_CASE
from sampling.tables import Purpose
from scorecards.measure_results import MeasureResult
from scorecards.results import SampleResult
from scorecards.running_results import RunningResult
from scorecards.stages import TWO_STAGES
from scorecards.verdicts import WITHOUT_END, Judgement, Verdict

MINUTES_A_REVIEW: Final = 45
DEMONSTRATION: Final = (
    "A demonstration: its seed was typed by hand, so it proves nothing about how cases were chosen, "
    "and nothing below is a result of this office."
)
NEVER_DECIDES: Final = (
    "These limits may be read after every case, as often as anybody likes. They are no verdict: that is "
    "by the rule of the plan, for the sample it planned."
)
_METHODS: Final = {
    EXACT: "exact, for cases drawn at random without replacement (hypergeometric distribution)",
    METHODS[HOEFFDING_BINOMIAL]: "the Hoeffding-binomial limit over all strata together: it holds wherever "
    "the cases that fail may be",
    METHODS[WORST_CASE]: "the exact worst case over all ways to spread the failing cases among the strata",
    METHODS[FISHER]: "a test of each stratum, combined by Fisher's method",
    TWO_STAGES: "exact for a sample in two stages, by the rule that the plan registered",
    WITHOUT_END: "exact for a population without end (Clopper and Pearson)",
}
_PURPOSES: Final = {
    Purpose.ESTIMATE: "The plan is to know the rate within a margin, and names no standard",
    Purpose.QUOTA: "The plan is for a number of cases, and names no standard",
    Purpose.CENSUS: "The plan is for every case: once all are reviewed, results are counts and no estimates",
    Purpose.ROLLING: "A rolling intake, in which each case was in with the same chance: given how many were "
    "drawn, they are a simple random sample",
}


def draws_sentence(draws: Series, of: str) -> str:
    """Which draw this is: “Draw 2 of 3 for this period: 3 draws, 2 voided.”"""
    words = f"Draw {draws.number} of {draws.made} for this {of}"
    return f"{words}: {draws.made} draws, {draws.voided} voided." if draws.made > 1 else f"{words}."


def rerolls_sentence(draws: Series, assurance: str) -> str:
    """What drawing again does to a standard; empty where there was one draw."""
    if draws.made < 2:
        return ""
    chance = 1 - float(assurance)
    return (
        f"Read all {draws.made} draws together. Were only the best of {draws.made} reported, an office that "
        f"misses the standard would pass with a chance of up to {percent(best_of(chance, draws.made))} "
        f"instead of {percent(chance)}."
    )


def plan_sentence(result: SampleResult) -> str:
    """What the plan was for, where that is not to show a standard with one sample; else empty."""
    if result.two_stages is not None:
        return stages_sentence(result)
    words = _PURPOSES.get(result.purpose)
    if words is None:
        return ""
    return f"{words}; the office's standards of that day judge it." if result.measures else f"{words}."


def stages_sentence(result: SampleResult) -> str:
    """How far a sample in two stages is, and what its plan says."""
    stages = result.two_stages
    if stages is None:
        return ""
    words = (
        f"The plan has two stages: {cases_in_words(stages.first)} of which none may fail; after exactly one "
        f"failure, {stages.second:,} more of which none may."
    )
    return f"{words} The second stage {'is drawn' if stages.is_extended else 'is not drawn'}."


def progress_sentence(result: SampleResult) -> str:
    """How much of what was drawn is reviewed, by when it is due, and what was replaced."""
    words = [
        f"{result.reviewed:,} of {cases_in_words(result.drawn)} in the sample reviewed, "
        f"of {result.population:,} in all."
    ]
    if result.reviewed < result.drawn:
        words.append(f"{result.drawn - result.reviewed:,} to do by {in_words(result.due_on)}.")
    if result.late_cases:
        words.append(f"{cases_in_words(result.late_cases)} of these came late and are strata of their own.")
    if late := result.late_not_drawn:
        are = "is" if late == 1 else "are"
        words.append(
            f"{cases_in_words(late, 'late case')} {are} registered and not drawn yet: until then nothing is "
            f"known of {'it' if late == 1 else 'them'}, and {'it' if late == 1 else 'all of them'} may fail."
        )
    if replaced := replaced_sentence(result.replaced):
        words.append(replaced)
    return " ".join(words)


def replaced_sentence(replaced: Mapping[str, int]) -> str:
    """How many cases were replaced by the next ticket, and why; empty when none was."""
    if not replaced:
        return ""
    total = sum(replaced.values())
    reasons = ", ".join(f"{count:,} {REPLACED[code]}" for code, count in replaced.items())
    return (
        f"{cases_in_words(total)} {'was' if total == 1 else 'were'} out of scope and replaced by the next "
        f"ticket ({reasons})."
    )


def scope_sentence(measure: MeasureResult) -> str:
    """Which numbers of cases a verdict holds for, where some were replaced; empty where none was."""
    parts = measure.stages[:1] or measure.strata
    replaced = sum(part.replaced for part in parts)
    population = measure.judgement.population
    if not replaced or not population:
        return ""
    if measure.judgement.reviewed == population:
        return f"Without what was out of scope there are {cases_in_words(population)}, and all were drawn."
    return (
        f"At most {cases_in_words(population)} are in scope, and some that were not drawn may not be: the "
        "verdict is the most cautious one over the numbers there can be."
    )


def method_sentence(judgement: Judgement) -> str:
    """What a limit comes from, in words; empty where there is none, or every case is counted."""
    is_count = judgement.reviewed == judgement.population and not judgement.undecided
    if judgement.reason is not None or is_count:
        return ""
    return f"The limit is {_METHODS.get(judgement.method, judgement.method)}."


def basis_sentence(measure: MeasureResult, result: SampleResult) -> str:
    """On what a measure of a sample in two stages rests; empty for others."""
    if result.two_stages is None:
        return ""
    if measure.stages:
        return "The likely range is that of the first stage, whose size nothing decided but the plan."
    return "Judged on the first stage alone: whether a second is drawn depends on results."


def cost_sentence(judgement: Judgement) -> str:
    """What deciding would still cost: reviews, and hours of work; empty when it is decided."""
    needed = judgement.still_needed
    if judgement.verdict != Verdict.NOT_SHOWN or not needed:
        return ""
    return (
        f"Deciding would still cost {cases_in_words(needed, 'review')} if all are met: "
        f"{hours_in_words(needed)} of work at {MINUTES_A_REVIEW} minutes a review."
    )


def hours_in_words(reviews: int) -> str:
    """The time that so many reviews take: 45 minutes, about 1.5 hours, about 18 hours."""
    minutes = reviews * MINUTES_A_REVIEW
    if minutes < 60:
        return f"{minutes} minutes"
    hours = f"{minutes / 60:.1f}".removesuffix(".0") if minutes < 600 else f"{(minutes + 30) // 60:,}"
    return f"about {hours} hours"


def running_sentence(running: RunningResult) -> str:
    """What the sample shows while it runs: already shown, or between which rates it leaves the truth."""
    if running.contradicted_at is not None:
        return (
            f"Nothing can be read after case {running.contradicted_at:,}: no number of failing cases agrees "
            "with all results. That is very unlikely for cases reviewed in the order of their tickets."
        )
    if not running.read:
        return "Nothing can be read yet: the first case in the order of tickets is not reviewed."
    standard = Fraction(running.standard)
    limits = (
        f"at least {percent(running.low[-1], against=standard)}, "
        f"at most {percent(running.high[-1], against=standard)}"
    )
    for first, shown in ((running.first_met, "to meet"), (running.first_missed, "to be missed")):
        if first is not None:
            now = f" After {running.read:,}: {limits}." if running.read > first else ""
            return f"Already shown {shown} after {first:,} of {running.drawn:,}.{now}"
    return f"Not shown yet after {running.read:,} of {running.drawn:,}: {limits}."


def order_sentences(running: RunningResult) -> list[str]:
    """Which cases the running limits rest on, and which reviewed ones they leave out."""
    sentences = []
    beyond = running.reviewed - running.read
    if running.is_by_stratum:
        sentences.append("Each stratum is read in the order of its own tickets, and the limits are added up.")
    elif running.readable < running.drawn:
        sentences.append(
            "The tickets of all strata are read as one order, which is unbroken up to case "
            f"{running.readable:,}: there the first stratum is drawn to its end."
        )
    if beyond:
        sentences.append(
            f"Read in the order of the tickets, without a gap: {cases_in_words(beyond)} reviewed further on "
            f"{'is' if beyond == 1 else 'are'} left out here."
        )
    if running.waits_for is not None and running.would_reach > running.read + 1:
        sentences.append(
            f"The next in that order is {running.waits_for}; once it is reviewed, "
            f"{cases_in_words(running.would_reach)} can be read."
        )
    if running.not_assessable:
        sentences.append(
            f"In {cases_in_words(running.not_assessable)} nothing applied: not met for “at least”, "
            "met for “at most”."
        )
    return sentences


def teams_sentence(teams: int, confidence: float) -> str:
    """Why one team that stands out among many is no finding yet."""
    if teams < 2:
        return ""
    words = (
        f"Each interval misses the true share of its team with a chance of up to {percent(1 - confidence)}. "
        f"With {teams:,} teams, at least one does so with a chance of up to "
        f"{percent(best_of(1 - confidence, teams))}"
    )
    expected = teams * (1 - confidence)
    if expected >= 1:
        words += (
            f", and of {teams:,} teams that all meet the standard up to "
            f"{round(expected)} would be expected outside"
        )
    return f"{words}. So one team that stands apart is a question, not yet a finding."
