"""The one way to make a service's HTTP application, and to serve it."""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from shared import garbage
from shared.auth import TokenChecker
from shared.db import Database
from shared.settings import PlatformSettings
from shared.web import errors
from shared.web.catalogue import RESPONSES, catalogue_router
from shared.web.depth import BodyDepth
from shared.web.door import Door
from shared.web.health import Check, broker_check, health_router
from shared.web.patience import BodyPatience, Impatient
from shared.web.rate import RateLimiter

KEEP_ALIVE_SECONDS = 30
GRACEFUL_SECONDS = 20
ISSUER_SECONDS = 5.0


def create_app(
    settings: PlatformSettings,
    routers: Sequence[APIRouter],
    *,
    title: str,
    description: str,
) -> FastAPI:
    """The application of a service: its routers under the house's conventions.

    `app.state.settings` and `app.state.database` are there for dependencies, `app.state.checker`
    and `app.state.limiter` for routes that let callers in by themselves. A body may have
    `settings.max_body_bytes`; a route that takes more (or less) says so in its decorator, as in
    `@router.post("", max_body_size=5_000_000)`, and that limit holds for it instead.
    """
    database = Database(settings)
    http = httpx.AsyncClient(timeout=ISSUER_SECONDS, verify=_trust(settings))
    checker = TokenChecker(settings.issuer, settings.audience, http)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await http.aclose()
        await database.close()

    app = FastAPI(
        title=title,
        description=description,
        version="1",
        lifespan=lifespan,
        responses=RESPONSES,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings = settings
    app.state.database = database
    app.state.cipher = settings.cipher()
    app.state.index = settings.blind_index()
    for router in (
        *routers,
        health_router(_checks(settings, database, checker)),
        catalogue_router(),
    ):
        app.include_router(router)
    errors.install(app)
    limiter = RateLimiter(settings.rate_per_minute, settings.rate_burst)
    app.state.checker = checker
    app.state.limiter = limiter
    _add_middleware(app, settings, checker, limiter)
    return app


def _trust(settings: PlatformSettings) -> ssl.SSLContext | bool:
    """Whose certificates the issuer may have."""
    if settings.issuer_ca_file is None:
        return True
    return ssl.create_default_context(cafile=settings.issuer_ca_file)


def _checks(settings: PlatformSettings, database: Database, checker: TokenChecker) -> list[Check]:
    async def issuer_answers() -> None:
        await checker.issuer.keys()

    return [
        Check("postgres", database.ping),
        Check("issuer", issuer_answers),
        broker_check(settings.kafka, required=False),
    ]


def _add_middleware(
    app: FastAPI, settings: PlatformSettings, checker: TokenChecker, limiter: RateLimiter
) -> None:
    """The last one added is the first that a request meets: the door, then size, depth, time."""
    app.add_middleware(BodyPatience)
    app.add_middleware(BodyDepth)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=settings.max_body_bytes)
    app.add_middleware(Door, checker=checker, limiter=limiter, service=settings.service_name)


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serves until SIGTERM or SIGINT; requests in flight are finished first."""
    garbage.collect_less_often()
    uvicorn.run(
        app,
        host=host,
        port=port,
        http=Impatient,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
