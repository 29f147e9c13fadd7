"""Whether the required sampling was done, and the register of draws: what was drawn, from what, how often."""

from learning_register.report_contents import Block, Cell, Paragraph, Section, Table, day_in_words
from qa_app.reports.making import Making, share_of
from qa_app.sample_words import ROUTES
from qa_app.trend_words import period_in_words
from qa_app.wording import cases_in_words
from sampling.queries import SampleRow, samples
from sampling.records.database import OFFICE_TIME
from sampling.register_chain import Event
from sampling.register_queries import chain_in_words
from sampling.tables import Route
from scorecards.completion import TeamMonth, team_months
from scorecards.periods import Grain, first_day


def sampling_done(making: Making) -> list[Section]:
    """How much of the required sampling of open cases each team has done in each month."""
    months = {
        month: team_months(making.session, making.person, month=first_day(month))
        for month in making.months_known
    }
    rows = [_row(month, row) for month, teams in months.items() for row in teams]
    known = [row for teams in months.values() for row in teams if row.required is not None]
    done, required = sum(row.done for row in known), sum(row.required or 0 for row in known)
    never = sum(row.required is None for teams in months.values() for row in teams)
    words = f"Done: {done:,} of {cases_in_words(required, 'required review')}."
    if never:
        words += (
            f" {cases_in_words(never, 'team month')} passed without a draw: what was required then is not "
            "known, so the standard of 100% is not met there."
        )
    table = Table(
        "Required reviews of open cases, by team and month",
        ("Team", "Month", "Required", "Done", "Share done", "State"),
        tuple(rows),
        empty="No team had open cases to sample.",
    )
    return [Section("Sampling done", (Paragraph(words), table))]


def _row(month: int, row: TeamMonth) -> tuple[Cell, ...]:
    state = "Never drawn" if row.required is None else "Complete" if row.is_complete else "Not complete"
    return (
        row.team,
        period_in_words(month, Grain.MONTH),
        row.required,
        row.done,
        None if row.required is None else share_of(row.done, row.required),
        state,
    )


def register_of_draws(making: Making, *, routes: tuple[Route, ...] = tuple(Route)) -> list[Section]:
    """Every sample that was drawn in the period or is of it, with its place in the register."""
    seen = samples(making.session, making.person, routes=routes)
    found = [row for row in seen if _belongs(making, row)]
    table = Table(
        "Samples drawn in this period, or from its cases",
        ("Sample", "Of", "Cases in all", "Drawn", "Drawn on", "Draw", "State", "Plan"),
        tuple(_draw(row) for row in reversed(found)),
        note="Draw: which of the draws for the same purpose it is. Plan: the first sixteen characters of the "
        "registered plan's hash (SHA-256). Second scorings stand here once their last score is in.",
        empty="No sample was drawn.",
    )
    blocks: tuple[Block, ...] = (table, Paragraph(chain_in_words(making.session)))
    return [Section("Register of draws", blocks)]


def _belongs(making: Making, row: SampleRow) -> bool:
    if row.drawn_at is None or (row.route == Route.SECOND and row.seed is None):
        return False
    if making.first <= row.drawn_at.astimezone(OFFICE_TIME).date() <= making.last:
        return True
    begins, ends = row.period or (None, None)
    return begins is not None and begins <= making.last and making.first <= (ends or begins)


def _draw(row: SampleRow) -> tuple[Cell, ...]:
    assert row.drawn_at is not None
    return (
        row.name,
        ROUTES[row.route],
        row.population,
        row.size,
        day_in_words(row.drawn_at.astimezone(OFFICE_TIME).date()),
        f"{row.series.number} of {row.series.made}",
        "Voided" if row.state == Event.VOIDED else "Counts",
        (row.plan_sha256 or "")[:16],
    )
