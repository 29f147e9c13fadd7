"""The sign-in page: plain HTML that works without JavaScript, and the posts it makes."""

import base64
import hashlib
from html import escape
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from qa_app import log
from qa_app.runtime import COOKIE, engine
from qa_app.sign_in_settings import sign_in_settings
from qa_app.trouble_words import NOT_DONE, cannot_write
from sampling.records import sign_in as accounts
from sampling.records.database import reading, writing
from sampling.records.office import Office, the_office
from sampling.refused import Refused

LEAVE: Final = "/sign-in/organisation/out"
SIGNED_OUT: Final = "signed-out"
EVERYWHERE: Final = "everywhere"
_STYLE: Final = """
body{margin:0;font:1.1rem/1.5 system-ui,sans-serif;color:#0b0c0c;background:#fff}
header{background:#1d4a7a;color:#fff;padding:.8rem 1.5rem;font-weight:700}
.demonstration{background:#fff3bf;border-bottom:3px solid #0b0c0c;padding:.6rem 1.5rem;margin:0}
main{max-width:38rem;padding:1rem 1.5rem 3rem}
h1{font-size:2rem;margin:1rem 0}
h2{font-size:1.25rem;margin:2rem 0 .5rem}
.problem h2{margin-top:0}
label{display:block;font-weight:600;margin:1.2rem 0 .3rem}
input{font:inherit;box-sizing:border-box;width:100%;max-width:26rem;padding:.4rem .5rem;
border:2px solid #0b0c0c}
input:focus,button:focus,a:focus,.problem:focus{outline:4px solid #ffbf47;outline-offset:0}
button,.button{display:block;font:inherit;font-weight:600;margin-top:1.5rem;padding:.5rem 1.1rem;color:#fff;
background:#1d4a7a;border:2px solid #1d4a7a;cursor:pointer}
.button{display:inline-block;margin:0;text-decoration:none}
button:hover,.button:hover{background:#14365a}
.problem{border:4px solid #b1130b;padding:1rem;margin:1rem 0}
.problem a,.wrong{color:#b1130b;font-weight:600}
.wrong{display:block;margin:0 0 .3rem}
ul.people{list-style:none;padding:0}
.people button{margin:.3rem 0;color:#1d4a7a;background:#fff;text-align:left}
.people button:hover{background:#f1f3f5}
"""
# The page allows this one style and nothing else: no script, no image, nothing from elsewhere.
_POLICY: Final = (
    "default-src 'none'; img-src 'self'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


async def show(request: Request) -> Response:
    """The empty form; whoever is signed in already goes on to the start screen."""

    def answer() -> Response:
        token = request.cookies.get(COOKIE)
        with reading(engine()) as session:
            if token and accounts.person_of_token(session, token) is not None:
                return RedirectResponse("/", status_code=303)
        return page(said=_signed_out(request.query_params.get(SIGNED_OUT)))

    return await run_in_threadpool(answer)


async def sign_in(request: Request) -> Response:
    """Check what was typed: the cookie and the start screen, or the form with what is wrong."""
    form = await request.form(max_files=0, max_fields=5, max_part_size=10_000)
    email, password = str(form.get("email", "")), str(form.get("password", ""))
    return await run_in_threadpool(_sign_in, request, email, password)


def where(request: Request) -> str:
    """Where somebody sits, as the audit trail says it."""
    return f"browser at {request.client.host}" if request.client else ""


def _place(request: Request) -> str:
    """The network address that tries are counted for; of IPv6 the part that a customer is given."""
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)


def _sign_in(request: Request, email: str, password: str) -> Response:
    with reading(engine()) as session:
        local_accounts = _has_local_accounts(the_office(session))
    if not local_accounts:
        log.sign_in_failed("password", "no_local_accounts")
        return page(problem="Sign in with your organisation’s account: there are no others here", status=403)
    if not email.strip() or not password:
        missing = "password" if email.strip() else "email"
        words = {"email": "Type your e-mail address", "password": "Type your password"}[missing]
        return page(problem=words, field=missing, email=email)
    try:
        # A wrong try is kept too, or nobody would ever be slowed down: the block ends without an exception.
        with writing(engine(), source=where(request)) as session:
            token = accounts.sign_in(session, email, password, place=_place(request))
    except Refused as refused:
        log.sign_in_failed("password", "refused")
        return page(problem=str(refused), field="email", email=email, status=429)
    except NOT_DONE as error:
        return not_just_now(error)
    if token is None:
        log.sign_in_failed("password", "wrong")
        return page(problem="The e-mail address or the password is not right", field="email", email=email)
    return let_in(token, secure=request.url.scheme == "https")


def not_just_now(error: SQLAlchemyError) -> Response:
    """The sign-in page with why the database does not let anybody in or out at present."""
    log.trouble(error, place=__name__)
    return page(problem=cannot_write(error), status=503)


