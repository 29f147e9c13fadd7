"""What stands before every request: who is let in, from where, and with which headers."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa_app import log
from qa_app.runtime import COOKIE, engine
from qa_app.trouble_words import cannot_show, fault
from sampling.records import sign_in
from sampling.records.database import reading

# What needs no session: signing in, Streamlit's own program, and what an open screen asks for when its
# session has ended meanwhile, so that it can say so. A screen's channel is a websocket: the script that
# answers there asks on every run who is signed in.
_OPEN: Final = (
    "/sign-in",
    "/sign-in/organisation",
    "/sign-in/organisation/back",
    "/sign-in/organisation/out",
    "/sign-out",
    "/healthz",
    "/favicon.png",
    "/manifest.json",
    "/_stcore/health",
    "/_stcore/host-config",
)

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Streamlit's program needs inline styles, its charts compile expressions; nothing comes from elsewhere.
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
}


class Gate:
    """Sends visitors without a session to the sign-in page, and turns away posts from other sites."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                if message["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                    log.upload_too_large()
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            answer: ASGIApp = await self._refusal(request) or self.app
            await answer(scope, receive, send_with_headers)
        except Exception as error:
            if begun:
                raise
            if (sentence := cannot_show(error)) is not None:
                log.trouble(error, place=__name__)
                told = PlainTextResponse(sentence, status_code=503)
            else:
                told = PlainTextResponse(fault(log.unexpected(error)), status_code=500)
            await told(scope, receive, send_with_headers)

    async def _refusal(self, request: Request) -> Response | None:
        path = request.url.path
        if request.method not in ("GET", "HEAD", "OPTIONS") and not _from_here(request):
            return PlainTextResponse("This request came from another site and was refused.", status_code=403)
        if path in _OPEN or path.startswith("/static/"):
            return None
        if await run_in_threadpool(_has_session, request.cookies.get(COOKIE)):
            return None
        return RedirectResponse("/sign-in", status_code=303)


def _has_session(token: str | None) -> bool:
    if not token:
        return False
    with reading(engine()) as session:
        return sign_in.person_of_token(session, token) is not None


def _from_here(request: Request) -> bool:
    """Whether a browser says that a page of ours sent this. A program that is no browser says nothing."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
