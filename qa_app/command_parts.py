"""What every command shares: which database, how far, what came out, and what is refused."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from qa_app.migrating import is_migrated
from qa_app.settings import settings
from sampling.records.database import connect, reading
from sampling.records.office import Office, the_office
from sampling.records.people import Person, person_by_email
from sampling.refused import Refused

OFFICE_FILE: Final = "data/office.sqlite"

Database = Annotated[
    str | None,
    typer.Option(help="A SQLite file, or the address of a database. Otherwise QA_DATABASE_URL says which."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, do not ask.")
]


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what is refused, and a database that does not answer, into one sentence and exit code 2."""
    try:
        yield
    except Refused as refused:
        sentence = str(refused)
    except (DBAPIError, ArgumentError) as error:
        reason = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()[0]
        sentence = f"The database cannot be used: {reason}"
    else:
        return
    typer.echo(sentence, err=True)
    raise typer.Exit(2)


def address_of(database: str | None, file: str = OFFICE_FILE) -> str:
    """The SQLAlchemy address: of --database (an address or a file), of QA_DATABASE_URL, of the usual file."""
    if database is None:
        set_to = settings().database_url
        return set_to.get_secret_value() if set_to else f"sqlite:///{Path(file).resolve()}"
    return database if "://" in database else f"sqlite:///{Path(database).resolve()}"


def file_of(url: str) -> Path | None:
    """The file of a SQLite database; None for a server's."""
    parts = make_url(url)
    return Path(parts.database) if parts.get_backend_name() == "sqlite" and parts.database else None


def make_folder(url: str) -> None:
    """Make the folder of a SQLite database, where it is missing."""
    path = file_of(url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """The database at an address, closed at the end."""
    engine = connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


def office_of(engine: Engine) -> Office | None:
    """The office of a database; None where there is none, or no database yet. Makes nothing."""
    path = file_of(engine.url.render_as_string(hide_password=False))
    if (path is not None and not path.exists()) or not is_migrated(engine):
        return None
    with reading(engine) as session:
        return the_office(session)


def check_has_office(engine: Engine) -> Office:
    """The office of a database; refuses where there is none."""
    office = office_of(engine)
    if office is None:
        raise Refused(
            f"There is no office in {shown(engine)}. Run “qa office init” first, or choose another database."
        )
    return office


def person_who_signs_in(session: Session, email: str) -> Person:
    """Somebody who works here, by the address they sign in with."""
    person = person_by_email(session, email)
    if person is None or person.disabled_on is not None:
        raise Refused(f"Nobody here signs in as {email}. Name somebody who may draw, with --by.")
    return person


def password_typed(*, from_stdin: bool) -> str:
    """A password: from standard input, or asked for twice and not shown."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True)
    return typed


def shown(engine: Engine) -> str:
    """A database's address as it may be printed: a file, or an address without its password."""
    url = engine.url.render_as_string(hide_password=True)
    return str(file_of(url) or url)


def tell(share: float, sentence: str) -> None:
    """Show on standard error how far a long piece of work has come."""
    line = f"{share:4.0%}  {sentence}"
    if sys.stderr.isatty():
        typer.echo(f"\r\033[K{line}", err=True, nl=share >= 1)
    else:
        typer.echo(line, err=True)


def say(words: str, result: dict[str, object], *, as_json: bool) -> None:
    """Print what came out: in words for people, as JSON for scripts."""
    typer.echo(json.dumps(result, ensure_ascii=False, indent=2) if as_json else words)
