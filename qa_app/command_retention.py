"""`qa retention`: what is due to be disposed of, and disposing of exactly that."""

from datetime import date, datetime
from typing import Annotated, Final

import typer
from sqlalchemy.orm import Session

from qa_app.command_parts import (
    Database,
    Json,
    address_of,
    check_has_office,
    opened,
    person_who_signs_in,
    refusals,
    say,
)
from qa_app.migrating import check_version
from qa_app.retention.disposing import dispose, sweep
from qa_app.retention.due import Due, due_records
from sampling.records.database import reading, today, writing
from sampling.records.retention import RULES, RecordClass, retention_in_words
from sampling.refused import Refused

retention_app = typer.Typer(
    help="What is due to be disposed of, and disposing of it. Nothing is ever disposed of by itself.",
    no_args_is_help=True,
)

Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Whose period is over by this day; today unless told."),
]
By = Annotated[str, typer.Option(help="Who looks or disposes: the address they sign in with.")]

_SHOWN: Final = 20  # of what is kept, in words; JSON has all


@retention_app.command("list")
def list_due(
    by: By,
    kind: Annotated[
        RecordClass | None, typer.Option("--class", help="One class; otherwise every one.")
    ] = None,
    until: Until = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Say what is due, how old the oldest is, and what is kept by holds. Changes nothing."""
    with refusals(), opened(address_of(database)) as engine:
        check_has_office(engine)
        check_version(engine)
        with reading(engine) as session:
            person = person_who_signs_in(session, by)
            found = [
                due_records(session, one, until=_day(session, until), by=person)
                for one in ([kind] if kind else RecordClass)
            ]
    say(
        "\n".join(_in_words(due) for due in found),
        {"classes": [_as_data(due) for due in found]},
        as_json=as_json,
    )


@retention_app.command("dispose")
def dispose_of(
    kind: Annotated[RecordClass, typer.Option("--class", help="The class to dispose of.")],
    by: By,
    confirm: Annotated[int, typer.Option(help="How many records, as “qa retention list” has said.")],
    until: Until = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Dispose of what is due of a class. It cannot be taken back: make sure of it with “list” first."""
    with refusals(), opened(address_of(database)) as engine:
        check_has_office(engine)
        check_version(engine)
        with writing(engine, source="command line") as session:
            disposal = dispose(
                session,
                kind,
                until=_day(session, until),
                confirm=confirm,
                by=person_who_signs_in(session, by),
            )
            result: dict[str, object] = {
                "disposal": disposal.id,
                "class": str(kind),
                "until": str(disposal.until),
                "records": disposal.records,
                "held": disposal.held,
                "records_sha256": disposal.records_sha256,
            }
        swept = sweep(engine)
    words = (
        f"Disposal {result['disposal']}: {result['records']:,} records of the class "
        f"{RULES[kind].title.lower()} are disposed of, and {result['held']:,} are kept. "
        "Backups made before still hold them."
    )
    if not swept:
        words += (
            " The database is in use, so its file was not written anew. Stop the app, and run "
            "“qa retention sweep”."
        )
    say(words, result | {"swept": swept}, as_json=as_json)


@retention_app.command("sweep")
def sweep_files(database: Database = None) -> None:
    """Write the database's file anew, without what was disposed of. Disposing does it where nobody works."""
    with refusals(), opened(address_of(database)) as engine:
        check_has_office(engine)
        if not sweep(engine):
            raise Refused("The database is in use, so its file cannot be written anew. Stop the app first.")
    typer.echo("What was disposed of is gone from the database’s file.")


def _day(session: Session, until: datetime | None) -> date:
    return until.date() if until else today(session)


def _in_words(due: Due) -> str:
    title = RULES[due.kind].title
    if due.years is None:
        return f"{title}: no period is set, so all are kept."
    period = retention_in_words(str(due.years))
    since = f", set from {due.period_from:%d/%m/%Y}" if due.period_from else ", as shipped"
    words = f"{title} ({period}{since}): {len(due.numbers):,} due by {due.until:%d/%m/%Y}"
    words += f", the oldest counted from {due.oldest:%d/%m/%Y}." if due.oldest else "."
    if due.numbers:
        words += (
            f"\n  To dispose of them: qa retention dispose --class {due.kind} --until {due.until} "
            f"--confirm {len(due.numbers)} --by EMAIL"
        )
    if due.kept:
        words += f"\n  Kept though their period is over: {len(due.kept):,}"
        words += "".join(f"\n    number {one.record}: {one.why}" for one in due.kept[:_SHOWN])
        if len(due.kept) > _SHOWN:
            words += f"\n    and {len(due.kept) - _SHOWN:,} more, which --json lists"
    return words


def _as_data(due: Due) -> dict[str, object]:
    return {
        "class": str(due.kind),
        "until": str(due.until),
        "years": due.years,
        "period_from": str(due.period_from) if due.period_from else None,
        "due": len(due.numbers),
        "oldest": str(due.oldest) if due.oldest else None,
        "kept": [
            {"record": one.record, "counted_from": str(one.counted_from), "holds": one.holds, "why": one.why}
            for one in due.kept
        ],
    }
