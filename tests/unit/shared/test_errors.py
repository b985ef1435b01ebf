"""What an exception is told as: what may pass is a 503, what is our fault a 500, and no more."""

import asyncpg
import pytest
from sqlalchemy import exc

from shared.problems import NOT_FOUND, Problem
from shared.web.errors import of_exception


def from_driver(cause: Exception) -> exc.DBAPIError:
    """An asyncpg error as SQLAlchemy hands it on."""
    adapted = Exception(str(cause))
    adapted.__cause__ = cause
    return exc.DBAPIError("SELECT 1", None, adapted)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        from_driver(asyncpg.CannotConnectNowError("row of 131052-308T")),
        from_driver(asyncpg.LockNotAvailableError("row of 131052-308T")),
        from_driver(asyncpg.DeadlockDetectedError("row of 131052-308T")),
    ],
)
def test_what_may_pass_asks_to_try_again(error: Exception) -> None:
    told = of_exception(error)
    assert (told.kind.status, told.kind.code) == (503, "service_unavailable")
    assert told.headers["Retry-After"]


def test_a_fault_of_ours_tells_nothing_of_the_inside() -> None:
    told = of_exception(KeyError("131052-308T"))
    assert told.kind.status == 500
    assert "131052" not in told.detail


def test_a_problem_stays_what_it_is() -> None:
    problem = Problem(NOT_FOUND)
    assert of_exception(problem) is problem
