"""The settings of this process: environment variables that begin with QA_, checked at the start.

Everything else asks here. What there is to set is in `settings_model`.
"""

import os
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from sampling.refused import Refused

if TYPE_CHECKING:
    from qa_app.settings_model import Settings


def settings() -> "Settings":
    """The settings; refuses what is wrong with them, in a sentence each, and repeats no secret."""
    return _read(tuple(os.environ.get(name) for name in _variables()))


def check_settings() -> None:
    """Refuse settings that are wrong, and names that begin with QA_ and set nothing."""
    known = _variables()
    sentences = []
    for name in sorted(name for name in os.environ if name.startswith("QA_") and name not in known):
        (like, *_) = [*get_close_matches(name, known, n=1), ""]
        meant = f"Did you mean {like}?" if like else "“qa settings” lists them."
        sentences.append(f"{name} is no setting of this program. {meant}")
    try:
        settings()
    except Refused as refused:
        sentences.append(str(refused))
    if sentences:
        raise Refused("\n".join(sentences))


def serve_database(url: str) -> None:
    """Make this the database of the process, whatever was set: `--database` goes before it."""
    os.environ.pop("QA_DATABASE_URL_FILE", None)
    os.environ["QA_DATABASE_URL"] = url


@lru_cache(maxsize=1)
def _read(_environment: tuple[str | None, ...]) -> "Settings":
    # pydantic takes a fifth of a second to import, which `qa --help` does not need.
    from qa_app.settings_model import read_settings

    return read_settings()


@cache
def _variables() -> tuple[str, ...]:
    from qa_app.settings_model import variables

    return variables()
