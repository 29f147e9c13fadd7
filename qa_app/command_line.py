"""The command `qa`: serve an office, show the demonstration, make one, import cases, draw, verify, evaluate.

Made for scripts too: results on standard output (with `--json` as JSON), progress and refusals
on standard error, and exit code 2 with one sentence when something is refused.
"""

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Annotated, Final

import typer
from sqlalchemy import Engine, MetaData
from sqlalchemy.orm import Session

from qa_app.command_admin import admin_app
from qa_app.command_digest import digest
from qa_app.command_doctor import doctor
from qa_app.command_draw import draw_app
from qa_app.command_evaluate import evaluate
from qa_app.command_evidence import evidence_pack
from qa_app.command_import import import_file
from qa_app.command_keeping import backup, move, restore
from qa_app.command_parts import (
    Database,
    Json,
    PasswordStdin,
    address_of,
    check_has_office,
    file_of,
    make_folder,
    office_of,
    opened,
    password_typed,
    refusals,
    say,
    shown,
    tell,
)
from qa_app.command_permissions import permissions
from qa_app.command_retention import retention_app
from qa_app.command_settings import settings_table
from qa_app.command_subject_access import subject_access
from qa_app.command_verify import verify
from qa_app.migrating import check_version, migrate
from qa_app.set_up import load_shipped
from qa_app.settings import check_settings
from sampling.records.audit_guards import grant_use
from sampling.records.database import reading, writing
from sampling.records.office import open_office
from sampling.refused import Refused

DEMONSTRATION_FILE: Final = "data/demonstration.sqlite"

# Plain text instead of boxes: what is printed is read by scripts and by screen readers too.
app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)
office_app = typer.Typer(help="The office of a database.", no_args_is_help=True)
app.add_typer(office_app, name="office")
app.add_typer(admin_app, name="admin")
app.command("import")(import_file)
app.add_typer(draw_app, name="draw")
app.add_typer(retention_app, name="retention")
app.command("verify")(verify)
app.command("doctor")(doctor)
app.command("backup")(backup)
app.command("restore")(restore)
app.command("move")(move)
app.command("evaluate")(evaluate)
app.command("digest")(digest)
app.command("permissions")(permissions)
app.command("settings")(settings_table)
app.command("subject-access")(subject_access)
app.command("evidence-pack")(evidence_pack)

Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to serve on.")]
Host = Annotated[str, typer.Option(help="The address to serve on; 0.0.0.0 serves the network.")]


@app.callback()
def start() -> None:
    """Casework QA."""
    sys.excepthook = _say_fault
    if "--help" not in sys.argv:
        with refusals():
            check_settings()


def _say_fault(kind: type[BaseException], error: BaseException, ended: TracebackType | None) -> None:
    """Instead of a traceback, whose words quote data: timers run commands, and their output is kept."""
    from qa_app import log  # a fifth of a second to import

    number = log.unexpected(error.with_traceback(ended))
    typer.echo(
        f"This command ended by a fault in the program ({kind.__name__}). Tell whoever looks after it the "
        f"error number {number}, and the line above.",
        err=True,
    )


@app.command()
def run(database: Database = None, port: Port = 8501, host: Host = "127.0.0.1") -> None:
    """Open the office's database and serve it."""
    with refusals():
        url = address_of(database)
        with opened(url) as engine:
            office = check_has_office(engine)
            if office.is_demonstration:
                raise Refused(
                    f"{shown(engine)} holds the demonstration. Start it with “qa demo”, or choose another."
                )
            _check_free(host, port)
            migrate(engine)
    typer.echo(f"{office.name} is at {_web_address(host, port)} (stop with Ctrl+C)")
    _serve(url, host, port)


