"""`qa draw`: samples from the command line."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from qa_app.command_big_frame import draw_from_file
from qa_app.command_drawing import register_and_draw
from qa_app.command_parts import Database, Json
from qa_app.command_sizes import (
    AllowedFailures,
    Assurance,
    BeaconAt,
    BeaconName,
    Cases,
    EveryCase,
    Expected,
    Margin,
    Measure,
    NestIn,
    Randomness,
    Rate,
    SizeAsked,
    Standard,
    TwoStages,
    size_of,
    terms_of,
)
from qa_app.sample_words import period_in_words
from sampling.case_filters import field_values
from sampling.planning import default_due_date, risks_of_open_cases
from sampling.queries import samples
from sampling.records.people import Person, Team
from sampling.refused import Refused
from sampling.register_chain import Event
from sampling.samples import plan_case_sample, plan_open_sample
from sampling.tables import Plan, Route

draw_app = typer.Typer(
    callback=draw_from_file,
    invoke_without_command=True,
    help="Freeze the cases, register the plan and draw a sample.",
    no_args_is_help=True,
)

By = Annotated[str, typer.Option(help="The e-mail address of whoever draws.")]
Receipt = Annotated[Path | None, typer.Option(help="Write the receipt of the draw to this ZIP file.")]
Name = Annotated[str | None, typer.Option(help="What the sample is called.")]
Filter = Annotated[
    list[str] | None,
    typer.Option("--filter", help='Only these cases, such as "case_type=complaint"; can be repeated.'),
]
Strata = Annotated[str | None, typer.Option(help='Share the sample out by a field, such as "team".')]
First = Annotated[str | None, typer.Option("--from", help="First closing date, such as 2026-04-01.")]
Last = Annotated[str | None, typer.Option("--until", help="Last closing date, such as 2026-06-30.")]
Due = Annotated[str | None, typer.Option(help="When reviews are due; else in twenty working days.")]


@draw_app.command("central")
def central(
    by: By,
    first: First = None,
    last: Last = None,
    name: Name = None,
    filters: Filter = None,
    strata: Strata = None,
    standard: Standard = None,
    assurance: Assurance = None,
    allowed_failures: AllowedFailures = 0,
    measure: Measure = "outcome",
    two_stages: TwoStages = False,
    margin: Margin = None,
    expected: Expected = None,
    rate: Rate = None,
    cases: Cases = None,
    every_case: EveryCase = False,
    randomness: Randomness = None,
    beacon: BeaconName = None,
    beacon_at: BeaconAt = None,
    nest_in: NestIn = None,
    due: Due = None,
    receipt: Receipt = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Draw from the closed cases of a period: enough to show a standard, unless asked otherwise."""
    asked = SizeAsked(
        standard, assurance, allowed_failures, measure, two_stages, margin, expected, rate, cases, every_case
    )

    def plan(session: Session, person: Person) -> Plan:
        period = _period(first, last)
        if period is None:
            raise Refused("A central sample needs a period. Give its days with --from and --until.")
        return plan_case_sample(
            session,
            name or f"Closed cases, {period_in_words(*period)}",
            route=Route.CENTRAL,
            period=period,
            filters=_filters(session, filters or []),
            stratify_by=strata,
            size=size_of(session, period, asked),
            due_on=_due(session, due),
            terms=terms_of(
                session, person, randomness=randomness, beacon=beacon, beacon_at=beacon_at, nest_in=nest_in
            ),
            by=person,
        )

    register_and_draw(plan, by=by, receipt=receipt, database=database, as_json=as_json)


