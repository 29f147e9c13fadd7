"""Mappings of columns that are kept under a name, to be used again."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.case_import import check_may_import
from sampling.records.case_mapping import Mapping, check_mapping, from_json, to_json
from sampling.records.cases import SavedMapping
from sampling.records.people import Person
from sampling.refused import Refused


def save_mapping(session: Session, name: str, mapping: Mapping, *, by: Person) -> SavedMapping:
    """Keep a mapping under a name; a mapping that had the name is replaced."""
    check_may_import(session, by)
    check_mapping(mapping)
    name = name.strip()
    if not name:
        raise Refused("The mapping has no name. Type one.")
    saved = session.scalars(select(SavedMapping).where(SavedMapping.name == name)).first()
    before = saved.mapping if saved is not None else None
    if saved is None:
        saved = SavedMapping(name=name, mapping=to_json(mapping))
        session.add(saved)
    else:
        saved.mapping = to_json(mapping)
    session.flush()
    audit_trail.record(session, "save_mapping", f"mapping {saved.id}", by=by, name=name, before=before)
    return saved


def saved_mappings(session: Session) -> dict[str, Mapping]:
    """Every mapping that was kept, by its name."""
    rows = session.execute(select(SavedMapping.name, SavedMapping.mapping).order_by(SavedMapping.name))
    return {name: from_json(content) for name, content in rows}
