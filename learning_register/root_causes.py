"""The list of root causes that the office keeps: added, renamed, retired, brought back."""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from learning_register.tables import RootCause
from sampling.records import audit_trail
from sampling.records.database import today
from sampling.records.people import Person, Role, check_may_act_as
from sampling.refused import Refused

KEEPERS: Final = (Role.ADMINISTRATOR, Role.HEAD)

# What an office starts from, and changes as it likes.
SHIPPED: Final = (
    "Guidance missing or unclear",
    "Guidance known and not followed",
    "Knowledge or training",
    "Communication between colleagues or teams",
    "Communication with the person",
    "Records or file handling",
    "Workload or absence",
    "System or tool",
    "Decision not thought through",
)


def load_shipped_root_causes(session: Session, *, by: Person) -> None:
    """Give the office the root causes that come with the product, those it has not got."""
    check_may_act_as(session, by, *KEEPERS)
    known = {name.casefold() for name in session.scalars(select(RootCause.name))}
    new = [name for name in SHIPPED if name.casefold() not in known]
    session.add_all(RootCause(name=name) for name in new)
    session.flush()
    audit_trail.record(session, "load_root_causes", "root causes", by=by, count=len(new))


def add_root_cause(session: Session, name: str, *, by: Person) -> RootCause:
    """Add a root cause to the list."""
    check_may_act_as(session, by, *KEEPERS)
    cause = RootCause(name=_new_name(session, name))
    session.add(cause)
    session.flush()
    audit_trail.record(session, "add_root_cause", f"root cause {cause.id}", by=by, name=cause.name)
    return cause


def rename_root_cause(session: Session, cause: RootCause, name: str, *, by: Person) -> None:
    """Give a root cause another name; the points that have it show the new one."""
    check_may_act_as(session, by, *KEEPERS)
    before, cause.name = cause.name, _new_name(session, name, but=cause.id)
    audit_trail.record(
        session, "rename_root_cause", f"root cause {cause.id}", by=by, before=before, after=cause.name
    )


def retire_root_cause(session: Session, cause: RootCause, *, by: Person) -> None:
    """Take a root cause out of the choice; the points that have it keep it."""
    check_may_act_as(session, by, *KEEPERS)
    if cause.retired_on is not None:
        raise Refused(f"“{cause.name}” is retired already.")
    cause.retired_on = today(session)
    audit_trail.record(session, "retire_root_cause", f"root cause {cause.id}", by=by)


def bring_back_root_cause(session: Session, cause: RootCause, *, by: Person) -> None:
    """Let a retired root cause be chosen again."""
    check_may_act_as(session, by, *KEEPERS)
    if cause.retired_on is None:
        raise Refused(f"“{cause.name}” is in the list.")
    cause.retired_on = None
    audit_trail.record(session, "bring_back_root_cause", f"root cause {cause.id}", by=by)


def root_causes(session: Session) -> list[RootCause]:
    """Every root cause by name, the retired ones too."""
    return list(session.scalars(select(RootCause).order_by(func.lower(RootCause.name))))


def causes_to_choose(session: Session, *, but_also: int | None = None) -> dict[int, str]:
    """The root causes that can be chosen today, by number; and the one a point has already."""
    rows = session.execute(
        select(RootCause.id, RootCause.name)
        .where(RootCause.retired_on.is_(None) | (RootCause.id == (but_also or 0)))
        .order_by(func.lower(RootCause.name))
    )
    return {row[0]: row[1] for row in rows}


def _new_name(session: Session, name: str, *, but: int = 0) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused("The root cause has no name. Type one.")
    same = session.scalars(
        select(RootCause).where(func.lower(RootCause.name) == name.lower(), RootCause.id != but)
    ).first()
    if same is not None:
        back = " Bring it back instead." if same.retired_on is not None else ""
        raise Refused(f"There is a root cause “{same.name}” already.{back}")
    return name
