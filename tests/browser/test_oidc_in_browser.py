"""Signing in with the organisation's account as people do it: there, back, in, out, and out for good."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from sampling.records.database import connect, writing
from sampling.records.office import add_person, disable_person, open_office
from sampling.records.people import Person, person_by_email


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Engine]:
    path = tmp_path_factory.mktemp("single-sign-on") / "office.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    engine = connect(f"sqlite:///{path}")
    with writing(engine) as session:
        ada = open_office(
            session,
            "Test office",
            administrator="Ada Min",
            email="ada@example.org",
            password="a long enough password",
        )
        add_person(session, "Lea Ving", email="leaving@example.org", password=None, by=ada)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def single_sign_on(
    office: Engine, provider: Any, serve: Callable[..., AbstractContextManager[Any]]
) -> Iterator[Any]:
    with serve(
        str(office.url),
        QA_OIDC_ISSUER=provider.address,
        QA_OIDC_CLIENT_ID="casework-qa",
        QA_OIDC_CLIENT_SECRET="known to both",
        QA_OIDC_ROLES="claim=groups; heads=head",
        QA_ADDRESS="http://127.0.0.1:{port}",
        QA_SECRET="0" * 32,
    ) as running:
        yield running


def _to_provider(page: Page) -> None:
    page.get_by_role("link", name="Sign in with your organisation’s account").click()
    expect(page.get_by_role("heading", name="Authorize Client")).to_be_visible()


def _sign_in_there(page: Page, email: str) -> None:
    page.get_by_placeholder("sub").fill(email)
    page.get_by_role("button", name="Authorize", exact=True).click()


def test_somebody_signs_in_out_and_in_again_until_they_are_disabled(
    single_sign_on: Any, office: Engine, browser: Browser
) -> None:
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if "Content Security" in said.text else None)
    page.goto(single_sign_on.address)
    for _ in range(2):
        _to_provider(page)
        _sign_in_there(page, "leaving@example.org")
        expect(page.get_by_text("Signed in as Lea Ving")).to_be_visible(timeout=30_000)
        assert page.url == f"{single_sign_on.address}/"
        page.reload()
        expect(page.get_by_text("Signed in as Lea Ving")).to_be_visible(timeout=30_000)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("sign out of your organisation’s account too")).to_be_visible()
        page.goto(single_sign_on.address)
        expect(page.get_by_label("E-mail address")).to_be_visible()

    _to_provider(page)
    _sign_in_there(page, "leaving@example.org")
    expect(page.get_by_text("Signed in as Lea Ving")).to_be_visible(timeout=30_000)
    with writing(office) as session:
        disable_person(session, _known(session, "leaving@example.org"), by=_known(session, "ada@example.org"))
    page.get_by_role("link", name="Scorecards").click()  # over the open channel, without a new request
    expect(page.get_by_text("You are not signed in")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Sign in").click()
    _to_provider(page)
    _sign_in_there(page, "leaving@example.org")
    expect(page.get_by_role("alert")).to_contain_text("Your account here is disabled")
    assert problems == []
    context.close()


def test_an_answer_with_another_state_lets_nobody_in(single_sign_on: Any, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(single_sign_on.address)
    _to_provider(page)
    page.goto(page.url.replace("state=", "state=x"))
    _sign_in_there(page, "ada@example.org")
    expect(page.get_by_role("alert")).to_contain_text("This sign-in was not begun here")
    assert "qa_session" not in {cookie["name"] for cookie in context.cookies()}
    _to_provider(page)  # begun again from the page that said so
    _sign_in_there(page, "ada@example.org")
    expect(page.get_by_text("Signed in as Ada Min")).to_be_visible(timeout=30_000)
    context.close()


def _known(session: Any, email: str) -> Person:
    person = person_by_email(session, email)
    assert person is not None
    return person
