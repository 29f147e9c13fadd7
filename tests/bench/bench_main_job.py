"""Speed of the main job: run with `make bench`, never with the tests.

The workbook is made here, as large as a big office's extract: 62,516 cases of 18 columns.
"""

import hashlib
import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from qa_app.demo import SIGN_INS, load
from qa_app.migrating import migrate
from sampling.draw import draw, frame_file, seed_from, sha256_hex
from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases
from sampling.records.case_mapping import Mapping
from sampling.records.case_rows import parse_cases
from sampling.records.database import connect, reading, writing
from sampling.records.office import open_office
from sampling.records.people import person_by_email

ROWS = 62_516
MAPPING = Mapping(
    reference="Complaint ID",
    state="State",
    states={"In progress": "open", "Closed": "closed"},
    team="Team",
    received_on="Received",
    closed_on="Closed on",
    attributes={"Column 7": "product"},
)


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("bench") / "cases.xlsx"
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(
        ["Complaint ID", "State", "Team", "Received", "Closed on", *(f"Column {n}" for n in range(6, 19))]
    )
    first = date(2023, 1, 2)
    for number in range(ROWS):
        received = first + timedelta(days=number % 900)
        closed = None if number % 40 == 0 else received + timedelta(days=number % 60)
        sheet.append(
            [
                3_000_000 + number,
                "In progress" if closed is None else "Closed",
                f"Team {number % 20}",
                received,
                closed,
                *(f"value {(number * column) % 97}" for column in range(6, 19)),
            ]
        )
    book.save(path)
    return path.read_bytes()


def bench_import_of_a_workbook(
    benchmark: BenchmarkFixture, workbook: bytes, tmp_path: Path, sqlite_template: Path
) -> None:
    def empty_office() -> tuple[tuple[Engine], dict[str, object]]:
        path = tmp_path / f"{os.urandom(4).hex()}.sqlite"
        path.write_bytes(sqlite_template.read_bytes())
        return (connect(f"sqlite:///{path}"),), {}

    def take_in(engine: Engine) -> None:
        as_at = datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001  the office's own time
        with writing(engine) as session:
            by = open_office(
                session, "Bench", administrator="Ada", email="ada@example.org", password="long enough to pass"
            )
            extract = parse_cases(read_table(workbook, "cases.xlsx"), MAPPING, as_at=as_at)
            made = import_cases(
                session,
                extract,
                file_name="cases.xlsx",
                file_sha256=hashlib.sha256(workbook).hexdigest(),
                as_at=as_at,
                mapping=MAPPING,
                by=by,
            )
            assert made.cases_new == ROWS

    benchmark.pedantic(take_in, setup=empty_office, rounds=3)


def bench_draw_2000_of_1000000(benchmark: BenchmarkFixture) -> None:
    references = [f"CASE-{number:07d}" for number in range(1_000_000)]
    strata = {f"S{number}": references[number::4] for number in range(4)}
    sizes = dict.fromkeys(strata, 500)
    seed = seed_from("0" * 64, "dice 3 1 4 1 5")
    drawn = benchmark.pedantic(lambda: draw(strata, sizes, seed=seed), rounds=3)
    assert sum(map(len, drawn.values())) == 2000


def bench_frame_file_of_1000000(benchmark: BenchmarkFixture) -> None:
    rows = [(f"CASE-{number:07d}", "S01") for number in range(1_000_000)]
    assert len(benchmark.pedantic(lambda: sha256_hex(frame_file(rows)), rounds=3)) == 64


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('bench') / 'demonstration.sqlite'}")
    migrate(engine)
    load(engine)
    return engine


@pytest.mark.parametrize("screen", ["start", "reviews", "samples", "results", "learning"])
@pytest.mark.parametrize("role", ["Head of Customer Care", "QA reviewer", "Line manager, North"])
def bench_screen(
    benchmark: BenchmarkFixture,
    screen: str,
    role: str,
    demonstration: Engine,
    open_screen: Callable[..., AppTest],
) -> None:
    if screen == "reviews" and role.startswith("Head"):
        pytest.skip("The Head does not review.")
    with reading(demonstration) as session:
        person = person_by_email(session, dict(SIGN_INS)[role])
    app = open_screen(demonstration, person, screen)
    benchmark.pedantic(app.run, rounds=5, warmup_rounds=1)
    assert not app.exception
