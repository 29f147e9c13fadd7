"""The words for what the books keep as codes, for shares and moments, and the sentences that read results.

A share is rounded, but never up to a standard it does not reach, nor to all or none.
"""

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
from math import floor
from typing import Final

from learning_register.citations import LearningKind
from learning_register.follow_up import ActionState
from sampling.records.cases import CaseState
from sampling.records.database import OFFICE_TIME
from sampling.tables import Route
from scorecards.agreement_results import AgreementResult
from scorecards.requirements import ResponseValue
from scorecards.result_counts import MeasureCounts
from scorecards.tables import ReviewState
from scorecards.verdicts import Judgement, Verdict

VERDICTS: Final = {
    Verdict.MET: "Met",
    Verdict.MISSED: "Missed",
    Verdict.NOT_SHOWN: "Not shown yet",
}
VERDICT_OF_CASE: Final[dict[bool | None, str]] = {True: "Met", False: "Not met", None: "Not assessable"}
MEASURES: Final = {"outcome": "Outcome", "method": "Method"}
ROUTES: Final = {
    Route.OPEN: "Open cases",
    Route.CENTRAL: "Closed cases",
    Route.THEMATIC: "Theme",
    Route.SECOND: "Review for QA",
    Route.FILE: "Cases of a file",
}
SERIES: Final = {state: f"{state.capitalize()} cases" for state in CaseState}
RESPONSES: Final = {
    ResponseValue.MET: "Met",
    ResponseValue.NOT_MET: "Not met",
    ResponseValue.NOT_APPLICABLE: "Not applicable",
    ResponseValue.NOT_YET_DUE: "Not yet due",
    ResponseValue.CANNOT_ASSESS: "Cannot assess",
}
REVIEW_STATES: Final = {ReviewState.DRAFT: "Draft", ReviewState.SUBMITTED: "Submitted"}
LEARNING_KINDS: Final = {
    LearningKind.INDIVIDUAL: "Individual",
    LearningKind.ORGANISATIONAL: "Organisational",
    LearningKind.GOOD_PRACTICE: "Good practice",
}
ACTION_STATES: Final = {ActionState.OPEN: "Open", ActionState.DONE: "Done"}


def in_words(day: date) -> str:
    """A date as people write it: 27 March 2007."""
    return f"{day.day} {day:%B %Y}"


def moment_in_words(moment: datetime) -> str:
    """A moment by the office's clock: 27 March 2007 at 14:05."""
    local = moment.astimezone(OFFICE_TIME)
    return f"{in_words(local.date())} at {local:%H:%M}"


