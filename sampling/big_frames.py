"""Frames of many millions of cases, drawn from a CSV or Parquet file without loading it into Python.

DuckDB copies the two columns that count into a working folder, once: what is hashed is then what is
drawn from, whatever becomes of the file. Memory is bounded; what does not fit goes to the working
folder. Recipe cqa1 (`sampling.draw`) bit for bit: the same frame file, tickets and samples.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import duckdb

from sampling.actions import share_to_show
from sampling.big_frame_files import check_repeats, check_rows, copy_cases, in_a_sentence, rows_of
from sampling.draw import SEED, sha256_hex
from sampling.frames import StratumOf, strata_codes
from sampling.planning import check_strata_count
from sampling.randomness import from_system
from sampling.receipt import FRAME
from sampling.refused import Refused
from sampling.registering import RECIPE
from sampling.samples import EVERY_CASE, ToShow
from sampling.strata import share_proportionally
from sampling.stratified import EXACT, HOEFFDING_BINOMIAL, METHODS, method_for
from sampling.tables import Purpose

MEMORY: Final = "1GB"
MOST_DRAWN: Final = 999_999  # DuckDB's arg_min takes no larger n

Progress = Callable[[float, str], None]
BigSize = ToShow | int | Literal["every case"]

# The references with the smallest tickets of each stratum. Which of two equal tickets comes first is left
# open here, and needs no answer: two references with one ticket would be a collision of SHA-256.
DRAW: Final = """
    SELECT label, arg_min(reference, sha256($prefix || reference), n)
    FROM cases
    JOIN (SELECT unnest($labels::VARCHAR[]) AS label, unnest($sizes::BIGINT[]) AS n) USING (label)
    GROUP BY label
