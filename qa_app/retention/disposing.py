"""Disposing of what is due: exactly what was looked at, in one transaction, with a line in the log."""

import sqlite3
from datetime import date

import pandas as pd
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.orm import Session

from qa_app.retention.due import Due, due_records
from qa_app.retention.erasing import Erasing, erase
from qa_app.retention.erasing_samples import erase_samples, whole_samples
from qa_app.retention.stand_ins import StandIns
from sampling.records import audit_trail
from sampling.records.audit_chain import DISPOSE
from sampling.records.audit_clearing import clear_values
from sampling.records.database import now
from sampling.records.holds import check_may_keep
from sampling.records.people import Person
from sampling.records.retention import RULES, RecordClass, hash_of_records
from sampling.records.tables_retention import SAMPLES, Disposal, DisposedRecord
from sampling.refused import Refused


def dispose(session: Session, kind: RecordClass, *, until: date, confirm: int, by: Person) -> Disposal:
    """Take out of the records of a class that are due what its rule names, and nothing else.

    `confirm` is the number that the dry run told: refused where it is another by now. Nothing is deleted but
    digests; what is taken out goes from the audit trail too.
    """
    check_may_keep(session, by)
    _alone(session)
    due = due_records(session, kind, until=until, by=by)
    _check(due, confirm)
    assert due.years is not None
    disposal = Disposal(
        kind=kind,
        at=now(session),
        by_id=by.id,
        until=until,
        years=due.years,
        period_from=due.period_from,
        records=len(due.numbers),
        held=len(due.kept),
        records_sha256=hash_of_records(due.numbers),
    )
    session.add(disposal)
    session.flush()
    _note(session, disposal, kind, due.numbers)
    work = Erasing(session, StandIns(session))
    erase(work, kind, due.numbers)
    samples: list[int] = whole_samples(session) if kind is RecordClass.REVIEWS else []
    if samples:
        _note(session, disposal, SAMPLES, samples)
        erase_samples(work, samples)
    taken = clear_values(session, disposal, work.changed)
    audit_trail.record(
        session,
        DISPOSE,
        f"disposal {disposal.id}",
        by=by,
        kind=str(kind),
        until=str(until),
        years=due.years,
        period_from=str(due.period_from) if due.period_from else None,
        records=disposal.records,
        held=disposal.held,
        samples=len(samples),
        records_sha256=disposal.records_sha256,
        trail_sha256=taken,
    )
    session.expire_all()  # much was written past the objects of this session
    session.refresh(disposal)
    return disposal


def _check(due: Due, confirm: int) -> None:
    title = RULES[due.kind].title
    if due.years is None:
        raise Refused(
            f"{title} have no period, so none is disposed of. Set one on the screen Office, under Settings."
        )
    if not due.numbers:
        raise Refused(f"No record of the class {title.lower()} is due by {due.until:%d/%m/%Y}.")
    if confirm != len(due.numbers):
        raise Refused(
            f"{len(due.numbers):,} records of the class {title.lower()} are due, and {confirm:,} were "
            "confirmed. Look at them again with “qa retention list”, then confirm their number."
        )


def _alone(session: Session) -> None:
    """Nobody adds to what is looked at meanwhile: SQLite lets one write at a time, PostgreSQL is asked to."""
    if session.connection().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE retention_hold, disposed_record IN SHARE ROW EXCLUSIVE MODE"))
        session.execute(text('LOCK TABLE "case", review, learning_point, mail IN SHARE ROW EXCLUSIVE MODE'))
    else:
        # What is written over, and what is no longer needed, is overwritten in the file too.
        session.execute(text("PRAGMA secure_delete = ON"))


def _note(session: Session, disposal: Disposal, kind: str, numbers: list[int] | tuple[int, ...]) -> None:
    session.execute(
        insert(DisposedRecord),
        [{"kind": kind, "record_id": number, "disposal_id": disposal.id} for number in numbers],
    )


def sweep(engine: Engine) -> bool:
    """Take what was disposed of out of the database's files, as far as a database lets itself be told.

    SQLite writes the file anew, without what was in it. PostgreSQL frees the space, which is written over as
    new rows come. False where somebody else is using the file: then it can be done later.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM"))
            return True
        driver = connection.connection.driver_connection
        assert driver is not None
        try:
            driver.execute("VACUUM")
            busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            return False
        return not busy


def disposal_log(session: Session, *, by: Person) -> pd.DataFrame:
    """Every disposal, the newest first: what class, by which period, how many, and by whom."""
    check_may_keep(session, by)
    rows = session.execute(
        select(Disposal, Person.name).join(Person, Person.id == Disposal.by_id).order_by(Disposal.id.desc())
    )
    return pd.DataFrame(
        [
            (
                disposal.id,
                disposal.at,
                name,
                RULES[RecordClass(disposal.kind)].title,
                disposal.until,
                disposal.years,
                disposal.records,
                disposal.held,
                disposal.records_sha256,
            )
            for disposal, name in rows
        ],
        columns=[
            "Disposal",
            "When",
            "By",
            "Class",
            "Due by",
            "Years kept",
            "Records",
            "Kept by holds",
            "Hash of their numbers",
        ],
    )