def let_in(token: str, *, secure: bool) -> Response:
    """The start screen, with the cookie that opens it."""
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(accounts.SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    return answer


async def sign_out(request: Request) -> Response:
    """End the session in the database, so that a copy of the cookie is worth nothing either."""

    def end() -> None:
        with writing(engine(), source=where(request)) as session:
            accounts.sign_out(session, request.cookies.get(COOKIE, ""))

    try:
        await run_in_threadpool(end)
    except NOT_DONE as error:
        return await run_in_threadpool(not_just_now, error)
    answer = RedirectResponse(f"/sign-in?{SIGNED_OUT}=here", status_code=303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=request.url.scheme == "https")
    return answer


def _signed_out(of: str | None) -> str | None:
    if of is None:
        return None
    if of == EVERYWHERE:
        return "You are signed out, and of your organisation’s account too."
    elsewhere = (
        f' On a computer that others use, <a href="{LEAVE}">sign out of your organisation’s account too</a>.'
    )
    return "You are signed out." + (elsewhere if sign_in_settings().provider else "")


def _has_local_accounts(office: Office | None) -> bool:
    return sign_in_settings().local_accounts or (office is not None and office.is_demonstration)


def page(
    *,
    problem: str | None = None,
    field: str | None = None,
    email: str = "",
    said: str | None = None,
    status: int | None = None,
) -> Response:
    """The ways to sign in, and what went wrong, in the field of that name if it was one."""
    with reading(engine()) as session:
        office = the_office(session)
    provider = sign_in_settings().provider
    name = escape(office.name) if office else "Casework QA"
    demonstration = office is not None and office.is_demonstration
    parts = [f"<header>{name} · Casework QA</header>"]
    if demonstration:
        parts.append('<p class="demonstration">Demonstration: fictional people, cases and scores</p>')
    parts.append("<main>")
    if problem is not None:
        parts.append(
            '<div class="problem" role="alert" tabindex="-1" autofocus><h2>There is a problem</h2>'
            + (f'<a href="#{field}">{escape(problem)}</a>' if field else f"<p>{escape(problem)}</p>")
            + "</div>"
        )
    parts.append("<h1>Sign in</h1>")
    if said is not None:
        parts.append(f'<p role="status">{said}</p>')
    if provider is not None:
        # A link, not a form: a form must not lead to another site. From the address that the provider knows,
        # or the browser would not send back the cookie set there.
        parts.append(
            f'<p><a class="button" href="{escape(provider.address)}/sign-in/organisation">'
            "Sign in with your organisation’s account</a></p>"
        )
    if _has_local_accounts(office):
        if provider is not None:
            parts.append("<h2>Or with an account of this office</h2>")
        parts.append('<form method="post" action="/sign-in" novalidate>')
        wrong = problem if field == "email" else None
        parts.append(_field("email", "E-mail address", "email", "username", email, wrong))
        wrong = problem if field == "password" else None
        parts.append(_field("password", "Password", "password", "current-password", "", wrong))
        parts.append('<button type="submit">Sign in</button></form>')
    if demonstration:
        parts.append(_demonstration_sign_ins())
    parts.append("</main>")
    heading = "Error: Sign in" if problem else "Sign in"
    return HTMLResponse(
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{heading} – {name}</title><link rel="icon" href="/favicon.png"><style>{_STYLE}</style>'
        f"</head><body>{''.join(parts)}</body></html>",
        status_code=status or (400 if problem else 200),
        headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"},
    )


def _field(name: str, label: str, kind: str, autocomplete: str, value: str, problem: str | None) -> str:
    wrong = described = ""
    if problem is not None:
        wrong = f'<span class="wrong" id="{name}-problem">Error: {escape(problem)}</span>'
        described = f' aria-describedby="{name}-problem" aria-invalid="true"'
    return (
        f'<label for="{name}">{label}</label>{wrong}<input id="{name}" name="{name}" type="{kind}" '
        f'autocomplete="{autocomplete}" spellcheck="false" value="{escape(value)}"{described}>'
    )


def _demonstration_sign_ins() -> str:
    from qa_app.demo import PASSWORD, SIGN_INS

    buttons = "".join(
        '<li><form method="post" action="/sign-in">'
        f'<input type="hidden" name="email" value="{escape(email)}">'
        f'<input type="hidden" name="password" value="{escape(PASSWORD)}">'
        f'<button type="submit">{escape(role)}: {escape(email)}</button></form></li>'
        for role, email in SIGN_INS
    )
    return (
        "<h2>Sign-ins of the demonstration</h2>"
        f"<p>All have the password <code>{escape(PASSWORD)}</code>. A button signs you in at once.</p>"
        f'<ul class="people">{buttons}</ul>'
    )
