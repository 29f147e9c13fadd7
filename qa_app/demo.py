"""The demonstration: a fictional office that has played its last three months, by the real actions only.

Everything random comes from one seed but the draws, whose seeds come from the operating system as
everywhere. The months are the three before the one that runs now, so that its sample is under way.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from qa_app.demo_months import play_months
from qa_app.demo_people import PASSWORD as PASSWORD  # the sign-in page finds both here
from qa_app.demo_people import SIGN_INS as SIGN_INS
from sampling.records import audit_trail
from sampling.records.audit_trail import AuditEntry
from sampling.records.database import writing

_LOADED: Final = "load_demonstration"


def load(
    engine: Engine, *, progress: Callable[[float, str], object] | None = None, now: datetime | None = None
) -> None:
    """Fill an empty, migrated database with the demonstration office, as it would stand at a moment.

    `now` is the present unless told; `progress` is given a share from 0 to 1 and a sentence.
    Refused where the database holds an office. See `is_complete` for a load that was broken off.
    """
    moment = now or datetime.now(UTC)
    tell = progress or (lambda _share, _sentence: None)
    tell(0.0, "Opening the demonstration office")
    play_months(engine, now=moment, tell=tell)
    with writing(engine, now=moment) as session:
        audit_trail.record(session, _LOADED, "office", by=None)
    tell(1.0, "The demonstration office is ready")


def is_complete(session: Session) -> bool:
    """Whether the demonstration was loaded to its end. The database must have been migrated."""
    return session.scalars(select(AuditEntry.id).where(AuditEntry.action == _LOADED)).first() is not None
