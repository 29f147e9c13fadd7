"""Speed of the results over 200,000 reviews of 15 responses, on SQLite: run with `make bench` only.

The samples are drawn by the real actions. Cases, reviews and their 3,000,000 answers are written in bulk:
three in four reviews are of closed cases (twelve quarters), the others of managers' open cases. Every review
of open cases of the last four quarters is scored again.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from qa_app.migrating import migrate
from sampling.actions import register_sized_plan
from sampling.drawing import carry_out_plan
from sampling.frames import Eligible, StratumOf, freeze, freeze_case_frame
from sampling.records.appointments import give_role
from sampling.records.database import connect, reading, writing
from sampling.records.office import add_person, add_team, open_office
from sampling.records.people import Person, Role, Team
from sampling.tables import Route
from scorecards.cards import publish_scorecard, use_scorecard
from scorecards.periods import first_day, last_day, month_number
from scorecards.second_scoring import carry_out_second_scoring, plan_second_scoring

REVIEWS, TEAMS, QUARTERS, ASKED = 200_000, 20, 12, 15
SCORED_AGAIN = 4  # quarters
FIRST_MONTH = month_number(date(2023, 7, 1))
NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
START = date(2023, 1, 1)
HEAD, QA = "Hedda Head", "Quinn Qua"
RESPONSES = np.array(["met", "not_met", "not_applicable", "cannot_assess"])
CARD = """
key = "long-card"
title = "Long card"
version = 1
policy_document = "review-and-feedback-guidance"
policy_version = "12.0"
method_share = "4/5"
""" + "".join(
    f"""
