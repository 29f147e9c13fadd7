"""Speed of the service standards: the rule over 1,000,000 cases, a click over 62,516. `make bench` only."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy import Engine, insert
from streamlit.testing.v1 import AppTest

from qa_app.migrating import migrate
from sampling.records.appointments import give_role
from sampling.records.calendars import bank_holidays_between
from sampling.records.cases import Case, Import
from sampling.records.database import connect, writing
from sampling.records.office import add_person, add_team, open_office
from sampling.records.people import Person, Role
from scorecards.clocks import Terms, due_in, monthly_shares, run_clock
from scorecards.periods import month_number

RULE, SCREEN, TEAMS, CASEWORKERS = 1_000_000, 62_516, 20, 400
DAY = date(2026, 7, 6)
NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)


def cases(number: int) -> pd.DataFrame:
    """Cases of three years: most closed, some without a day, a few cancelled."""
    rng = np.random.default_rng(75)
    received = np.datetime64(DAY) - rng.integers(1, 1_100, number).astype("timedelta64[D]")
    allocated = received + rng.integers(0, 9, number).astype("timedelta64[D]")
    closed = allocated + rng.gamma(2.2, 11, number).astype("timedelta64[D]")
    is_open = closed >= np.datetime64(DAY)
    state = np.where(is_open, "open", np.where(rng.random(number) < 0.02, "cancelled", "closed"))
    allocated[rng.random(number) < 0.01] = np.datetime64("NaT")
    closed[is_open] = np.datetime64("NaT")
    return pd.DataFrame(
        {
            "state": pd.Series(state, dtype="category"),
            "case_type": pd.Series(["Complaint"] * number, dtype="category"),
            "received_on": received.astype("datetime64[s]"),
            "allocated_on": allocated.astype("datetime64[s]"),
            "closed_on": closed.astype("datetime64[s]"),
        }
    )


def bench_the_service_standard_of_a_million_cases(benchmark: BenchmarkFixture) -> None:
    frame = cases(RULE)
    terms = [Terms(date.min, "allocated_on", 20, bank_holidays_between("ENG", 2023, 2028))]
    months = list(range(month_number(DAY) - 11, month_number(DAY) + 1))

    def work_out() -> int:
        run = run_clock(frame, terms, unit="working days", day=DAY)
        quarter = due_in(run, date(2026, 4, 1), date(2026, 6, 30), day=DAY)
        return len(quarter) + int(monthly_shares(run, months, day=DAY)["n"].sum())

    assert benchmark(work_out) > 0


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('bench') / 'office.sqlite'}")
    migrate(engine)
    with writing(engine, now=NOW) as session:
        by = open_office(
            session, "Bench", administrator="Ada Min", email="ada@example.org", password="long enough to pass"
        )
        head = add_person(session, "Hedda Head", email="head@example.org", password="long enough too", by=by)
        give_role(session, head, role=Role.HEAD, starts_on=date(2026, 1, 1), by=by)
        teams = [add_team(session, f"Team {number}", by=by).id for number in range(TEAMS)]
        people = [Person(name=f"Owner {number}") for number in range(CASEWORKERS)]
        session.add_all(people)
        session.add(
            Import(
                file_name="bench.csv",
                file_sha256="0" * 64,
                as_at=NOW - timedelta(hours=2),
                mapping={},
                dropped_columns=[],
                notes=[],
                cases_new=SCREEN,
                cases_changed=0,
                cases_same=0,
                cases_vanished=0,
                rows_refused=0,
                by_id=by.id,
                at=NOW,
            )
        )
        session.flush()
        frame = cases(SCREEN)
        days = {
            name: [None if pd.isna(day) else day.date() for day in frame[name]]
            for name in ("received_on", "allocated_on", "closed_on")
        }
        session.execute(
            insert(Case),
            [
                {
                    "reference": f"B-{number}",
                    "reference_key": f"B-{number}",
                    "state": str(frame["state"][number]),
                    "case_type": "Complaint",
                    "risk": "High" if number % 40 == 0 else "Low",
                    "team_id": teams[number % TEAMS],
                    "caseworker_id": people[number % CASEWORKERS].id if number % 29 else None,
                    **{name: days[name][number] for name in days},
                    "attributes": {},
                    "first_import_id": 1,
                    "last_import_id": 1,
                }
                for number in range(SCREEN)
            ],
        )
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("screen", "part"),
    [
        ("service", "In time"),
        ("service", "Long cases"),
        ("service", "Caseloads"),
        ("service", "Queue"),
        ("risks", "High-risk cases"),
        ("risks", "Categories"),
    ],
)
def bench_a_click_on_a_screen_of_62_516_cases(
    benchmark: BenchmarkFixture, office: Engine, open_screen: Callable[..., AppTest], screen: str, part: str
) -> None:
    with writing(office) as session:
        head = session.get_one(Person, 2)
    app = open_screen(office, head, screen, part=part)
    assert not app.exception
    benchmark.pedantic(app.run, rounds=5)
    assert not app.exception
