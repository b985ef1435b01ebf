"""When a message goes out, when it is tried again, and when it is given up; pure.

Standard Webhooks 1.0 is the frame: https://www.standardwebhooks.com. `RETRY_DELAYS` and
`_TRANSITIONS` carry the policy.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from shared.contracts.codes import BusinessStatus, ReferralStatus


class EventType(StrEnum):
    """What an endpoint can be told of."""

    STATUS_CHANGED = "referral.status_changed"


PING: Final = "webhook.ping"
"""The type of the test event, which every endpoint gets when asked for."""

RETRY_DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After each failed try the pause before the next one: ten tries in a little over three days."""

JITTER = 0.1
"""Each pause is up to this share longer, so that what failed together does not return together."""

LONGEST_RETRY_AFTER = timedelta(hours=24)


def next_pause(
    attempts: int, *, jitter: float, scale: float = 1.0, retry_after: timedelta | None = None
) -> timedelta | None:
    """How long to wait after so many tries; None when the schedule has ended.

    `jitter` is a random number from 0 to 1. An endpoint's Retry-After can lengthen a pause, up to
    `LONGEST_RETRY_AFTER`, never shorten it. `scale` shrinks the schedule alone.
    """
    if attempts > len(RETRY_DELAYS):
        return None
    planned = RETRY_DELAYS[max(attempts, 1) - 1] * scale * (1 + JITTER * jitter)
    asked = min(retry_after or timedelta(), LONGEST_RETRY_AFTER)
    return max(planned, asked)


def parse_retry_after(header: str | None, now: datetime) -> timedelta | None:
    """The wait a Retry-After header asks for (RFC 9110, 10.2.3); None when it is none."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta()), LONGEST_RETRY_AFTER)


class Outcome(StrEnum):
    """How the last try of a delivery ended, as its log says."""

    DELIVERED = "delivered"
    BAD_STATUS = "bad_status"
    REDIRECTED = "redirected"
    """A redirect may lead anywhere, so none is followed."""
    ENDPOINT_GONE = "endpoint_gone"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    TLS_FAILED = "tls_failed"
    NAME_UNKNOWN = "name_unknown"
    ADDRESS_REFUSED = "address_refused"
    INTERNAL_ERROR = "internal_error"
    ENDPOINT_DISABLED = "endpoint_disabled"
    NOTHING_NEW = "nothing_new"


GONE = 410


def outcome_of(status: int) -> Outcome:
    """What an endpoint's answer means; only 2xx is a success."""
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if 300 <= status < 400:
        return Outcome.REDIRECTED
    return Outcome.ENDPOINT_GONE if status == GONE else Outcome.BAD_STATUS


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class Step(StrEnum):
    """What happens to a delivery."""

    SUCCEED = "succeed"
    RETRY = "retry"
    GIVE_UP = "give_up"
    SUPERSEDE = "supersede"
    RESEND = "resend"


_TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.PENDING, Step.SUCCEED): State.DELIVERED,
    (State.PENDING, Step.RETRY): State.PENDING,
    (State.PENDING, Step.GIVE_UP): State.FAILED,
    (State.PENDING, Step.SUPERSEDE): State.SUPERSEDED,
    **{(state, Step.RESEND): State.PENDING for state in State},
}


def after(state: State, step: Step) -> State | None:
    """Where a step leads; None when it comes too late to change anything."""
    return _TRANSITIONS.get((state, step))


def step_of(outcome: Outcome, pause: timedelta | None) -> Step:
    """What a try that ended so does to its delivery; `pause` is the time until the next try."""
    if outcome == Outcome.DELIVERED:
        return Step.SUCCEED
    if outcome == Outcome.NOTHING_NEW:
        return Step.SUPERSEDE
    if outcome == Outcome.ENDPOINT_GONE or pause is None:
        return Step.GIVE_UP
    return Step.RETRY


@dataclass(frozen=True)
class Shown:
    """What a message tells of a referral: its statuses as the partner may see them."""

    status: ReferralStatus
    business_status: BusinessStatus | None = None


RECEIPT = Shown(ReferralStatus.REQUESTED)
"""What the receipt told every sender."""


@dataclass(frozen=True)
class Told:
    """What an earlier message of the same referral told; unsure when no success came back."""

    shown: Shown
    sure: bool = True


def may_tell(shown: Shown, *, authority: bool) -> bool:
    """Whether a message may go out at all. To a partner that is not an authority, that anything
    happened is itself secret until the client consents to a fact that has come true (domain
    rule 4)."""
    return authority or shown.business_status is not None


def changed(before: Shown, now: Shown, *, authority: bool) -> bool:
    """Whether a change is to be told: what the partner sees is another than before."""
    return now != before and may_tell(now, authority=authority)


def still_news(told: Told, now: Shown, *, authority: bool) -> bool:
    """Whether at the moment of sending there is anything to tell beyond what was told last."""
    return may_tell(now, authority=authority) and not (told.sure and told.shown == now)
