"""Speed of a draw from 10,000,000 cases: run with `make bench`, never with the tests.

All in one run, so that the machine is the same for all: our draw statement, hashing alone on the same
table, reading the file alone, and DuckDB's and pandas' own sampling, which nobody can check afterwards.
The aim is a draw within 1.2 times hashing alone.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import duckdb
import pandas as pd
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sampling.big_frames import BigFrame, draw_from, open_frame

CASES, STRATA, OF_EACH = 10_000_000, 20, 30
AIM = 1.2
SEED = "00112233445566778899aabbccddeeff"

pytestmark = pytest.mark.benchmark(group=f"{OF_EACH} of each of {STRATA} strata of {CASES:,} cases")

_fastest: dict[str, float] = {}


@pytest.fixture(scope="module")
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def say(sentence: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n{sentence}", end="", flush=True)

    return say


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("big") / "cases.parquet"
    with duckdb.connect() as connection:
        connection.sql(
            "SELECT 'CASE-' || lpad((i * 7919 % 10000019)::VARCHAR, 8, '0') AS reference, "
            f"'Team ' || lpad((hash(i) % {STRATA})::VARCHAR, 2, '0') AS team FROM range({CASES}) t(i)"
        ).write_parquet(str(path))
    return path


@pytest.fixture(scope="module")
def frame(file: Path, say: Callable[[str], None]) -> Iterator[BigFrame]:
    """The frame, opened once. What each step of that took is printed, and at the end the ratios."""
    steps: list[tuple[float, str]] = []
    with open_frame(
        file,
        reference="reference",
        stratum="team",
        progress=lambda _, sentence: steps.append((perf_counter(), sentence)),
    ) as opened:
        steps.append((perf_counter(), ""))
        for (start, sentence), (end, _) in pairwise(steps):
            say(f"{sentence}: {end - start:.2f} s")
        yield opened
    hashing = _fastest["hashing alone"]
    for name, seconds in _fastest.items():
        say(f"{name}: {seconds:.2f} s, {seconds / hashing:.2f} times hashing alone")


def timed(benchmark: BenchmarkFixture, name: str, work: Callable[[], Any], *, rounds: int = 5) -> Any:
    result = benchmark.pedantic(work, rounds=rounds, warmup_rounds=1)
    _fastest[name] = benchmark.stats.stats.min
    return result


def hash_every_reference(frame: BigFrame) -> Any:
    return frame.connection.execute(f"SELECT max(sha256('{SEED}|' || reference)) FROM cases").fetchall()


def bench_our_draw(benchmark: BenchmarkFixture, frame: BigFrame, say: Callable[[str], None]) -> None:
    """With hashing alone before each round, and by processor time: what else the machine does counts less."""
    sizes = dict.fromkeys(frame.populations, OF_EACH)
    ratios: list[float] = []

    def hash_and_draw() -> None:
        start = process_time()
        hash_every_reference(frame)
        hashed = process_time()
        draw_from(frame, sizes, seed=SEED)
        ratios.append((process_time() - hashed) / (hashed - start))

    for _ in range(6):
        hash_and_draw()
    drawn = timed(benchmark, "our draw", lambda: draw_from(frame, sizes, seed=SEED))
    assert sum(map(len, drawn.values())) == STRATA * OF_EACH
    say(f"our draw by processor time: {median(ratios):.2f} times hashing alone (the aim is {AIM})")


def bench_hashing_alone(benchmark: BenchmarkFixture, frame: BigFrame) -> None:
    assert timed(benchmark, "hashing alone", lambda: hash_every_reference(frame))


def bench_reading_the_file_alone(benchmark: BenchmarkFixture, file: Path) -> None:
    # Joined, so that both are read: the largest of one column stands in the file's statistics.
    query = f"SELECT max(reference || team) FROM read_parquet('{file}')"
    with duckdb.connect() as connection:
        assert timed(benchmark, "reading the file alone", lambda: connection.execute(query).fetchall())


def bench_sampling_by_duckdb(benchmark: BenchmarkFixture, file: Path) -> None:
    # From all cases together: DuckDB cannot sample by stratum.
    query = f"FROM read_parquet('{file}') USING SAMPLE reservoir({STRATA * OF_EACH} ROWS) REPEATABLE (1)"
    with duckdb.connect() as connection:
        rows = timed(benchmark, "DuckDB's own sampling", lambda: connection.execute(query).fetchall())
    assert len(rows) == STRATA * OF_EACH


def bench_sampling_by_pandas(benchmark: BenchmarkFixture, file: Path) -> None:
    def sample() -> pd.DataFrame:
        return pd.read_parquet(file).groupby("team").sample(n=OF_EACH, random_state=1)

    assert len(timed(benchmark, "pandas' groupby.sample", sample, rounds=2)) == STRATA * OF_EACH
