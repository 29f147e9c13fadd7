"""Signing in and out while PostgreSQL can only be read: a sentence with the way out, and nothing changed."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from scored_office import PASSWORD, ScoredOffice
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from structlog.testing import capture_logs

from qa_app import sign_in_page
from qa_app.gate import Gate
from qa_app.runtime import COOKIE
from sampling.records import sign_in
from sampling.records.database import connect, reading, writing
from sampling.records.people import Person

SENTENCE = "The database can only be read at present, and nothing was changed."


def test_signing_in_and_out_of_a_read_only_database(
    postgres_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = postgres_server.clone()
    engine = connect(postgres_server.url(name))
    ScoredOffice(engine, closed=0, open_cases=0)
    with writing(engine) as session:
        token = sign_in.sign_in(session, "ada@example.org", PASSWORD, place="")
    engine.dispose()
    postgres_server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    monkeypatch.setenv("QA_DATABASE_URL", postgres_server.url(name))
    routes = [
        Route("/sign-in", sign_in_page.sign_in, methods=["POST"]),
        Route("/sign-out", sign_in_page.sign_out, methods=["POST"]),
    ]

    async def ask() -> list[httpx2.Response]:
        served = httpx2.ASGITransport(Starlette(routes=routes, middleware=[Middleware(Gate)]))
        async with httpx2.AsyncClient(transport=served, base_url="http://qa.example.org") as client:
            form = {"email": "ada@example.org", "password": PASSWORD}
            wrong = form | {"password": "wrong"}
            cookie = {"Cookie": f"{COOKIE}={token}"}
            return [
                await client.post("/sign-in", data=form),
                await client.post("/sign-in", data=wrong),
                await client.post("/sign-out", headers=cookie),
            ]

    with capture_logs() as lines, ThreadPoolExecutor() as threads:
        answers = threads.submit(asyncio.run, ask()).result()
    for answer in answers:
        assert (answer.status_code, SENTENCE in answer.text) == (503, True)
        assert "Set-Cookie" not in answer.headers
    assert [(line["event"], line["code"]) for line in lines] == [("database_trouble", "25006")] * 3
    with reading(engine) as session:  # still signed in, as the sentence says
        assert (
            sign_in.person_of_token(session, token or "")
            == session.scalars(select(Person).where(Person.name == "Ada Min")).one()
        )
    engine.dispose()
