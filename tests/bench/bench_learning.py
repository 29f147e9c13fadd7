"""Speed of the lists of learning at 100,000 points, on SQLite and PostgreSQL: run with `make bench` only.

The office is that of `bench_results_screens`, with 24,000 reviews. Seven points in ten come from one of them,
the others from elsewhere, half of these about a case; their words are drawn as words are in a text, few of
them often and most seldom. It is filled in SQLite, and PostgreSQL is given the same rows.
"""

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench.bench_results_screens import HEAD, NOW, START, TEAMS, fill, in_bulk
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy import Engine, select, text
from unguarded import unguarded

from learning_register.citations import LearningKind
from learning_register.documents import GUIDANCE, load_shipped_documents
from learning_register.duplicates import likely_duplicates
from learning_register.point_frames import points_frame
from learning_register.point_queries import page_of_points
from learning_register.point_search import EVERYTHING, PointFilters
from learning_register.recording import Lesson
from learning_register.root_causes import load_shipped_root_causes
from qa_app.migrating import TABLES, migrate
from sampling.records.appointments import give_role
from sampling.records.database import connect, reading, writing
from sampling.records.office import add_person
from sampling.records.people import Person, Role
from sampling.tables import Draw
from scorecards.closing import close_when_done

POINTS, REVIEWS, WORDS = 100_000, 24_000, 6_000
MANAGER, QA = "Manager Team 03", "Robin Qua"  # the other QA reviewer has scored everything


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "office.sqlite"
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    fill_with_learning(engine, path)
    engine.dispose()
    return path


@pytest.fixture(scope="module")
def sqlite_office(filled: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{filled}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def postgresql_office(filled: Path, postgres_server: Any) -> Iterator[Engine]:
    engine = connect(postgres_server.url(postgres_server.clone()))
    copy_rows(filled, engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.getfixturevalue(f"{request.param}_office")
    return made


def copy_rows(path: Path, engine: Engine) -> None:
    """Every row of a SQLite database into a PostgreSQL one that has the tables."""
    with sqlite3.connect(path) as source, engine.begin() as connection, unguarded(connection):
        connection.execute(text("SET LOCAL timezone TO 'UTC'"))
        cursor: Any = connection.connection.cursor()
        for table in TABLES.sorted_tables:
            connection.execute(table.delete())  # what a migration itself puts in
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as rows:
                for row in source.execute(f'SELECT {names} FROM "{table.name}"'):
                    rows.write_row(row)
    source.close()
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))


def fill_with_learning(engine: Engine, path: Path) -> None:
    """The office of the results with 100,000 learning points besides."""
    fill(engine, path, REVIEWS)
    with writing(engine, now=NOW) as session:
        by = session.scalars(select(Person).where(Person.name == "Ada Min")).one()
        robin = add_person(session, QA, email=None, password=None, by=by)
        give_role(session, robin, role=Role.QA_REVIEWER, team=None, starts_on=START, by=by)
        load_shipped_documents(session, by=by)
        load_shipped_root_causes(session, by=by)
        for draw in session.scalars(select(Draw)):
            close_when_done(session, draw, by=by)  # what was scored in bulk
    in_bulk(path, learned(path))


