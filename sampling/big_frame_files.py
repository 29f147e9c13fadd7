"""Cases of a CSV or Parquet file as a table of DuckDB: copied as they are, and refused where they cannot be.

The table `cases` has the columns `reference` and `label` (of the stratum), its rows in the order of the file.
"""

import csv
import glob
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

from sampling.draw import NAMED, REFERENCE
from sampling.frames import stratum_of
from sampling.refused import Refused

PARQUET: Final = (".parquet", ".pq")
TEXT: Final = (".csv", ".tsv", ".txt")
SEPARATORS: Final = ",;\t"

_ALL_CASES: Final = stratum_of(None, None, {}).label


@contextmanager
def in_a_sentence(name: str) -> Iterator[None]:
    """Say in words what DuckDB could not do with a file."""
    try:
        yield
    except (duckdb.Error, OSError) as problem:
        reason = str(problem).strip().splitlines()[0]
        line = re.search(r"CSV Error on Line: (\d+)", reason)
        if line is None:
            raise Refused(f"{name} cannot be drawn from: {reason}") from problem
        raise Refused(
            f"Row {int(line[1]):,} of {name} cannot be read: it is not in UTF-8, has another number of cells "
            "than there are columns, or a quotation mark without its partner. Mend it in the file."
        ) from problem


def rows_of(
    connection: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, Any] | None = None
) -> list[Any]:
    """All rows of a query. DuckDB does nothing else on a connection until a result is read to its end."""
    return connection.execute(query, values).fetchall()


def copy_cases(
    connection: duckdb.DuckDBPyConnection, path: Path, *, reference: str, stratum: str | None
) -> int:
    """Make the table `cases` of a file; the number of its first case's row, as a spreadsheet counts."""
    kind = path.suffix.lower()
    values = {"file": glob.escape(str(path))}  # or DuckDB takes cases[1].csv for a pattern
    if kind in PARQUET:
        source, columns = _parquet(connection, path, values, reference, stratum)
    elif kind in TEXT:
        source, columns = _csv(path, reference, stratum)
    else:
        raise Refused(f"{path.name} is of a kind that cannot be drawn from. Save it as .csv or .parquet.")
    label = f"nullif({columns[stratum]}::VARCHAR, '')" if stratum is not None else f"'{_ALL_CASES}'"
    rows_of(
        connection,
        f"CREATE TABLE cases AS SELECT {columns[reference]}::VARCHAR AS reference, {label} AS label "
        f"FROM {source}",
        values,
    )
    return 1 if kind in PARQUET else 2


def _parquet(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    values: Mapping[str, str],
    reference: str,
    stratum: str | None,
) -> tuple[str, dict[str, str]]:
    """How SQL reads the file, and what SQL calls its columns; refuses references that are no text."""
    source = "read_parquet($file)"
    described = rows_of(connection, f"DESCRIBE SELECT * FROM {source}", values)
    types = {str(name): str(kind) for name, kind, *_ in described}
    _check_columns(path, list(types), reference, stratum)
    kind = types[reference]
    if kind != "VARCHAR" and not kind.startswith("ENUM"):
        raise Refused(
            f"The column “{reference}” of {path.name} holds {kind}, not text. A reference is text: as a "
            "number it may have lost its leading zeros. Save the column as text."
        )
    return source, {name: '"' + name.replace('"', '""') + '"' for name in types}


def _csv(path: Path, reference: str, stratum: str | None) -> tuple[str, dict[str, str]]:
    """How SQL reads the file, and what SQL calls its columns. All are text: 007 is not 7."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            start = file.read(100_000)
    except UnicodeDecodeError as problem:
        raise Refused(
            f"{path.name} is not text in UTF-8. Save it as “CSV UTF-8” and choose that file."
        ) from problem
    headers = {separator: _first_row(start, separator) for separator in SEPARATORS}
    asked = {reference, stratum or reference}
    separator = max(SEPARATORS, key=lambda mark: (asked <= set(headers[mark]), len(headers[mark])))
    names = headers[separator]
    _check_columns(path, names, reference, stratum)
    columns = ", ".join(f"c{at}: 'VARCHAR'" for at in range(len(names)))
    # Nothing is left to be guessed: DuckDB would guess from a sample of the rows.
    source = (
        f"read_csv($file, header = true, auto_detect = false, delim = '{separator}', quote = '\"', "
        f"escape = '\"', columns = {{{columns}}})"
    )
    return source, {name: f"c{at}" for at, name in enumerate(names)}


def _first_row(text: str, separator: str) -> list[str]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return [name.strip() for name in next(rows, [])]
    except csv.Error:
        return []


def _check_columns(path: Path, names: list[str], *asked: str | None) -> None:
    for name in asked:
        if name is not None and names.count(name) != 1:
            has = f"{names.count(name)} columns" if name in names else "no column"
            known = ", ".join(names[:20]) or "none"
            raise Refused(f"{path.name} has {has} called “{name}”. Its columns are: {known}.")


def check_rows(
    connection: duckdb.DuckDBPyConnection, first_row: int, *, reference: str, stratum: str | None
) -> None:
    """Refuse rows without a reference or a stratum, and references that are none."""
    conditions = {
        "reference IS NULL": f"the column “{reference}” is empty. Every case needs its reference",
        "NOT regexp_full_match(reference, $form)": (
            "not a case reference. A reference starts with a letter or digit and has at most 64 letters, "
            "digits and . _ / - without spaces"
        ),
        "label IS NULL": f"the column “{stratum}” is empty. Every case needs its stratum",
    }
    form = {"form": REFERENCE.pattern}
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in conditions)
    (found,) = rows_of(connection, f"SELECT {counts} FROM cases", form)
    for (condition, reason), bad in zip(conditions.items(), found, strict=True):
        if bad:
            first = rows_of(
                connection,
                f"SELECT rowid, reference FROM cases WHERE {condition} ORDER BY rowid LIMIT {NAMED}",
                form if "$form" in condition else None,
            )
            raise Refused(f"{_named(first, bad, first_row)}: {reason}. Correct it in the file.")


def check_repeats(connection: duckdb.DuckDBPyConnection, first_row: int) -> None:
    """Refuse references that stand there more than once, capital or small. May spill to the disk."""
    rows_of(
        connection,
        "CREATE TABLE repeated AS SELECT upper(reference) AS one FROM cases GROUP BY one HAVING count(*) > 1",
    )
    again = "FROM cases WHERE upper(reference) IN (SELECT one FROM repeated)"
    ((repeated,),) = rows_of(connection, f"SELECT count(*) {again}")
    if repeated:
        first = rows_of(
            connection, f"SELECT rowid, reference {again} ORDER BY upper(reference), rowid LIMIT {NAMED}"
        )
        raise Refused(
            f"{_named(first, repeated, first_row)}: the same case reference more than once (capitals and "
            "small letters count as the same). Remove the repeated cases from the file."
        )


def _named(rows: list[tuple[int, str | None]], total: int, first_row: int) -> str:
    """The first bad rows, as the file counts them."""
    named = ", ".join(
        f"row {place + first_row:,}" + ("" if reference is None else f" ({reference!r:.80})")
        for place, reference in rows
    )
    more = f" and {total - len(rows):,} more" if total > len(rows) else ""
    return f"{named[0].upper()}{named[1:]}{more}"
