"""What must hold of everything that was sent, once the house is quiet. Pure: what was seen goes in,
what is wrong comes out, in words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

LIMIT = 5
ALIVE = {"accepted", "in-progress", "on-hold", "completed"}


@dataclass
class Sent:
    """One referral as its sender knows it: what was answered, try by try (None: nothing)."""

    key: str
    answers: list[int | None] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    @property
    def accepted(self) -> bool:
        """Whether its sender ever got a receipt."""
        return bool(self.ids)

    @property
    def surely_refused(self) -> bool:
        """Whether every try was answered with a refusal that says: nothing was done."""
        return bool(self.answers) and all(code and 400 <= code < 500 for code in self.answers)


@dataclass(frozen=True)
class Kept:
    """One referral as the house keeps it, in every service."""

    referral_id: str
    key: str
    client_ref: str
    status: str
    told: int = 1
    audited: int = 1
    decided: int = 1
    placed: int = 1
    counted: int = 1
    traced: bool = True


@dataclass(frozen=True)
class Seen:
    """All that was looked at: referrals, the places of each person, the report's count beside the
    number of referrals there are, documents with how often each record has them, and the rest."""

    kept: Sequence[Kept]
    places: Mapping[str, int]
    reported: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    documents: Mapping[str, tuple[str, int, int]] = field(default_factory=dict)
    waiting_events: int = 0
    dead_letters: int = 0
    out_of_order: int = 0
    never_sent: int = 0


@dataclass(frozen=True)
class Verdict:
    """What is wrong, in three kinds."""

    lost: Sequence[str]
    doubled: Sequence[str]
    wrong: Sequence[str]

    @property
    def clean(self) -> bool:
        """Whether nothing is."""
        return not (self.lost or self.doubled or self.wrong)

    def __str__(self) -> str:
        told = []
        for kind in ("lost", "doubled", "wrong"):
            found: Sequence[str] = getattr(self, kind)
            told += [f"{kind}: {one}" for one in found[:LIMIT]]
            told += [f"{kind}: and {len(found) - LIMIT} more"] if len(found) > LIMIT else []
        return "; ".join(told) or "nothing wrong"


def judge(sent: Iterable[Sent], documents: Iterable[str], seen: Seen) -> Verdict:
    """Holds what was seen against what was sent."""
    sent = list(sent)
    lost, doubled, wrong = _chains(seen)
    lost += _missing(sent, documents, seen)
    doubled += _repeated(sent, seen)
    wrong += _left_behind(sent, seen)
    for place, (there, reported) in seen.reported.items():
        words = f"the report counts {reported} referrals in {place}, there are {there}"
        lost += [words] * (reported < there)
        doubled += [words] * (reported > there)
    return Verdict(lost, doubled, wrong)


def _chains(seen: Seen) -> tuple[list[str], list[str], list[str]]:
    """Whether each referral that is kept is whole, from its audit row to its count."""
    lost: list[str] = []
    doubled: list[str] = []
    wrong: list[str] = []
    for one in seen.kept:
        for what in ("told", "audited", "decided", "placed", "counted"):
            times = getattr(one, what)
            lost += [f"{one.referral_id} is not {what}"] * (times == 0)
            doubled += [f"{one.referral_id} is {what} {times} times"] * (times > 1)
        wrong += [f"{one.referral_id} lost its trace"] * (not one.traced)
        wrong += [f"{one.referral_id} stands as {one.status}"] * (one.status not in ALIVE)
    return lost, doubled, wrong


def _missing(sent: Sequence[Sent], documents: Iterable[str], seen: Seen) -> list[str]:
    there = {one.referral_id for one in seen.kept}
    lost = [f"{one.key} was accepted and is not there" for one in sent if not one.ids <= there]
    for document in documents:
        state, social, health = seen.documents.get(document, ("missing", 0, 0))
        whole = state == "stored_in_both" and social and health
        lost += [] if whole else [f"document {document}: {state}, {social} + {health}"]
    return lost


def _repeated(sent: Sequence[Sent], seen: Seen) -> list[str]:
    doubled = [f"{one.key} got {len(one.ids)} receipts" for one in sent if len(one.ids) > 1]
    kept = Counter(one.key for one in seen.kept)
    doubled += [f"{key} is kept {times} times" for key, times in kept.items() if times > 1]
    doubled += [f"person {ref} has {n} places" for ref, n in seen.places.items() if n > 1]
    for document, (_, social, health) in seen.documents.items():
        doubled += [f"document {document} is stored twice"] * (social > 1 or health > 1)
    return doubled


def _left_behind(sent: Sequence[Sent], seen: Seen) -> list[str]:
    kept = {one.key for one in seen.kept}
    wrong = [f"{one.key} was refused and is kept" for one in sent if _kept_though(one, kept)]
    rest = {
        "events are not published": seen.waiting_events,
        "messages are set aside": seen.dead_letters,
        "events came out of order": seen.out_of_order,
        "events are on no topic": seen.never_sent,
    }
    return wrong + [f"{count} {words}" for words, count in rest.items() if count]


def _kept_though(one: Sent, kept: set[str]) -> bool:
    return one.surely_refused and one.key in kept
