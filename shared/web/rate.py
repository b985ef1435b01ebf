"""How often a caller may call: a token bucket for each OAuth client, held in this process.

Several processes behind one address each keep their own buckets, so that a caller gets as many
times the rate; what must hold for all of them together belongs into the gateway before them. A
bucket is one number, the moment when it is full again (the generic cell rate algorithm); a full
one is forgotten. The headers are those of draft-ietf-httpapi-ratelimit-headers-11.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
MOST_CALLERS = 10_000
"""More buckets than this are not kept; the one longest unused goes first, and is full anew."""


@dataclass(frozen=True)
class Allowance:
    """What a caller may still do: `remaining` requests until `next_seconds` have passed.

    `retry_after` is 0 when the request was within the rate.
    """

    limit: int
    window_seconds: int
    remaining: int
    next_seconds: int
    retry_after: int = 0

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The allowance as response headers, as ASGI has them."""
        policy = f'"default";q={self.limit};w={self.window_seconds}'
        left = f'"default";r={self.remaining};t={self.next_seconds}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]


class RateLimiter:
    """The buckets of all callers of this process: `burst` requests at once, and as many more as
    drip in at `per_minute`."""

    def __init__(
        self,
        per_minute: int,
        burst: int | None = None,
        *,
        clock: Callable[[], int] = time.monotonic_ns,
        most_callers: int = MOST_CALLERS,
    ) -> None:
        self._limit = burst or per_minute
        self._drip = MINUTE // per_minute
        self._window = self._limit * self._drip
        self._clock = clock
        self._most_callers = most_callers
        self._full_at: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        """How many buckets are kept."""
        return len(self._full_at)

    def take(self, caller: str) -> Allowance:
        """Takes one request out of the caller's bucket, if there is one in it."""
        now = self._clock()
        self._forget(now)
        missing = max(self._full_at.get(caller, now) - now, 0)
        if missing + self._drip > self._window:
            return self._allowance(missing, retry_after=missing + self._drip - self._window)
        missing += self._drip
        self._full_at[caller] = now + missing
        self._full_at.move_to_end(caller)
        return self._allowance(missing)

    def _allowance(self, missing: int, *, retry_after: int = 0) -> Allowance:
        remaining, begun = divmod(self._window - missing, self._drip)
        return Allowance(
            limit=self._limit,
            window_seconds=_seconds(self._window),
            remaining=remaining,
            next_seconds=_seconds(self._drip - begun),
            retry_after=_seconds(retry_after),
        )

    def _forget(self, now: int) -> None:
        """Drops the buckets longest unused: those that are full again, and what is too many."""
        while self._full_at:
            caller, full_at = next(iter(self._full_at.items()))
            if full_at > now and len(self._full_at) < self._most_callers:
                return
            del self._full_at[caller]


def _seconds(nanoseconds: int) -> int:
    """Whole seconds, rounded up."""
    return -(-nanoseconds // SECOND)
