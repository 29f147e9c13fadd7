"""How many reviewers at once this machine holds: run with `make load`, never with the tests.

On PostgreSQL with 1,000,000 cases and 200,000 reviews of 15 answers. Reviewers open their list, open a case
and answer, with some seconds of thought between, twice as many each time, until one interaction in twenty
takes longer than a second. They run on the same machine, and take their part of it.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from bench.bench_results_screens import ASKED, CARD, NOW, START, TEAMS
from load.reviewer import review
from sqlalchemy import Engine, select, text
from unguarded import unguarded

from sampling.actions import register_sized_plan
from sampling.drawing import carry_out_plan
from sampling.frames import freeze_case_frame
from sampling.records.appointments import give_role
from sampling.records.database import connect, reading, writing
from sampling.records.office import add_person, add_team, open_office
from sampling.records.people import Person, Role
from sampling.records.sign_in import SignInSession
from sampling.tables import Route, SampledCase
from scorecards.cards import publish_scorecard, use_scorecard

CASES: Final = int(os.environ.get("LOAD_CASES") or 1_000_000)
DAYS: Final = 1_825  # on which they were closed: the five years to the end of June 2026
REVIEWED: Final = (
    (date(2025, 4, 1), date(2025, 6, 30)),
    (date(2025, 7, 1), date(2025, 9, 30)),
    (date(2025, 10, 1), date(2025, 12, 31)),
    (date(2026, 1, 1), date(2026, 3, 31)),
)
NOW_REVIEWED: Final = (date(2026, 4, 1), date(2026, 6, 30))
REVIEWERS: Final = 128
OF_EACH: Final = 6  # cases of each reviewer: never two of them at one
AT_ONCE: Final = (4, 8, 16, 32, 64, 128)
LASTS: Final = 45.0  # seconds of each number of reviewers
AT_MOST: Final = 600.0  # seconds of all
ALLOWED: Final = 1.0  # second for 95% of the interactions


@pytest.fixture(scope="module")
def office(postgres_server: Any) -> Iterator[Engine]:
    """A thousand times the data of a real office."""
    engine = connect(postgres_server.url(postgres_server.clone()))
    began = time.monotonic()
    _fill(engine)
    print(f"\nThe office is filled: {time.monotonic() - began:.0f} s")
    yield engine
    engine.dispose()


def load_reviewers(office: Engine, run_office: Callable[[str], AbstractContextManager[Any]]) -> None:
    tokens = _sign_in(office)
    with reading(office) as session:
        waiting = session.scalars(
            select(SampledCase.id).order_by(SampledCase.id.desc()).limit(REVIEWERS * OF_EACH)
        ).all()
    shares = [list(waiting[number::REVIEWERS]) for number in range(REVIEWERS)]
    with run_office(office.url.render_as_string(hide_password=False)) as server:
        asyncio.run(
            review(server.address, tokens[0], shares[0][:1], 20)
        )  # the first visitor loads the program
        shares[0] = shares[0][1:]
        at_rest = _memory(server.process.pid)
        began = time.monotonic()
        for number in AT_ONCE:
            took = asyncio.run(_together(server.address, tokens[:number], shares))
            shares = [share[1:] for share in shares]
            seconds = np.array([second for _, second in took])
            half, most, nearly_all = np.quantile(seconds, (0.5, 0.95, 0.99))
            memory = _memory(server.process.pid)
            print(
                f"{number:4} reviewers: {len(took):5} interactions; half within {half:.2f} s, 95% within "
                f"{most:.2f} s, 99% within {nearly_all:.2f} s; server {memory:.0f} MB, "
                f"{(memory - at_rest) / number:.1f} MB a session"
            )
            for what in sorted({what for what, _ in took}):
                of_it = [second for name, second in took if name == what]
                print(f"       {what}: {len(of_it)}, 95% within {np.quantile(of_it, 0.95):.2f} s")
            if most > ALLOWED or time.monotonic() - began > AT_MOST - 2 * LASTS:
                break


async def _together(address: str, tokens: list[str], shares: list[list[int]]) -> list[tuple[str, float]]:
    taken = await asyncio.gather(
        *(review(address, token, share[:1], LASTS) for token, share in zip(tokens, shares, strict=False))
    )
    return [one for took in taken for one in took]


def _memory(pid: int) -> float:
    """What a process holds in memory, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _sign_in(engine: Engine) -> list[str]:
    tokens = []
    with writing(engine) as session:
        for person in session.scalars(select(Person).where(Person.name.like("Reviewer %"))):
            tokens.append(f"load-{person.id}")
            session.add(
                SignInSession(
                    token_sha256=hashlib.sha256(tokens[-1].encode()).hexdigest(),
                    person_id=person.id,
                    ends_at=datetime.now(UTC) + timedelta(hours=1),
                )
            )
    return tokens


