"""Signing in with the organisation's account, by OpenID Connect: to its provider, and back with a code.

Authlib does what must not be got wrong: state, nonce, PKCE; the token's signature, issuer, audience, times.
What comes of it is the same session as everybody's; of the provider's only its name for the account is kept.
Between going and coming back, a signed cookie of ten minutes binds the answer to this browser.
"""

from functools import cache, partial
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.base_client.errors import MismatchingStateError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qa_app import log
from qa_app.runtime import engine
from qa_app.sign_in_page import EVERYWHERE, LEAVE, SIGNED_OUT, let_in, not_just_now, page, where
from qa_app.sign_in_settings import Provider
from qa_app.trouble_words import NOT_DONE
from sampling.records import sign_in as accounts
from sampling.records.claimed_roles import follow_claims
from sampling.records.database import writing
from sampling.records.known_accounts import connect_account, person_of_account
from sampling.refused import Refused

_GO: Final = "/sign-in/organisation"
_BACK: Final = "/sign-in/organisation/back"
_MINUTES: Final = 10


def routes(provider: Provider) -> list[Route]:
    """The way to the provider, and the way back."""
    on_the_way = Middleware(
        SessionMiddleware,
        secret_key=provider.secret,
        session_cookie="qa_sign_in",
        max_age=_MINUTES * 60,
        path=_GO,
        same_site="lax",  # the way back begins at another site
        https_only=provider.is_secure,
    )
    return [
        Route(_GO, partial(_go, provider=provider), methods=["GET"], middleware=[on_the_way]),
        Route(_BACK, partial(_come_back, provider=provider), methods=["GET"], middleware=[on_the_way]),
        Route(LEAVE, partial(_leave, provider=provider), methods=["GET"]),
    ]


async def _go(request: Request, *, provider: Provider) -> Response:
    try:
        client = await _client(provider)
        answer: Response = await client.authorize_redirect(request, provider.address + _BACK)
    except (httpx2.HTTPError, ValueError, RuntimeError, Refused) as error:
        return await _went_wrong(error)
    return answer


async def _come_back(request: Request, *, provider: Provider) -> Response:
    try:
        claims = await _claims(request, provider)
        token = await run_in_threadpool(_sign_in, request, provider, claims)
    except (OAuthError, JoseError, httpx2.HTTPError, ValueError, RuntimeError, Refused) as error:
        return await _went_wrong(error)
    except NOT_DONE as error:
        return await run_in_threadpool(not_just_now, error)
    return let_in(token, secure=provider.is_secure)


def _sign_in(request: Request, provider: Provider, claims: dict[str, Any]) -> str:
    with writing(engine(), source=where(request)) as session:
        account = {"issuer": str(claims["iss"]), "subject": str(claims["sub"])}
        person = person_of_account(session, **account) or connect_account(
            session, **account, email=_address(claims)
        )
        unknown_teams = follow_claims(session, person, provider.claimed(claims))
        details = {"unknown_teams": unknown_teams} if unknown_teams else {}
        return accounts.open_session(session, person, through="organisation", **details)


def _address(claims: dict[str, Any]) -> str:
    """The e-mail address by which somebody is found the first time; refuses one that is not verified."""
    email = claims.get("email")
    if not isinstance(email, str) or not email.strip():
        raise Refused(
            "Your organisation’s sign-in did not tell your e-mail address. Ask those who look after it to."
        )
    if claims.get("email_verified") in (False, "false"):
        raise Refused(
            "Your organisation’s sign-in has not verified your e-mail address yet. Verify it there."
        )
    return email


async def _leave(request: Request, *, provider: Provider) -> Response:
    """On to where the provider signs people out of their account there, if it says where that is."""
    try:
        client = await _client(provider)
    except (httpx2.HTTPError, ValueError, RuntimeError, Refused) as error:
        return await _went_wrong(error)
    address = client.server_metadata.get("end_session_endpoint")
    if not address:
        said = "Your organisation’s sign-in does not say where to sign out there. Do it on its own pages."
        return await run_in_threadpool(partial(page, said=said))
    back = f"{provider.address}/sign-in?{SIGNED_OUT}={EVERYWHERE}"
    asked = urlencode({"client_id": provider.client_id, "post_logout_redirect_uri": back})
    return RedirectResponse(f"{address}{'&' if '?' in address else '?'}{asked}", status_code=303)


async def _claims(request: Request, provider: Provider) -> dict[str, Any]:
    """Who it is, from the signed token, and from the provider's page about them what the token leaves out."""
    client = await _client(provider)
    metadata = client.server_metadata
    must_be = {
        "iss": {"essential": True, "value": metadata["issuer"]},
        "aud": {"essential": True, "value": provider.client_id},
    }
    token = await client.authorize_access_token(request, claims_options=must_be)
    claims: dict[str, Any] = dict(token.get("userinfo") or {})
    if not claims:
        raise Refused("Your organisation’s sign-in did not say who you are. Tell an administrator.")
    if "userinfo_endpoint" in metadata:
        more = await client.userinfo(token=token)
        if more.get("sub") == claims["sub"]:  # or it would be somebody else's
            claims = {**more, **claims}
    return claims


async def _client(provider: Provider) -> Any:
    """Authlib's client, which knows what the provider says of itself."""
    client = _registered(provider)
    metadata = await client.load_server_metadata()
    if str(metadata.get("issuer", "")).rstrip("/") != provider.issuer.rstrip("/"):
        metadata.pop("_loaded_at")  # asked again next time, when it may have been put right
        raise Refused(
            "QA_OIDC_ISSUER is not what your organisation’s sign-in calls itself. Tell an administrator."
        )
    # A token signed with nothing, or with a secret that several know, says nothing.
    signed = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = [name for name in signed if name[:1] in "REP"]
    return client


@cache
def _registered(provider: Provider) -> Any:
    return OAuth().register(
        "organisation",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
    )


async def _went_wrong(error: Exception) -> Response:
    """The sign-in page with what it was. The log has its kind, and nothing of the person."""
    log.sign_in_failed("organisation", type(error).__name__)
    status = 400
    if isinstance(error, Refused):
        words, status = str(error), 403
    elif isinstance(error, MismatchingStateError):
        words = f"This sign-in was not begun here, or more than {_MINUTES} minutes ago. Begin it again."
    elif isinstance(error, OAuthError) and error.error == "access_denied":
        words, status = (
            "Your organisation’s sign-in did not let you in. Try again, or ask those who run it.",
            403,
        )
    elif isinstance(error, httpx2.HTTPError):
        words, status = "Your organisation’s sign-in does not answer. Try again in some minutes.", 503
    else:
        words = (
            "Your organisation’s sign-in gave no answer to rely on. Try again; then tell an administrator."
        )
    return await run_in_threadpool(partial(page, problem=words, status=status))
