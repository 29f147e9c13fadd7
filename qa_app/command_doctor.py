"""`qa doctor`: is everything the app needs as it should be?"""

import shutil
import socket
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError

from qa_app.command_parts import Database, Json, address_of, check_has_office, file_of, opened, say, shown
from qa_app.mail_server import mail_server
from qa_app.migrating import check_version
from sampling.records import audit_trail
from sampling.records.audit_trail import AuditEntry
from sampling.records.database import reading
from sampling.refused import Refused

_LEAST_FREE: Final = 500_000_000  # bytes: a backup of a large office and its journal
_DRIFT: Final = timedelta(minutes=2)
_PATIENCE: Final = 10.0  # seconds for the mail server


def doctor(
    database: Database = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out the audit trail, which takes a while when it is long.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look at settings, database, version, disk, clock, mail, audit trail; exit code 1 if one is not well."""
    with opened(address_of(database)) as engine:
        checks: dict[str, Callable[[], str]] = {
            "Settings": _settings,
            "Database": lambda: _database(engine),
            "Version": lambda: _version(engine),
            "Disk": lambda: _disk(engine),
            "Clock": lambda: _clock(engine),
        }
        checks["Mail"] = _mail
        if not quick:
            checks["Audit trail"] = lambda: _trail(engine)
        found: dict[str, tuple[bool, str]] = {}
        for name, check in checks.items():
            found[name] = _looked_at(check)
            if name == "Database" and not found[name][0]:
                break  # nothing else can be said of it
    words = [
        f"{'Well' if well else 'NOT WELL':8}  {name}: {sentence}" for name, (well, sentence) in found.items()
    ]
    result: dict[str, object] = {
        name: {"well": well, "sentence": sentence} for name, (well, sentence) in found.items()
    }
    say("\n".join(words), result, as_json=as_json)
    if not all(well for well, _ in found.values()):
        raise typer.Exit(1)


def _looked_at(check: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, check()
    except Refused as refused:
        return False, str(refused)
    except (DBAPIError, OSError) as error:
        reason = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()[0]
        return False, f"It cannot be used: {reason}."


def _settings() -> str:
    from qa_app.settings_model import where_from  # a fifth of a second to import

    return where_from()


def _database(engine: Engine) -> str:
    return f"{check_has_office(engine).name}, in {shown(engine)}."


def _version(engine: Engine) -> str:
    check_version(engine)
    return "The database is of this version."


def _disk(engine: Engine) -> str:
    path = file_of(engine.url.render_as_string(hide_password=False))
    folder = path.parent if path is not None else Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    words = f"{free / 1e9:.1f} GB free in {folder}."
    if free < _LEAST_FREE:
        raise Refused(f"{words} Make room for at least {_LEAST_FREE / 1e9:.1f} GB.")
    if path is not None:
        with tempfile.NamedTemporaryFile(dir=folder):  # a disk may have room and still be read-only
            pass
    return words


def _clock(engine: Engine) -> str:
    here = datetime.now(UTC)
    with reading(engine) as session:
        if engine.dialect.name == "postgresql":
            there = session.scalar(select(func.clock_timestamp())) or here
            if abs(there - here) > _DRIFT:
                raise Refused(
                    f"This machine says {here:%H:%M:%S} and the database {there:%H:%M:%S} (UTC). "
                    "Set both by a time server."
                )
        newest = session.scalar(select(func.max(AuditEntry.at)))
    if newest is not None and newest > here + _DRIFT:
        raise Refused(
            f"The newest entry of the audit trail is from {newest:%d %B %Y %H:%M} (UTC), which is yet to "
            "come. Set the clock by a time server."
        )
    return f"It is {here:%d %B %Y %H:%M} (UTC)."


def _mail() -> str:
    server = mail_server()
    if server is None:
        return "QA_SMTP_URL is not set, so e-mails are taken as files and no digest is sent."
    try:
        with socket.create_connection((server.host, server.port), timeout=_PATIENCE):
            return f"{server.host} answers on port {server.port}."
    except OSError as error:
        raise Refused(f"{server.host} does not answer on port {server.port}: {error}.") from error


def _trail(engine: Engine) -> str:
    with reading(engine) as session:
        entries, broken = audit_trail.check_trail(session)
        head = audit_trail.head(session)
    if broken is not None:
        raise Refused(f"It does not hold. {broken.words}")
    return f"{entries:,} entries hold; the last hash is {head}."
