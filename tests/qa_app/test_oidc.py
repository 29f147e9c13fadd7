"""Signing in with the organisation's account, at a real provider: who gets in, with which roles, who not."""

import asyncio
import json
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import Engine, select
from starlette.applications import Starlette
from typer.testing import CliRunner

from qa_app import oidc
from qa_app.command_line import app
from qa_app.sign_in_settings import Provider, sign_in_settings
from sampling.records.audit_trail import AuditEntry
from sampling.records.claimed_roles import ClaimedRole
from sampling.records.database import connect, reading, writing
from sampling.records.known_accounts import forget_account
from sampling.records.office import add_person, add_team, disable_person, open_office
from sampling.records.people import Person, Role, person_by_email, roles_of, teams_managed
from sampling.refused import Refused

_PASSWORD = "a long enough password"
_SECRET = "0" * 32
_ROLES = "claim=groups; qa-team=qa_reviewer; manager:*=line_manager:*"
SETTINGS = {
    "QA_OIDC_ISSUER": "https://login.example.org/",
    "QA_OIDC_CLIENT_ID": "casework-qa",
    "QA_OIDC_CLIENT_SECRET": "known to both",
    "QA_ADDRESS": "https://qa.example.org/",
    "QA_SECRET": _SECRET,
}


class _Visitor:
    """A browser as far as cookies go; it stays where it is sent to."""

    def __init__(self) -> None:
        self.cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self.cookies), _Stay())

    def ask(self, address: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, where to, and what is told."""
        data = urlencode(form).encode() if form is not None else None
        try:
            answer = self._opener.open(Request(address, data), timeout=30)
        except HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers.get("Location", ""), answer.read().decode()

    def come_back(self, served: Any, subject: str) -> str:
        """Go to the provider, be somebody there, and return the address it sends to."""
        to_provider = self.ask(f"{served.address}/sign-in/organisation")[1]
        return self.ask(to_provider, {"sub": subject})[1]

    @property
    def is_in(self) -> bool:
        return any(cookie.name == "qa_session" for cookie in self.cookies)


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Engine]:
    path = tmp_path_factory.mktemp("served") / "office.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    engine = connect(f"sqlite:///{path}")
    with writing(engine) as session:
        ada = open_office(
            session, "Test office", administrator="Ada Min", email="ada@example.org", password=_PASSWORD
        )
        add_team(session, "North", by=ada)
        add_person(session, "Quinn Qua", email="quinn@example.org", password=None, by=ada)
        leaver = add_person(session, "Lea Ver", email="leaver@example.org", password=None, by=ada)
        disable_person(session, leaver, by=ada)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def served(office: Engine, provider: Any, serve: Callable[..., AbstractContextManager[Any]]) -> Iterator[Any]:
    with serve(
        str(office.url),
        **SETTINGS | {"QA_OIDC_ISSUER": provider.address, "QA_ADDRESS": "http://127.0.0.1:{port}"},
        QA_OIDC_ROLES=_ROLES,
        QA_LOCAL_ACCOUNTS="off",
    ) as running:
        yield running


def _is_known(provider: Any, subject: str, **claims: object) -> None:
    """Tell the provider what it says of somebody."""
    request = Request(
        f"{provider.address}/users/{subject}",
        json.dumps(claims).encode(),
        {"Content-Type": "application/json"},
        method="PUT",
    )
    build_opener().open(request, timeout=30).close()


def test_the_way_there_asks_for_all_that_guards_the_way_back(served: Any, provider: Any) -> None:
    visitor = _Visitor()
    status, to, _ = visitor.ask(f"{served.address}/sign-in/organisation")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(to).query).items()}
    assert status == 302
    assert to.startswith(f"{provider.address}/oauth2/authorize?")
    assert asked["redirect_uri"] == f"{served.address}/sign-in/organisation/back"
    assert (asked["response_type"], asked["scope"]) == ("code", "openid email profile")
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 20
    (cookie,) = [cookie for cookie in visitor.cookies if cookie.name.startswith("qa_")]
    assert (cookie.name, cookie.path) == ("qa_sign_in", "/sign-in/organisation")
    assert cookie.has_nonstandard_attr("httponly")
    again = _Visitor().ask(f"{served.address}/sign-in/organisation")[1]
    assert {*parse_qs(urlsplit(again).query)["state"]} != {asked["state"]}


def test_claims_give_roles_at_sign_in_and_take_them_away_at_the_next(
    served: Any, provider: Any, office: Engine
) -> None:
    visitor = _Visitor()
    groups = ["qa-team", "manager:North", "manager:Nowhere", "staff", 7]
    _is_known(provider, "q1", email="Quinn@Example.org", email_verified=True, groups=groups)
    assert visitor.ask(visitor.come_back(served, "q1"))[:2] == (303, "/")
    assert visitor.ask(f"{served.address}/")[0] == 200
    with reading(office) as session:
        quinn = person_by_email(session, "quinn@example.org")
        assert quinn is not None
        assert roles_of(session, quinn) == {Role.QA_REVIEWER, Role.LINE_MANAGER}
        assert len(teams_managed(session, quinn)) == 1
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "sign_in")).one()
        assert (entry.by_id, entry.source) == (quinn.id, "browser at 127.0.0.1")
        assert entry.details == {"through": "organisation", "unknown_teams": ["Nowhere"]}
    _is_known(provider, "q1", email="quinn@example.org", groups="qa-team")
    again = _Visitor()
    again.ask(again.come_back(served, "q1"))
    with reading(office) as session:
        assert roles_of(session, quinn) == {Role.QA_REVIEWER}


def test_an_account_stays_whose_it_was_whatever_its_address_becomes(
    served: Any, provider: Any, office: Engine
) -> None:
    def come_in(subject: str, **claims: object) -> tuple[int, str]:
        _is_known(provider, subject, **claims)
        visitor = _Visitor()
        status, _, told = visitor.ask(visitor.come_back(served, subject))
        return status, told

    def newest(action: str) -> AuditEntry:
        with reading(office) as session:
            query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.number.desc())
            entry = session.scalars(query).first()
            assert entry is not None
            return entry

    with writing(office) as session:
        ada = person_by_email(session, "ada@example.org")
        assert ada is not None
        rae = add_person(session, "Rae Named", email="rae@example.org", password=None, by=ada)
    assert come_in("r1", email="rae@example.org")[0] == 303
    assert newest("connect_account").details == {"issuer": provider.address}
    # The address has changed to another's, and is no longer verified: it is Rae's account all the same.
    assert come_in("r1", email="ada@example.org", email_verified=False)[0] == 303
    assert newest("sign_in").by_id == rae.id
    # Somebody new was given the old address.
    status, told = come_in("r2", email="rae@example.org")
    assert status == 403
    assert "signs in with another account of your organisation" in told
    with writing(office) as session:
        forget_account(session, session.get_one(Person, rae.id), by=ada)
        with pytest.raises(Refused, match="there is none to forget"):
            forget_account(session, session.get_one(Person, rae.id), by=ada)
    assert come_in("r2", email="rae@example.org")[0] == 303
    with writing(office) as session:
        disable_person(session, session.get_one(Person, rae.id), by=ada)
    status, told = come_in("r2", email="rae@example.org")
    assert (status, "Your account here is disabled" in told) == (403, True)


def test_signing_out_leads_on_to_the_providers_own_sign_out(served: Any, provider: Any) -> None:
    visitor = _Visitor()
    there = visitor.ask(f"{served.address}/sign-out", {})[1]
    assert 'href="/sign-in/organisation/out"' in visitor.ask(served.address + there)[2]
    status, to, _ = visitor.ask(f"{served.address}/sign-in/organisation/out")
    address, _, asked = to.partition("?")
    assert (status, address) == (303, f"{provider.address}/oauth2/end_session")
    back = f"{served.address}/sign-in?signed-out=everywhere"
    assert parse_qs(asked) == {"client_id": ["casework-qa"], "post_logout_redirect_uri": [back]}
    assert visitor.ask(to)[0] == 200  # the provider asks whether it is meant
    assert "and of your organisation’s account too" in visitor.ask(back)[2]


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"email": "nobody@example.org"}, "Nobody here has the address nobody@example.org"),
        ({"email": "leaver@example.org"}, "Your account here is disabled"),
        ({"email": "quinn@example.org", "email_verified": False}, "has not verified your e-mail address"),
        ({"email": "<b>@example.org"}, "&lt;b&gt;@example.org"),
        ({}, "did not tell your e-mail address"),
    ],
)
def test_who_has_no_place_here_is_told_so(
    served: Any, provider: Any, claims: dict[str, object], words: str
) -> None:
    _is_known(provider, "somebody", **claims)
    visitor = _Visitor()
    status, _, told = visitor.ask(visitor.come_back(served, "somebody"))
    assert status == 403
    assert words in told
    assert "There is a problem" in told
    assert not visitor.is_in


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(served: Any, provider: Any) -> None:
    _is_known(provider, "q1", email="quinn@example.org")
    visitor, other = _Visitor(), _Visitor()
    back = visitor.come_back(served, "q1")
    other.ask(f"{served.address}/sign-in/organisation")
    wrong_state = re.sub(r"state=[^&]+", "state=made-up", back)
    without_state = re.sub(r"&?state=[^&]+", "", back)
    nothing = f"{served.address}/sign-in/organisation/back"
    for who, address in (
        (other, back),
        (_Visitor(), back),
        (visitor, wrong_state),
        (visitor, without_state),
        (visitor, nothing),
    ):
        status, _, told = who.ask(address)
        assert status == 400
        assert "was not begun here" in told
        assert not who.is_in
    assert visitor.ask(back)[0] == 303
    assert visitor.is_in
    # The same code again: the state is used up.
    assert visitor.ask(back)[0] == 400


def test_a_code_that_the_provider_did_not_give_is_refused(served: Any) -> None:
    visitor = _Visitor()
    back = visitor.come_back(served, "quinn@example.org")
    status, _, told = visitor.ask(re.sub(r"code=[^&]+", "code=made-up", back))
    assert status == 400
    assert "gave no answer to rely on" in told
    assert not visitor.is_in


def test_who_says_no_at_the_provider_stays_out(served: Any) -> None:
    visitor = _Visitor()
    to_provider = visitor.ask(f"{served.address}/sign-in/organisation")[1]
    denied = visitor.ask(to_provider, {"action": "deny"})[1]
    status, _, told = visitor.ask(denied)
    assert status == 403
    assert "did not let you in" in told


def test_where_local_accounts_are_off_no_password_opens_anything(served: Any) -> None:
    visitor = _Visitor()
    told = visitor.ask(f"{served.address}/sign-in")[2]
    assert f'href="{served.address}/sign-in/organisation"' in told
    assert "Password" not in told
    status, _, told = visitor.ask(
        f"{served.address}/sign-in", {"email": "ada@example.org", "password": _PASSWORD}
    )
    assert status == 403
    assert "there are no others here" in told
    assert not visitor.is_in


_ENDS = ("authorization", "token", "userinfo")


class _Forger(BaseHTTPRequestHandler):
    """A provider whose tokens are what a test makes them: `make` is given the good claims, and signs."""

    key = RSAKey.generate_key(2048, {"kid": "1"})
    nonce = ""
    about: dict[str, str] = {"sub": "q"}  # noqa: RUF012
    make: Callable[[dict[str, Any]], str]

    def do_GET(self) -> None:
        if self.path == "/jwks":
            self._answer({"keys": [self.key.as_dict(private=False)]})
            return
        if self.path == "/userinfo":
            self._answer(type(self).about)
            return
        own = {"issuer": _issuer(self.server), "jwks_uri": f"{_issuer(self.server)}/jwks"}
        ends = {f"{name}_endpoint": f"{_issuer(self.server)}/{name}" for name in _ENDS}
        self._answer(own | ends | {"id_token_signing_alg_values_supported": ["none", "HS256", "RS256"]})

    def do_POST(self) -> None:
        now = int(time.time())
        good = {"iss": _issuer(self.server), "aud": "casework-qa", "sub": "q", "email": "quinn@example.org"}
        good |= {"iat": now, "exp": now + 60, "nonce": type(self).nonce}
        token = type(self).make(good)
        self._answer({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _answer(self, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def _issuer(server: Any) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


@pytest.fixture(scope="module")
def forger() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Forger)
    Thread(target=server.serve_forever, daemon=True).start()
    yield _issuer(server)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def served_by_forger(
    office: Engine, serve: Callable[..., AbstractContextManager[Any]], forger: str
) -> Iterator[Any]:
    settings = SETTINGS | {"QA_OIDC_ISSUER": forger, "QA_ADDRESS": "http://127.0.0.1:{port}"}
    with serve(str(office.url), **settings) as running:
        yield running


def _signed(claims: dict[str, Any], *, by: Any = _Forger.key, alg: str = "RS256") -> str:
    return jwt.encode({"alg": alg, "kid": "1"}, claims, by, algorithms=[alg])


def _without_signature(claims: dict[str, Any]) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join([*(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), ""])


@pytest.mark.parametrize(
    ("make", "lets_in"),
    [
        (_signed, True),
        (lambda good: _signed(good | {"iss": "https://login.example.org"}), False),
        (lambda good: _signed(good | {"aud": "another-app", "azp": "casework-qa"}), False),
        (lambda good: _signed(good | {"aud": ["another-app", "casework-qa"], "azp": "another-app"}), False),
        (lambda good: _signed(good | {"exp": good["iat"] - 600}), False),
        (lambda good: _signed(good | {"nonce": "of another sign-in"}), False),
        (lambda good: _signed({name: good[name] for name in good if name != "nonce"}), False),
        (lambda good: _signed(good, by=RSAKey.generate_key(2048, {"kid": "1"})), False),
        (
            lambda good: _signed(good, by=OctKey.import_key(SETTINGS["QA_OIDC_CLIENT_SECRET"]), alg="HS256"),
            False,
        ),
        (_without_signature, False),
        (lambda good: "no token", False),
    ],
    ids=[
        "good",
        *("iss", "aud", "azp", "exp", "nonce", "no nonce", "other key", "HS256", "none", "no token"),
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # the secret is short
def test_a_token_that_is_not_for_us_now_and_from_there_lets_nobody_in(
    served_by_forger: Any, make: Callable[[dict[str, Any]], str], lets_in: bool
) -> None:
    visitor = _Visitor()
    status, told = _back_from_forger(visitor, served_by_forger, make)
    assert (status, visitor.is_in) == ((303, True) if lets_in else (400, False))
    assert lets_in or "gave no answer to rely on" in told


@pytest.mark.parametrize(("subject", "lets_in"), [("new", True), ("somebody else", False)])
def test_what_the_token_leaves_out_is_asked_for_and_believed_of_nobody_else(
    served_by_forger: Any, monkeypatch: pytest.MonkeyPatch, subject: str, lets_in: bool
) -> None:
    monkeypatch.setattr(_Forger, "about", {"sub": subject, "email": "ada@example.org"})
    token_sub = "new" if lets_in else "not known yet"
    visitor = _Visitor()
    status, told = _back_from_forger(
        visitor,
        served_by_forger,
        lambda good: _signed({name: good[name] for name in good if name != "email"} | {"sub": token_sub}),
    )
    assert (status, visitor.is_in) == ((303, True) if lets_in else (403, False))
    assert lets_in or "did not tell your e-mail address" in told


def test_a_provider_that_names_no_sign_out_is_said(served_by_forger: Any) -> None:
    status, _, told = _Visitor().ask(f"{served_by_forger.address}/sign-in/organisation/out")
    assert (status, "does not say where to sign out" in told) == (200, True)


def _back_from_forger(
    visitor: _Visitor, served: Any, make: Callable[[dict[str, Any]], str]
) -> tuple[int, str]:
    to = visitor.ask(f"{served.address}/sign-in/organisation")[1]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(to).query).items()}
    _Forger.nonce, _Forger.make = asked["nonce"], make
    status, _, told = visitor.ask(f"{asked['redirect_uri']}?code=1&state={asked['state']}")
    return status, told


def test_local_accounts_stay_beside_single_sign_on(served_by_forger: Any) -> None:
    visitor = _Visitor()
    told = visitor.ask(f"{served_by_forger.address}/sign-in")[2]
    assert "Sign in with your organisation’s account" in told
    assert visitor.ask(
        f"{served_by_forger.address}/sign-in", {"email": "ada@example.org", "password": _PASSWORD}
    )[:2] == (303, "/")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [("/another", 403, "QA_OIDC_ISSUER is not what"), (None, 503, "does not answer")],
)
def test_a_provider_that_calls_itself_otherwise_or_is_down_is_said(
    forger: str,
    office: Engine,
    monkeypatch: pytest.MonkeyPatch,
    path: str | None,
    status: int,
    words: str,
) -> None:
    issuer = "http://127.0.0.1:9" if path is None else forger + path
    provider = _settings(monkeypatch, **SETTINGS | {"QA_OIDC_ISSUER": issuer}).provider
    monkeypatch.setenv("QA_DATABASE_URL", str(office.url))

    async def ask() -> httpx2.Response:
        served = httpx2.ASGITransport(Starlette(routes=oidc.routes(provider)))
        async with httpx2.AsyncClient(transport=served, base_url=provider.address) as client:
            return await client.get("/sign-in/organisation")

    with ThreadPoolExecutor() as threads:  # the browser of other tests keeps a loop running in this one
        answer = threads.submit(asyncio.run, ask()).result()
    assert (answer.status_code, words in answer.text) == (status, True)


def _settings(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Any:
    for name in (*SETTINGS, "QA_OIDC_ROLES", "QA_LOCAL_ACCOUNTS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return sign_in_settings()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"QA_OIDC_CLIENT_ID": "", "QA_SECRET": " "}, "missing: QA_OIDC_CLIENT_ID, QA_SECRET"),
        ({"QA_ADDRESS": ""}, "missing: QA_ADDRESS"),
        ({"QA_OIDC_ISSUER": "", "QA_OIDC_ROLES": "claim=x; y=head"}, "missing: QA_OIDC_ISSUER"),
        ({"QA_OIDC_ISSUER": "login.example.org"}, "QA_OIDC_ISSUER is no address"),
        ({"QA_OIDC_ISSUER": "http://login.example.org"}, "QA_OIDC_ISSUER begins with http:"),
        ({"QA_ADDRESS": "http://qa.example.org"}, "QA_ADDRESS begins with http:"),
        ({"QA_ADDRESS": "https://[qa"}, "QA_ADDRESS is no address"),
        ({"QA_SECRET": "short"}, "QA_SECRET has 5 characters"),
        ({"QA_OIDC_ROLES": "groups"}, "which claim gives which roles"),
        ({"QA_OIDC_ROLES": "claim=groups"}, "which claim gives which roles"),
        ({"QA_OIDC_ROLES": "claim=groups; boss=king"}, "names no role in “boss=king”"),
        ({"QA_OIDC_ROLES": "claim=groups; =head"}, "needs a value in “=head”"),
        ({"QA_OIDC_ROLES": "claim=groups; lm=line_manager"}, "a team for a line manager alone"),
        ({"QA_OIDC_ROLES": "claim=groups; lm=head:North"}, "a team for a line manager alone"),
        ({"QA_OIDC_ROLES": "claim=groups; lm=line_manager:*"}, "has one *"),
        ({"QA_OIDC_ROLES": "claim=groups; qa*=head"}, "has one *"),
        ({"QA_LOCAL_ACCOUNTS": "no"}, "QA_LOCAL_ACCOUNTS is 'no'"),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], words: str
) -> None:
    with pytest.raises(Refused, match=re.escape(words)) as refused:
        _settings(monkeypatch, **(SETTINGS | changed))
    assert SETTINGS["QA_OIDC_CLIENT_SECRET"] not in str(refused.value)
    assert _SECRET not in str(refused.value)


def test_a_wrong_setting_stops_the_start(office: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_LOCAL_ACCOUNTS", "off")
    result = CliRunner().invoke(app, ["run", "--database", str(office.url)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("QA_LOCAL_ACCOUNTS is off and QA_OIDC_ISSUER is empty")


def test_no_settings_are_local_accounts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(monkeypatch)
    assert (settings.provider, settings.local_accounts) == (None, True)
    with pytest.raises(Refused, match="nobody could sign in"):
        _settings(monkeypatch, QA_LOCAL_ACCOUNTS="off")


def test_claims_are_read_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    roles = "claim=https://example.org/groups; a = b=head; lead=line_manager:North; m:*=line_manager:*"
    provider: Provider = _settings(monkeypatch, **SETTINGS, QA_OIDC_ROLES=roles).provider
    assert _SECRET not in repr(provider)
    claim = "https://example.org/groups"
    north = ClaimedRole(Role.LINE_MANAGER, "North")
    for said, given in (
        (["a = b", "lead", "x"], {ClaimedRole(Role.HEAD), north}),
        ("lead", {north}),
        (["m:North", "lead"], {north}),
        (["m:South East"], {ClaimedRole(Role.LINE_MANAGER, "South East")}),
        (["Lead", "m", None, 3, {"lead": 1}], set()),
        (None, set()),
    ):
        assert provider.claimed({claim: said}) == given
    assert provider.claimed({}) == set()
