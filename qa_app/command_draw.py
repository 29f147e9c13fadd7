"""`qa draw` and `qa verify`: samples from the command line, and the check of a receipt."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from qa_app.command_parts import Database, Json, address_of, check_has_office, opened, refusals, say
from qa_app.migrating import migrate
from qa_app.sample_words import excluded_in_words, period_in_words, size_in_words
from sampling.case_filters import field_values
from sampling.drawing import carry_out_plan
from sampling.planning import default_due_date, risks_of_open_cases
from sampling.queries import check_against_register, receipt_of, samples
from sampling.receipt import verify_receipt
from sampling.records.database import reading, today, writing
from sampling.records.people import Person, Team, person_by_email
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.samples import EVERY_CASE, Size, ToShow, plan_case_sample, plan_open_sample
from sampling.tables import Plan, Route
from scorecards.second_scoring import carry_out_second_scoring

draw_app = typer.Typer(help="Freeze the cases, register the plan and draw a sample.", no_args_is_help=True)

By = Annotated[str, typer.Option(help="The e-mail address of whoever draws.")]
Receipt = Annotated[Path | None, typer.Option(help="Write the receipt of the draw to this ZIP file.")]
Name = Annotated[str | None, typer.Option(help="What the sample is called.")]
Filter = Annotated[
    list[str] | None,
    typer.Option("--filter", help='Only these cases, such as "case_type=complaint"; can be repeated.'),
]
Strata = Annotated[str | None, typer.Option(help='Share the sample out by a field, such as "team".')]
Standard = Annotated[str | None, typer.Option(help="The standard to show, such as 0.98; else the setting.")]
AllowedFailures = Annotated[int, typer.Option(help="How many may fail and the standard still be shown.")]
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
    allowed_failures: AllowedFailures = 0,
    due: Due = None,
    receipt: Receipt = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Draw from the closed cases of a period, enough to show a standard."""

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
            size=_rule(session, period, standard, allowed_failures),
            due_on=_due(session, due),
            by=person,
        )

    _draw(plan, by=by, receipt=receipt, database=database, as_json=as_json)