@draw_app.command("thematic")
def thematic(
    by: By,
    name: Annotated[str, typer.Option(help="What the sample is called.")],
    first: First = None,
    last: Last = None,
    filters: Filter = None,
    strata: Strata = None,
    standard: Standard = None,
    assurance: Assurance = None,
    allowed_failures: AllowedFailures = 0,
    measure: Measure = "outcome",
    two_stages: TwoStages = False,
    margin: Margin = None,
    expected: Expected = None,
    rate: Rate = None,
    cases: Cases = None,
    every_case: EveryCase = False,
    randomness: Randomness = None,
    beacon: BeaconName = None,
    beacon_at: BeaconAt = None,
    nest_in: NestIn = None,
    due: Due = None,
    receipt: Receipt = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Draw from the cases that filters select: enough to show a standard, unless asked otherwise."""
    asked = SizeAsked(
        standard, assurance, allowed_failures, measure, two_stages, margin, expected, rate, cases, every_case
    )

    def plan(session: Session, person: Person) -> Plan:
        period = _period(first, last)
        return plan_case_sample(
            session,
            name,
            route=Route.THEMATIC,
            period=period,
            filters=_filters(session, filters or []),
            stratify_by=strata,
            size=size_of(session, period, asked),
            due_on=_due(session, due),
            terms=terms_of(
                session, person, randomness=randomness, beacon=beacon, beacon_at=beacon_at, nest_in=nest_in
            ),
            by=person,
        )

    register_and_draw(plan, by=by, receipt=receipt, database=database, as_json=as_json)


@draw_app.command("open")
def open_cases(
    team: Annotated[str, typer.Option(help="The team whose open cases are drawn.")],
    by: By,
    every_case_of: Annotated[
        list[str] | None,
        typer.Option("--whole", help="A risk whose cases are all reviewed; else those that say “high”."),
    ] = None,
    receipt: Receipt = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Draw this month's sample of a team's open cases, so many of each caseworker."""

    def plan(session: Session, person: Person) -> Plan:
        found = session.scalars(select(Team).where(Team.name == team)).first()
        if found is None:
            known = ", ".join(session.scalars(select(Team.name).order_by(Team.name)))
            raise Refused(f"There is no team called {team}. The teams are: {known or 'none yet'}.")
        risks = every_case_of
        if risks is None:
            risks = [risk for risk in risks_of_open_cases(session, found) if "high" in risk.casefold()]
        return plan_open_sample(session, found, certainty_risks=risks, by=person)

    register_and_draw(plan, by=by, receipt=receipt, database=database, as_json=as_json)


@draw_app.command("go-on")
def go_on(
    name: Annotated[str, typer.Option(help="The name of the sample that was registered.")],
    by: By,
    public_value: Annotated[
        str | None,
        typer.Option(help="The value of the beacon's round, or the seed that is typed for a demonstration."),
    ] = None,
    receipt: Receipt = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Go on with the draw of a plan that was registered and not drawn to the end."""

    def plan(session: Session, person: Person) -> Plan:
        waiting = [
            row
            for row in samples(session, person)
            if row.drawn_at is None and row.plan_id and row.state != Event.VOIDED
        ]
        for row in waiting:
            if row.name == name:
                return session.get_one(Plan, row.plan_id)
        known = ", ".join(f"“{row.name}”" for row in waiting)
        raise Refused(f"No sample called “{name}” waits for its draw. Waiting are: {known or 'none'}.")

    register_and_draw(
        plan,
        by=by,
        receipt=receipt,
        database=database,
        as_json=as_json,
        public_value=public_value,
        goes_on=True,
    )


def _period(first: str | None, last: str | None) -> tuple[date, date] | None:
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise Refused("A period needs both its days. Give --from and --until.")
    return _day(first), _day(last)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text!r} is no date. Type one such as 2026-04-01: year, month, day.") from None


def _due(session: Session, text: str | None) -> date:
    return default_due_date(session) if text is None else _day(text)


def _filters(session: Session, texts: Sequence[str]) -> dict[str, list[Any]]:
    """Fields and values from texts such as “team=North”; refuses a value that no case has."""
    filters: dict[str, list[Any]] = {}
    for text in texts:
        field, _, words = text.partition("=")
        values = field_values(session, field.strip())
        value = next((value for value, said in values.items() if said == words.strip()), None)
        if value is None:
            known = ", ".join(list(values.values())[:10])
            raise Refused(f"No case has {text!r}. Values of {field} are, among others: {known or 'none'}.")
        filters.setdefault(field.strip(), []).append(value)
    return filters