@app.command()
def demo(
    database: Database = None,
    port: Port = 8501,
    host: Host = "127.0.0.1",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Throw the demonstration away and load it anew.")
    ] = False,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Load the demonstration only.")] = False,
) -> None:
    """Load the fictional demonstration office into its own database, and serve it."""
    from qa_app.demo import PASSWORD, SIGN_INS, is_complete, load  # much that other commands do not need

    with refusals():
        url = address_of(database, DEMONSTRATION_FILE)
        make_folder(url)
        with opened(url) as engine:
            office = office_of(engine)
            if office is not None and not office.is_demonstration:
                raise Refused(
                    f"{shown(engine)} holds a real office, {office.name}, which the demonstration must not "
                    "touch. Choose another database."
                )
            if not no_serve:
                _check_free(host, port)
            if office is not None and (fresh or not _is_whole(engine, is_complete)):
                _throw_away(engine)
                office = None
            migrate(engine)
            if office is None:
                load(engine, progress=tell)
    if not no_serve:
        typer.echo(f"The demonstration is at {_web_address(host, port)} (stop with Ctrl+C)")
    typer.echo(f"Sign in as one of these; the password of all is: {PASSWORD}")
    for role, email in SIGN_INS:
        typer.echo(f"  {role}: {email}")
    if not no_serve:
        _serve(url, host, port)


@office_app.command("init")
def office_init(
    name: Annotated[str, typer.Option(help="The name of the office.")],
    administrator: Annotated[str, typer.Option(help="The name of the first administrator.")],
    email: Annotated[str, typer.Option(help="The address the administrator signs in with.")],
    password_stdin: PasswordStdin = False,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Make the database of an office, with its first administrator."""
    password = password_typed(from_stdin=password_stdin)
    with refusals():
        url = address_of(database)
        make_folder(url)
        with opened(url) as engine:
            migrate(engine)
            with writing(engine, source="command line") as session:
                by = open_office(session, name, administrator=administrator, email=email, password=password)
                load_shipped(session, by=by)
            result: dict[str, object] = {
                "office": name.strip(),
                "administrator": by.email,
                "database": shown(engine),
            }
    say(
        f"{name.strip()} is set up in {result['database']}. Start it with “qa run”, sign in as {by.email}.",
        result,
        as_json=as_json,
    )


@office_app.command("grant")
def office_grant(
    role: Annotated[str, typer.Option(help="The role of PostgreSQL that the app will connect as.")],
    database: Database = None,
) -> None:
    """Give a role of PostgreSQL the rights the app needs, and none to change the audit trail."""
    with refusals(), opened(address_of(database)) as engine:
        check_has_office(engine)
        check_version(engine)
        with engine.begin() as connection:
            grant_use(connection, role)
    typer.echo(f"{role} can do what the app does. The audit trail it can only read and add to.")


def _is_whole(engine: Engine, is_complete: Callable[[Session], bool]) -> bool:
    """Whether the demonstration was loaded to its end, and not stopped on the way."""
    with reading(engine) as session:
        return is_complete(session)


def _throw_away(engine: Engine) -> None:
    """Remove a demonstration, whatever version of the product made it."""
    path = file_of(engine.url.render_as_string(hide_password=False))
    if path is None:
        tables = MetaData()
        tables.reflect(engine)
        tables.drop_all(engine)
        return
    engine.dispose()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _check_free(host: str, port: int) -> None:
    # Asked first: the server would say it in the middle of its log, after the demonstration was loaded.
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as attempt:
            if os.name != "nt":
                attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind((host, port))
    except OSError as error:
        raise Refused(
            f"Port {port} of {host} cannot be served: {error.strerror}. Choose another one with --port."
        ) from error


def _web_address(host: str, port: int) -> str:
    return f"http://{'localhost' if host in ('0.0.0.0', '::', '127.0.0.1') else host}:{port}"


def _serve(url: str, host: str, port: int) -> None:
    from qa_app.server import serve  # Streamlit takes a second to import, which other commands do not need

    serve(url, host=host, port=port)


if __name__ == "__main__":
    app()
