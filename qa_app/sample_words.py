"""The words for samples: their route, period and filters, how their size came about, what would follow."""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

from qa_app.wording import cases_in_words, in_words, percent, whole_percent
from sampling.case_filters import ATTRIBUTE
from sampling.planning import SizeOption
from sampling.queries import SampleRow
from sampling.tables import Purpose, Route
from scorecards.completion import Completion

ROUTES: Final = {
    Route.OPEN: "Open cases",
    Route.CENTRAL: "Closed cases",
    Route.THEMATIC: "Theme",
    Route.SECOND: "Second scoring",
}
DRAWN_FROM: Final = {
    Route.OPEN: "the team's open cases",
    Route.CENTRAL: "closed cases",
    Route.THEMATIC: "cases of the theme",
    Route.SECOND: "managers' reviews",
}
_FIELDS: Final = {"case_type": "Case type"}
_REASONS: Final = {
    "cancelled": "cancelled",
    "merged": "merged into another case",
    "closed without a closing date": "closed without a closing date",
    "handled or decided by the manager": "handled or decided by the manager who drew",
}


@dataclass(frozen=True)
class Judged:
    """What is to be shown, and of what: cases that meet, or reviews in which QA agrees."""

    population: int
    standard: str
    assurance: str
    noun: str = "case"
    meet: str = "meet"
    fail: str = "fail"


def field_in_words(field: str) -> str:
    """A field of a case as people know it; further columns keep the name the office gave them."""
    if field.startswith(ATTRIBUTE):
        return field.removeprefix(ATTRIBUTE)
    return _FIELDS.get(field, field.capitalize())


def period_in_words(first: date, last: date | None) -> str:
    """A period: November 2026; April to June 2026; 3 March 2026 to 9 May 2026."""
    whole = first.day == 1 and (last is None or last.day == monthrange(last.year, last.month)[1])
    if last is None or (whole and (first.year, first.month) == (last.year, last.month)):
        return f"{first:%B %Y}" if whole else in_words(first)
    if whole and first.year == last.year:
        return f"{first:%B} to {last:%B %Y}"
    if whole:
        return f"{first:%B %Y} to {last:%B %Y}"
    return f"{in_words(first)} to {in_words(last)}"


def filters_in_words(filters: Mapping[str, Sequence[Any]], teams: Mapping[Any, str]) -> str:
    """Which cases only: “Case type: complaint, enquiry; Team: North”. Empty without filters."""
    parts = []
    for field, values in filters.items():
        if values:
            said = [teams.get(value, str(value)) if field == "team" else str(value) for value in values]
            parts.append(f"{field_in_words(field)}: {', '.join(said)}")
    return "; ".join(parts)


def excluded_in_words(excluded: Mapping[str, int]) -> str:
    """How many cases can be in no sample of this kind, and why: a sentence, empty when there are none."""
    parts = [f"{count:,} {_REASONS.get(reason, reason)}" for reason, count in excluded.items() if count]
    return f"Left out: {', '.join(parts)}." if parts else ""


def size_in_words(sample: SampleRow) -> str:
    """How many cases a plan draws, and the rule behind that number."""
    drawn = f"{sample.size:,} of {cases_in_words(sample.population)}"
    if sample.purpose == Purpose.CENSUS:
        return f"Every one of the {cases_in_words(sample.population)}."
    if sample.purpose == Purpose.SHOW and sample.standard is not None:
        allowed = sample.allowed_failures or 0
        meet, fail = ("agree", "differ") if sample.route == Route.SECOND else ("meet", "fail")
        return (
            f"{drawn}: enough to show, with {whole_percent(sample.assurance)} assurance, that at least "
            f"{whole_percent(sample.standard)} {meet}, when {_at_most(allowed, fail)} in the sample."
        )
    if sample.quota is not None:
        whole = bool(sample.filters.get("certainty_risks"))
        return f"{drawn}. {quota_in_words(sample.quota, whole=whole)}"
    return f"{drawn}: a number that was chosen, shared out in proportion."


def quota_in_words(quota: int, *, whole: bool) -> str:
    """What a line manager's quota takes of each caseworker; `whole`: the risks named are all reviewed."""
    words = f"By lot {cases_in_words(quota)} of each caseworker, or all where there are fewer."
    return f"{words} High-risk cases are all reviewed." if whole else words


def draws_in_words(sample: SampleRow) -> str:
    """Whether others were drawn for the same: “draw 1 of 2 for this period”."""
    return f"draw {sample.number} of {sample.draws} for this {'period' if sample.period else 'theme'}"


def option_in_words(option: SizeOption, judged: Judged) -> str:
    """What a choice of size comes to: “130 of 812 cases are drawn”."""
    verb = "is" if option.size == 1 else "are"
    return f"{option.size:,} of {cases_in_words(judged.population, judged.noun)} {verb} drawn"


def consequences(option: SizeOption, judged: Judged) -> list[str]:
    """The three things that can follow from a sample of this size, in words."""
    allowed, missed, noun = option.allowed_failures, option.missed_from, judged.noun
    share, sure = whole_percent(judged.standard), whole_percent(judged.assurance)
    lines = [
        f"**Met** if {_at_most(allowed, judged.fail)}: with {sure} assurance at least {share} of all "
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
        verb = _verb(judged.fail, 1 if between == "1" else 2)
        lines.append(
            f"**Not shown** if {about}{between} {verb}: the sample leaves both possible, "
            "and more reviews can decide it."
        )
    lines.append(
        f"**Missed** if {about}{missed:,} or more {judged.fail}: with {sure} assurance fewer than {share} "
        f"{judged.meet}."
    )
    return lines


def chances(option: SizeOption, judged: Judged) -> str:
    """What the rule does to a good office and to one that only just misses the standard."""
    first, population = option.only_just_missing, judged.population
    rule = (
        f"The standard of {whole_percent(judged.standard)} is missed when {first:,} or more of all "
        f"{cases_in_words(population, judged.noun)} {judged.fail}."
    )
    if option.bad_passes is None:
        most = whole_percent(1 - Fraction(judged.assurance))
        return f"{rule} An office of which that many {judged.fail} passes with a chance of at most {most}."
    if not option.good_failing or option.good_passes is None:
        return rule
    good = percent(1 - Fraction(option.good_failing, population))
    return (
        f"{rule} An office of which {good} of {judged.noun}s {judged.meet} ({option.good_failing:,} of "
        f"{population:,} {_verb(judged.fail, option.good_failing)}) would pass this with a chance of "
        f"{percent(option.good_passes)}; one of which {first:,} {_verb(judged.fail, first or 0)}, with a "
        f"chance of {percent(option.bad_passes)}."
    )


def completion_in_words(rows: Iterable[Completion]) -> str:
    """How much of the required sampling is done."""
    rows = list(rows)
    done, required = sum(row.done for row in rows), sum(row.required for row in rows)
    reduced = sum(row.reduced_to is not None for row in rows)
    words = f"{done:,} of {required:,} required reviews done."
    return f"{words} Approved reductions that lower it: {reduced:,}." if reduced else words


def _at_most(failures: int, fail: str) -> str:
    if failures == 0:
        return f"none {_verb(fail, 1)}"
    return f"at most {failures:,} {_verb(fail, failures)}"


def _verb(verb: str, count: int) -> str:
    return f"{verb}s" if count == 1 else verb
