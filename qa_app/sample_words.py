"""The words for samples: their route, period and filters, how their size came about, what would follow."""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from qa_app.table import in_words
from qa_app.wording import cases_in_words, percent, whole_percent
from sampling.case_filters import ATTRIBUTE
from sampling.planning import SizeOption
from sampling.queries import SampleRow
from sampling.tables import Purpose, Route
from scorecards.completion import Completion

ROUTES: Final = {
    Route.OPEN: "Open cases of a team",
    Route.CENTRAL: "Central sample of closed cases",
    Route.THEMATIC: "Thematic sample",
    Route.SECOND: "Second scoring",
}
_FIELDS: Final = {"case_type": "Case type"}
_REASONS: Final = {
    "cancelled": "cancelled",
    "merged": "merged into another case",
    "closed without a closing date": "closed without a closing date",
    "handled or decided by the manager": "handled or decided by the manager who drew",
}


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
        return (
            f"{drawn}: enough to show, with {whole_percent(sample.assurance)} assurance, that at least "
            f"{whole_percent(sample.standard)} meet the standard, when {_at_most(allowed)} in the sample."
        )
    if sample.quota is not None:
        return f"{drawn}: {quota_in_words(sample.quota)}"
    return f"{drawn}: a number that was chosen, shared out in proportion."


def quota_in_words(quota: int) -> str:
    """What a line manager's quota takes of each caseworker."""
    return f"{quota} of each caseworker by lot, or all where there are fewer. High risk is reviewed whole."


def draws_in_words(sample: SampleRow) -> str:
    """Whether others were drawn for the same: “draw 1 of 2 for this period”."""
    if not sample.draws:
        return "Not drawn yet"
    return f"Draw {sample.number} of {sample.draws} for this {'period' if sample.period else 'theme'}"


def option_in_words(option: SizeOption) -> str:
    """A choice of size: “0 – review 130 cases”."""
    return f"{option.allowed_failures} – review {cases_in_words(option.size or 0)}"


def consequences(option: SizeOption, *, population: int, standard: str, assurance: str) -> list[str]:
    """The three things that can follow from a sample of this size, in words."""
    allowed, missed = option.allowed_failures, option.missed_from
    share, sure = whole_percent(standard), whole_percent(assurance)
    lines = [
        f"**Met** if {_at_most(allowed)}: with {sure} assurance at least {share} of all "
        f"{cases_in_words(population)} then meet."
    ]
    about = "" if option.good_failing is not None else "about "
    if missed is None:
        lines.append("**Not shown** if more fail. A sample of this size cannot show the standard missed.")
        return lines
    if missed > allowed + 1:
        between = f"{allowed + 1:,}" if missed == allowed + 2 else f"{allowed + 1:,} to {missed - 1:,}"
        lines.append(
            f"**Not shown** if {about}{between} fail: the sample leaves both possible, "
            "and more cases can decide it."
        )
    lines.append(
        f"**Missed** if {about}{missed:,} or more fail: with {sure} assurance fewer than {share} meet."
    )
    return lines


def chances(option: SizeOption, *, population: int, standard: str, assurance: str) -> str:
    """What the rule does to a good office and to one that only just misses the standard."""
    first = option.only_just_missing
    rule = (
        f"The standard of {whole_percent(standard)} is missed when {first:,} or more of all "
        f"{cases_in_words(population)} fail."
    )
    if option.bad_passes is None:
        return (
            f"{rule} An office of which that many fail passes with a chance of at most "
            f"{percent(1 - Fraction(assurance))}, wherever they sit."
        )
    if not option.good_failing or option.good_passes is None:
        return rule
    good = percent(1 - Fraction(option.good_failing, population))
    return (
        f"{rule} An office of which {good} of cases meet ({option.good_failing:,} of {population:,} fail) "
        f"would pass this with a chance of {percent(option.good_passes)}; one of which {first:,} fail, "
        f"with a chance of {percent(option.bad_passes)}."
    )


def completion_in_words(rows: Iterable[Completion]) -> str:
    """How much of the required sampling is done."""
    rows = list(rows)
    done, required = sum(row.done for row in rows), sum(row.required for row in rows)
    reduced = sum(row.reduced_to is not None for row in rows)
    words = f"{done:,} of {required:,} required reviews done."
    return f"{words} {reduced:,} approved reductions are counted." if reduced else words


def _at_most(failures: int) -> str:
    return "none fails" if failures == 0 else f"at most {failures:,} fail" + ("s" if failures == 1 else "")
