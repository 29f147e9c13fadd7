"""The lines of the overview: what each figure is, what it says in a word, and where its list is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

import pandas as pd

from learning_register.cited_most import Behind, Cited
from learning_register.learning_gaps import LearningOfPeriod
from learning_register.recurrence import Recurrence
from learning_register.subjects import Subject
from qa_app.runtime import as_typed
from qa_app.service_words import clock_name
from qa_app.trend_words import PLACES, period_in_words, share_in_words
from qa_app.wording import MEASURES, VERDICTS, cases_in_words, in_words, percent, whole_percent
from scorecards.agreement_results import AgreementResult
from scorecards.caseloads import Caseloads, Queue
from scorecards.completion import TeamMonth
from scorecards.measure_results import MeasureResult
from scorecards.periods import Grain
from scorecards.results import SampleResult
from scorecards.service_standards import Counting, InTime
from scorecards.standing_out import CountSeries, Place, Trend

LEAD: Final = (
    "What needs you today, where the standards stand, what was learned and what came of it, and the risks of "
    "open cases. Every figure opens its list."
)
SEALED: Final = (
    "You also review for QA. What is sealed from you until second scores are in is counted nowhere here, so "
    "figures of open cases, learning and actions are not those of the whole office."
)
_REACHED: Final = {True: "Reached", False: "Not reached", None: "No result yet"}
_NO_TREND: Final = "No trend yet"


@dataclass(frozen=True)
class Line:
    """One figure: `label` opens its list, `says` is its verdict, `behind` what that rests on."""

    label: str
    says: str
    behind: str
    screen: str
    query: Mapping[str, object] = field(default_factory=dict)
    trend: str = ""


def trend_word(found: Trend, grain: Grain, months: tuple[int, int]) -> str:
    """Whether the periods within some months stand out from the others by more than chance explains."""
    if found.periods < 2:
        return _NO_TREND
    rows = found.rows[(found.rows["n"] > 0) & found.rows["period"].between(*months)]
    if rows.empty:
        return "No result in this period"
    out = [
        f"{PLACES[Place(place)]} its limits in {period_in_words(int(period), grain)}"
        for period, place in zip(rows["period"], rows["place"], strict=True)
        if place != Place.WITHIN
    ]
    return "; ".join(out) or "Within the limits of chance"


def count_word(found: CountSeries) -> str:
    """Whether the counts of months are ordinary, by the four rules."""
    if found.limits.mean is None:
        return _NO_TREND
    is_odd = any(found.signals.values())
    return "Some months are not ordinary" if is_odd else "Every month is ordinary"


def closed_line(result: SampleResult, measure: MeasureResult, trend: str) -> Line:
    """One standard of closed cases, as one sample shows it."""
    against = Fraction(measure.standard)
    estimate = measure.share if measure.weighted_estimate is None else measure.weighted_estimate
    population = measure.judgement.population
    of = "cases" if population is None else cases_in_words(population)
    if estimate is None or measure.likely_low is None or measure.likely_high is None:
        words = f"{measure.met:,} of {cases_in_words(measure.assessable)} with a result met"
    elif measure.likely_low == measure.likely_high:
        words = f"{percent(estimate, against=against)}, a count of all {of}"
    else:
        share = share_in_words(estimate, measure.likely_low, measure.likely_high, against=against)
        words = f"{share} of {of}, n = {measure.assessable:,}"
    left = result.drawn - result.reviewed
    still = f"; {left:,} still to be reviewed" if left else ""
    return Line(
        f"{MEASURES[measure.measure]} of closed cases, {whole_percent(measure.standard)}",
        VERDICTS[measure.judgement.verdict],
        f"{words}{still}. {as_typed(result.name)}",
        "results",
        {"part": "Closed cases and themes", "sample": result.draw_id},
        trend,
    )


def no_sample_line() -> Line:
    """In the place of the standards of closed cases, where no sample is of the period."""
    return Line(
        "Outcome and method of closed cases",
        "No sample",
        "No sample of closed cases of this period has been drawn.",
        "results",
        {"part": "Closed cases and themes"},
    )


def open_line(met: int, n: int, standard: Fraction, trend: str) -> Line:
    """What managers found in the open cases they sampled: a count of them, which estimates nothing."""
    words = "No open case with a result in this period."
    if n:
        words = (
            f"{percent(Fraction(met, n), against=standard)}, {met:,} of {n:,} that managers reviewed: a count"
        )
    return Line(
        f"Open cases that meet requirements, {whole_percent(standard)}",
        _REACHED[met >= standard * n if n else None],
        words,
        "results",
        {"part": "Open cases"},
        trend,
    )


def agreement_line(newest: Sequence[AgreementResult]) -> Line:
    """Agreement by the newest second scoring, beside the one before it."""
    query = {"part": "Agreement"}
    if not newest:
        none = "No second scoring that you may see has been drawn."
        return Line("Agreement of managers and QA", "No result yet", none, "results", query)
    result, *before = newest
    against = Fraction(result.standard)
    words = "No pair has both verdicts yet"
    if result.range[0] is not None:
        words = f"{_range_of(result)}, from {cases_in_words(sum(result.counts), 'pair')}"
    if result.outstanding:
        words += f"; {result.outstanding:,} still to be scored again"
    known = [one for one in before if one.range[0] is not None]
    return Line(
        f"Agreement of managers and QA, {whole_percent(against)}",
        VERDICTS[result.judgement.verdict],
        f"{words}. {as_typed(result.name)}",
        "results",
        query,
        f"Before: {_range_of(known[0])}" if known else _NO_TREND,
    )


def _range_of(result: AgreementResult) -> str:
    estimate, low, high = result.range
    assert estimate is not None
    against = Fraction(result.standard)
    if low is None or high is None:
        return percent(estimate, against=against)
    return share_in_words(estimate, low, high, against=against)


def sampling_line(teams: Sequence[TeamMonth] | None) -> Line:
    """How much of the required sampling of some months is done; None where the books do not reach back."""
    says, words, trend = _sampling_in_words(teams)
    query = {"part": "Open cases"}
    return Line("Required sampling done, 100%", says, words, "results", query, trend)


def _sampling_in_words(teams: Sequence[TeamMonth] | None) -> tuple[str, str, str]:
    if teams is None:
        return "Not known", "The first extract is of a later month.", ""
    if not teams:
        return "Nothing was required", "No team had open cases to sample.", ""
    known = [team for team in teams if team.required is not None]
    required, done = sum(team.required or 0 for team in known), sum(team.done for team in known)
    words = f"{done:,} of {cases_in_words(required, 'required review')}"
    if required:
        words += f", {percent(Fraction(done, required), against=Fraction(1))}"
    if never := len(teams) - len(known):
        words += f"; what {cases_in_words(never, 'team month')} without a draw required is not known"
    complete = sum(team.is_complete for team in teams)
    says = "Complete" if complete == len(teams) else "Not complete"
    return says, words, f"{complete:,} of {cases_in_words(len(teams), 'team month')} complete"


def in_time_line(found: InTime, *, days: int, start: str, period: str, trend: str) -> Line:
    """The share of cases in time: a count of all of them."""
    words = "No case had its last day in this period before the extract."
    if found.share is not None:
        words = (
            f"{percent(found.share, against=found.target)}, {found.met:,} of {cases_in_words(found.n)}; of "
            f"those not in time {found.still_open:,} still open"
        )
    target = "" if found.target is None else f", {whole_percent(found.target)}"
    return Line(
        f"Within {days} working days of {start}{target}",
        _REACHED[found.is_reached],
        words,
        "service",
        {"part": "In time", "service-period": period},
        trend,
    )


def long_line(over: pd.DataFrame, weeks: int, trend: str) -> Line:
    """The open cases over so many weeks; the standard is none."""
    oldest = "" if over.empty else f", the oldest {int(over['days_late'].max()):,} days over"
    return Line(
        f"Open cases over {weeks} weeks, none",
        _REACHED[over.empty],
        f"{cases_in_words(len(over), 'open case')}{oldest}",
        "service",
        {"part": "Long cases"},
        trend,
    )


def caseload_line(found: Caseloads) -> Line:
    """How many caseworkers hold what they are to hold."""
    enough, of = int(found.rows["is_enough"].sum()), len(found.rows)
    words = f"The largest is {int(found.rows['open'].max()):,}" if of else "No caseworker holds an open case"
    return Line(
        f"Caseload, {found.least} open cases or more",
        f"{enough:,} of {cases_in_words(of, 'caseworker')}",
        words,
        "service",
        {"part": "Caseloads"},
    )


def queue_line(found: Queue) -> Line:
    """How many open cases nobody has yet."""
    words = "No size is set above which a queue is to be looked at"
    if found.size is not None:
        large = int(found.teams["is_large"].sum())
        words = f"{cases_in_words(large, 'team')} with more than {found.size:,} waiting"
    return Line(
        "Queue, open cases without a caseworker",
        cases_in_words(len(found.rows)),
        words,
        "service",
        {"part": "Queue"},
    )


def clock_line(found: Counting) -> Line:
    """A clock of another document that the office has switched on."""
    words, says = f"{cases_in_words(len(found.over), 'open case')} on the list", "A list"
    if found.column_missing:
        words, says = "The office has named no column for its days.", "Not known"
    elif found.in_time is not None:
        says = _REACHED[found.in_time.is_reached]
        words = "No case had its last day in this period before the extract."
        if found.in_time.share is not None:
            share = percent(found.in_time.share, against=found.in_time.target)
            words = f"{share}, {found.in_time.met:,} of {cases_in_words(found.in_time.n)}"
    return Line(clock_name(found), says, words, "service", {"part": "Other clocks"})


@dataclass(frozen=True)
class Names:
    """What documents are called in full and in short, by their keys; what commitments say, by number."""

    documents: Mapping[str, tuple[str, str]]
    commitments: Mapping[str, str]

    def of(self, about: Subject) -> str:
        """A paragraph with its document and title, or a commitment with what it says."""
        if not about.document:
            return f"Commitment {about.reference} {self.commitments.get(about.reference, '')}".rstrip()
        _, short = self.documents.get(about.document, ("", about.document))
        return f"{short} {about.reference} {about.title}".rstrip()

    def query(self, about: Subject) -> dict[str, object]:
        """The address of the learning that cites it; for a document that is not loaded, of all such."""
        if not about.document:
            summary = self.commitments.get(about.reference, "")
            return {"part": "Learning points", "commitment": f"{about.reference} {summary}"}
        if about.document not in self.documents:
            return {"part": "Learning points", "verified": "No"}
        title, _ = self.documents[about.document]
        return {"part": "Learning points", "document": title, "paragraph": about.reference}


def cited_line(cited: Cited, names: Names) -> Line:
    """A paragraph or commitment that learning cites, and how often samples found its requirements not met."""
    words = "No sample asked about it in this quarter"
    if cited.behind:
        of = f"; the highest of {len(cited.behind)} requirements" if cited.behind[1:] else ""
        words = f"Not met in samples: {behind_in_words(cited.behind[0])}{of}"
    return Line(
        as_typed(names.of(cited.about)),
        f"{cases_in_words(len(cited.point_ids), 'point')} in {cases_in_words(cited.teams, 'team')}",
        words,
        "learning",
        names.query(cited.about),
        f"Before: {cases_in_words(cited.before, 'point')}",
    )


def recurrence_line(again: Recurrence, names: Names) -> Line:
    """What came back in a team after an action on it was closed."""
    return Line(
        as_typed(f"{names.of(again.about)}, {again.team}"),
        f"{cases_in_words(len(again.point_ids), 'point')} since",
        f"After {cases_in_words(len(again.action_ids), 'action')}, the first closed on "
        f"{in_words(again.closed_on)}; last on {in_words(again.last_on)}",
        "learning",
        {**names.query(again.about), "team": again.team},
    )


def behind_in_words(behind: Behind) -> str:
    """A share of reviews with its interval: 2 of 24 cases, 8.3% (likely range 1.0% to 27.0%)."""
    return (
        f"{behind.not_met:,} of {cases_in_words(behind.n)}, "
        f"{share_in_words(behind.share, behind.low, behind.high)}"
    )


def learning_sentence(found: LearningOfPeriod) -> str:
    """How much was learned in a period, and in how many teams and on how many commitments nothing."""
    words = f"{cases_in_words(found.points, 'learning point')} logged, {found.good_practice:,} good practice."
    silent, unnamed = found.teams_without, found.commitments_without
    return (
        f"{words} **{len(silent):,} of {cases_in_words(len(found.teams), 'team')}** and "
        f"**{len(unnamed):,} of {cases_in_words(len(found.commitments), 'commitment')}** have no learning "
        "recorded."
    )
