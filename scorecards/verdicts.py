"""Was the standard met? One of three answers, and what it would take to decide."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from scipy import special

from sampling.hypergeometric import (
    binomial_at_most,
    chance_at_most,
    check_level,
    check_part,
    checked_counts,
    rare,
    whole_numbers,
)
from sampling.intervals import fewest_failing, lower_limit, most_failing, upper_limit
from sampling.refused import Refused
from sampling.sizes import Standard, breach, exact_share
from sampling.strata import share_proportionally
from sampling.stratified import (
    EXACT,
    HOEFFDING_BINOMIAL,
    checked_strata,
    method_name,
    most_failing_in_strata,
    rules_out,
)
from sampling.worst_case import TooLarge

WITHOUT_END = "Clopper-Pearson limit"


class Verdict(StrEnum):
    """The three verdicts on a standard."""

    MET = "met"
    MISSED = "missed"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True)
class Judgement:
    """A verdict with what it rests on; `lower` and `upper` are one-sided limits of the rate of meeting.

    `method` names what the limits come from, in the words of a plan. Where it could not be carried out,
    `reason` is a sentence saying why, the counts stand alone, and there are neither limits nor a number
    still needed. Otherwise `reason` is `None` and both limits are numbers.
    """

    verdict: Verdict
    met: int
    reviewed: int
    undecided: int
    population: int | None
    standard: Fraction
    assurance: float
    lower: float | None
    upper: float | None
    breach: int | None
    still_needed: int | None
    method: str
    reason: str | None = None


def judge(
    met: int,
    reviewed: int,
    population: int | None,
    *,
    standard: Standard,
    assurance: float = 0.95,
    undecided: int = 0,
) -> Judgement:
    """Does the sample show that the standard is met, that it is missed, or neither?

    `reviewed` counts every sampled case, drawn at random without replacement from `population` cases
    (`None`: without end); `met` of them meet and `undecided` have no decided result (not reviewed yet, or
    not assessable). Undecided cases count as not met for the lower limit and as met for the upper one,
    so the verdict holds however they turn out. "met": at most M0 − 1 cases can fail, with this assurance,
    M0 = `sampling.sizes.breach`; "missed": at least M0 must. Counts are compared, never rates.

    `.still_needed` is how many further results, all of them met, would show the standard met: the
    undecided cases first, which are drawn already, then new ones; 0 when it is shown; `None` when
    deciding every case could not show it.

    Nothing reviewed: "not shown", limits 0 and 1. Raises `Refused` for counts that cannot be, a standard
    outside (0, 1], and an assurance not above one half (both verdicts could then be reached at once).
    """
    share = exact_share(standard)
    _check_assurance(assurance)
    _check_decided(met, reviewed, undecided)
    if population is None:
        return _judge_without_end(met, reviewed, share, assurance, undecided)
    checked_counts("The number met", met, reviewed, population)
    first = breach(share, population)
    failed = reviewed - met - undecided
    most = most_failing(reviewed - met, reviewed, population, assurance=assurance)
    fewest = fewest_failing(failed, reviewed, population, assurance=assurance)

    def shows(further: int) -> bool:
        n = reviewed + max(further - undecided, 0)
        not_met = failed + max(undecided - further, 0)
        return bool(not_met < first and rare(chance_at_most(not_met, n, population, first), 1 - assurance))

    could = population > 0 and failed < first
    return Judgement(
        verdict=_verdict(most, fewest, first, population),
        met=met,
        reviewed=reviewed,
        undecided=undecided,
        population=population,
        standard=share,
        assurance=assurance,
        lower=(population - most) / population if population else 0.0,
        upper=(population - fewest) / population if population else 1.0,
        breach=first,
        still_needed=_smallest(shows, undecided + population - reviewed) if could else None,
        method=EXACT,
    )


def judge_strata(
    strata: Iterable[tuple[int, int, int]],
    *,
    standard: Standard,
    assurance: float = 0.95,
    undecided: Sequence[int] | None = None,
    method: str = HOEFFDING_BINOMIAL,
) -> Judgement:
    """Does a sample from several strata show the standard met over all of them, missed, or neither?

    Each stratum is `(population, reviewed, met)`, and `undecided` gives the undecided cases of each; all
    as in `judge`, which one stratum gets exactly. `method` is the one the plan fixed before any result was
    seen (`sampling.stratified.method_for`), and the limits are those of
    `sampling.intervals.stratified_limits` by it; the counts in the answer are totals. A stratum of which
    nothing was drawn counts against either verdict with all its cases. Where the method cannot be carried
    out, which only the exact worst case of large strata cannot, the answer is "not shown" with a `.reason`
    and without limits; no other method takes its place after the results are in.

    `.still_needed` takes the undecided cases first, which are drawn already, then new ones; each kind is
    shared among the strata by largest remainder, in proportion to what is left of it. Whole cases cannot
    be shared evenly, so no method is quite monotone in them: a switch from "not enough" to "enough" is
    found by halving. By the Hoeffding-binomial limit the smallest number that is enough is then taken from
    as many numbers below it as there are strata; the other methods take longer to ask, and keep the switch.
    """
    share = exact_share(standard)
    _check_assurance(assurance)
    rows = [(int(size), int(n), int(met)) for size, n, met in zip(*checked_strata(strata), strict=True)]
    named = method_name(rows, method)
    waiting = [0] * len(rows) if undecided is None else list(undecided)
    if len(waiting) != len(rows):
        raise Refused(
            f"{len(waiting)} undecided counts do not fit {len(rows)} strata. Give one for each stratum."
        )
    for (_, n, met), open_cases in zip(rows, waiting, strict=True):
        _check_decided(met, n, open_cases)
    if len(rows) == 1:
        size, n, met = rows[0]
        return judge(met, n, size, standard=share, assurance=assurance, undecided=waiting[0])

    population, reviewed, met = (sum(column) for column in zip(*rows, strict=True))
    first, open_in_all = breach(share, population), sum(waiting)
    drawn = dict(enumerate(waiting))
    unseen = {i: size - n for i, (size, n, _) in enumerate(rows)}

    def shows(further: int) -> bool:
        decided = share_proportionally(drawn, min(further, open_in_all))
        added = share_proportionally(unseen, max(further - open_in_all, 0))
        grown = [(size, n + added[i], good + decided[i] + added[i]) for i, (size, n, good) in enumerate(rows)]
        return rules_out(grown, first, assurance=assurance, method=method)

    result = Judgement(
        verdict=Verdict.NOT_SHOWN,
        met=met,
        reviewed=reviewed,
        undecided=open_in_all,
        population=population,
        standard=share,
        assurance=assurance,
        lower=None,
        upper=None,
        breach=first,
        still_needed=None,
        method=named,
    )
    # With met and not met exchanged, and what is undecided counted as met.
    mirror = [(size, n, n - good - more) for (size, n, good), more in zip(rows, waiting, strict=True)]
    could = population > 0 and reviewed - met - open_in_all < first
    try:
        most = most_failing_in_strata(rows, assurance=assurance, method=method)
        fewest = population - most_failing_in_strata(mirror, assurance=assurance, method=method)
        all_cases = open_in_all + sum(unseen.values())
        below = len(rows) if method == HOEFFDING_BINOMIAL else 0
        enough = _smallest(shows, all_cases, look_back=below) if could else None
    except TooLarge as too_large:
        return replace(result, reason=str(too_large))
    return replace(
        result,
        verdict=_verdict(most, fewest, first, population),
        lower=(population - most) / population if population else 0.0,
        upper=(population - fewest) / population if population else 1.0,
        still_needed=enough,
    )


def _judge_without_end(
    met: int, reviewed: int, share: Fraction, assurance: float, undecided: int
) -> Judgement:
    rate, level, failed = float(1 - share), 1 - assurance, reviewed - met - undecided

    def shows(further: int) -> bool:
        n = reviewed + max(further - undecided, 0)
        not_met = failed + max(undecided - further, 0)
        return bool(rare(binomial_at_most(not_met, n, rate), level))

    # P(X ≥ failed) at the standard itself, the most that does not breach it.
    missed = failed > 0 and bool(rare(special.bdtrc(failed - 1, reviewed, rate), level))
    verdict = Verdict.MET if shows(0) else Verdict.MISSED if missed else Verdict.NOT_SHOWN
    enough: int | None = None
    if share < 1:
        enough = 1
        while not shows(enough):
            enough *= 2
        enough = _smallest(shows, enough)
    return Judgement(
        verdict=verdict,
        met=met,
        reviewed=reviewed,
        undecided=undecided,
        population=None,
        standard=share,
        assurance=assurance,
        lower=lower_limit(met, reviewed, assurance=assurance),
        upper=upper_limit(met + undecided, reviewed, assurance=assurance),
        breach=None,
        still_needed=enough,
        method=WITHOUT_END,
    )


def _verdict(most: int, fewest: int, first: int, population: int) -> Verdict:
    if population > 0 and most < first:
        return Verdict.MET
    return Verdict.MISSED if fewest >= first else Verdict.NOT_SHOWN


def _smallest(shows: Callable[[int], bool], enough: int, *, look_back: int = 0) -> int:
    """The smallest number of further cases that shows it; `enough` of them do."""
    found = 0 if shows(0) else bisect_left(range(enough), True, key=shows)
    return next(k for k in range(max(found - look_back, 0), found + 1) if k == found or shows(k))


def _check_assurance(assurance: float) -> None:
    check_level("assurance", assurance)
    if assurance <= 0.5:
        raise Refused(f"An assurance of {assurance} decides nothing. Use one above 0.5; 0.95 is usual.")


def _check_decided(met: int, reviewed: int, undecided: int) -> None:
    n = whole_numbers("The number reviewed", reviewed)
    good, open_cases = whole_numbers("The number met", met), whole_numbers("The undecided cases", undecided)
    check_part("Met and undecided cases together", good + open_cases, "the number reviewed", n)
