"""`kill -9` in the middle of an import, a draw, a submission: run with `make faults`, never with the tests.

A process of its own does one of them and is killed after a random time. Then the database opens, the audit
trail and the register hold, and what the process was at has happened whole or not at all.
"""

import multiprocessing
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Final

import pytest
from faults.at_work import ACTIONS, DRAWN, NEW, STAYING, draw_name, import_name, work
from scored_office import NOW, ScoredOffice
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from sampling.drawing import carry_out_plan
from sampling.records import audit_trail
from sampling.records.audit_trail import AuditEntry
from sampling.records.cases import Case, CaseBefore, Import
from sampling.records.database import connect, reading
from sampling.register_check import check_register
from sampling.tables import Draw, Frame, Plan, Route, SampledCase
from scorecards.tables import Answer, Review, ReviewState, Revision

KILLS: Final = int(os.environ.get("FAULT_KILLS") or 100)  # of each action, on each kind of database
SEED: Final = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(10**6))
AT_MOST: Final = 480.0  # seconds for the kills of one action on one kind of database
CLOSED: Final = {"import": 20, "draw": 600, "review": 1_500}  # closed cases of the office


@pytest.fixture(scope="module")
def processes() -> Iterator[ForkServerContext]:
    """Processes that have everything imported when they begin."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([work.__module__])
        yield context


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with all tables, of each kind in turn, for one fault alone."""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        return str(server.url(server.clone()))
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "office.sqlite")
    return f"sqlite:///{tmp_path / 'office.sqlite'}"


@pytest.mark.parametrize("action", ACTIONS)
def fault_killed(action: str, address: str, processes: ForkServerContext) -> None:
    engine = connect(address)
    office = ScoredOffice(engine, closed=CLOSED[action])
    if action == "review":
        office.draw_closed([CLOSED[action]])
    engine.dispose()
    chance = random.Random(f"{SEED} {action} {engine.dialect.name}")
    lasts = 0.0
    found: Counter[str] = Counter()
    began = time.monotonic()
    for number in count():
        # Some are let finish: they say how long one lasts at present.
        after = None if number % 10 < 2 else chance.uniform(0, 1.15 * lasts)
        took = _killed(processes, address, action, number, after)
        lasts = took or lasts
        state = _check(address, partial(STATE[action], number=number))
        if after is not None:
            found[state] += 1
        if found.total() == KILLS or time.monotonic() - began > AT_MOST:
            break
    told = ", ".join(f"{times} {state}" for state, times in sorted(found.items()))
    print(
        f"\n{action} on {engine.dialect.name}: killed {found.total()} times: {told} "
        f"(one lasts {lasts * 1000:.0f} ms; seed {SEED}; {time.monotonic() - began:.0f} s)"
    )


def _killed(
    processes: ForkServerContext, address: str, action: str, number: int, after: float | None
) -> float | None:
    """Do something in another process, killed after so many seconds; how long it took if let finish."""
    ready, say = processes.Pipe(duplex=False)
    process = processes.Process(target=work, args=(address, action, number, say))
    process.start()
    say.close()
    try:
        assert ready.recv() == "begun"
        began = time.monotonic()
        if after is None:
            assert ready.recv() == "done"
            return time.monotonic() - began
        time.sleep(after)
        return None
    finally:
        process.kill()
        process.join()
        process.close()
        ready.close()


def _check(address: str, state: Callable[[ScoredOffice], str]) -> str:
    """Open the database again and look at all of it; in which state the action is."""
    engine = connect(address)
    try:
        _wait_until_alone(engine)
        found = state(ScoredOffice.found_in(engine))
        with reading(engine) as session:
            if engine.dialect.name == "sqlite":
                assert session.scalar(text("PRAGMA quick_check")) == "ok"
            assert audit_trail.check_trail(session)[1] is None
            check_register(session)
        return found
    finally:
        engine.dispose()


