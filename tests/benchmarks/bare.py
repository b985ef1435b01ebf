"""The anchor: the same body validated, one row and one outbox row in a transaction, and nothing
else. `python -m tests.benchmarks.bare PORT`, the database in DSN; one worker.
"""

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import uvicorn
from fastapi import FastAPI, Request

from services.referral.intake.schemas import ReferralBody

CONNECTIONS = 10
TABLES = """
    CREATE TABLE IF NOT EXISTS bare (id uuid PRIMARY KEY, body jsonb NOT NULL);
    CREATE TABLE IF NOT EXISTS bare_outbox (
        id bigserial PRIMARY KEY, topic text NOT NULL, key bytea NOT NULL, value bytea NOT NULL
    )
"""
_ROW = "INSERT INTO bare (id, body) VALUES ($1, $2)"
_EVENT = "INSERT INTO bare_outbox (topic, key, value) VALUES ('bare', $1, $2)"


def build(dsn: str) -> FastAPI:
    """The application on a database that has the tables."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(dsn, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/referrals", status_code=201)
    async def post(body: ReferralBody, request: Request) -> dict[str, str]:
        new, kept = uuid4(), body.model_dump_json()
        event = json.dumps({"id": str(new), "urgency": body.urgency}).encode()
        async with request.app.state.pool.acquire() as connection, connection.transaction():
            await connection.execute(_ROW, new, kept)
            await connection.execute(_EVENT, new.bytes, event)
        return {"id": str(new)}

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ok"}

    return app


if __name__ == "__main__":
    uvicorn.run(
        build(os.environ["DSN"]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
    )
