"""The words for samples: their route, period and filters, how their size came about, what would follow."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

from qa_app.wording import cases_in_words, in_words, moment_in_words, percent, whole_percent
from sampling.case_filters import ATTRIBUTE
from sampling.queries import SampleRow
from sampling.register_chain import Event, best_of
from sampling.tables import Cause, Purpose, Route
from scorecards.completion import TeamMonth

ROUTES: Final = {
    Route.OPEN: "Open cases",
    Route.CENTRAL: "Closed cases",
    Route.THEMATIC: "Theme",
    Route.SECOND: "Second scoring",
    Route.FILE: "Cases of a file",
}
DRAWN_FROM: Final = {
    Route.OPEN: "the team's open cases",
    Route.CENTRAL: "closed cases",
    Route.THEMATIC: "cases of the theme",
    Route.SECOND: "managers' reviews",
    Route.FILE: "the cases of a file",
}
EVENTS: Final = {
    Event.PLANNED: "Planned",
    Event.ROLLED: "Dice rolled",
    Event.SEEDED: "Seeded",
    Event.DRAWN: "Drawn",
    Event.EXTENDED: "Second stage drawn",
    Event.REPLACED: "Case replaced",
    Event.VOID_ASKED: "Void asked for",
    Event.VOID_DECLINED: "Void declined",
    Event.VOIDED: "Voided",
    Event.CLOSED: "Closed",
}
CAUSES: Final = {
    Cause.DRAWN: "By lot",
    Cause.EXTENSION: "Second stage",
    Cause.REPLACEMENT: "In the place of another",
}
REPLACED: Final = {
    "cancelled": "cancelled",
    "merged": "merged into another case",
    "duplicate": "the same complaint as another case",
    "out_of_scope": "out of scope",
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
    measure: str = "outcome"


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
    if sample.purpose in (Purpose.SHOW, Purpose.AGREEMENT) and sample.standard is not None:
        allowed = sample.allowed_failures or 0
        meet, fail = ("agree", "differ") if sample.route == Route.SECOND else ("meet", "fail")
        words = (
            f"{drawn}: enough to show, with {whole_percent(sample.assurance)} assurance, that at least "
            f"{whole_percent(sample.standard)} {meet}, when {at_most(allowed, fail)} in the sample."
        )
        if not sample.second_stage:
            return words
        more = f"{sample.second_stage:,} more are drawn, none of which may fail"
        return f"{words} After exactly one failure {more}."
    if sample.purpose == Purpose.ESTIMATE:
        return (
            f"{drawn}: enough to know the share that meets within {points_in_words(sample.rule['margin'])}, "
            f"if about {whole_percent(sample.rule['expected'])} meet."
        )
    if sample.purpose == Purpose.ROLLING:
        rate = whole_percent(sample.rule["rate"])
        return f"About {drawn}: each case is in with a chance of {rate}, whichever others are."
    if sample.quota is not None:
        whole = bool(sample.filters.get("certainty_risks"))
        return f"{drawn}. {quota_in_words(sample.quota, whole=whole)}"
    if sample.route == Route.SECOND:
        by = sample.rule.get("strata_by")
        return f"{drawn}, from strata by {by}." if by else f"{drawn}. How they are shared out is sealed."
    return f"{drawn}: a number that was chosen, shared out in proportion."


def points_in_words(margin: str) -> str:
    """A margin as people say it: 0.05 is 5 points."""
    points = whole_percent(margin).removesuffix("%")
    return f"{points} point" if points == "1" else f"{points} points"


def quota_in_words(quota: int, *, whole: bool) -> str:
    """What a line manager's quota takes of each caseworker; `whole`: the risks named are all reviewed."""
    words = f"By lot {cases_in_words(quota)} of each caseworker, or all where there are fewer."
    return f"{words} High-risk cases are all reviewed." if whole else words


def draws_in_words(sample: SampleRow) -> str:
    """Whether others were drawn for the same: “draw 1 of 2 for this period, 1 of them voided”."""
    series = sample.series
    words = f"draw {series.number} of {series.made} for this {'period' if sample.period else 'theme'}"
    return f"{words}, {series.voided} of them voided" if series.voided else words


def rerolls_in_words(sample: SampleRow) -> str:
    """What drawing again does to a standard: said wherever something was drawn more than once."""
    series = sample.series
    if series.made < 2:
        return ""
    told = f"{series.made} samples were drawn for the same purpose, {series.voided} of them voided."
    if sample.standard is None and sample.route != Route.CENTRAL:
        return told  # no standard is judged by it
    chance = 1 - float(sample.assurance)
    return (
        f"{told} Were only the best of {series.made} reported, an office that misses the standard would pass "
        f"with a chance of up to {percent(best_of(chance, series.made))} instead of {percent(chance)}."
    )