def learned(path: Path) -> Iterator[tuple[str, Iterator[tuple[Any, ...]]]]:
    with sqlite3.connect(path) as connection:
        reviewed = connection.execute(
            "SELECT review.id, frame_case.team_id FROM review "
            "JOIN sampled_case ON sampled_case.id = review.sampled_case_id "
            "JOIN frame_case ON frame_case.id = sampled_case.frame_case_id"
        ).fetchall()
    connection.close()
    random = np.random.default_rng(5)
    words = np.array([f"{'bcdfghlmnprst'[n % 13]}{'aeiou'[n % 5]}{_letters(n)}" for n in range(WORDS)])
    share = 1 / np.arange(3, WORDS + 3)
    texts = words[random.choice(WORDS, (POINTS, 18), p=share / share.sum())]
    kinds = random.choice(list(map(str, LearningKind)), POINTS, p=[0.6, 0.3, 0.1])
    chosen, days = random.integers(len(reviewed), size=POINTS), random.integers(1_100, size=POINTS)
    rows = []
    for number in range(POINTS):
        from_review = number % 10 < 7
        review_id, team_id = reviewed[chosen[number]] if from_review else (None, number % TEAMS + 1)
        rows.append(
            (
                number + 1,
                "review" if from_review else ("by_hand", "positive_feedback")[number % 2],
                review_id,
                f"requirement-{number % 15}" if from_review else None,
                None if from_review or number % 2 else number % REVIEWS + 1,
                kinds[number],
                " ".join(texts[number]),
                team_id,
                number % 9 + 1,
                ("low", "medium", "high", None)[number % 4],
                ("minor", "moderate", "serious", None)[number % 7 % 4],
                number % 5 == 0,
                f"{date(2026, 7, 1) - timedelta(days=int(days[number]))} 12:00:00.000000",
                None if number % 3 else "2026-07-01",
                None if number % 3 else 1,
            )
        )
    yield (
        "INSERT INTO learning_point (id, source, review_id, requirement_key, case_id, kind, description, "
        "team_id, root_cause_id, recurrence_risk, severity, may_be_published, logged_at, fed_back_on, "
        "fed_back_to_id, is_gap, source_note, is_complete, logged_by_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', 0, 3)",
        iter(rows),
    )
    yield (
        "INSERT INTO learning_citation (learning_point_id, document, version, reference, title, is_verified) "
        f"VALUES (?, '{GUIDANCE}', '12.0', ?, 'Title', 1)",
        ((number + 1, str(number * 31 % 78 + 1)) for number in range(POINTS)),
    )
    yield (
        "INSERT INTO learning_commitment (learning_point_id, number) VALUES (?, ?)",
        ((number + 1, number % 18 + 1) for number in range(POINTS)),
    )
    yield "UPDATE learning_point SET is_complete = 1 WHERE id > ?", iter([(0,)])
    yield "ANALYZE", iter([()])


def _letters(number: int) -> str:
    return "".join(chr(97 + int(digit) * 2) for digit in str(number * 7919 % 100_003))


FILTERS = {
    "everything": EVERYTHING,
    "a common word": PointFilters(words="ceoscs"),
    "two words": PointFilters(words="ceoscs doiemgi"),
    "a phrase that is nowhere": PointFilters(words='"nothing of the kind"'),
    "a paragraph": PointFilters(document=GUIDANCE, paragraph="38"),
    "a commitment of serious points not fed back": PointFilters(
        commitment=5, severity="serious", fed_back=False
    ),
    "a team without action": PointFilters(team_id=4, has_action=False),
    "a root cause and a year": PointFilters(
        root_cause_id=3, logged_from=date(2025, 1, 1), logged_to=date(2025, 12, 31)
    ),
}


@pytest.mark.parametrize("name", [HEAD, QA, MANAGER])
@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
def bench_a_page(benchmark: BenchmarkFixture, office: Engine, name: str, filters: PointFilters) -> None:
    """A page of the list with its count: to stay below 200 ms for everybody."""
    with reading(office) as session:
        person = session.scalars(select(Person).where(Person.name == name)).one()
        benchmark.pedantic(page_of_points, (session, person, filters), {"page": 0, "size": 25}, rounds=5)


def bench_likely_duplicates(benchmark: BenchmarkFixture, office: Engine) -> None:
    """Asked at every pause of whoever writes a point down: to stay below 200 ms."""
    with reading(office) as session:
        person = session.scalars(select(Person).where(Person.name == HEAD)).one()
        text = "ceoscs doiemgi is not what was meant by the paragraph that was cited"
        lesson = Lesson(LearningKind.ORGANISATIONAL, text)
        benchmark.pedantic(likely_duplicates, (session, person, lesson), {"team_id": 4}, rounds=5)


def bench_export(benchmark: BenchmarkFixture, office: Engine) -> None:
    """Everything as a frame, to be written to a file."""
    with reading(office) as session:
        person = session.scalars(select(Person).where(Person.name == HEAD)).one()
        benchmark.pedantic(points_frame, (session, person, EVERYTHING), rounds=1)
