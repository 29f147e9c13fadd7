"""What the overview shows of the standards, put together from what the other screens are read from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from qa_app.overview_words import (
    Line,
    caseload_line,
    clock_line,
    closed_line,
    count_word,
    in_time_line,
    long_line,
    no_sample_line,
    open_line,
    queue_line,
    trend_word,
)
from qa_app.reports.making import Making
from qa_app.reports.standards import samples_of
from qa_app.trend_words import period_in_words
from qa_app.wording import MEASURES
from sampling.records.audit_trail import AuditEntry
from sampling.records.database import today
from sampling.records.people import Person
from sampling.records.readings import READ
from sampling.records.service_settings import START_OF_CLOCK
from sampling.records.settings import setting
from sampling.sealing import hides_figures, reviews_blind
from sampling.tables import Draw, Route
from scorecards.agreement_results import AgreementResult, agreement_result, second_scorings
from scorecards.caseloads import caseloads, queue
from scorecards.cases_as_at import CasesAsAt
from scorecards.clocks import over_limit
from scorecards.completion import TeamMonth, team_months
from scorecards.periods import Grain, first_day, last_day, month_number, period_of
from scorecards.result_cells import by_period, cells, part_of
from scorecards.review_counts import CaseGroup, review_counts
from scorecards.sampling_months import sampling_months
from scorecards.service_standards import (
    long_cases,
    long_cases_by_month,
    other_clocks,
    service_months,
    service_standard,
)
from scorecards.standing import confidence_on, standard_on
from scorecards.standing_out import count_series, trend

_QUARTERS: Final = 8
_MONTHS: Final = 12
_SCORINGS: Final = 2


@dataclass(frozen=True)
class Quarter:
    """A quarter that the overview can be of. `last` is today where it still runs."""

    name: str
    first: date
    last: date

    @property
    def months(self) -> tuple[int, int]:
        """The first month and the last, by their numbers."""
        return month_number(self.first), month_number(self.last)


def quarters(session: Session) -> list[Quarter]:
    """The quarters to choose from: the last whole one, the one that runs, then the earlier ones.

    Back to a year before the first extract, which tells of cases that closed before it, or for two years.
    """
    day = today(session)
    running = period_of(month_number(day), Grain.QUARTER)
    known = (running - period_of(month_number(sampling_months(session)[-1]), Grain.QUARTER)) // 3
    found = []
    for back in (1, 0, *range(2, max(known + 5, _QUARTERS))):
        start = running - 3 * back
        name, last = period_in_words(start, Grain.QUARTER), min(last_day(start + 2), day)
        found.append(Quarter(name if back else f"{name} so far", first_day(start), last))
    return found


def state_of_books(session: Session) -> tuple[object, ...]:
    """What tells the books of one moment from those of another: the last entry of the audit trail.

    Nothing changes without an entry, and its hash binds all that was before it. Reading changes nothing.
    """
    newest = (
        select(AuditEntry.number, AuditEntry.sha256)
        .where(AuditEntry.action != READ)
        .order_by(AuditEntry.number.desc())
        .limit(1)
    )
    return tuple(session.execute(newest).first() or ())


def newest_agreement(session: Session, person: Person) -> list[AgreementResult]:
    """What the two newest second scorings say that are not sealed from the person, newest first."""
    blind = reviews_blind(session, person)
    found: list[AgreementResult] = []
    for draw_id, _ in second_scorings(session, person):
        if len(found) == _SCORINGS:
            break
        if not hides_figures(session.get_one(Draw, draw_id), blind=blind):
            found.append(agreement_result(session, draw_id, person))
    return found


def months_of_sampling(session: Session, person: Person, quarter: Quarter) -> Mapping[date, list[TeamMonth]]:
    """The sampling of each month of a quarter, as far as the books reach, newest first."""
    months = [month for month in sampling_months(session) if quarter.first <= month <= quarter.last]
    return {month: team_months(session, person, month=month) for month in months}


def standards_of_reviews(session: Session, person: Person, quarter: Quarter) -> list[Line]:
    """The standards that reviews are for: closed cases by their samples, and open cases counted."""
    lines = []
    words = _trends(session, person, CaseGroup.CLOSED, quarter)
    for result in samples_of(Making(session, person, quarter.first, quarter.last), Route.CENTRAL):
        lines += [closed_line(result, measure, words[measure.measure]) for measure in result.measures]
    counts = part_of(review_counts(session, CaseGroup.OPEN, person), months=quarter.months)
    of_open = open_line(
        int(counts["overall_met"].sum()),
        int(counts["overall_n"].sum()),
        standard_on(session, "overall", quarter.last),
        _trends(session, person, CaseGroup.OPEN, quarter)["overall"],
    )
    return [*(lines or [no_sample_line()]), of_open]


def _trends(session: Session, person: Person, group: CaseGroup, quarter: Quarter) -> dict[str, str]:
    """How a quarter stands among the last ones, on each measure of a series."""
    first, last = quarter.months
    counts = review_counts(session, group, person)
    counts = by_period(part_of(counts, months=(first - 3 * (_QUARTERS - 1), last)), Grain.QUARTER)
    confidence = confidence_on(session, quarter.last)
    measures = ("overall",) if group is CaseGroup.OPEN else tuple(MEASURES)
    return {
        measure: trend_word(
            trend(cells(counts, "period", measure, confidence=confidence), confidence=confidence),
            Grain.QUARTER,
            (first, last),
        )
        for measure in measures
    }


def standards_of_service(session: Session, cases: CasesAsAt, quarter: Quarter) -> list[Line]:
    """The standards that are worked out from the dates of cases; of the day of the newest extract."""
    if cases.day is None:
        return []
    found = service_standard(session, cases, first=quarter.first, last=quarter.last)
    on, this_month = min(quarter.last, cases.day), month_number(cases.day)
    rows, _ = service_months(session, found, list(range(this_month - _MONTHS + 1, this_month + 1)))
    in_time = trend(rows[~rows["is_partial"]], confidence=confidence_on(session, on))
    weeks, run = long_cases(session, cases)
    months = long_cases_by_month(session, cases, list(range(this_month - _MONTHS, this_month)))
    series = count_series([month for month, _, _ in months], [count for _, _, count in months])
    return [
        in_time_line(
            found,
            days=int(setting(session, "service_days", on)),
            start=START_OF_CLOCK[setting(session, "service_clock", on)].lower(),
            period=period_in_words(quarter.months[0], Grain.QUARTER),
            trend=trend_word(in_time, Grain.MONTH, quarter.months),
        ),
        long_line(over_limit(run), weeks, count_word(series)),
        caseload_line(caseloads(session, cases)),
        queue_line(queue(session, cases)),
        *map(clock_line, other_clocks(session, cases, first=quarter.first, last=quarter.last)),
    ]