[[requirement]]
key = "requirement-{number}"
kind = "{"outcome" if number < 5 else "method"}"
section = "Section"
text = "Requirement {number} was met in the case."
guidance = "Met: it is so."
citations = ["38"]
commitments = [5]
quality_standards = [4]
"""
    for number in range(ASKED)
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path = tmp_path_factory.mktemp("bench") / "office.sqlite"
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    fill(engine, path, REVIEWS)
    yield engine
    engine.dispose()


def fill(engine: Engine, path: Path, reviews: int) -> None:
    """An office with so many submitted reviews."""
    with writing(engine, now=NOW) as session:
        by = open_office(
            session, "Bench", administrator="Ada Min", email="ada@example.org", password="long enough to pass"
        )
        teams = [add_team(session, f"Team {number:02d}", by=by) for number in range(TEAMS)]
        for name, role, team in (
            (HEAD, Role.HEAD, None),
            (QA, Role.QA_REVIEWER, None),
            *((f"Manager {team.name}", Role.LINE_MANAGER, team) for team in teams),
        ):
            person = add_person(session, name, email=None, password=None, by=by)
            give_role(session, person, role=role, team=team, starts_on=START, by=by)
        use_scorecard(
            session, None, scorecard_key=publish_scorecard(session, CARD, by=by).key, starts_on=START, by=by
        )
        team_ids = [team.id for team in teams]
    closed = reviews * 3 // 4
    in_bulk(path, cases(closed, reviews - closed, team_ids))
    for quarter in range(QUARTERS):
        month = FIRST_MONTH + 3 * quarter
        drawn(engine, QA, lambda session, by, month=month: quarterly(session, by, month))
    of_each = (reviews - closed) // (TEAMS * QUARTERS)
    for number, team_id in enumerate(team_ids):
        for quarter in range(QUARTERS):
            first = closed + (number * QUARTERS + quarter) * of_each
            case_ids = range(first + 1, first + of_each + 1)
            month = FIRST_MONTH + 3 * quarter
            drawn(
                engine,
                f"Manager Team {number:02d}",
                lambda session, by, ids=case_ids, team_id=team_id, month=month: monthly(
                    session, by, session.get_one(Team, team_id), month, ids
                ),
            )
    in_bulk(path, scored(path))
    for quarter in range(QUARTERS - SCORED_AGAIN, QUARTERS):
        month = FIRST_MONTH + 3 * quarter
        with writing(engine, now=NOW) as session:
            by = session.scalars(select(Person).where(Person.name == QA)).one()
            period = (first_day(month), last_day(month + 2))
            plan = plan_second_scoring(session, period=period, allowed_failures=None, by=by)
            plan_id, by_id = plan.id, by.id
        carry_out_second_scoring(engine, plan_id, by_id=by_id, now=NOW)
        in_bulk(path, scored(path))


def drawn(engine: Engine, name: str, make: Callable[[Session, Person], Any]) -> None:
    """Freeze a frame, register every case of it, and draw."""
    with writing(engine, now=NOW) as session:
        by = session.scalars(select(Person).where(Person.name == name)).one()
        frame = make(session, by)
        sizes = {stratum.code: stratum.population for stratum in frame.strata}
        plan = register_sized_plan(session, frame, sizes=sizes, due_on=date(2026, 8, 3), by=by)
        plan_id, by_id = plan.id, by.id
    carry_out_plan(engine, plan_id, by_id=by_id, now=NOW)


def quarterly(session: Session, by: Person, month: int) -> Any:
    period = (first_day(month), last_day(month + 2))
    name = f"Closed cases from {period[0]}"
    return freeze_case_frame(
        session, name, route=Route.CENTRAL, period=period, filters={}, stratify_by="team", by=by
    )


def monthly(session: Session, by: Person, team: Team, month: int, case_ids: range) -> Any:
    stratum = StratumOf("All", team.id)
    eligible = [
        Eligible(case_id, f"C-{case_id:07d}", team.id, None, stratum, "open", None) for case_id in case_ids
    ]
    period = (first_day(month), None)
    name = f"{team.name}, open cases, {month}"
    return freeze(
        session,
        eligible,
        route=Route.OPEN,
        name=name,
        team=team,
        period=period,
        filters={},
        excluded={},
        by=by,
    )


def in_bulk(path: Path, statements: Iterator[tuple[str, Iterator[tuple[Any, ...]]]]) -> None:
    with sqlite3.connect(path) as connection:
        for statement, rows in statements:
            connection.executemany(statement, rows)
    connection.close()


def cases(closed: int, opened: int, team_ids: list[int]) -> Iterator[tuple[str, Iterator[tuple[Any, ...]]]]:
    yield (
        "INSERT INTO import (id, file_name, file_sha256, as_at, mapping, dropped_columns, notes, cases_new, "
        "cases_changed, cases_same, cases_vanished, rows_refused, by_id, at) "
        "VALUES (1, 'cases.csv', '', ?, '{}', '[]', '[]', 0, 0, 0, 0, 0, 1, ?)",
        iter([(str(NOW)[:19], str(NOW)[:19])]),
    )
    days = QUARTERS * 91
    yield (
        'INSERT INTO "case" (id, reference, reference_key, state, case_type, stage, risk, team_id, '
        "closed_on, attributes, first_import_id, last_import_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '{}', 1, 1)",
        (
            (
                number + 1,
                f"C-{number + 1:07d}",
                f"C-{number + 1:07d}",
                "closed" if number < closed else "open",
                ("Service complaint", "Decision complaint", None)[number % 3],
                ("Stage 1", "Stage 2")[number % 2],
                "High" if number % 50 == 0 else None,
                team_ids[number % TEAMS],
                str(first_day(FIRST_MONTH) + timedelta(days=number % days)) if number < closed else None,
            )
            for number in range(closed + opened)
        ),
    )


def scored(path: Path) -> Iterator[tuple[str, Iterator[tuple[Any, ...]]]]:
    """A submitted review of every sampled case that has none, with its answers and its first revision."""
    with sqlite3.connect(path) as connection:
        sampled = connection.execute(
            "SELECT sampled_case.id, frame.period_from, frame.route = 'second', frame_case.state, "
            '"case".case_type, "case".stage, "case".risk FROM sampled_case '
            "JOIN frame_case ON frame_case.id = sampled_case.frame_case_id "
            "JOIN frame ON frame.id = frame_case.frame_id "
            'JOIN "case" ON "case".id = frame_case.case_id '
            "LEFT JOIN review ON review.sampled_case_id = sampled_case.id "
            "WHERE review.id IS NULL ORDER BY sampled_case.id"
        ).fetchall()
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM review").fetchone()
    connection.close()
    given = np.random.default_rng(21).choice(4, size=(len(sampled), ASKED), p=[0.905, 0.008, 0.085, 0.002])
    fails = np.isin(given, (1, 3))
    outcome = ~fails[:, :5].any(axis=1)
    method = 5 * fails[:, 5:].sum(axis=1) <= (given[:, 5:] != 2).sum(axis=1)
    overall = outcome & method
    words = RESPONSES[given].tolist()
    moments = [f"{period_from} 12:00:00" for _, period_from, *_ in sampled]
    yield (
        "INSERT INTO review (id, sampled_case_id, reviewer_id, scorecard_version_id, state, is_open_case, "
        "approved_by_reviewer, case_type, stage, risk, file_read_at, file_found, started_at, submitted_at, "
        "seconds_spent, is_blind, outcome_met, method_met, overall_met, outcome_if_assessed, "
        "method_if_assessed, overall_if_assessed, overall_after_correction, critical_failed) "
        "VALUES (?, ?, 3, 1, 'submitted', ?, 0, ?, ?, ?, ?, 1, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        (
            (
                last + number + 1,
                sampled_id,
                state == "open",
                *about,
                *(moments[number],) * 3,
                bool(is_second) or None,
                *(bool(met) for met in (outcome[number], method[number], overall[number])),
                *(bool(met) for met in (outcome[number], method[number], overall[number])),
                bool(overall[number]),
            )
            for number, (sampled_id, _, is_second, state, *about) in enumerate(sampled)
        ),
    )
    yield (
        "INSERT INTO revision (review_id, number, cause, reason, made_at, made_by_id, file_found, answers, "
        "critical_failed, outcome_met, method_met, overall_met) "
        "VALUES (?, 1, 'submitted', '', ?, 3, 1, ?, 0, ?, ?, ?)",
        (
            (
                last + number + 1,
                moments[number],
                json.dumps(
                    {
                        f"requirement-{place}": {
                            "response": response,
                            "evidence": "",
                            "put_right": False,
                            "severity": None,
                        }
                        for place, response in enumerate(row)
                    }
                ),
                *(bool(met) for met in (outcome[number], method[number], overall[number])),
            )
            for number, row in enumerate(words)
        ),
    )
    yield (
        "INSERT INTO answer (review_id, requirement_key, response, evidence, put_right) "
        "VALUES (?, ?, ?, '', 0)",
        (
            (last + number + 1, f"requirement-{place}", response)
            for number, row in enumerate(words)
            for place, response in enumerate(row)
        ),
    )


@pytest.mark.parametrize(
    ("part", "name", "cases"),
    [
        ("Agreement", HEAD, ""),
        *((part, HEAD, "Closed cases") for part in ("Over time", "Teams", "Requirements")),
        *((part, QA, "Open cases") for part in ("Over time", "Teams", "Requirements")),
    ],
)
def bench_results(
    benchmark: BenchmarkFixture,
    part: str,
    name: str,
    cases: str,
    office: Engine,
    open_screen: Callable[..., AppTest],
) -> None:
    """To stay below a few seconds, whatever the screen has to count."""
    with reading(office) as session:
        person = session.scalars(select(Person).where(Person.name == name)).one()
    app = open_screen(office, person, "results", part=part, cases=cases)
    benchmark.pedantic(app.run, rounds=3)
    assert not app.exception