@draw_app.command("thematic")
def thematic(
    by: By,
    name: Annotated[str, typer.Option(help="What the sample is called.")],
    first: First = None,
    last: Last = None,
    filters: Filter = None,
    strata: Strata = None,
    cases: Annotated[int | None, typer.Option(help="Draw this many cases.")] = None,
    every_case: Annotated[bool, typer.Option("--every-case", help="Review every case.")] = False,
    standard: Standard = None,
    allowed_failures: AllowedFailures = 0,
    due: Due = None,
    receipt: Receipt = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Draw from the cases that filters select: enough to show a standard, a number, or every case."""

    def plan(session: Session, person: Person) -> Plan:
        period = _period(first, last)
        if cases is not None and every_case:
            raise Refused("Give either --cases or --every-case, not both.")
        size: Size = EVERY_CASE
        if not every_case:
            size = cases if cases is not None else _rule(session, period, standard, allowed_failures)
        return plan_case_sample(
            session,
            name,
            route=Route.THEMATIC,
            period=period,
            filters=_filters(session, filters or []),
            stratify_by=strata,
            size=size,
            due_on=_due(session, due),
            by=person,
        )

    _draw(plan, by=by, receipt=receipt, database=database, as_json=as_json)


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

    _draw(plan, by=by, receipt=receipt, database=database, as_json=as_json)


@draw_app.command("go-on")
def go_on(
    name: Annotated[str, typer.Option(help="The name of the sample that was registered.")],
    by: By,
    receipt: Receipt = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Go on with the draw of a plan that was registered and not drawn to the end."""

    def plan(session: Session, person: Person) -> Plan:
        waiting = [row for row in samples(session, person) if row.drawn_at is None and row.plan_id]
        for row in waiting:
            if row.name == name:
                return session.get_one(Plan, row.plan_id)
        known = ", ".join(f"“{row.name}”" for row in waiting)
        raise Refused(f"No sample called “{name}” waits for its draw. Waiting are: {known or 'none'}.")

    _draw(plan, by=by, receipt=receipt, database=database, as_json=as_json)


def verify(
    receipt: Annotated[Path, typer.Argument(help="The receipt of a draw: a ZIP file.")],
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Work out a draw again from its receipt; with --database, compare it with the office's register too."""
    with refusals():
        facts = verify_receipt(_read(receipt))
        if database is not None:
            with opened(address_of(database)) as engine:
                check_has_office(engine)
                with reading(engine) as session:
                    check_against_register(session, facts)
    drawn = len(facts["sample"])
    words = f"The receipt holds: {drawn:,} of {facts['population']:,} cases, drawn as registered."
    if database is not None:
        words += " It is what the office's register says."
    else:
        words += " It was not compared with the office's register; --database does that."
    kept = ("draw", "population", "frame_sha256", "plan_sha256", "registered_at", "seed", "drawn_at")
    result = {"holds": True, "drawn": drawn, "is_in_register": True if database is not None else None}
    say(words, result | {field: facts[field] for field in kept}, as_json=as_json)


def _draw(
    plan: Callable[[Session, Person], Plan],
    *,
    by: str,
    receipt: Path | None,
    database: str | None,
    as_json: bool,
) -> None:
    """Register what `plan` plans, draw it, and say what was drawn. Nothing is drawn if it is refused."""
    with refusals(), opened(address_of(database)) as engine:
        check_has_office(engine)
        migrate(engine)
        if receipt is not None:
            _check_can_write(receipt)
        with writing(engine) as session:
            person = _person(session, by)
            registered = plan(session, person)
            plan_id, route = registered.id, Route(registered.frame.route)
        carry_out = carry_out_second_scoring if route == Route.SECOND else carry_out_plan
        draw_id = carry_out(engine, plan_id, by_id=person.id)
        words, result = _what_was_drawn(engine, draw_id, person, receipt)
    say(words, result, as_json=as_json)


def _what_was_drawn(
    engine: Engine, draw_id: int, person: Person, receipt: Path | None
) -> tuple[str, dict[str, object]]:
    with reading(engine) as session:
        sample = next(row for row in samples(session, person) if row.draw_id == draw_id)
        if receipt is not None:
            receipt.write_bytes(receipt_of(session, draw_id, person))
    lines = [f"Drawn: {sample.name}.", size_in_words(sample), excluded_in_words(sample.excluded)]
    if receipt is not None:
        lines.append(f"The receipt is in {receipt}. Check it with “qa verify {receipt}”.")
    result: dict[str, object] = {
        "draw": draw_id,
        "sample": sample.name,
        "population": sample.population,
        "drawn": sample.size,
        "strata": sample.strata,
        "excluded": sample.excluded,
        "due_on": str(sample.due_on),
        "frame_sha256": sample.frame_sha256,
        "plan_sha256": sample.plan_sha256,
        "seed": sample.seed,
        "draw_number": sample.number,
        "draws_for_period": sample.draws,
    }
    return "\n".join(line for line in lines if line), result


def _person(session: Session, email: str) -> Person:
    person = person_by_email(session, email)
    if person is None or person.disabled_on is not None:
        raise Refused(f"Nobody here signs in as {email}. Name somebody who may draw, with --by.")
    return person


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


def _rule(
    session: Session, period: tuple[date, date] | None, standard: str | None, allowed_failures: int
) -> ToShow:
    day = period[1] if period else today(session)
    return ToShow(
        standard or setting(session, "outcome_standard", day),
        setting(session, "assurance", today(session)),
        allowed_failures,
    )


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


def _check_can_write(file: Path) -> None:
    if file.exists():
        raise Refused(f"{file} is there already. Choose another name for the receipt; nothing was drawn.")
    if not file.resolve().parent.is_dir():
        raise Refused(f"There is no folder {file.parent} for the receipt. Make it; nothing was drawn.")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}. Check its name.") from None
