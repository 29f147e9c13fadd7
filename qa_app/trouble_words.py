"""When the database itself fails: what a person reads of it, in a sentence with the way out."""

from typing import Any, Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

# What may be gone again in a minute. Anything else while reading is an error of ours.
NO_ANSWER: Final = (OperationalError, InterfaceError, NoConnectionFree)
# While writing also what somebody else did at the same time, or that only reading is allowed.
NOT_DONE: Final = (DBAPIError, NoConnectionFree)

CANNOT_READ: Final = (
    "The database does not answer just now. What you had saved is still there. Reload the page in a minute."
)

_ASK: Final = "Ask whoever looks after this server, then do it again."
_ONLY_READ: Final = (
    "The database can only be read at present, and this cannot be done without writing something down. "
    "Ask whoever looks after this server, then reload the page."
)


def fault(number: str) -> str:
    """What is said of an error of ours, with the number under which the log has it."""
    return (
        "This cannot be shown because of a fault in the program. What you had saved is still there. Try "
        f"again; if it stays so, tell whoever looks after this server the error number {number}."
    )


def code_of(error: BaseException) -> str:
    """The database's own word for what went wrong, which holds nothing of what it was asked; or nothing."""
    told: Any = getattr(error, "orig", None)
    return getattr(told, "sqlstate", None) or getattr(told, "sqlite_errorname", None) or ""


def cannot_show(error: BaseException) -> str | None:
    """Why a page could not be shown; None for what is an error of ours."""
    if isinstance(error, DBAPIError) and _is_read_only(code_of(error)):
        return _ONLY_READ
    return CANNOT_READ if isinstance(error, NO_ANSWER) else None


def cannot_write(error: SQLAlchemyError) -> str:
    """Why something could not be done, and that nothing of it was, where that is known."""
    if not isinstance(error, DBAPIError):
        return "Too many people use the database at this moment, and nothing was changed. Do it again."
    code = code_of(error)
    if code in ("53100", "SQLITE_FULL"):
        return f"The disk of the database is full, and nothing was changed. {_ASK}"
    if _is_read_only(code):
        return f"The database can only be read at present, and nothing was changed. {_ASK}"
    if error.connection_invalidated and error.statement is None:  # gone while it was to commit
        return "The database was gone before it answered. Reload the page; do again only what is not done."
    return "The database could not do this just now, and nothing was changed. Do it again."


def _is_read_only(code: str) -> bool:
    return code == "25006" or code.startswith("SQLITE_READONLY")
