"""Taking out of the rows of disposed records what `erased` says, and remembering which rows these were."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, cast

from sqlalchemy import RowMapping, Table, and_, bindparam, delete, inspect, select, text, update
from sqlalchemy.orm import Session

from learning_register.tables_mail import Mail
from qa_app.retention.erased import ERASED, Erased, Row
from qa_app.retention.stand_ins import StandIns
from sampling.records.retention import WORDS, RecordClass
from sampling.records.settings import setting_over_time
from scorecards.cases_as_at import FURTHER_DAYS

_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Erasing:
    """The rows that one disposal has changed so far, by table and key as the audit trail names them."""

    session: Session
    stand_ins: StandIns
    changed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def write(self, table: Table, rows: Iterable[tuple[RowMapping, dict[str, Any]]]) -> None:
        """Write the new values of rows, each given as it was, where something differs."""
        keys = list(table.primary_key.columns)
        written = []
        for values, new in rows:
            if all(values[name] == value for name, value in new.items()):
                continue
            written.append(
                {f"old_{key.name}": values[key.name] for key in keys}
                | {f"new_{name}": value for name, value in new.items()}
            )
            for row in (values, {**values, **new}):  # a key may name a person, too
                self.changed[table.name].add(" ".join(str(row[key.name]) for key in keys))
        if not written:
            return
        names = [name.removeprefix("new_") for name in written[0] if name.startswith("new_")]
        self.session.connection().execute(
            update(table)
            .where(and_(*(key == bindparam(f"old_{key.name}") for key in keys)))
            .values({name: bindparam(f"new_{name}") for name in names}),
            written,
        )


def erase(work: Erasing, kind: RecordClass, numbers: Sequence[int]) -> None:
    """Take out of every row of these records what their class says is disposed of."""
    session = work.session
    kept = frozenset(
        column for name in FURTHER_DAYS.values() for _, column in setting_over_time(session, name) if column
    )
    for portion in portions(numbers):
        if kind is RecordClass.MAIL:
            _delete_digests(work, portion)
        for erased in ERASED[kind]:
            _erase_rows(work, erased, portion, kept)
    if kind is RecordClass.LEARNING and session.get_bind().dialect.name == "sqlite":
        # The full-text search keeps words that it was told to forget, until it is made anew.
        session.execute(text("INSERT INTO learning_point_text (learning_point_text) VALUES ('rebuild')"))


def _erase_rows(work: Erasing, erased: Erased, numbers: list[int], kept: frozenset[str]) -> None:
    table = cast(Table, inspect(erased.table).local_table)
    query = select(*table.columns, erased.record.label("of_record")).where(erased.record.in_(numbers))
    if erased.through is not None:
        query = query.join_from(table, *erased.through)
    rows = []
    for values in work.session.execute(query.order_by(*table.primary_key.columns)).mappings():
        row = Row(values, values["of_record"], work.stand_ins, kept)
        new: dict[str, Any] = {name: WORDS if values[name] else values[name] for name in erased.texts}
        new |= {
            name: work.stand_ins.of(row.record, values[name])
            for name in erased.people
            if values[name] is not None
        }
        new |= {name: change(row) for name, change in erased.others.items()}
        # Each row has the same columns, so that all are written by one statement.
        rows.append((values, dict.fromkeys(erased.people) | new))
    work.write(table, rows)


def _delete_digests(work: Erasing, numbers: list[int]) -> None:
    digests = work.session.scalars(select(Mail.id).where(Mail.id.in_(numbers), Mail.kind == "digest")).all()
    work.session.execute(
        delete(Mail).where(Mail.id.in_(digests)).execution_options(synchronize_session=False)
    )
    work.changed["mail"] |= {str(number) for number in digests}


def portions(numbers: Sequence[int]) -> Iterator[list[int]]:
    """So many at a time as a statement can name."""
    going = iter(numbers)
    while portion := list(islice(going, _AT_ONCE)):
        yield portion
