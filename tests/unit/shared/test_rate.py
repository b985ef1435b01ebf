"""The token bucket of a caller: how much at once, how much over time, and what is remembered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.rate import SECOND, Allowance, RateLimiter


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 5 * SECOND

    def __call__(self) -> int:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_minute_s_worth_may_come_at_once_and_no_more(clock: Clock) -> None:
    limiter = RateLimiter(60, clock=clock)
    taken = [limiter.take("ward") for _ in range(60)]
    assert [allowance.remaining for allowance in taken] == list(range(59, -1, -1))
    assert {allowance.retry_after for allowance in taken} == {0}
    assert limiter.take("ward") == Allowance(
        limit=60, window_seconds=60, remaining=0, next_seconds=1, retry_after=1
    )


def test_a_caller_who_waits_as_told_is_taken(clock: Clock) -> None:
    limiter = RateLimiter(20, burst=2, clock=clock)
    for _ in range(2):
        limiter.take("ward")
    refused = limiter.take("ward")
    assert refused.retry_after == 3
    clock.pass_seconds(refused.retry_after)
    assert limiter.take("ward").retry_after == 0
    assert limiter.take("ward").retry_after == 3


def test_being_refused_costs_nothing(clock: Clock) -> None:
    limiter = RateLimiter(60, burst=1, clock=clock)
    limiter.take("ward")
    for _ in range(100):
        assert limiter.take("ward").retry_after == 1
    clock.pass_seconds(1)
    assert limiter.take("ward").retry_after == 0


def test_callers_do_not_share_a_bucket(clock: Clock) -> None:
    limiter = RateLimiter(60, burst=1, clock=clock)
    limiter.take("ward")
    assert limiter.take("prison").retry_after == 0
    assert limiter.take("ward").retry_after == 1


def test_the_headers_are_structured_fields_of_the_draft(clock: Clock) -> None:
    allowance = RateLimiter(600, burst=100, clock=clock).take("ward")
    assert dict(allowance.headers()) == {
        b"ratelimit-policy": b'"default";q=100;w=10',
        b"ratelimit": b'"default";r=99;t=1',
    }


def test_a_full_bucket_is_forgotten(clock: Clock) -> None:
    limiter = RateLimiter(60, clock=clock)
    for n in range(500):
        limiter.take(f"caller-{n}")
    assert len(limiter) == 500
    clock.pass_seconds(1)
    limiter.take("one more")
    assert len(limiter) == 1


def test_there_are_never_more_buckets_than_allowed(clock: Clock) -> None:
    limiter = RateLimiter(1, clock=clock, most_callers=10)
    for n in range(500):
        limiter.take(f"caller-{n}")
    assert len(limiter) == 10
    assert limiter.take("caller-499").retry_after == 60, "who came last is still known"


@given(
    per_minute=st.integers(1, 1000),
    burst=st.integers(1, 50),
    pauses=st.lists(st.floats(0, 30), max_size=80),
)
def test_nobody_ever_gets_more_than_the_burst_and_what_dripped_in(
    per_minute: int, burst: int, pauses: list[float]
) -> None:
    clock = Clock()
    limiter = RateLimiter(per_minute, burst, clock=clock)
    begun = clock.now
    taken = 0
    for pause in pauses:
        clock.pass_seconds(pause)
        allowance = limiter.take("ward")
        taken += allowance.retry_after == 0
        assert 0 <= allowance.remaining < allowance.limit == burst
        assert allowance.next_seconds >= 1
        dripped = (clock.now - begun) * per_minute / (60 * SECOND)
        assert taken <= burst + dripped + 0.001