def cases_in_words(count: int, noun: str = "case") -> str:
    """A count with its noun: 1 case, 1,204 cases."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def counts_in_words(counts: Sequence[int | None]) -> list[int] | list[str]:
    """Counts for the column of a table; where one is not known it says so, and all of them are words."""
    known = [count for count in counts if count is not None]
    if len(known) == len(counts):
        return known
    return ["Not known" if count is None else f"{count:,}" for count in counts]


def percent(share: float | Fraction, *, against: Fraction | None = None) -> str:
    """A share with one decimal, and more where fewer would put it on the wrong side of `against`, 0 or 1.

    97.96% against a standard of 98% stays 97.96%, and 1,999 of 2,000 is 99.95%, not 100%.
    """
    # The float of a share of counts is taken back to those counts: 0.98 is 98/100 again.
    exact = share if isinstance(share, Fraction) else Fraction(share).limit_denominator(10**9)
    if exact in (0, 1):
        return f"{int(exact * 100)}%"
    lines = [Fraction(1), *([] if against is None else [against])]
    for places in range(1, 10):
        rounded = Fraction(floor(exact * 100 * 10**places + Fraction(1, 2)), 100 * 10**places)
        if rounded > 0 and all((exact < line) == (rounded < line) for line in lines):
            break
    return f"{float(rounded * 100):.{places}f}%"


def whole_percent(share: float | Fraction | str) -> str:
    """A standard or an assurance as it was set: 98%, 97.5%."""
    exact = Fraction(str(share)) if not isinstance(share, Fraction) else share
    return f"{float(exact * 100):.10g}%"


def verdict_sentence(judgement: Judgement, *, outstanding: int = 0, not_assessable: int = 0) -> str:
    """What a sample shows of a standard, and what it would take to decide.

    `outstanding` of the undecided cases are still to be reviewed; in `not_assessable` nothing applied.
    """
    known, standard = judgement.reviewed - judgement.undecided, judgement.standard
    words = [f"{VERDICTS[judgement.verdict]}:"]
    if judgement.population == 0:
        return f"{words[0]} no case is in scope, so there is nothing to judge."
    if known:
        share = percent(Fraction(judgement.met, known), against=standard)
        of = "the sample" if not outstanding else "those with a result so far"
        words.append(f"{judgement.met:,} of {known:,} met, {share} of {of}.")
    else:
        words.append("no case has a result yet.")
    if outstanding:
        words.append(
            f"{judgement.reviewed - outstanding:,} of {cases_in_words(judgement.reviewed)} reviewed; "
            f"{_until_they_are_in(judgement.verdict, outstanding)}."
        )
    if not_assessable:
        nothing = cases_in_words(not_assessable)
        words.append(f"In {nothing} nothing applied; the verdict allows for either result.")
    words.append(_limit(judgement, "meet", "cases"))
    words.append(_needed(judgement, outstanding))
    return " ".join(word for word in words if word)


def range_sentence(
    low: float | None,
    high: float | None,
    *,
    population: int | None,
    assurance: str,
    against: Fraction,
    weighted: float | None = None,
) -> str:
    """The likely range of the share of all cases, with the weighted estimate where there are strata."""
    if low is None or high is None or low == high:  # every case is reviewed: nothing is estimated
        return ""
    start = "Likely range:"
    if weighted is not None:
        share = percent(weighted, against=against)
        start = f"Each stratum counted by its size, the estimate is {share}, likely range"
    of = "all cases like these" if population is None else f"all {population:,} cases"
    return (
        f"{start} {percent(low, against=against)} to {percent(high, against=against)} of {of}, "
        f"with {whole_percent(assurance)} confidence."
    )


def alternative_sentence(met: int, met_if_assessed: int, assessable: int, *, against: Fraction) -> str:
    """What the share would be had every case that could not be assessed, or found, met; empty if none."""
    unknown = met_if_assessed - met
    if not unknown or not assessable:
        return ""
    share = percent(Fraction(met_if_assessed, assessable), against=against)
    return (
        f"Not met includes {cases_in_words(unknown)} that could not be assessed or found. "
        f"Had {'it' if unknown == 1 else 'they'} met: {share}."
    )


def theme_sentence(counts: MeasureCounts) -> str:
    """What the reviews of a theme found on one measure: counts, without a standard."""
    if not counts.assessable:
        return "no case has a result yet."
    words = f"met in {counts.met:,} of {cases_in_words(counts.assessable, 'reviewed case')} with a result."
    if unknown := counts.met_if_assessed - counts.met:
        words += f" Not met includes {cases_in_words(unknown)} that could not be assessed or found."
    return words


def open_sentence(met: int, assessable: int, *, standard: Fraction, left: int | None = 0) -> str:
    """How many of the open cases that managers reviewed meet requirements: a count of them, no estimate.

    `left` of the month's sample are not reviewed yet: while there are any, it is a share so far. None: the
    reader sees only a part of the month.
    """
    if not assessable:
        return "No open case has a result yet."
    share = Fraction(met, assessable)
    if left is None:
        return (
            f"Of those you may see: {met:,} of {assessable:,} reviewed open cases meet requirements overall, "
            f"{percent(share, against=standard)}; the standard is {whole_percent(standard)}."
        )
    if left:
        return (
            f"So far: {met:,} of {assessable:,} reviewed open cases meet requirements overall, "
            f"{percent(share, against=standard)}; {cases_in_words(left)} of the month's sample "
            f"{'is' if left == 1 else 'are'} still to be reviewed, and the standard is "
            f"{whole_percent(standard)}."
        )
    return (
        f"{'Reached' if share >= standard else 'Not reached'}: {met:,} of {assessable:,} reviewed open cases "
        f"meet requirements overall, {percent(share, against=standard)}; "
        f"the standard is {whole_percent(standard)}."
    )


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
    low, high = percent(figures.raw_low, against=standard), percent(figures.raw_high, against=standard)
    words = [
        f"{verdict}: the manager and QA gave the same verdict in {judgement.met:,} of "
        f"{cases_in_words(pairs, 'pair')}, {share} (likely range {low} to {high})."
    ]
    if result.outstanding:
        words.append(
            f"{result.drawn - result.outstanding:,} of {cases_in_words(result.drawn)} scored again; "
            f"{_until_they_are_in(judgement.verdict, result.outstanding)}."
        )
    if result.not_assessable:
        words.append(f"{cases_in_words(result.not_assessable)} could not be compared: nothing applied.")
    words.append(_limit(judgement, "agree", "managers' reviews"))
    words.append(_needed(judgement, result.outstanding, "pair", "in agreement"))
    return " ".join(word for word in words if word)


def chance_sentence(result: AgreementResult) -> str:
    """How much of the agreement two reviewers would reach who look at nothing."""
    if result.figures is None or result.figures.chance is None:
        return ""
    return (
        f"Two reviewers who look at nothing, and call as many cases met as these did, would agree in "
        f"{percent(result.figures.chance)}. Raw agreement says something only beyond that."
    )


def not_met_sentence(result: AgreementResult) -> str:
    """Agreement where it matters: on the cases that somebody called not met."""
    figures = result.figures
    _, missed, overcalled, both = result.counts
    low, high = (figures.not_met_low, figures.not_met_high) if figures else (None, None)
    if figures is None or figures.not_met is None or low is None or high is None:
        return "Nobody has called a case not met, so nothing is known of agreement on not met."
    return (
        f"Agreement on not met: {percent(figures.not_met)} ({percent(low)} to {percent(high)}), from "
        f"{cases_in_words(missed + overcalled + both)} that at least one of them called not met; "
        f"both did in {both:,}."
    )


def detection_sentence(result: AgreementResult) -> str:
    """How many of the cases that QA called not met the manager had found."""
    _, missed, _, both = result.counts
    if result.detection_low is None or result.detection_high is None:
        return "QA has called no case not met, so nothing is known of what managers miss."
    return (
        f"Of {cases_in_words(missed + both)} that QA called not met, managers had found {both:,}: "
        f"{percent(Fraction(both, missed + both))} ({percent(result.detection_low)} to "
        f"{percent(result.detection_high)})."
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
    chance = percent(result.figures.mcnemar)
    if result.figures.mcnemar > 1 - float(result.assurance):
        return f"{start} Chance alone would lean as far {chance} of the time, so no leaning is shown."
    stricter = "QA is" if missed > overcalled else "managers are"
    return f"{start} Chance alone would lean as far only {chance} of the time: {stricter} stricter."


def _until_they_are_in(verdict: Verdict, outstanding: int) -> str:
    if verdict == Verdict.NOT_SHOWN:
        return f"the verdict counts the {outstanding:,} outstanding against it until they are in"
    return f"the verdict holds however the {outstanding:,} outstanding turn out"


def _limit(judgement: Judgement, verb: str, noun: str) -> str:
    standard, population = judgement.standard, judgement.population
    ending = f"the standard is {whole_percent(standard)}."
    if judgement.reviewed == population and not judgement.undecided:
        return f"Every one of the {population:,} {noun} was reviewed, so this is no estimate; {ending}"
    side, limit = "at least", judgement.lower
    if judgement.verdict == Verdict.MISSED:
        side, limit = "at most", judgement.upper
    if limit is None:
        return f"No limit can be given, so the counts stand alone: {judgement.reason} {ending.capitalize()}"
    of = f"all {noun} like these" if population is None else f"all {population:,} {noun}"
    return (
        f"With {whole_percent(judgement.assurance)} assurance {side} {percent(limit, against=standard)} "
        f"of {of} {verb}; {ending}"
    )


def _needed(judgement: Judgement, outstanding: int, noun: str = "case", result: str = "met") -> str:
    needed = judgement.still_needed
    if judgement.verdict != Verdict.NOT_SHOWN or judgement.reason is not None:
        return ""
    if needed is None:
        return "Even all the others together could not show it any more."
    more = f"{needed:,} more {noun}, {result}," if needed == 1 else f"{needed:,} more {noun}s, all {result},"
    if not outstanding:
        return f"{more} would show it."
    if needed <= outstanding:
        return f"{more} would show it; {outstanding:,} are still to come."
    beyond = needed - outstanding
    return f"{more} would show it: the {outstanding:,} outstanding and {beyond:,} beyond the sample."
