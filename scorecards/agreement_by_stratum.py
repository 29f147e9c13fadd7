"""Agreement from a second scoring whose strata were sampled at different rates: every rate is weighted.

`scorecards.weighted_agreement` has agreement and detection; here is what stands beside them. Strata are
`(cases, second_scored, qa_not_met)`, of the cases the manager passed and of those they failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from scipy.special import ndtri

from sampling.hypergeometric import check_level

Strata = Sequence[tuple[int, int, int]]


@dataclass(frozen=True)
class Cells:
    """The shares of all cases in which both say met, the manager misses, overcalls, and both say not met.

    They add up to 1. From counts of a simple random sample, or weighted by the strata.
    """

    both_met: float
    missed: float
    overcalled: float
    both_not_met: float

    @property
    def agreement(self) -> float:
        return self.both_met + self.both_not_met

    @property
    def chance(self) -> float:
        """What two reviewers who look at nothing, and call as many cases met, would agree in."""
        manager, qa = self.both_met + self.missed, self.both_met + self.overcalled
        return manager * qa + (1 - manager) * (1 - qa)

    @property
    def floor(self) -> float:
        """The least agreement that these rates allow."""
        return abs(1 - (self.overcalled + self.both_not_met) - (self.missed + self.both_not_met))

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa; None when all cases are in one category of both."""
        return None if self.chance == 1 else (self.agreement - self.chance) / (1 - self.chance)

    @property
    def pabak(self) -> float:
        return 2 * self.agreement - 1

    @property
    def ac1(self) -> float:
        """Gwet's AC1."""
        not_met = (self.missed + self.overcalled) / 2 + self.both_not_met
        chance = 2 * not_met * (1 - not_met)
        return (self.agreement - chance) / (1 - chance)

    @property
    def prevalence_index(self) -> float:
        """How unlike the two verdicts are in number: 0 when as many cases are met by both as by neither."""
        return self.both_met - self.both_not_met

    @property
    def bias_index(self) -> float:
        """How much more often the manager says met than QA."""
        return self.missed - self.overcalled


def cases_alike(population: int, found: int, scored: int) -> int:
    """How many cases of a stratum are of a kind that `found` of the `scored` are of, rounded half up.

    All of them before the first is scored. Never fewer than were found, since no more are scored than
    there are.
    """
    return (2 * population * found + scored) // (2 * scored) if scored else population


def cells_of_counts(counts: tuple[int, int, int, int]) -> Cells | None:
    """The shares of the four kinds of pair in a simple random sample; None without pairs."""
    pairs = sum(counts)
    return Cells(*(count / pairs for count in counts)) if pairs else None


def weighted_cells(passed: Strata, failed: Strata) -> Cells | None:
    """The shares of the four kinds of pair among all cases: each stratum by its cases.

    None while a stratum that has cases has none scored again.
    """
    if any(cases and not scored for cases, scored, _ in (*passed, *failed)):
        return None
    total = sum(cases for cases, _, _ in (*passed, *failed))
    if not total:
        return None
    missed, both = _not_met(passed)[0], _not_met(failed)[0]
    of_passed, of_failed = (sum(cases for cases, _, _ in strata) for strata in (passed, failed))
    return Cells((of_passed - missed) / total, missed / total, (of_failed - both) / total, both / total)


@dataclass(frozen=True)
class NotMet:
    """Agreement on not met with its interval; `None` where undefined."""

    share: float | None
    low: float | None
    high: float | None


def weighted_not_met(passed: Strata, failed: Strata, *, confidence: float = 0.95) -> NotMet:
    """Of the cases that either calls not met, how far do they agree, 2d/(2d + b + c), all cases counted?

    θ = d/(b + c + d) with d, b and c estimated over the strata; its interval by the delta method on
    log(θ/(1 − θ)), mapped by 2θ/(1 + θ), as `agreement` maps the exact one. The variances are those of
    `weighted_agreement`: Σ N²(1 − n/N)·q(1 − q)/n. No limits when b + c or d is 0, or nothing is left to
    estimate.
    """
    check_level("confidence", confidence)
    if weighted_cells(passed, failed) is None:
        return NotMet(None, None, None)
    missed, of_missed = _not_met(passed)
    both, of_both = _not_met(failed)
    differing = missed + sum(cases for cases, _, _ in failed) - both
    if not both + differing:
        return NotMet(None, None, None)
    share = 2 * both / (2 * both + differing)
    if both <= 0 or differing <= 0:
        return NotMet(share, None, None)
    spread = sqrt(of_both * (1 / both + 1 / differing) ** 2 + of_missed / differing**2)
    margin = float(ndtri((1 + confidence) / 2)) * spread
    middle = log(both / differing)
    low, high = (1 / (1 + exp(-(middle + sign * margin))) for sign in (-1, 1))
    return NotMet(share, 2 * low / (1 + low), 2 * high / (1 + high))


def _not_met(strata: Strata) -> tuple[float, float]:
    """How many of all the cases of some strata QA calls not met, and the variance of that estimate."""
    total = variance = 0.0
    for cases, scored, not_met in strata:
        if scored:
            q = not_met / scored
            total += cases * q
            variance += cases**2 * (1 - scored / cases) * q * (1 - q) / scored
    return total, variance