def _wait_until_alone(engine: Engine) -> None:
    """PostgreSQL notices after the statement under way that nobody listens any more, and undoes it."""
    if engine.dialect.name == "sqlite":
        return
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    until = time.monotonic() + 30
    with engine.connect() as connection:
        while connection.scalar(others):
            assert time.monotonic() < until, "PostgreSQL keeps on with what was killed."
            time.sleep(0.01)
            connection.rollback()


def _count(session: Session, *conditions: object, of: type) -> int:
    return session.scalar(select(func.count()).select_from(of).where(*conditions)) or 0  # type: ignore[arg-type]


def _entries(session: Session, action: str, subject: str) -> int:
    return _count(session, AuditEntry.action == action, AuditEntry.subject == subject, of=AuditEntry)


def _state_of_import(office: ScoredOffice, number: int) -> str:
    """All cases of the extract are in, with what they were before, or none is and the last one's stay."""
    with office.reading() as session:
        made = session.scalars(select(Import).where(Import.file_name == import_name(number))).first()
        newest = session.scalars(select(Import).order_by(Import.id.desc())).first()
        assert newest is not None
        assert _count(session, Case.risk == newest.file_name, of=Case) == STAYING + NEW
        assert newest.cases_new + newest.cases_changed == STAYING + NEW
        assert _count(session, CaseBefore.import_id == newest.id, of=CaseBefore) == newest.cases_changed
        assert _entries(session, "import_cases", f"import {newest.id}") == 1
        if made is None:
            assert _count(session, Case.risk == import_name(number), of=Case) == 0
            return "not at all"
        assert made is newest
        return "whole"


def _state_of_draw(office: ScoredOffice, number: int) -> str:
    """Registered, seeded or drawn, each whole; and it goes on from there, with the seed it has."""
    with office.reading() as session:
        frame = session.scalars(select(Frame).where(Frame.name == draw_name(number))).first()
        if frame is None:
            return "not at all"
        plan = session.scalars(select(Plan).where(Plan.frame_id == frame.id)).one()
        draw = session.scalars(select(Draw).where(Draw.plan_id == plan.id)).first()
        by_id, seed = office.person(session, "Quinn Qua").id, draw.seed if draw else None
        tickets = _count(session, SampledCase.draw_id == draw.id, of=SampledCase) if draw else 0
        assert tickets == (DRAWN if draw is not None and draw.drawn_at is not None else 0)
    if tickets:
        return "whole"
    draw_id = carry_out_plan(office.engine, plan.id, by_id=by_id, now=NOW)
    with office.reading() as session:
        assert seed in (None, session.get_one(Draw, draw_id).seed)
        assert _count(session, SampledCase.draw_id == draw_id, of=SampledCase) == DRAWN
    return "registered, and drawn later" if seed is None else "seeded, and drawn later with that seed"


def _state_of_reviews(office: ScoredOffice, number: int) -> str:
    """Each review is a draft with all answers saved together, or submitted with its score and revision."""
    with office.reading() as session:
        drafts = 0
        for review in session.scalars(select(Review).order_by(Review.id.desc()).limit(12)):
            submitted = review.state == ReviewState.SUBMITTED
            drafts += not submitted
            assert _count(session, Answer.review_id == review.id, of=Answer) == 3
            assert _count(session, Revision.review_id == review.id, of=Revision) == submitted
            assert (review.outcome_met is not None) == submitted
            assert (review.submitted_at is not None) == submitted
            assert _entries(session, "submit_review", f"review {review.id}") == submitted
        done = _count(session, Review.state == ReviewState.SUBMITTED, of=Review)
        assert _count(session, of=Revision) == done
        assert _count(session, AuditEntry.action == "submit_review", of=AuditEntry) == done
        assert drafts <= 1
        assert office.to_do("Quinn Qua", Route.CENTRAL), "There are too few cases for so many kills."
    return "with a draft left" if drafts else "between two reviews"


STATE: Final = {"import": _state_of_import, "draw": _state_of_draw, "review": _state_of_reviews}
