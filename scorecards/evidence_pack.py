"""The file of an evidence pack: tables, scorecards, receipt and audit entries, with the hash of each."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, cast, literal, or_, select
from sqlalchemy.orm import Session

from sampling.receipt_queries import made_receipt
from sampling.records import audit_trail
from sampling.records.audit_chain import Entry, text_of
from sampling.records.audit_trail import AuditEntry
from sampling.records.cases import Case
from sampling.records.downloads import as_csv
from sampling.refused import Refused
from sampling.tables import Draw, RegisterEntry, SampledCase
from scorecards.evidence_extent import Extent, cases_told
from scorecards.evidence_read_me import read_me
from scorecards.evidence_rows import cards_of, people_in, tables_of
from scorecards.tables import Review

_ALWAYS: Final = (1980, 1, 1, 0, 0, 0)  # the date of every file: like contents make like bytes


def made_pack(session: Session, extent: Extent, *, under_way: tuple[str, ...]) -> bytes:
    """The ZIP of a pack. The same state of the books gives the same bytes, whoever takes it, and when."""
    draw = extent.draw
    tables = tables_of(session, extent)
    entries = list(audit_trail.entries(session, _tells_of(extent)))
    acted = _who_drew(session, draw) | {entry.by for entry in entries if entry.by is not None}
    tables["people.csv"] = people_in(session, tables.values(), acted)
    files = {name: as_csv(table) for name, table in tables.items()}
    files |= {name: text.encode() for name, text in cards_of(session, extent).items()}
    files |= _audit_files(entries)
    files["audit-head.txt"] = f"{audit_trail.head(session)}\n".encode()
    no_receipt = None
    try:
        files["receipt.zip"] = made_receipt(session, draw)
    except Refused as refused:
        no_receipt = str(refused)
    files["README.txt"] = read_me(draw, no_receipt=no_receipt, under_way=under_way).encode()
    sums = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    files["SHA256SUMS"] = "".join(sums).encode()
    return _zipped(files)


def _audit_files(entries: list[Entry]) -> dict[str, bytes]:
    """The text of each entry in a line, and beside it, in the same order, the hash that was kept of it."""
    return {
        "audit-entries.jsonl": "".join(f"{text_of(entry)}\n" for entry in entries).encode(),
        "audit-hashes.txt": "".join(f"{entry.sha256}\n" for entry in entries).encode(),
    }


def _who_drew(session: Session, draw: Draw) -> set[int]:
    """Who froze, planned and seeded the sample, and who changed it since."""
    register = session.execute(
        select(RegisterEntry.by_id, RegisterEntry.second_id).where(RegisterEntry.plan_id == draw.plan_id)
    )
    numbers = {number for row in register for number in row if number is not None}
    return numbers | {draw.plan.frame.frozen_by_id, draw.plan.registered_by_id, draw.seeded_by_id}


def _tells_of(extent: Extent) -> ColumnElement[bool]:
    """The condition on AuditEntry that it is about the sample, its cases, its reviews or their pairs."""
    draw = extent.draw
    return or_(
        AuditEntry.subject.in_([f"frame {draw.plan.frame_id}", f"plan {draw.plan_id}", f"draw {draw.id}"]),
        AuditEntry.subject.in_(_subjects("sampled case", SampledCase.id, extent.cases)),
        AuditEntry.subject.in_(_subjects("sampled case", SampledCase.id, extent.pairs)),
        AuditEntry.subject.in_(_subjects("review", Review.id, extent.reviews)),
        and_(
            AuditEntry.action == "declare_involvement",
            AuditEntry.subject.in_(_subjects("case", Case.id, cases_told(extent))),
        ),
    )


def _subjects(word: str, column: Any, numbers: Select[int]) -> Select[str]:
    """What the entries about some rows are "on": `review 12`."""
    return select(literal(f"{word} ") + cast(column, String)).where(column.in_(numbers)).correlate(None)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _ALWAYS), files[name], zipfile.ZIP_DEFLATED)
    return made.getvalue()
