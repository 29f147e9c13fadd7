"""The server as it really runs: who gets in, how long, and what is told to the browser."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, select
from starlette.requests import Request

import qa_app
from qa_app import sign_in_page
from sampling.records.database import connect, writing
from sampling.records.office import add_person, disable_person, open_office
from sampling.records.people import Person

Serve = Callable[[str], AbstractContextManager[Any]]
_PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Engine]:
    path = tmp_path_factory.mktemp("served") / "office.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    engine = connect(f"sqlite:///{path}")
    with writing(engine) as session:
        by = open_office(
            session, "Test & Sons", administrator="Ada Min", email="ada@example.org", password=_PASSWORD
        )
        for name in ("slow", "leaver", "leaving"):
            add_person(session, name, email=f"{name}@example.org", password=_PASSWORD, by=by)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def served(office: Engine, serve: Serve) -> Iterator[Any]:
    with serve(str(office.url)) as running:
        yield running


def _ask(
    served: Any, method: str, path: str, *, form: dict[str, str] | None = None, **headers: str
) -> HTTPResponse:
    """One request that follows no redirect; the body is read into `.text`."""
    connection = HTTPConnection("127.0.0.1", served.port, timeout=60)
    body = None
    if form is not None:
        body = urlencode(form)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.text = answer.read().decode(errors="replace")  # type: ignore[attr-defined]
    connection.close()
    return answer


def _sign_in(served: Any, email: str, password: str = _PASSWORD, **headers: str) -> Any:
    return _ask(served, "POST", "/sign-in", form={"email": email, "password": password}, **headers)


def _cookie(answer: HTTPResponse) -> str:
    return SimpleCookie(answer.headers["Set-Cookie"])["qa_session"].value


@pytest.mark.parametrize(
    "path", ["/", "/office", "/review?review=1", "/media/anything.csv", "/_stcore/metrics"]
)
def test_without_a_session_every_page_leads_to_the_sign_in_page(served: Any, path: str) -> None:
    for cookie in ("", "qa_session=made-up"):
        answer = _ask(served, "GET", path, Cookie=cookie)
        assert (answer.status, answer.headers["Location"]) == (303, "/sign-in")


def test_the_sign_in_page_names_the_office_and_needs_no_script(served: Any) -> None:
    answer: Any = _ask(served, "GET", "/sign-in")
    assert answer.status == 200
    assert "Test &amp; Sons" in answer.text
    assert "<script" not in answer.text
    assert 'autocomplete="username"' in answer.text
    assert 'autocomplete="current-password"' in answer.text
    assert "Demonstration" not in answer.text
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_signing_in_sets_a_cookie_no_script_can_read(served: Any) -> None:
    answer = _sign_in(served, " ADA@example.org ")
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    cookie = SimpleCookie(answer.headers["Set-Cookie"])["qa_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert cookie["path"] == "/"
    assert int(cookie["max-age"]) == 12 * 60 * 60
    assert not cookie["secure"]  # plain HTTP: the browser would never send it back
    page: Any = _ask(served, "GET", "/", Cookie=f"qa_session={cookie.value}")
    by_name = _ask(served, "GET", "/start", Cookie=f"qa_session={cookie.value}")
    assert (by_name.status, by_name.headers["Location"]) == (307, "/")
    assert page.status == 200
    assert 'id="root"' in page.text
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    again = _ask(served, "GET", "/sign-in", Cookie=f"qa_session={cookie.value}")
    assert (again.status, again.headers["Location"]) == (303, "/")


def test_behind_a_proxy_that_speaks_https_the_cookie_is_for_https_only(served: Any) -> None:
    answer = _sign_in(served, "ada@example.org", X_Forwarded_Proto="https")
    assert SimpleCookie(answer.headers["Set-Cookie"])["qa_session"]["secure"]


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org", '"><b>@example.org'])
def test_a_wrong_password_and_an_unknown_address_are_told_alike(served: Any, email: str) -> None:
    answer = _sign_in(served, email, "wrong")
    assert answer.status == 400
    assert "There is a problem" in answer.text
    assert "The e-mail address or the password is not right" in answer.text
    assert "<b>" not in answer.text
    assert answer.headers["Set-Cookie"] is None


@pytest.mark.parametrize(
    ("form", "words"),
    [({}, "Type your e-mail address"), ({"email": "ada@example.org"}, "Type your password")],
)
def test_an_empty_field_is_named(served: Any, form: dict[str, str], words: str) -> None:
    answer: Any = _ask(served, "POST", "/sign-in", form=form)
    assert answer.status == 400
    assert answer.text.count(words) == 2  # in the summary and beside the field


def test_a_form_that_is_too_long_is_not_read(served: Any) -> None:
    answer = _sign_in(served, "ada@example.org", "x" * 20_000)
    assert answer.status == 400
    assert "exceeded maximum size" in answer.text


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),  # the rest of it a customer can choose
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", ""),
    ],
)
def test_tries_are_counted_by_what_a_customer_is_given_of_an_address(host: str, place: str) -> None:
    assert sign_in_page._place(Request({"type": "http", "headers": [], "client": (host, 1)})) == place


def test_five_wrong_tries_close_an_address_even_for_the_right_password(served: Any) -> None:
    for _ in range(5):
        assert _sign_in(served, "slow@example.org", "wrong").status == 400
    answer = _sign_in(served, "slow@example.org")
    assert answer.status == 429
    assert "Wait a quarter of an hour" in answer.text


def test_signing_out_ends_the_session_and_not_only_the_cookie(served: Any) -> None:
    cookie = f"qa_session={_cookie(_sign_in(served, 'ada@example.org'))}"
    answer = _ask(served, "POST", "/sign-out", Cookie=cookie)
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?signed-out=here")
    assert SimpleCookie(answer.headers["Set-Cookie"])["qa_session"].value == ""
    assert _ask(served, "GET", "/", Cookie=cookie).status == 303


def test_a_disabled_person_is_out_at_the_next_request(served: Any, office: Engine) -> None:
    cookie = f"qa_session={_cookie(_sign_in(served, 'leaver@example.org'))}"
    assert _ask(served, "GET", "/", Cookie=cookie).status == 200
    _disable(office, "leaver@example.org")
    assert _ask(served, "GET", "/", Cookie=cookie).status == 303
    assert _sign_in(served, "leaver@example.org").status == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_a_post_from_another_site_is_refused(served: Any, path: str, headers: dict[str, str]) -> None:
    form = {"email": "ada@example.org", "password": _PASSWORD}
    answer = _ask(served, "POST", path, form=form, **headers)
    assert answer.status == 403
    assert answer.headers["Set-Cookie"] is None


def test_a_post_from_our_own_page_is_taken(served: Any) -> None:
    own = {"Sec_Fetch_Site": "same-origin", "Origin": served.address}
    assert _sign_in(served, "ada@example.org", **own).status == 303


def test_health_is_told_without_signing_in(served: Any) -> None:
    answer: Any = _ask(served, "GET", "/healthz")
    assert (answer.status, answer.text) == (200, "ok")


def test_the_folder_of_the_script_holds_nothing_else() -> None:
    # Streamlit puts that folder first on the path, where a module would hide another of its name.
    folder = Path(qa_app.__file__).parent / "script"
    assert [entry.name for entry in folder.iterdir() if entry.name != "__pycache__"] == ["start.py"]


def test_a_browser_signs_in_stays_in_over_a_reload_and_is_out_once_disabled(
    served: Any, office: Engine, browser: Browser
) -> None:
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if "Content Security" in said.text else None)
    page.goto(served.address)
    page.get_by_label("E-mail address").fill("leaving@example.org")
    page.get_by_label("Password").fill(_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Signed in as leaving")).to_be_visible(timeout=30_000)
    page.reload()
    expect(page.get_by_text("Signed in as leaving")).to_be_visible(timeout=30_000)
    assert context.cookies()[0]["name"] == "qa_session"

    _disable(office, "leaving@example.org")
    page.get_by_role("link", name="Scorecards").click()  # over the open channel, without a new request
    expect(page.get_by_text("You are not signed in")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_label("E-mail address")).to_be_visible()
    assert problems == []
    context.close()


def test_a_browser_signs_out(served: Any, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.address)
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(_PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").click(timeout=30_000)
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    context.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be interrupted alone there")
def test_no_folder_of_ours_is_on_the_path_while_a_screen_runs(served: Any, browser: Browser) -> None:
    """The last test here: it ends the server, which then tells every path it ever had."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.address)
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Signed in as Ada Min")).to_be_visible(timeout=30_000)
    context.close()
    served.process.send_signal(signal.SIGINT)
    served.process.wait(timeout=30)
    line = next(line for line in served.output.read_text().splitlines() if line.startswith("sys.path "))
    path = [Path(entry or ".").resolve() for entry in json.loads(line.removeprefix("sys.path "))]
    package = Path(qa_app.__file__).parent.resolve()
    # If even the script's folder is missing, Streamlit has changed, and this guards nothing.
    assert [entry for entry in path if entry.is_relative_to(package)] == [package / "script"]


def _disable(office: Engine, email: str) -> None:
    with writing(office) as session:
        by = session.scalars(select(Person).where(Person.email == "ada@example.org")).one()
        person = session.scalars(select(Person).where(Person.email == email)).one()
        disable_person(session, person, by=by)
