"""The cases of a period: how many came and went, how long they took, and which wait too long."""

from datetime import date
from fractions import Fraction

import pandas as pd
from sqlalchemy import func, select

from learning_register.report_contents import Block, Cell, Paragraph, Section, Table
from qa_app.reports.making import Making, chart, share_of, standard_share
from qa_app.result_charts import trend_chart
from qa_app.trend_words import PLACES, period_in_words
from qa_app.wording import cases_in_words, in_words, percent, whole_percent
from sampling.records.cases import Case, CaseState
from sampling.records.database import now
from scorecards.cases_as_at import CasesAsAt, cases_as_at, seen_by
from scorecards.periods import Grain, month_number
from scorecards.result_cells import cells
from scorecards.sampling_months import sampling_months
from scorecards.service_standards import InTime, long_cases_by_month, service_months, service_standard
from scorecards.standing import confidence_on
from scorecards.standing_out import Place, trend

NO_CASES = "No cases had been imported by then."
EARLIER = (
    "The first extract was made within this period: of cases from before it only those are known that were "
    "still open, so figures of those days are too low, and look slower than they were."
)
_TREND = 12  # months of the service standard beside one another


def cases_of(making: Making) -> CasesAsAt:
    """The cases as the extracts had told them, with the names of teams."""
    cases = cases_as_at(making.session, now(making.session))
    return seen_by(making.session, cases, making.person, named=False)


def months_before(making: Making, most: int) -> list[int]:
    """So many months up to the last of the report, from that of the first extract on."""
    first = month_number(sampling_months(making.session)[-1])
    return list(range(max(making.months[1] - most + 1, first), making.months[1] + 1))


def open_on(frame: pd.DataFrame, day: date) -> pd.DataFrame:
    """The cases that were in progress when a day ended: received by then, and not closed by then."""
    end = pd.Timestamp(day)
    came = frame["received_on"].isna() | (frame["received_on"] <= end)
    went = frame["closed_on"].notna() & (frame["closed_on"] <= end) & (frame["state"] != "open")
    gone = frame["state"].isin(["cancelled", "merged"]) | (
        (frame["state"] == "closed") & frame["closed_on"].isna()
    )
    return frame[came & ~went & ~gone]


def between(days: "pd.Series[pd.Timestamp]", first: date, last: date) -> "pd.Series[bool]":
    """Which days lie in a period, its last day among them."""
    return days.between(pd.Timestamp(first), pd.Timestamp(last))


def numbers(making: Making) -> list[Section]:
    """Received, closed and in progress, by team; and the closed ones by what the case system calls them."""
    cases = cases_of(making)
    if cases.day is None:
        return [Section("Cases", (Paragraph(NO_CASES),))]
    frame = cases.frame
    table = by_team(frame, making.first, making.last)
    outcomes = making.session.execute(
        select(func.coalesce(Case.outcome, ""), func.count())
        .where(Case.state == CaseState.CLOSED, Case.closed_on.between(making.first, making.last))
        .group_by(func.coalesce(Case.outcome, ""))
        .order_by(func.count().desc(), func.coalesce(Case.outcome, ""))
    ).all()
    of_outcomes = Table(
        "Closed cases by outcome, as the case system calls it",
        ("Outcome", "Cases", "Share"),
        tuple(
            (name or "Not told", count, share_of(count, sum(row[1] for row in outcomes)))
            for name, count in outcomes
        ),
        empty="No case closed in this period.",
    )
    words = (
        f"As told by the extracts up to {in_words(cases.day)}. Cases are counted, and nothing is estimated."
    )
    return [Section("Cases", (Paragraph(words), table, of_outcomes))]


def by_team(frame: pd.DataFrame, first: date, last: date) -> Table:
    """Opened, closed and in progress of each team, and of all."""
    opened = frame[between(frame["received_on"], first, last)]
    closed = frame[between(frame["closed_on"], first, last) & (frame["state"] == "closed")]
    under_way = open_on(frame, last)
    parts = [part["team"].value_counts() for part in (opened, closed, under_way)]
    teams = sorted({str(team) for counts in parts for team in counts.index})
    rows: list[tuple[Cell, ...]] = [(team, *(int(counts.get(team, 0)) for counts in parts)) for team in teams]
    if rows:
        rows.append(("All teams", len(opened), len(closed), len(under_way)))
    return Table(
        "Cases by team",
        ("Team", "Opened", "Closed", f"In progress on {in_words(last)}"),
        tuple(rows),
        empty="No case was opened, closed or in progress.",
    )


