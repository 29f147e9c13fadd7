"""The words for a plan before it is registered: what would follow from its size, and what that costs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final

import pandas as pd

from qa_app.sample_words import Judged, at_most, points_in_words, verb_of
from qa_app.wording import cases_in_words, moment_in_words, percent, whole_percent
from sampling.plan_effects import (
    Intake,
    Rule,
    TeamShare,
    chance_of_passing,
    expected_result,
    good_office,
    likely_to_pass_up_to,
)
from sampling.planning import SizeOption
from sampling.sizes import SizeForMargin, breach
from sampling.stratified import EXACT, FISHER, HOEFFDING_BINOMIAL, METHODS, WORST_CASE

HOURS_A_DAY: Final = 7
_BOUNDS: Final = {
    EXACT: "All cases are one group, so the exact limit of a simple sample judges the result.",
    HOEFFDING_BINOMIAL: (
        f"The groups are judged together by the {METHODS[HOEFFDING_BINOMIAL]}: a limit that holds wherever "
        "the failing cases sit, and that is hardly wider than it must be when all groups are sampled at "
        "about the same rate."
    ),
    WORST_CASE: (
        f"The groups are judged together by the {METHODS[WORST_CASE]}: of all the ways in which failing "
        "cases could be spread over the groups, the least favourable one counts."
    ),
    FISHER: (
        f"The groups are judged together by the {METHODS[FISHER]}: each group is tested, and the tests are "
        "taken together. It holds wherever the failing cases sit, and is wide when there are many groups."
    ),
}


def share_typed(text: str) -> str:
    """A share as it was typed, as plans keep it: 98% becomes 0.98; anything else stays as it is."""
    text = text.strip()
    if not text.endswith("%"):
        return text
    try:
        return share_of_percent(Decimal(text.removesuffix("%").strip()))
    except InvalidOperation:
        return text


def share_of_percent(value: float | Decimal) -> str:
    """A number of per cent or points, as the share that plans keep: 2.5 becomes 0.025."""
    return f"{(Decimal(str(value)) / 100).normalize():f}"


def option_in_words(size: int, judged: Judged) -> str:
    """What a choice of size comes to: “130 of 812 cases are drawn”."""
    verb = "is" if size == 1 else "are"
    return f"{size:,} of {cases_in_words(judged.population, judged.noun)} {verb} drawn"


def convention(judged: Judged) -> str:
    """From which count on a standard is missed, as it is counted here."""
    first = breach(judged.standard, judged.population)
    most = cases_in_words(first - 1)
    return (
        f"The standard of {whole_percent(judged.standard)} is missed when {first:,} or more of all "
        f"{cases_in_words(judged.population, judged.noun)} {judged.fail}; with "
        f"{'none' if first == 1 else most.removesuffix(' cases').removesuffix(' case')} it is still met."
    )


def consequences(option: SizeOption, judged: Judged) -> list[str]:
    """The three things that can follow from a sample of this size, in words."""
    allowed, missed, noun = option.allowed_failures, option.missed_from, judged.noun
    share, sure = whole_percent(judged.standard), whole_percent(judged.assurance)
    lines = [
        f"**Met** if {at_most(allowed, judged.fail)}: with {sure} assurance at least {share} of all "
        f"{cases_in_words(judged.population, noun)} then {judged.meet}."
    ]
    about = "" if option.bad_passes is not None else "about "
    if missed is None:
        lines.append(
            f"**Not shown** if more {judged.fail}. A sample of this size cannot show the standard missed."
        )
        return lines
    if missed > allowed + 1:
        between = f"{allowed + 1:,}" if missed == allowed + 2 else f"{allowed + 1:,} to {missed - 1:,}"
        verb = verb_of(judged.fail, 1 if between == "1" else 2)
        lines.append(
            f"**Not shown** if {about}{between} {verb}: the sample leaves both possible, "
            "and more reviews can decide it."
        )
    lines.append(
        f"**Missed** if {about}{missed:,} or more {judged.fail}: with {sure} assurance fewer than {share} "
        f"{judged.meet}."
    )
    return lines


def consequences_of_stages(first: int, second: int, judged: Judged) -> list[str]:
    """What can follow from a sample in two stages, in words. The plan says so before anything is drawn."""
    share, sure = whole_percent(judged.standard), whole_percent(judged.assurance)
    return [
        f"**Met** if none of the {first:,} fails: with {sure} assurance at least {share} of all "
        f"{cases_in_words(judged.population, judged.noun)} then {judged.meet}.",
        f"**Second stage** if exactly one fails: the next {second:,} of the same draw are reviewed too. "
        "**Met** if none of those fails.",
        "**Not shown**, or **Missed**, in any other case, as the number that fail then says.",
    ]


def reading(rule: Rule, judged: Judged) -> str:
    """The curve of a rule, read at the points that matter: what it does to offices of different quality."""
    population, first = judged.population, breach(judged.standard, judged.population)
    good = good_office(judged.standard, population)
    good_passes, meets_passes, misses_passes = map(
        of_the_time, chance_of_passing(population, [good, first - 1, first], rule)
    )
    said = []
    if 0 < good < first - 1:
        said.append(f"An office at {_at(good, judged)} passes {good_passes}.")
    if first > 1:
        said.append(
            f"One that only just meets the standard, at {_at(first - 1, judged)}, passes {meets_passes}; one "
            f"that only just misses it, at {_at(first, judged)}, {misses_passes}."
        )
    else:
        said.append(
            f"An office that only just misses the standard, at {_at(first, judged)}, passes {misses_passes}."
        )
    words = " ".join(said)
    most = likely_to_pass_up_to(population, rule)
    if most:
        words += f" An office at {_at(most, judged)} or above passes more often than not."
    elif most == 0:
        words += " Only an office without a single failure passes more often than not."
    return words


def _at(failing: int, judged: Judged) -> str:
    share = Fraction(judged.population - failing, judged.population)
    return percent(share, against=Fraction(judged.standard))


def of_the_time(chance: float) -> str:
    """A chance in whole per cent: “44% of the time”; never rounded to never or always."""
    if 0 < chance < 0.005:
        return "less than 1% of the time"
    if 0.995 <= chance < 1:
        return "more than 99% of the time"
    if chance in (0, 1):
        return "every time" if chance else "never"
    return f"{chance:.0%} of the time"


def chance_in_words(chance: float) -> str:
    """A chance for a table: 44%, never rounded to none or all."""
    if chance in (0, 1):
        return f"{chance:.0%}"
    return of_the_time(chance).removesuffix(" of the time")


def teams_in_words(shares: Sequence[TeamShare], judged: Judged) -> str:
    """Whether any team's share of a sample could show the standard of that team alone."""
    standard, teams = whole_percent(judged.standard), len(shares)
    alone = sum(share.is_enough for share in shares)
    without = sum(not share.drawn for share in shares)
    if alone == teams:
        words = f"Every team's share is large enough to show {standard} of that team on its own."
    elif alone:
        words = f"{alone:,} of {teams:,} teams have a share that can show {standard} of the team on its own."
    else:
        words = (
            f"The sample speaks for all cases together. No team's share can show {standard} of that team on "
            "its own, however good the team is."
        )
    if without:
        words += f" Of {without:,} {'team' if without == 1 else 'teams'} it says nothing at all."
    return words


