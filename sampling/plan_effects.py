"""What a plan would do, before it is registered: how often offices pass, and what a team's share can say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pandas as pd

from sampling.hypergeometric import (
    Counts,
    Numbers,
    WholeNumbers,
    binomial_at_most,
    chance_at_most,
    chance_of_exactly,
    check_level,
    rare,
    whole_numbers,
)
from sampling.intervals import lower_limit, rate_interval
from sampling.sizes import SizeForMargin, Standard, breach, chance_of_met, exact_share
from sampling.strata import Exact, share_at_rate, share_proportionally

_POINTS: Final = 80  # of a curve: more could not be told apart on a screen


@dataclass(frozen=True)
class Rule:
    """Which samples pass: at most so many failures; with a second stage, exactly one failure goes on to it.

    With a second stage none may fail, and after exactly one failure none of the further cases.
    """

    sample_size: int
    allowed_failures: int
    second_stage: int = 0


def chance_of_passing(population: int, failing: Counts, rule: Rule) -> Numbers:
    """How likely is the verdict "met" by a rule, for each count of failing cases in the population?

    Assumes a simple random sample without replacement. It holds for strata too when the failing cases sit
    anywhere by chance: whichever cases are then drawn, they are as good as a simple sample. Were they
    gathered in one stratum the chance would be another. Two stages: P(X₁ = 0) + P(X₁ = 1, X₂ = 0), the
    latter being P(one failing in both stages) times the first stage's share of both.
    """
    n, second = rule.sample_size, rule.second_stage
    allowed = 0 if second else rule.allowed_failures
    chance = np.asarray(chance_of_met(population, failing, sample_size=n, allowed_failures=allowed))
    if second:
        counts = whole_numbers("The failing cases", failing)
        chance = chance + chance_of_exactly(1, n + second, population, counts) * n / (n + second)
    return chance


def passing_curves(population: int, standard: Standard, rules: Mapping[str, Rule]) -> pd.DataFrame:
    """The operating characteristic of each rule, one row per rule and office.

    Columns: `rule` (its key), `failing` (cases), `share` (of all cases that meet), `chance` (of "met"), from
    no failing case to twice as many as breach the standard. Shares and chances 0 to 1.
    """
    last = min(population, max(2 * breach(standard, population), 10))
    failing = np.unique(np.linspace(0, last, _POINTS).round().astype(np.int64))
    curves = [
        pd.DataFrame(
            {
                "rule": name,
                "failing": failing,
                "share": (population - failing) / population,
                "chance": chance_of_passing(population, failing, rule),
            }
        )
        for name, rule in rules.items()
    ]
    return pd.concat(curves, ignore_index=True)


def good_office(standard: Standard, population: int) -> int:
    """How many cases fail in a good office: three tenths of what the standard allows, rounded half up."""
    return int(Fraction(3, 10) * (1 - exact_share(standard)) * population + Fraction(1, 2))


def likely_to_pass_up_to(population: int, rule: Rule) -> int | None:
    """The most failing cases with which an office still passes more often than not; None if never."""
    low, high = 0, population
    if chance_of_passing(population, [0], rule)[0] <= 0.5:
        return None
    while low < high:  # the chance falls as more cases fail
        middle = (low + high + 1) // 2
        if chance_of_passing(population, [middle], rule)[0] > 0.5:
            low = middle
        else:
            high = middle - 1
    return low


def expected_by_team(teams: Mapping[str, int], size: int) -> dict[str, int]:
    """How many cases of each team a sample of this size brings, about, when it is not shared out by team."""
    return share_proportionally(teams, size)


@dataclass(frozen=True)
class TeamShare:
    """A team's share of a sample, and what it says of the team if none of the reviewed cases fails.

    `shows` is the share of the team's cases that is then shown to meet, 0 without a case; `needed` is how
    many would have to be reviewed, none failing, to show the standard of this team alone.
    """

    team: str
    cases: int
    drawn: int
    shows: float
    needed: int

    @property
    def is_enough(self) -> bool:
        return self.drawn >= self.needed


def team_shares(
    teams: Mapping[str, int], drawn: Mapping[str, int], *, standard: Standard, assurance: float = 0.95
) -> tuple[TeamShare, ...]:
    """What does each team's share of a sample say about that team, if none of its cases fails?

    `teams` gives all cases of each team, `drawn` how many of them are reviewed. Exact one-sided limits,
    worked out for all teams at once.
    """
    check_level("assurance", assurance)
    cases = whole_numbers("The cases of a team", list(teams.values()))
    n = whole_numbers("The cases drawn", [drawn.get(team, 0) for team in teams])
    shows = np.asarray(lower_limit(n, n, cases, assurance=assurance), dtype=float)
    needed = _needed(cases, standard, assurance)
    rows = zip(teams, cases.tolist(), n.tolist(), shows.tolist(), needed.tolist(), strict=True)
    return tuple(TeamShare(*row) for row in rows)


def _needed(cases: WholeNumbers, standard: Standard, assurance: float) -> WholeNumbers:
    """The smallest n of each team with P(X = 0 | n) ≤ 1 − assurance when its standard is only just missed."""
    allowed = 1 - exact_share(standard)
    # In whole numbers, as in `sampling.sizes.breach`.
    first = allowed.numerator * cases // allowed.denominator + 1
    low, high = np.zeros_like(cases), cases.copy()
    while np.any(low < high):
        middle = (low + high) // 2
        enough: Any = rare(chance_at_most(0, middle, cases, first), 1 - assurance)
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
    return low


@dataclass(frozen=True)
class ExpectedResult:
    """The result of a sample that finds what was expected, with its two-sided interval (shares 0 to 1)."""

    met: int
    reviewed: int
    low: float
    high: float


def expected_result(found: SizeForMargin) -> ExpectedResult:
    """What would a sample that is sized by a margin say, if it found the rate that was expected?

    The exact tail interval by which it was sized, failures taken as n(1 − rate) rounded half up.
    """
    n = found.sample_size
    met = n - int((1 - found.expected) * n + Fraction(1, 2))
    interval = rate_interval(met, n, found.population, confidence=found.confidence)
    return ExpectedResult(met, n, interval.low, interval.high)


@dataclass(frozen=True)
class Intake:
    """How many cases one intake of a rolling sample brings: about so many, nearly always from low to high."""

    expected: float
    low: int
    high: int


def intake(population: int, rate: Exact, *, confidence: float = 0.95) -> Intake:
    """How many cases are in when each is in with the chance `rate`, whoever else is? Binomial.

    Raises `Refused` for a rate that is not above 0 and up to 1.
    """
    share_at_rate({"all": population}, rate)  # refuses what is no rate
    share = float(exact_share(rate))
    tail = (1 - confidence) / 2
    at_most = binomial_at_most(np.arange(population + 1), population, share)
    low, high = np.searchsorted(at_most, [tail, 1 - tail])  # the first count that so few or fewer make up
    return Intake(population * share, int(low), int(high))