"""


@dataclass(frozen=True)
class BigStratum:
    """A part of a big frame. Its code goes into files; its label, which may name a person, does not."""

    code: str
    label: str
    population: int


@dataclass(frozen=True)
class BigFrame:
    """A frame that was checked and hashed; usable as long as `open_frame` is."""

    source: Mapping[str, str | None]  # the file's name and the columns that were read
    strata: tuple[BigStratum, ...]
    population: int
    frame_sha256: str
    content: Path  # the frame file
    connection: duckdb.DuckDBPyConnection

    @property
    def populations(self) -> dict[str, int]:
        """The number of cases by the code of the stratum."""
        return {stratum.code: stratum.population for stratum in self.strata}


class Drawn(NamedTuple):
    """A drawn case: its ticket, by which it sorts, and its reference."""

    ticket: str
    reference: str


def _silently(share: float, sentence: str) -> None:
    """The progress of work that nobody watches."""


@contextmanager
def open_frame(
    path: Path,
    *,
    reference: str,
    stratum: str | None = None,
    working: Path | None = None,
    progress: Progress = _silently,
) -> Iterator[BigFrame]:
    """Which cases does a file hold, how many of each stratum, and what does their frame file hash to?

    `reference` and `stratum` name columns; without `stratum` all cases are one. In CSV every cell is
    text; in Parquet the references must be. `working` is the folder for working files (the system's,
    unless told), some 100 bytes a case, which are removed at the end. Raises `Refused` for a file, column
    or row that cannot be drawn from, naming the first bad rows: in CSV the names of the columns are
    row 1, in Parquet the first case is.
    """
    if not path.is_file():
        raise Refused(f"There is no file {path}. Check its name.")
    with tempfile.TemporaryDirectory(prefix="working-", dir=working, ignore_cleanup_errors=True) as made:
        folder = Path(made)
        with _connected(folder) as connection:
            with in_a_sentence(path.name):
                progress(0.0, f"Reading {path.name}")
                first_row = copy_cases(connection, path, reference=reference, stratum=stratum)
                ((population,),) = rows_of(connection, "SELECT count(*) FROM cases")
                if population == 0:
                    raise Refused(f"{path.name} has no cases. Choose another file.")
                progress(0.3, f"Checking {population:,} references")
                check_rows(connection, first_row, reference=reference, stratum=stratum)
                strata = _strata(connection)
                progress(0.4, f"Looking for repeated ones among {population:,} references")
                check_repeats(connection, first_row)
                progress(0.6, f"Hashing the frame of {population:,} cases")
                frame_sha256 = _write_frame_file(connection, folder / FRAME)
            source = {"file": path.name, "reference": reference, "strata": stratum}
            yield BigFrame(source, strata, population, frame_sha256, folder / FRAME, connection)


def plan_of(frame: BigFrame, size: BigSize, *, assurance: str) -> dict[str, Any]:
    """What does the plan say, before it is registered? Its number and time are for the register to add.

    `size` is a rule, a number of cases shared out in proportion, or `EVERY_CASE`. Raises `Refused` when
    no case would be drawn, or more than `MOST_DRAWN`.
    """
    populations = frame.populations
    purpose, sizes, rule = Purpose.QUOTA, populations, dict[str, Any](assurance=assurance)
    if isinstance(size, ToShow):
        purpose = Purpose.SHOW
        rule = {
            "standard": size.standard,
            "assurance": size.assurance,
            "allowed_failures": size.allowed_failures,
        }
        sizes = dict(share_to_show(populations, **rule))
    elif size != EVERY_CASE:
        sizes = share_proportionally(populations, size)
    if purpose != Purpose.SHOW and sizes == populations:
        purpose = Purpose.CENSUS
    drawn = sum(sizes.values())
    if drawn == 0:
        raise Refused("The plan draws no case at all. Ask for at least one.")
    if drawn > MOST_DRAWN:
        raise Refused(f"A sample of {drawn:,} cases is too large: {MOST_DRAWN:,} is the most. Ask for fewer.")
    method = EXACT
    if len(populations) > 1:
        sized = purpose == Purpose.SHOW  # then the bound that sized the sample judges it
        method = METHODS[HOEFFDING_BINOMIAL if sized else method_for(populations, sizes)]
    return {
        "recipe": RECIPE,
        "purpose": str(purpose),
        "source": dict(frame.source),
        "frame_sha256": frame.frame_sha256,
        "population": frame.population,
        "sizes": sizes,
        "rule": rule,
        "method": method,
        "parent_draw": None,
        "late_to": None,
        "randomness": from_system(),
    }


def draw_from(frame: BigFrame, sizes: Mapping[str, int], *, seed: str) -> dict[str, list[Drawn]]:
    """Which cases are in the sample? The smallest tickets of each stratum, in ticket order.

    What `sampling.draw.draw` gives, by the codes of the strata. `sizes` gives how many to draw from each
    stratum, 0 included. Raises `Refused` for a seed that is not 32 lower-case hex digits, strata without
    a size or sizes without a stratum, and sizes that are negative or above the stratum.
    """
    if not SEED.fullmatch(seed):
        raise Refused(
            f"{seed!r} is not a seed. A seed is 32 lower-case hex digits, as the register shows it."
        )
    _check_sizes(frame.populations, sizes)
    wanted = {stratum.label: sizes[stratum.code] for stratum in frame.strata if sizes[stratum.code]}
    values = {"prefix": f"{seed}|", "labels": list(wanted), "sizes": list(wanted.values())}
    with in_a_sentence(str(frame.source["file"])):
        found = dict(rows_of(frame.connection, DRAW, values))
    return {
        stratum.code: sorted(
            Drawn(sha256_hex(f"{seed}|{reference}".encode()), reference)
            for reference in found.get(stratum.label, ())
        )
        for stratum in frame.strata
    }


def _connected(folder: Path) -> duckdb.DuckDBPyConnection:
    """A database of its own in the working folder."""
    return duckdb.connect(
        str(folder / "cases.duckdb"),
        config={
            "memory_limit": MEMORY,
            "temp_directory": str(folder / "spilled"),
            "autoinstall_known_extensions": False,  # nothing is fetched from anywhere
            "autoload_known_extensions": False,
        },
    )


def _strata(connection: duckdb.DuckDBPyConnection) -> tuple[BigStratum, ...]:
    """The strata with their codes, here and as the table `strata`."""
    ((different,),) = rows_of(connection, "SELECT count(DISTINCT label) FROM cases")
    check_strata_count(different)
    counted = dict(rows_of(connection, "SELECT label, count(*) FROM cases GROUP BY label"))
    codes = strata_codes([StratumOf(label) for label in counted])
    strata = tuple(BigStratum(code, of.label, counted[of.label]) for of, code in codes.items())
    rows_of(
        connection,
        "CREATE TABLE strata AS "
        "SELECT unnest($labels::VARCHAR[]) AS label, unnest($codes::VARCHAR[]) AS code",
        {"labels": [stratum.label for stratum in strata], "codes": [stratum.code for stratum in strata]},
    )
    return strata


def _write_frame_file(connection: duckdb.DuckDBPyConnection, content: Path) -> str:
    """Write the frame file of `sampling.draw.frame_file`; its SHA-256."""
    # References are ASCII above the tab, and unique: the lines sort as the references do, bytewise.
    lines = connection.sql("SELECT reference, code FROM cases JOIN strata USING (label) ORDER BY reference")
    lines.write_csv(str(content), header=False, sep="\t", quotechar="")
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_sizes(populations: Mapping[str, int], sizes: Mapping[str, int]) -> None:
    if sizes.keys() != populations.keys():
        raise Refused(f"The strata are {', '.join(populations)}. Give the size of each, and of no other.")
    for code, population in populations.items():
        if not 0 <= sizes[code] <= min(population, MOST_DRAWN):
            raise Refused(f"{sizes[code]} cases cannot be drawn from stratum {code} of {population}.")
