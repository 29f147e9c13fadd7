"""The words for what the books keep as codes, for shares and moments, and the sentences that read results.

A share is rounded, but never up to a standard it does not reach, nor to all or none.
"""

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
from math import floor
from typing import Final

from learning_register.citations import LearningKind
from learning_register.follow_up import ActionState, Result
from sampling.records.cases import CaseState
from sampling.records.database import OFFICE_TIME
from sampling.tables import Route
from scorecards.requirements import ResponseValue, Severity
from scorecards.result_counts import MeasureCounts
from scorecards.tables import RevisionCause
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
SEVERITIES: Final = {
    Severity.MINOR: "Minor",
    Severity.MODERATE: "Moderate",
    Severity.SERIOUS: "Serious",
}
REVISION_CAUSES: Final = {
    RevisionCause.SUBMITTED: "Submitted",
    RevisionCause.CORRECTED: "Corrected",
    RevisionCause.DISPUTED: "Changed on a dispute",
}
LEARNING_KINDS: Final = {
    LearningKind.INDIVIDUAL: "Individual",
    LearningKind.ORGANISATIONAL: "Organisational",
    LearningKind.GOOD_PRACTICE: "Good practice",
}
ACTION_STATES: Final = {
    ActionState.DRAFT: "Draft, to be authorised",
    ActionState.AUTHORISED: "Authorised",
    ActionState.IN_PROGRESS: "In progress",
    ActionState.DONE: "Done",
    ActionState.MONITORING: "Monitoring",
    ActionState.EFFECTIVE: "Effective",
    ActionState.NOT_EFFECTIVE: "Not effective",
    ActionState.CLOSED: "Closed",
    ActionState.DECLINED: "Declined",
}
ACTION_RESULTS: Final = {
    Result.EFFECTIVE: "Effective",
    Result.NOT_EFFECTIVE: "Not effective",
    Result.NOT_MEASURABLE: "Not measurable",
    Result.NOT_SHOWN: "Not shown by the review date",
}


def in_words(day: date) -> str:
    """A date as people write it: 27 March 2007."""
    return f"{day.day} {day:%B %Y}"


def moment_in_words(moment: datetime) -> str:
    """A moment by the office's clock: 27 March 2007 at 14:05."""
    local = moment.astimezone(OFFICE_TIME)
    return f"{in_words(local.date())} at {local:%H:%M}"


def time_in_words(seconds: int) -> str:
    """How long something took: less than a minute, 1 minute, 1 hour 5 minutes."""
    minutes = seconds // 60
    if not minutes:
        return "less than a minute"
    hours, rest = divmod(minutes, 60)
    parts = [cases_in_words(hours, "hour")] * bool(hours) + [cases_in_words(rest, "minute")] * bool(rest)
    return " ".join(parts)


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
            f"{until_they_are_in(judgement.verdict, outstanding)}."
        )
    if not_assessable:
        nothing = cases_in_words(not_assessable)
        words.append(f"In {nothing} nothing applied; the verdict allows for either result.")
    words.append(limit_sentence(judgement, "meet", "cases"))
    words.append(needed_sentence(judgement, outstanding))
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


def until_they_are_in(verdict: Verdict, outstanding: int) -> str:
    """What the cases still outstanding do to a verdict: words that follow a count."""
    if verdict == Verdict.NOT_SHOWN:
        return f"the verdict counts the {outstanding:,} outstanding against it until they are in"
    return f"the verdict holds however the {outstanding:,} outstanding turn out"


def limit_sentence(judgement: Judgement, verb: str, noun: str) -> str:
    """The limit that decides, and the standard it is held against."""
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


def needed_sentence(judgement: Judgement, outstanding: int, noun: str = "case", result: str = "met") -> str:
    """What it would still take to show a standard; empty where nothing is open."""
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
