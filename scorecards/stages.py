"""A sample in two stages (stop-or-go), judged by the rule that its plan registered."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

import numpy as np

from sampling.hypergeometric import chance_at_most, chance_of_exactly, rare
from sampling.intervals import fewest_failing, most_failing
from sampling.sizes import Standard, breach
from scorecards.in_scope import Drawn, most_cautious, turning_points
from scorecards.verdicts import Judgement, Verdict, judge

TWO_STAGES = "exact limit of a sample in two stages"


@dataclass(frozen=True)
class Stage:
    """One stage: cases drawn, how many of them meet, and how many have no decided result."""

    drawn: int
    met: int
    undecided: int = 0

    @property
    def failed(self) -> int:
        return self.drawn - self.met - self.undecided

    @property
    def not_met(self) -> int:
        """What has not shown that it meets: failed, or undecided."""
        return self.drawn - self.met


def judge_stages(
    first: Stage,
    second: Stage | None,
    population: int,
    *,
    standard: Standard,
    assurance: float = 0.95,
    second_stage: int,
) -> Judgement:
    """Does a sample in two stages show the standard met, missed, or neither?

    The rule is the plan's (`sampling.sizes.stop_or_go`), not the bound of a plain sample of both stages:
    how many cases were drawn depends on what the first showed, and a plain bound would not know that.

    * "met": every case of the first stage meets; or all but one do, and every case of the second. A case
      without a decided result does not meet.
    * "missed": the exact limit of the *first stage alone* says so, with undecided cases counted as met, or
      the failures counted in both stages breach the standard by themselves. The first stage is a simple
      random sample of a fixed size whatever follows, so its limit holds with the full assurance. A limit
      from both stages would have to count every first stage with two failures or more, after which nothing
      is drawn, as saying at least as much; offices just within the standard often have such a first stage
      (7 in 10 at 5% and 49 cases), so that limit could never say "missed" after a second stage.
    * otherwise "not shown"; unless so many cases were met that, whatever the others are, the standard is.

    `second` is `None` as long as it is not drawn, and `second_stage` the size the plan foresees. `.lower` is
    exact for the two stages: M failing cases are ruled out when results as good as these, or better, have
    a chance of at most 1 − assurance. None failing is best, then one and so many of the second stage, then
    two and more of the first; the chance falls as M grows, since one more failing case never makes a result
    better. It never stands at the standard when the plan's rule does not say "met".
    `.still_needed` is what the rule still asks for, `None` when it can no longer say "met".

    Every case of the population reviewed in both stages together is a count, judged as `judge` does.
    """
    drawn = first.drawn + (second.drawn if second else 0)
    met = first.met + (second.met if second else 0)
    undecided = first.undecided + (second.undecided if second else 0)
    plain = judge(met, drawn, population, standard=standard, assurance=assurance, undecided=undecided)
    breach = plain.breach
    if drawn == population or breach is None:
        return plain
    most = _most_failing(first, second, population, 1 - assurance)
    by_rule = first.not_met == 0 or (first.not_met == 1 and second is not None and second.not_met == 0)
    passes = (by_rule and most < breach) or population - met < breach
    failed = first.failed + (second.failed if second else 0)
    fewest = max(fewest_failing(first.failed, first.drawn, population, assurance=assurance), failed)
    most = min(most if passes else max(most, breach), population - met)
    return replace(
        plain,
        verdict=Verdict.MET if passes else Verdict.MISSED if fewest >= breach else Verdict.NOT_SHOWN,
        lower=(population - most) / population,
        upper=(population - fewest) / population,
        still_needed=0 if passes else _still_needed(first, second, second_stage),
        method=TWO_STAGES,
    )


def judge_stages_in_scope(
    first: Stage,
    second: Stage | None,
    population: int,
    *,
    replaced: int,
    standard: Standard,
    assurance: float = 0.95,
    second_stage: int,
) -> Judgement:
    """As `judge_stages`, when `replaced` of the frozen cases were out of scope (see `scorecards.in_scope`).

    The most cautious judgement over the numbers of cases in scope there can be, of which those count where
    one failing case more is allowed; and then "met" only if the plan's rule as a whole, which may have said
    so without a replacement too, keeps its promise at each of them.
    """

    def judged(size: int) -> Judgement:
        return judge_stages(
            first, second, size, standard=standard, assurance=assurance, second_stage=second_stage
        )

    drawn = first.drawn + (second.drawn if second else 0)
    met = first.met + (second.met if second else 0)
    part = Drawn(population, drawn, met, replaced=replaced)
    if not replaced or part.is_exhausted:
        return judged(part.most_in_scope)
    sizes = turning_points(part, standard)
    by_size = [judged(size) for size in sizes]
    result = most_cautious(by_size)
    if result.verdict != Verdict.MET:
        # What the plan's rule asks for, or nothing that could still show it.
        result = replace(result, still_needed=by_size[0].still_needed or None)
    if result.verdict != Verdict.MET or part.most_in_scope - met < breach(standard, part.most_in_scope):
        return result
    if all(
        rare(_chance_of_met(first, second_stage, size, population, breach(standard, size)), 1 - assurance)
        for size in sizes
        if size < population
    ):
        return result
    # As in `judge_stages`, the limit never stands at the standard when the rule does not say "met".
    failing = breach(standard, part.most_in_scope)
    limit = (part.most_in_scope - failing) / part.most_in_scope
    return replace(
        result, verdict=Verdict.NOT_SHOWN, lower=min(result.lower or 0.0, limit), still_needed=None
    )


def _chance_of_met(first: Stage, second_stage: int, in_scope: int, population: int, failing: int) -> float:
    """The chance of "met" when the first stage may say so after a replacement, and the second only without.

    (When both may after a replacement, the second stage has said so by its own limit.)
    """
    n1, n2 = first.drawn, second_stage
    if failing > in_scope:
        return 0.0
    at_once = float(chance_at_most(0, n1, in_scope, failing))
    if n1 + n2 > in_scope:
        return at_once
    none_replaced = float(chance_at_most(0, n1 + n2, population, population - in_scope))
    later = chance_of_exactly(1, n1, in_scope, failing) * chance_at_most(0, n2, in_scope - n1, failing - 1)
    return at_once + none_replaced * float(later)


def _most_failing(first: Stage, second: Stage | None, population: int, level: float) -> int:
    """The most failing cases that leave results as good as these a chance above the level."""
    if second is None or first.not_met != 1:
        return most_failing(first.not_met, first.drawn, population, assurance=1 - level)
    both = first.drawn + second.drawn
    # One failing in the first stage and j in the second: 1 + j among both, of which one in the first.
    together = np.arange(1, second.not_met + 2)
    one_in_first = chance_of_exactly(1, first.drawn, both, together)

    def is_ruled_out(failing: int) -> bool:
        none = chance_at_most(0, first.drawn, population, failing)
        chance = none + np.sum(chance_of_exactly(together, both, population, failing) * one_in_first)
        return bool(rare(chance, level))

    seen, last = 1 + second.not_met, population - both + 1 + second.not_met
    return max(seen, bisect_left(range(last + 1), True, lo=seen, key=is_ruled_out) - 1)


def _still_needed(first: Stage, second: Stage | None, second_stage: int) -> int | None:
    if first.failed == 0:
        return first.undecided
    if first.failed > 1 or (second is not None and second.failed):
        return None
    return first.undecided + (second_stage if second is None else second.undecided)
