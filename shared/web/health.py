"""Liveness, readiness and metrics of a process, HTTP process and event process alike.

A check that is `required` makes the process unready when it fails. One that is not (the broker,
for a process that only writes its outbox) is told as degraded: referrals are still taken.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiokafka.client import AIOKafkaClient
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from opentelemetry.instrumentation.utils import suppress_instrumentation
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.settings import KafkaSettings

CHECK_SECONDS = 3.0


@dataclass(frozen=True)
class Check:
    """One dependency and how to see whether it answers; `probe` raises when it does not."""

    name: str
    probe: Callable[[], Awaitable[None]]
    required: bool = True


def health_router(checks: Sequence[Check]) -> APIRouter:
    """`/healthz`, `/readyz` and `/metrics`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        with suppress_instrumentation():
            results = await asyncio.gather(*(_ask(check) for check in checks))
        states = {check.name: "ok" if ok else "failing" for check, ok in results}
        unready = any(check.required and not ok for check, ok in results)
        failing = [name for name, state in states.items() if state == "failing"]
        status = "unready" if unready else "degraded" if failing else "ready"
        return JSONResponse(
            {"status": status, "checks": states, "failing": failing},
            503 if unready else 200,
            headers={"Retry-After": "2"} if unready else None,
        )

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


def broker_check(kafka: KafkaSettings, *, required: bool) -> Check:
    """Whether a broker answers a metadata request."""

    async def probe() -> None:
        client = AIOKafkaClient(**kafka.access, request_timeout_ms=2_000)
        try:
            await client.bootstrap()
        finally:
            await client.close()

    return Check("broker", probe, required)


async def _ask(check: Check) -> tuple[Check, bool]:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check.probe()
    except Exception:
        return check, False
    return check, True
