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


def cannot_write(error: SQLAlchemyError) -> str:
    """Why something could not be done, and that nothing of it was, where that is known."""
    if not isinstance(error, DBAPIError):
        return "Too many people use the database at this moment, and nothing was changed. Do it again."
    told: Any = error.orig
    code = getattr(told, "sqlstate", None) or getattr(told, "sqlite_errorname", None) or ""
    if code in ("53100", "SQLITE_FULL"):
        return f"The disk of the database is full, and nothing was changed. {_ASK}"
    if code == "25006" or code.startswith("SQLITE_READONLY"):
        return f"The database can only be read at present, and nothing was changed. {_ASK}"
    if error.connection_invalidated and error.statement is None:  # gone while it was to commit
        return "The database was gone before it answered. Reload the page; do again only what is not done."
    return "The database could not do this just now, and nothing was changed. Do it again."
