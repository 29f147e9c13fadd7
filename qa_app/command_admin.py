"""`qa admin`: administrators, passwords and leavers from the command line, where nobody is signed in."""

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from qa_app.command_parts import (
    Database,
    Json,
    PasswordStdin,
    address_of,
    check_has_office,
    opened,
    password_typed,
    refusals,
    say,
)
from qa_app.migrating import check_version
from sampling.records.database import reading, writing
from sampling.records.office import disable_person, make_administrator, set_password
from sampling.records.people import Person, person_by_email
from sampling.refused import Refused

admin_app = typer.Typer(help="Administrators, passwords and leavers.", no_args_is_help=True)

Email = Annotated[str, typer.Option(help="The address they sign in with.")]


@admin_app.command()
def create(
    email: Email,
    name: Annotated[str | None, typer.Option(help="Their name, for somebody new here.")] = None,
    password_stdin: PasswordStdin = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="They sign in with the organisation’s account only.")
    ] = False,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Make somebody an administrator: somebody new, or somebody who signs in already."""
    with refusals(), opened(address_of(database)) as engine:
        check_has_office(engine)
        check_version(engine)
        with reading(engine) as session:
            is_new = person_by_email(session, email) is None
        asks = is_new and name is not None and not no_password
        password = password_typed(from_stdin=password_stdin) if asks else None
        with writing(engine, source="command line") as session:
            person = make_administrator(session, email, name=name, password=password)
    say(
        f"{person.name} is an administrator and signs in as {person.email}.",
        {"administrator": person.email},
        as_json=as_json,
    )


@admin_app.command("password")
def new_password(email: Email, password_stdin: PasswordStdin = False, database: Database = None) -> None:
    """Give somebody a new password, and sign them out everywhere."""
    with refusals(), opened(address_of(database)) as engine:
        check_has_office(engine)
        check_version(engine)
        with reading(engine) as session:
            _known(session, email)
        password = password_typed(from_stdin=password_stdin)
        with writing(engine, source="command line") as session:
            person = _known(session, email)
            set_password(session, person, password=password, by=None)
    typer.echo(f"{person.name} has a new password. Tell it to them in private.")


@admin_app.command()
def disable(email: Email, database: Database = None) -> None:
    """Let somebody sign in no more, and sign them out everywhere. What they recorded stays."""
    with refusals(), opened(address_of(database)) as engine:
        check_has_office(engine)
        check_version(engine)
        with writing(engine, source="command line") as session:
            person = _known(session, email)
            disable_person(session, person, by=None)
    typer.echo(f"{person.name} is disabled and signed out.")


def _known(session: Session, email: str) -> Person:
    person = person_by_email(session, email)
    if person is None:
        raise Refused(f"Nobody here signs in as {email}. Look at the screen Office for the right address.")
    return person
