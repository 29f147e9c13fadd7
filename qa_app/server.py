"""The web server: the screens, the sign-in page, and what guards them.

Streamlit serves the screens. Around it stand our own sign-in form, which sets the cookie a
screen cannot set, and a gate: without a valid session there is only the sign-in page.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import streamlit as st
import uvicorn
from sqlalchemy import text
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from streamlit import config, logger

from qa_app import log, sign_in_page
from qa_app.gate import Gate
from qa_app.runtime import SCREENS, engine
from qa_app.screen_log import show_fault
from qa_app.settings import serve_database, settings
from qa_app.sign_in_settings import sign_in_settings

_FOLDER: Final = Path(__file__).parent

# Chosen here and not in a config.toml: the app looks and behaves the same wherever it is started.
_SETTINGS: Final = {
    "runner.postScriptGC": False,  # a full garbage collection after each click is most of a click's time
    "browser.gatherUsageStats": False,
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.enableXsrfProtection": True,
    "server.enableAgentApi": False,
    "server.maxUploadSize": 200,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",  # a traceback may hold what a reader must not see
    "logger.enableRich": False,
    "logger.messageFormat": "%(message)s",
    "theme.base": "light",
    "theme.primaryColor": "#1d4a7a",
    "theme.backgroundColor": "#ffffff",
    "theme.secondaryBackgroundColor": "#f1f3f5",
    "theme.textColor": "#0b0c0c",
    "theme.linkColor": "#1d4a7a",
    "theme.baseRadius": "small",
    "theme.showWidgetBorder": True,
    "theme.showSidebarBorder": True,
    "theme.paddingTop": "2.5rem",
    "theme.headingFontSizes": ["2rem", "1.5rem", "1.2rem", "1.05rem", "1rem", "1rem"],
    "theme.headingFontWeights": [700, 600, 600, 600, 600, 600],
}


def build_app(*, host: str = "127.0.0.1") -> st.App:
    """The app for an ASGI server. QA_DATABASE_URL names the database, which must have been migrated."""
    for name, value in _SETTINGS.items():
        config.set_option(name, value)
    if host in ("127.0.0.1", "localhost", "::1"):
        # A web site that gives its own name our address must not get at an app meant for this machine.
        # Behind a proxy on the same machine, people come by the public name.
        address = settings().address
        public = [urlsplit(address).hostname or ""] if address else []
        config.set_option("server.allowedHosts", ["127.0.0.1", "localhost", "::1", *public])
    return st.App(
        _FOLDER / "script" / "start.py",
        routes=[
            Route("/sign-in", sign_in_page.show, methods=["GET"]),
            Route("/sign-in", sign_in_page.sign_in, methods=["POST"]),
            *_single_sign_on(),
            Route("/sign-out", sign_in_page.sign_out, methods=["POST"]),
            Route("/healthz", _health, methods=["GET"]),
            Route("/favicon.png", _icon, methods=["GET"]),
            Route(f"/{next(iter(SCREENS))}", _to_first_screen, methods=["GET"]),
        ],
        middleware=[Middleware(Gate)],
        lifespan=_told,
        on_script_error=show_fault,
    )


def serve(url: str, *, host: str = "127.0.0.1", port: int = 8501) -> None:
    """Serve the database at an SQLAlchemy address until the process is told to stop."""
    serve_database(url)
    level = settings().log_level
    app = build_app(host=host)
    log.set_up(level)
    logger.set_log_level(log.level_of_libraries(level))
    logger.update_formatter()
    uvicorn.run(
        app,
        host=host,
        port=port,
        ws="websockets-sansio",
        ws_max_size=config.get_option("server.maxMessageSize") * 1024 * 1024,
        access_log=False,
        server_header=False,
        log_config=None,
        log_level=log.level_of_libraries(level),
        timeout_graceful_shutdown=3,  # an open screen holds its connection and would hold up the end
    )


@asynccontextmanager
async def _told(_app: st.App) -> AsyncIterator[None]:
    """Log when the app begins to serve, and when it has ended."""
    log.started(version("casework-qa"), engine().dialect.name)
    yield
    log.stopped()


def _single_sign_on() -> list[Route]:
    provider = sign_in_settings().provider
    if provider is None:
        return []
    from qa_app import oidc  # half a second to import, which an office without it does not need

    return oidc.routes(provider)


async def _to_first_screen(_request: Request) -> Response:
    """Streamlit knows the first screen by the bare address alone; who typed its name gets there too."""
    return RedirectResponse("/")


async def _health(_request: Request) -> Response:
    """200 while the database answers, for whatever watches over the server."""

    def ask() -> None:
        with engine().connect() as connection:
            connection.execute(text("SELECT 1"))

    try:
        await run_in_threadpool(ask)
    except Exception:
        return PlainTextResponse("the database does not answer", status_code=503)
    return PlainTextResponse("ok")


async def _icon(_request: Request) -> Response:
    return FileResponse(_FOLDER / "static" / "icon.png", headers={"Cache-Control": "public, max-age=86400"})
