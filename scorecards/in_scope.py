"""Verdicts on the cases in scope, where some of a frame turned out not to be.

A case found out of scope is replaced by the next ticket, so what is reviewed is a simple random sample of
the cases in scope. How many those are is not known: r replaced cases leave at most N − r of the N frozen
ones, and others that nobody drew may be out of scope too. The standard is about shares of them, and the
fewest failing cases that breach it jump with their number: 98% allows 2 of 100 to fail, and 1 of 99.

So a verdict stands only if it holds for every number of cases in scope there can be, from those reviewed
to N − r, and for N, so that a replacement never helps: of those the most cautious verdict and limits. N and
N − r alone would say "met" too often (11 cases, 2 of them out of scope and 6 drawn, against 90% at 80%:
in 20.6%). As long as none is replaced the frozen number is judged alone, which is the plan's promise: with
M failing and o cases out of scope, M + o breach the standard of all N whenever M breach that of N − o.
That both together keep their promise is counted out for every world of up to 14 cases in the tests.

Once every ticket of a stratum is drawn its cases in scope are known: exactly those that were not replaced.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np

from sampling.hypergeometric import WholeNumbers, chance_at_most, rare
from sampling.intervals import fewest_failing, most_failing
from sampling.refused import Refused
from sampling.sizes import Standard, breach, exact_share
from sampling.strata import share_proportionally
from scorecards.verdicts import Judgement, Verdict, judge, judge_strata


@dataclass(frozen=True)
class Drawn:
    """One stratum: cases frozen, in the sample (replaced ones are not), met, undecided, and replaced."""

    population: int
    drawn: int
    met: int
    undecided: int = 0
    replaced: int = 0

    @property
    def most_in_scope(self) -> int:
        """How many of its cases can be in scope at most."""
        return self.population - self.replaced

    @property
    def is_exhausted(self) -> bool:
        """Whether every ticket was drawn, so that the number in scope is known."""
        return self.drawn == self.most_in_scope

    @property
    def populations(self) -> WholeNumbers:
        """Every number of cases that it is judged by."""
        if not self.replaced:
            return np.array([self.population])
        inside = np.arange(self.drawn, self.most_in_scope + 1)
        return inside if self.is_exhausted else np.append(inside, self.population)


def judge_in_scope(
    strata: Sequence[Drawn], *, standard: Standard, assurance: float = 0.95, method: str
) -> Judgement:
    """As `verdicts.judge_strata`, for the cases in scope; `.population` is the most there can be of those.

    One stratum is judged by every number of cases in scope that is possible. Several strata with replaced
    cases are judged three times, since they leave too many ways to count: with the frozen numbers, with
    N − r in each, and with as few less, taken from the strata with replaced cases in proportion to what is
    not drawn of them, as it takes to let one failing case less breach the standard. The most cautious stands.
    """
    if any(part.replaced > part.population - part.drawn for part in strata):
        raise Refused("More cases were drawn and replaced than there are. Check the counts.")
    if len(strata) == 1:
        return _judge_one(strata[0], exact_share(standard), assurance)
    judged = [
        judge_strata(
            [(size, part.drawn, part.met) for size, part in zip(sizes, strata, strict=True)],
            standard=standard,
            assurance=assurance,
            undecided=[part.undecided for part in strata],
            method=method,
        )
        for sizes in _sizes_of_strata(strata, exact_share(standard))
    ]
    return most_cautious(judged)


def most_cautious(judged: Sequence[Judgement]) -> Judgement:
    """What holds by all of several judgements of one sample; the counts are those of the first."""
    first, verdicts = judged[0], {each.verdict for each in judged}
    unknown = next((each for each in judged if each.reason is not None), None)
    if len(judged) == 1 or unknown is not None:
        return first if unknown is None else replace(unknown, population=first.population)
    verdict = first.verdict if len(verdicts) == 1 else Verdict.NOT_SHOWN
    needed = [each.still_needed for each in judged if each.still_needed is not None]
    return replace(
        first,
        verdict=verdict,
        lower=min(each.lower for each in judged if each.lower is not None),
        upper=max(each.upper for each in judged if each.upper is not None),
        still_needed=max(needed) if len(needed) == len(judged) else None,
    )


def turning_points(part: Drawn, standard: Standard) -> list[int]:
    """The populations of a stratum at which a share of it allows one failing case more, N − r first.

    Of the numbers of cases that allow as many to fail, the largest is the hardest to show a standard met by,
    and the smallest to show it missed.
    """
    sizes = part.populations
    first = _breaches(exact_share(standard), sizes)
    turns = np.flatnonzero(np.diff(first))
    kept = {*sizes[turns].tolist(), *sizes[turns + 1].tolist(), int(sizes[0]), int(sizes[-1])}
    return [part.most_in_scope, *sorted(kept - {part.most_in_scope})]


@lru_cache(maxsize=256)
def _judge_one(part: Drawn, share: Fraction, assurance: float) -> Judgement:
    most_in_scope = judge(
        part.met,
        part.drawn,
        part.most_in_scope,
        standard=share,
        assurance=assurance,
        undecided=part.undecided,
    )
    if not part.replaced or part.is_exhausted:
        return most_in_scope
    sizes, level = part.populations, 1 - assurance
    first = _breaches(share, sizes)
    failed = part.drawn - part.met - part.undecided
    real = np.maximum(sizes, 1)  # nothing drawn: none may be in scope, and limits are 0 and 1 all the same
    most = most_failing(np.full_like(sizes, part.drawn - part.met), part.drawn, sizes, assurance=assurance)
    fewest = fewest_failing(np.full_like(sizes, failed), part.drawn, sizes, assurance=assurance)

    def shows(further: int) -> bool:
        n = part.drawn + max(further - part.undecided, 0)
        not_met = failed + max(part.undecided - further, 0)
        known = (sizes >= n) & (sizes > 0)
        chance = chance_at_most(not_met, n, sizes[known], np.minimum(first, sizes)[known])
        return bool(np.all((not_met < first[known]) & rare(chance, level)))

    verdict = Verdict.NOT_SHOWN
    if np.all((most < first) & (sizes > 0)):
        verdict = Verdict.MET
    elif np.all(fewest >= first):
        verdict = Verdict.MISSED
    everything = part.undecided + part.most_in_scope - part.drawn
    return replace(
        most_in_scope,
        verdict=verdict,
        lower=float(np.min((sizes - most) / real)),
        upper=float(np.max(np.where(sizes > 0, (sizes - fewest) / real, 1.0))),
        still_needed=_smallest(shows, everything),
    )


def _smallest(shows: Callable[[int], bool], all_cases: int) -> int | None:
    """The fewest further cases that show it; None when not even all of them do."""
    if not shows(all_cases):
        return None
    low, high = 0, all_cases
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if shows(middle) else (middle + 1, high)
    return low


def _breaches(share: Fraction, sizes: WholeNumbers) -> WholeNumbers:
    """`sampling.sizes.breach` of many populations."""
    allowed = 1 - share
    return sizes * allowed.numerator // allowed.denominator + 1


def _sizes_of_strata(strata: Sequence[Drawn], share: Fraction) -> Iterator[list[int]]:
    largest = [part.most_in_scope for part in strata]
    yield largest
    if not any(part.replaced and not part.is_exhausted for part in strata):
        return
    yield [part.most_in_scope if part.is_exhausted else part.population for part in strata]
    unseen = {
        number: part.most_in_scope - part.drawn
        for number, part in enumerate(strata)
        if part.replaced and not part.is_exhausted
    }
    total = sum(largest)
    allowed, failing = 1 - share, breach(share, total)
    if not allowed:
        return
    # The largest number of cases that one failing case less breaches.
    smaller = -(-(failing - 1) * allowed.denominator // allowed.numerator) - 1
    fewer = total - smaller
    if failing > 1 and fewer <= sum(unseen.values()):
        taken = share_proportionally(unseen, fewer)
        yield [size - taken.get(number, 0) for number, size in enumerate(largest)]
