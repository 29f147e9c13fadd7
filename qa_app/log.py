"""The log: one line of JSON for each event, on standard error. It holds no case data, no names, no text.

Nothing gets into it but what the functions here take. Of an exception that is its kind and its place in the
program: its words quote what it was about. Of what libraries log it is their name, and the place.
"""

import json
import logging
import secrets
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path, PurePath
from types import TracebackType
from typing import Any, Final, Literal, TextIO

import structlog

from qa_app.trouble_words import code_of

SLOW: Final = 1.0  # seconds that people wait for a screen
_OURS: Final = Path(__file__).parents[1]
_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}

Outcome = Literal["done", "refused", "failed"]
_LEVEL_OF: Final = {"done": "info", "refused": "info", "failed": "error"}


def set_up(level: str) -> None:
    """Let this whole process log so, from a level on: also what libraries say, and what nobody caught."""
    _configure(level)
    # Made over where they are born: it does not matter then which handler a library prints them with.
    logging.setLogRecordFactory(_record_without_words)
    logging.basicConfig(format="%(message)s", level=level_of_libraries(level), force=True)
    logging.getLogger("streamlit.error_util").addFilter(_is_not_told_already)
    warnings.showwarning = _show_warning
    sys.excepthook = _nobody_caught
    threading.excepthook = lambda said: _nobody_caught(said.exc_type, said.exc_value, said.exc_traceback)
    sys.unraisablehook = lambda said: _nobody_caught(said.exc_type, said.exc_value, said.exc_traceback)


def level_of_libraries(level: str) -> int:
    """Libraries tell of each start and each connection, which nobody asked for."""
    return _LEVELS["warning" if level == "info" else level]


def started(version: str, database: str) -> None:
    """The process serves."""
    _log("info", "start", version=version, database=database)


def stopped() -> None:
    """The process has ended what it did."""
    _log("info", "stop")


def action(
    names: list[str],
    outcome: Outcome,
    *,
    place: str,
    seconds: float,
    person: int | None,
    session: str,
    error: BaseException | None = None,
) -> None:
    """Something that a person asked for: the actions recorded of it, or how far it came."""
    of_error = {} if error is None else _kind_and_place(error)
    _log(
        _LEVEL_OF[outcome],
        "action",
        actions=names,
        outcome=outcome,
        refused=outcome == "refused",
        asked_in=place,
        seconds=round(seconds, 3),
        person=person,
        session=session,
        **of_error,
    )


def problem_shown(*, records: list[str], person: int | None, session: str) -> None:
    """A problem on a page whose address names records was shown: perhaps others' numbers are tried."""
    _log("warning", "problem_shown", records=records, person=person, session=session)


def slow_screen(screen: str, seconds: float, *, person: int | None, session: str) -> None:
    """A screen that took longer than people wait."""
    _log("warning", "slow_screen", screen=screen, seconds=round(seconds, 3), person=person, session=session)


def sign_in_failed(through: Literal["password", "organisation"], why: str) -> None:
    """Somebody did not get in; `why` is a word of ours or the name of an exception."""
    _log("warning", "sign_in_failed", through=through, why=why)


def upload_too_large() -> None:
    """A file was sent that is larger than any that is read; it was not taken in."""
    _log("warning", "upload_too_large")


def readings_not_kept(
    error: BaseException, screen: str, readers_and_read: list[list[int]], *, session: str
) -> None:
    """Who read whose results, by their numbers, where the audit trail could not be written."""
    _log(
        "error",
        "readings_not_kept",
        screen=screen,
        readers_and_read=readers_and_read,
        session=session,
        **_kind_and_place(error),
    )


def trouble(error: BaseException, *, place: str, person: int | None = None, session: str = "") -> None:
    """The database does not do what it is asked, and people have been told so in a sentence."""
    _log(
        "error", "database_trouble", asked_in=place, person=person, session=session, **_kind_and_place(error)
    )


def unexpected(error: BaseException, *, person: int | None = None, session: str = "") -> str:
    """An error of ours. Returns its number, by which the person who sees it and this line are matched."""
    number = secrets.token_hex(4)
    told = _kind_and_place(error)
    _log("error", "unexpected_error", number=number, person=person, session=session, **told)
    return number


def _log(level: str, event: str, **fields: Any) -> None:
    structlog.get_logger().log(_LEVELS[level], event, **fields)


def _configure(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
    )


def _kind_and_place(error: BaseException) -> dict[str, Any]:
    told: dict[str, Any] = {"error": " from ".join(_kinds(error)), "places": _places(error.__traceback__)}
    if code := code_of(error):
        told["code"] = code
    return told


def _kinds(error: BaseException | None) -> Iterator[str]:
    """The kind of an exception and of those it came from."""
    while error is not None:
        yield type(error).__name__
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(ended: TracebackType | None) -> list[str]:
    """Where in our own code, from the outside in, and at last where in whatever it called."""
    frames = [
        (PurePath(frame.f_code.co_filename), line, frame.f_code.co_name)
        for frame, line in traceback.walk_tb(ended)
    ]
    told = [
        (path, line, name)
        for path, line, name in frames
        if path.is_relative_to(_OURS) and "site-packages" not in path.parts
    ]
    return [f"{_short(path)}:{line} {name}" for path, line, name in dict.fromkeys([*told, *frames[-1:]])]


def _short(path: PurePath) -> str:
    """A path without what lies before the program or the library."""
    if "site-packages" in path.parts:
        return PurePath(*path.parts[path.parts.index("site-packages") + 1 :]).as_posix()
    return path.relative_to(_OURS).as_posix() if path.is_relative_to(_OURS) else path.name


def _record_without_words(
    name: str,
    level: int,
    path: str,
    line: int,
    _words: object,
    _values: object,
    exc_info: Any,
    function: str | None = None,
    _stack: str | None = None,
    **_more: object,
) -> logging.LogRecord:
    told: dict[str, Any] = {
        "logger": name,
        "place": f"{_short(PurePath(path))}:{line}",
        "event": "library",
        "level": logging.getLevelName(level).lower(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    if isinstance(exc_info, tuple) and exc_info[1] is not None:
        told |= _kind_and_place(exc_info[1])
    return logging.LogRecord(name, level, path, line, json.dumps(told), None, None, function)


def _is_not_told_already(record: logging.LogRecord) -> bool:
    # What a screen does not catch `unexpected` tells, with its number.
    return record.funcName != "_log_uncaught_app_exception"


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    _log("warning", "warning", error=category.__name__, places=[f"{_short(PurePath(filename))}:{lineno}"])


def _nobody_caught(
    kind: type[BaseException], error: BaseException | None, ended: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        unexpected((error or kind()).with_traceback(ended))


_configure("info")