def _fill(engine: Engine) -> None:
    with writing(engine, now=NOW) as session:
        by = open_office(
            session, "Load", administrator="Ada Min", email="ada@example.org", password="long enough to pass"
        )
        team_ids = [add_team(session, f"Team {number:02d}", by=by).id for number in range(TEAMS)]
        for number in range(REVIEWERS):
            person = add_person(session, f"Reviewer {number:03d}", email=None, password=None, by=by)
            give_role(session, person, role=Role.QA_REVIEWER, team=None, starts_on=START, by=by)
        first_id = person.id - REVIEWERS + 1
        card = publish_scorecard(session, CARD, by=by)
        use_scorecard(session, None, scorecard_key=card.key, starts_on=START, by=by)
    in_bulk(engine, _CASES, {"cases": CASES, "days": DAYS, "first": team_ids[0], "teams": TEAMS, "now": NOW})
    for period in REVIEWED:
        _draw(engine, period, None)
    in_bulk(engine, _REVIEWS, {"asked": ASKED, "now": NOW, "reviewer": first_id, "reviewers": REVIEWERS})
    _draw(engine, NOW_REVIEWED, REVIEWERS * OF_EACH)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("ANALYZE"))


def in_bulk(engine: Engine, statements: tuple[str, ...], values: dict[str, object]) -> None:
    """What would take hours one by one, past the guards."""
    with engine.begin() as connection, unguarded(connection):
        for statement in statements:
            made = text(statement)
            connection.execute(made, {name: values[name] for name in made.compile().params})


def _draw(engine: Engine, period: tuple[date, date], size: int | None) -> None:
    """All cases of a quarter, or so many, by the real actions."""
    with writing(engine, now=NOW) as session:
        by = session.scalars(select(Person).where(Person.name == "Reviewer 000")).one()
        frame = freeze_case_frame(
            session,
            f"Closed cases from {period[0]}",
            route=Route.CENTRAL,
            period=period,
            filters={},
            stratify_by=None,
            by=by,
        )
        sizes = {stratum.code: size or stratum.population for stratum in frame.strata}
        plan = register_sized_plan(session, frame, sizes=sizes, due_on=date(2026, 8, 3), by=by)
        plan_id, by_id = plan.id, by.id
    carry_out_plan(engine, plan_id, by_id=by_id, now=NOW)


_CASES: Final = (
    "INSERT INTO import (id, file_name, file_sha256, as_at, mapping, dropped_columns, notes, cases_new, "
    "cases_changed, cases_same, cases_vanished, rows_refused, by_id, at) "
    "VALUES (1, 'cases.csv', '', :now, '{}', '[]', '[]', 0, 0, 0, 0, 0, 1, :now)",
    'INSERT INTO "case" (reference, reference_key, state, case_type, stage, team_id, closed_on, attributes, '
    "first_import_id, last_import_id) "
    "SELECT 'C-' || lpad(n::text, 7, '0'), 'C-' || lpad(n::text, 7, '0'), 'closed', 'Service complaint', "
    "'Stage 1', CAST(:first AS integer) + n % CAST(:teams AS integer), "
    "DATE '2021-07-02' + n % CAST(:days AS integer), '{}', 1, 1 "
    "FROM generate_series(1, CAST(:cases AS integer)) AS n",
    'ANALYZE "case"',
)
_REVIEWS: Final = (
    "INSERT INTO review (sampled_case_id, reviewer_id, scorecard_version_id, state, is_open_case, "
    "approved_by_reviewer, case_type, stage, file_read_at, file_found, started_at, submitted_at, "
    "seconds_spent, outcome_met, method_met, overall_met, outcome_if_assessed, method_if_assessed, "
    "overall_if_assessed, overall_after_correction, critical_failed) "
    "SELECT sampled_case.id, "
    "CAST(:reviewer AS integer) + sampled_case.id % CAST(:reviewers AS integer), 1, "
    "'submitted', false, false, 'Service complaint', 'Stage 1', :now, true, :now, :now, 0, "
    "met, met, met, met, met, met, met, false "
    "FROM sampled_case, LATERAL (SELECT sampled_case.id % 9 > 0 AS met) AS score",
    "INSERT INTO answer (review_id, requirement_key, response, evidence, put_right) "
    "SELECT review.id, 'requirement-' || place, "
    "CASE WHEN place = 0 AND NOT outcome_met THEN 'not_met' ELSE 'met' END, '', false "
    "FROM review, generate_series(0, CAST(:asked AS integer) - 1) AS place",
    "INSERT INTO revision (review_id, number, cause, reason, made_at, made_by_id, file_found, answers, "
    "critical_failed, outcome_met, method_met, overall_met) "
    "SELECT review.id, 1, 'submitted', '', :now, reviewer_id, true, (SELECT json_object_agg(requirement_key, "
    "json_build_object('response', response, 'evidence', '', 'put_right', false, 'severity', null)) "
    "FROM answer WHERE answer.review_id = review.id), false, outcome_met, "
    "method_met, overall_met FROM review",
    "UPDATE draw SET closed_at = drawn_at",
)