def event_details(event: Event, details: Mapping[str, Any]) -> str:
    """What the register recorded of an event, in words."""
    match event:
        case Event.ROLLED:
            return f"{details['public_value']}. {details['minute']}"
        case Event.SEEDED:
            return f"Seed from: {details['source']}" if "source" in details else ""
        case Event.DRAWN | Event.EXTENDED:
            return cases_in_words(details["cases"]) if "cases" in details else ""
        case Event.REPLACED:
            next_case = details["next"] or "none, the stratum has no further ticket"
            return f"{details['reference']} ({REPLACED[details['code']]}); next: {next_case}"
        case Event.VOID_ASKED:
            return f"{details['reason']} (reviewed by then: {details['reviewed']})"
        case Event.VOID_DECLINED:
            return str(details["reason"])
    return ""


def completion_in_words(teams: Sequence[TeamMonth]) -> str:
    """How much of the required sampling of a month is done: a verdict, a colon, and the counts.

    What a team owed that never drew is unknown: then there is no share, and the month is not complete.
    """
    known = [team for team in teams if team.required is not None]
    required, done = sum(team.required or 0 for team in known), sum(team.done for team in known)
    words = f"{'Complete' if all(team.is_complete for team in teams) else 'Not complete'}:"
    if not known:
        return f"{words} no sample was drawn in this month."
    words += f" {done:,} of {required:,} required reviews are done"
    if len(known) < len(teams):
        words += " where a sample was drawn. The share of all that was required is not known."
    else:
        share = percent(Fraction(done, required), against=Fraction(1)) if required else "100%"
        words += f", {share}; the standard is 100%."
    reductions = sum(team.reductions for team in teams)
    return f"{words} Approved reductions that lower it: {reductions:,}." if reductions else words


def teams_complete_in_words(teams: Sequence[TeamMonth]) -> str:
    """How many teams have done all that is required of them; nothing to say of a single one."""
    if len(teams) < 2:
        return ""
    return f"{sum(team.is_complete for team in teams):,} of {len(teams):,} teams complete."


def not_drawn_in_words(teams: Sequence[TeamMonth]) -> list[str]:
    """Which teams have no sample, and what that means for the number that is required of them."""
    waiting = [team.team for team in teams if not team.is_drawn and team.required is not None]
    never = [team.team for team in teams if team.required is None]
    sentences = []
    if waiting:
        sentences.append(
            f"Not drawn yet: {', '.join(waiting)}. "
            "What is required there is counted from the cases that are open now."
        )
    if never:
        sentences.append(
            f"Not drawn, not complete: {', '.join(never)}. A sample is drawn from the cases that are open in "
            "its month, so how many reviews were required there is no longer known."
        )
    return sentences


def team_month_in_words(team: TeamMonth) -> str:
    """A team's month in a few words, after its name."""
    if team.required is None:
        return "not drawn, not complete; how many reviews were required is not known"
    drawn = "" if team.is_drawn else " (not drawn yet)"
    return f"{team.done:,} of {team.required:,} required reviews done{drawn}"


def at_most(failures: int, fail: str) -> str:
    """What a rule allows, as the end of a condition: “none fails”, “at most 2 fail”."""
    if failures == 0:
        return f"none {verb_of(fail, 1)}"
    return f"at most {failures:,} {verb_of(fail, failures)}"


def verb_of(verb: str, count: int) -> str:
    """The verb for so many: one fails, two fail."""
    return f"{verb}s" if count == 1 else verb


def facts_of_sample(sample: SampleRow, filters: str) -> list[str]:
    """What a sample was drawn from, how many, when, by whom, and by when it is reviewed, a sentence each."""
    period = f" of {period_in_words(*sample.period)}" if sample.period else ""
    facts = [f"Drawn from: {DRAWN_FROM[sample.route]}{period}{f', only {filters}' if filters else ''}."]
    facts.append(f"Drawn: {size_in_words(sample)}")
    if excluded := excluded_in_words(sample.excluded):
        facts.append(excluded)
    if sample.drawn_at is not None:
        facts.append(
            f"Frozen on {moment_in_words(sample.frozen_at)} by {sample.by}, drawn on "
            f"{moment_in_words(sample.drawn_at)}: {draws_in_words(sample)}."
        )
    if sample.due_on is not None:
        facts.append(f"Reviews are due by {in_words(sample.due_on)}.")
    return facts