def service(making: Making) -> list[Section]:
    """The service standard, month by month, and how many cases are open for too long."""
    cases = cases_of(making)
    if cases.day is None:
        return [Section("Service standards", (Paragraph(NO_CASES),))]
    standard = service_standard(making.session, cases, first=making.first, last=making.last)
    blocks: list[Block] = [Paragraph(_service_sentence(standard))]
    if making.months_known[:1] != [making.months[0]]:
        blocks.append(Paragraph(EARLIER))
    months = months_before(making, _TREND)
    if not months:
        return [Section("Service standards", tuple(blocks))]
    rows, targets = service_months(making.session, standard, months)
    confidence = confidence_on(making.session, making.last)
    counts = rows.rename(columns={"met": "in_time_met", "n": "in_time_n"})
    counts = counts.assign(reviewed=counts["in_time_n"], not_found=0, in_time_if=counts["in_time_met"])
    of = trend(cells(counts, "period", "in_time", confidence=confidence), confidence=confidence)
    known = of.rows[of.rows["n"] > 0]
    names = [period_in_words(int(period), Grain.MONTH) for period in known["period"]]
    by_month = dict(zip(months, targets, strict=True))
    table = Table(
        "Dealt with in time, by the month of the last day",
        ("Month", "Cases", "In time", "Share", "Standard", "Reached"),
        tuple(
            (
                name,
                int(row["n"]),
                int(row["met"]),
                share_of(int(row["met"]), int(row["n"]), against=by_month[int(row["period"])]),
                standard_share(by_month[int(row["period"])]),
                "Yes" if row["met"] >= by_month[int(row["period"])] * int(row["n"]) else "No",
            )
            for name, (_, row) in zip(names, known.iterrows(), strict=True)
        ),
        note="Every case is counted once: in the month in which its last day falls. A case that is open past "
        "that day counts as not in time. These are counts of all cases, so they have no interval.",
        empty="No case's last day fell in these months.",
    )
    if of.rate is None or of.periods < 2:
        blocks.append(table)
    else:
        places = [PLACES[Place(place)] for place in known["place"]]
        drawn = known[["share", "low", "high", "limit_low", "limit_high"]].assign(
            label=[f"{name}|n = {n:,}" for name, n in zip(names, known["n"], strict=True)],
            stands_out=["" if words == PLACES[Place.WITHIN] else words for words in places],
        )
        blocks.append(
            chart(
                trend_chart(drawn, standard=float(targets[-1]), pooled=of.rate),
                alt_text="Share of cases dealt with in time in each month, beside the standard.",
                sentence="Diamond: share of the month. Bar: where a month with as many cases stays if "
                "nothing has changed. Thin line: how sure a month's share is as a sign of what the office "
                "does. Both are for reading the trend. Solid line: the standard.",
                table=table,
            )
        )
    blocks.append(_long_cases(making, cases))
    return [Section("Service standards", tuple(blocks))]


def _service_sentence(standard: InTime) -> str:
    if standard.share is None or standard.target is None:
        return "No case's last day fell in this period, so there is nothing to judge."
    reached = "Reached" if standard.is_reached else "Not reached"
    return (
        f"{reached}: {standard.met:,} of {cases_in_words(standard.n)} were dealt with in time, "
        f"{percent(standard.share, against=standard.target)}; the standard is "
        f"{whole_percent(Fraction(standard.target))}. "
        f"Still open past the last day: {cases_in_words(standard.still_open)} of these."
    )


def _long_cases(making: Making, cases: CasesAsAt) -> Table:
    found = long_cases_by_month(making.session, cases, making.months_known)
    return Table(
        "Open for too long at the end of each month",
        ("Month", "Weeks", "Open cases over it"),
        tuple((period_in_words(month, Grain.MONTH), weeks, over) for month, weeks, over in found),
        note="The standard is none.",
    )