def shares_for_people(shares: Sequence[TeamShare], judged: Judged, *, exact: bool) -> pd.DataFrame:
    """The table of each team's share, with what it can and cannot say, in words."""
    needed = f"To show {whole_percent(judged.standard)} on its own"
    rows = [
        {
            "Team": share.team,
            "Cases": f"{share.cases:,}",
            "To review" if exact else "To review, about": f"{share.drawn:,}",
            "If none fails, shows at least": percent(share.shows) if share.drawn else "Nothing",
            needed: "This is enough" if share.is_enough else f"Takes {share.needed:,}",
        }
        for share in shares
    ]
    return pd.DataFrame(rows)


def bound_in_words(bound: str) -> str:
    """How several strata will be judged; registering the plan fixes it."""
    return f"{_BOUNDS[bound]} Registering the plan fixes this, before any result is known."


def cost_in_words(reviews: int, minutes: int, *, more: int = 0) -> str:
    """What the reviews of a sample cost in hours and working days."""
    words = (
        f"{cases_in_words(reviews, 'review')} of {minutes:,} minutes: **{_hours(reviews * minutes)}**, "
        f"{_days(reviews * minutes)}."
    )
    if more:
        words += f" With the second stage {_hours((reviews + more) * minutes)}."
    return words


def _hours(minutes: int) -> str:
    hours = f"{minutes / 60:,.1f}".removesuffix(".0")
    return f"{hours} hour" if hours == "1" else f"{hours} hours"


def _days(minutes: int) -> str:
    days = f"{minutes / 60 / HOURS_A_DAY:,.1f}".removesuffix(".0")
    return f"{days} working {'day' if days == '1' else 'days'} of {HOURS_A_DAY} hours"


def margin_in_words(found: SizeForMargin) -> str:
    """What a sample that is sized by a margin will tell."""
    result, sure = expected_result(found), whole_percent(found.confidence)
    points = points_in_words(f"{float(found.margin):.10g}")
    return (
        f"If {result.met:,} of {result.reviewed:,} meet, as you expect, the likely range is "
        f"{percent(result.low)} to {percent(result.high)} of all {cases_in_words(found.population)}, with "
        f"{sure} confidence: half of its width is at most {points}. Should more fail, the range is wider. "
        "The sample is not made to show a standard, and may be too small for that."
    )


def intake_in_words(found: Intake, population: int) -> str:
    """How many cases an intake brings, which chance decides."""
    return (
        f"Chance decides how many: about {found.expected:,.0f} of {cases_in_words(population)}, and nearly "
        f"always (95% of the time) {found.low:,} to {found.high:,}. Every intake at this rate has the same "
        "chances, so several intakes together are one fair sample of all that came in."
    )


def quota_shows(size: int, lowest: float, judged: Judged) -> str:
    """What a number of cases that somebody chose could show at best."""
    return (
        f"If none of the {size:,} fails, that shows with {whole_percent(judged.assurance)} assurance that at "
        f"least {percent(lowest)} of all {cases_in_words(judged.population)} meet."
    )


def round_in_words(randomness: Mapping[str, Any]) -> str:
    """Which round of a public beacon a plan will name."""
    out_at = datetime.fromisoformat(randomness["out_at"])
    return (
        f"The plan will name round {randomness['round']:,} of {randomness['beacon']}, which comes out on "
        f"{moment_in_words(out_at)}. Nobody knows its value before."
    )
