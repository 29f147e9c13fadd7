"""How many reviewers at once this machine holds: run with `make load`, never with the tests.

On PostgreSQL, in the office of `filled_office`. Reviewers open their list, open a case and answer, with some
seconds of thought between, more of them each time, until one interaction in twenty takes longer than a
second: first at one process, then at two behind nginx. They run on the same machine, and take their part of
it. The office is filled each time, unless LOAD_DATABASE is the address of a PostgreSQL database where it is
to be kept: an empty one is filled, and used again after that.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from load.behind_nginx import NGINX, behind_nginx
from load.filled_office import OF_EACH, REVIEWERS, fill
from load.reviewer import goes_on, review
from sqlalchemy import Engine, select

from qa_app.migrating import migrate
from sampling.records.database import connect, reading, writing
from sampling.records.people import Person
from sampling.records.sign_in import SignInSession
from sampling.tables import Draw, Frame, Plan, Route, SampledCase
from scorecards.tables import Review

CASES: Final = int(os.environ.get("LOAD_CASES") or 1_000_000)
AT_ONCE: Final = (8, 16, 24, 32, 48, 64)
LASTS: Final = 30.0  # seconds of each number of reviewers
AT_MOST: Final = 150.0  # seconds of one layout
ALLOWED: Final = 1.0  # second for 95% of the interactions

RunOffice = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture(scope="module")
def office(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A thousand times the data of a real office."""
    kept = os.environ.get("LOAD_DATABASE")
    server = None if kept else request.getfixturevalue("postgres_server")
    engine = connect(kept or server.url(server.clone()))
    migrate(engine)
    with reading(engine) as session:
        is_filled = session.scalars(select(Review.id).limit(1)).first() is not None
    if not is_filled:
        began = time.monotonic()
        fill(engine, CASES)
        print(f"\nThe office is filled: {time.monotonic() - began:.0f} s")
    yield engine
    engine.dispose()


@pytest.mark.parametrize("processes", [1, 2])
def load_reviewers(office: Engine, run_office: RunOffice, processes: int) -> None:
    if processes > 1 and NGINX is None:
        pytest.skip("Missing here is nginx: install the package nginx-light.")
    tokens, shares = _sign_in(office), _cases_of(office)
    with ExitStack() as running:
        servers = [running.enter_context(run_office(_url(office))) for _ in range(processes)]
        ports = [server.port for server in servers]
        address = running.enter_context(behind_nginx(ports)) if processes > 1 else servers[0].address
        for server in servers:  # the first visitor loads the program
            asyncio.run(review(server.address, tokens[0], shares[0][:1], 20))
            shares[0] = shares[0][1:]
        at_rest, began = _memory(servers), time.monotonic()
        print(f"\n{processes} process{'es' if processes > 1 else ''}, {at_rest:.0f} MB at rest")
        for number in AT_ONCE:
            took = asyncio.run(_together(address, tokens[:number], shares))
            shares = [share[1:] for share in shares]
            half, most, nearly_all = np.quantile([second for _, second in took], (0.5, 0.95, 0.99))
            memory = _memory(servers)
            print(
                f"{number:4} reviewers: {len(took):5} interactions; half within {half:.2f} s, 95% within "
                f"{most:.2f} s, 99% within {nearly_all:.2f} s; {memory:.0f} MB, "
                f"{(memory - at_rest) / number:.1f} MB a session"
            )
            for what in sorted({what for what, _ in took}):
                of_it = [second for name, second in took if name == what]
                print(f"       {what}: {len(of_it)}, 95% within {np.quantile(of_it, 0.95):.2f} s")
            if most > ALLOWED or time.monotonic() - began > AT_MOST - LASTS:
                break


@pytest.mark.skipif(NGINX is None, reason="Missing here is nginx: install the package nginx-light.")
def load_one_of_two_processes_is_killed(office: Engine, run_office: RunOffice) -> None:
    """Whoever worked there goes on at the other, with every answer that had been given."""
    tokens, shares = _sign_in(office), _cases_of(office)
    with (
        run_office(_url(office)) as killed,
        run_office(_url(office)) as left,
        behind_nginx([killed.port, left.port]) as address,
    ):
        moved = asyncio.run(_killed_at_work(address, tokens[:16], shares, killed.process.kill))
    assert 0 < len(moved) < 16, "All sixteen were at the same process."
    assert set(moved) == {3}  # answers
    print(f"\n{len(moved)} of 16 reviewers were at the process that was killed, and went on at the other")


async def _killed_at_work(
    address: str, tokens: list[str], shares: list[list[int]], kill: Callable[[], None]
) -> list[int]:
    """How many answers each of those who were at the process that is killed finds again at the other."""
    ready, over = asyncio.Barrier(len(tokens) + 1), asyncio.Event()
    everybody = [
        asyncio.create_task(goes_on(address, token, share[0], 3, ready, over))
        for token, share in zip(tokens, shares, strict=False)
    ]
    await ready.wait()
    kill()
    over.set()
    return [found for found in await asyncio.gather(*everybody) if found is not None]


async def _together(address: str, tokens: list[str], shares: list[list[int]]) -> list[tuple[str, float]]:
    taken = await asyncio.gather(
        *(review(address, token, share[:1], LASTS) for token, share in zip(tokens, shares, strict=False))
    )
    return [one for took in taken for one in took]


def _memory(servers: list[Any]) -> float:
    """What the processes hold in memory, in MB."""
    return sum(
        int(Path(f"/proc/{server.process.pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024
        for server in servers
    )


def _url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def _cases_of(engine: Engine) -> list[list[int]]:
    """Cases for each reviewer that nobody has begun, never two of them at one."""
    with reading(engine) as session:
        waiting = session.scalars(
            select(SampledCase.id)
            .join(Draw, Draw.id == SampledCase.draw_id)
            .join(Plan, Plan.id == Draw.plan_id)
            .join(Frame, Frame.id == Plan.frame_id)
            .outerjoin(Review, Review.sampled_case_id == SampledCase.id)
            .where(Frame.route == Route.CENTRAL, Draw.closed_at.is_(None), Review.id.is_(None))
            .order_by(SampledCase.id)
            .limit(REVIEWERS * OF_EACH)
        ).all()
    assert len(waiting) >= 2 * REVIEWERS, "Too few cases are left to review: let the database be filled anew."
    return [list(waiting[number::REVIEWERS]) for number in range(REVIEWERS)]


def _sign_in(engine: Engine) -> list[str]:
    tokens, now = [], datetime.now(UTC)
    with writing(engine) as session:
        for person in session.scalars(
            select(Person).where(Person.name.like("Reviewer %")).order_by(Person.id)
        ):
            tokens.append(f"load-{person.id}-{now.timestamp()}")
            session.add(
                SignInSession(
                    token_sha256=hashlib.sha256(tokens[-1].encode()).hexdigest(),
                    person_id=person.id,
                    ends_at=now + timedelta(hours=1),
                    last_used_at=now,
                )
            )
    return tokens
