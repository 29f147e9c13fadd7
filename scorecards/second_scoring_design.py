"""The design of a second scoring: strata by the manager's verdict and by risk, and how many of each.

A simple random second scoring hardly sees what managers miss: nearly all cases are met. So of the cases a
manager failed all are taken, or most, and of those passed a share, each with a probability that is known:
the sizes of the strata over their populations.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

from sampling.refused import Refused
from sampling.sizes import exact_share, size_to_show_stratified
from sampling.strata import share_proportionally

BY_VERDICT: Final = "the manager's verdict, and risk"
LEAST: Final = 2  # of any stratum, or all it has: one case alone says nothing of how the others vary


@dataclass(frozen=True, order=True)
class Part:
    """A stratum: what the manager said of the case as a whole when they submitted, and its risk."""

    failed: bool
    is_high_risk: bool

    @property
    def label(self) -> str:
        verdict = "not met" if self.failed else "met or not assessable"
        return f"Manager: {verdict}, {'high risk' if self.is_high_risk else 'other risk'}"


@dataclass(frozen=True)
class AtMostMissed:
    """As many of the passed as show, when QA finds none not met, that at most this share of them is."""

    share: str


@dataclass(frozen=True)
class Design:
    """What a second scoring takes: a share of the failed, and so many of the passed.

    `high_risks` are the risks, as the case system words them, that make the stratum of high risk.
    """

    high_risks: tuple[str, ...]
    failed_share: str
    passed: AtMostMissed | int


def part_of(overall_met: bool | None, risk: str | None, *, high_risks: Collection[str]) -> Part:
    """The stratum of a review; one in which nothing applied is with the passed."""
    return Part(failed=overall_met is False, is_high_risk=risk in high_risks)


def sizes_of(populations: Mapping[Part, int], design: Design, *, assurance: float) -> dict[Part, int]:
    """How many of each stratum are scored again?

    Of each stratum the manager failed ⌈share·N⌉. The number of the passed is shared in proportion to the
    strata of risk; more than there are takes all of them. At least `LEAST` of each, or all where there are
    fewer. Raises `Refused` for a share outside (0, 1] and a number below 1.
    """
    share = exact_share(design.failed_share)
    parts = sorted(populations)
    sizes = {part: ceil(share * populations[part]) for part in parts if part.failed}
    passed = [part for part in parts if not part.failed]
    if passed:
        sizes |= zip(
            passed, _of_passed([populations[part] for part in passed], design, assurance), strict=True
        )
    return {part: max(sizes[part], min(LEAST, populations[part])) for part in parts}


def _of_passed(cases: list[int], design: Design, assurance: float) -> list[int]:
    populations = dict(enumerate(cases))
    if isinstance(design.passed, AtMostMissed):
        standard = 1 - exact_share(design.passed.share)
        shares = size_to_show_stratified(standard, populations, assurance=assurance).sizes
    else:
        if design.passed < 1:
            raise Refused("Of the reviews that managers passed at least one is scored again. Ask for more.")
        shares = share_proportionally(populations, min(design.passed, sum(cases)))
    return [shares[number] for number in populations]


def expected_counts(
    populations: Mapping[Part, int], sizes: Mapping[Part, int], *, missed: str, confirmed: str
) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
    """What would be found if QA called these shares of the passed, and of the failed, not met?

    Two lists of strata `(cases, second scored, QA not met)`, of the passed and of the failed, as
    `weighted_agreement` takes them: the counts to be expected, in whole cases.
    """
    found: dict[bool, list[tuple[int, int, int]]] = {False: [], True: []}
    for part, size in sizes.items():
        rate = exact_share(confirmed if part.failed else missed)
        found[part.failed].append((populations[part], size, round(rate * size)))
    return found[False], found[True]
