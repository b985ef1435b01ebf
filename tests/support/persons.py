"""Who is whom over time, as the referral service tells it: links, unlinks and merges of refs."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from shared.contracts.referral import ClientLinked, ClientMerged, ClientUnlinked, PersonsJoined

BEGAN = datetime(2026, 11, 22, 8, tzinfo=UTC)
COINS: st.SearchStrategy[bool] = st.booleans()


@dataclass
class Whoiswho:
    """The links there are, the version of each ref, and what was told."""

    links: dict[UUID, UUID] = field(default_factory=dict)
    final: set[UUID] = field(default_factory=set)
    versions: dict[UUID, int] = field(default_factory=dict)
    told: list[PersonsJoined] = field(default_factory=list)

    def root(self, ref: UUID) -> UUID:
        """The ref that the person is kept under."""
        while ref in self.links:
            ref = self.links[ref]
        return ref

    def person(self, ref: UUID) -> frozenset[UUID]:
        """All refs of the person, by asking each for its root."""
        everybody = {ref, *self.links, *self.links.values()}
        return frozenset(one for one in everybody if self.root(one) == self.root(ref))

    def link(self, linked: UUID, to: UUID) -> PersonsJoined:
        """The two are one person."""
        return self._join(ClientLinked, linked, to)

    def merge(self, linked: UUID, into: UUID) -> PersonsJoined:
        """For good."""
        self.final.add(linked)
        return self._join(ClientMerged, linked, into)

    def unlink(self, linked: UUID, **facts: Any) -> PersonsJoined:
        """They are two after all; told under the ref that was kept."""
        kept = self.root(linked)
        del self.links[linked]
        return self._tell(ClientUnlinked, kept, linked, **facts)

    def _join(self, event: type[PersonsJoined], linked: UUID, to: UUID) -> PersonsJoined:
        self.links[linked] = to
        return self._tell(event, to, linked)

    def _tell(
        self, event: type[PersonsJoined], kept: UUID, linked: UUID, **facts: Any
    ) -> PersonsJoined:
        for ref in (kept, linked):
            self.versions[ref] = self.versions.get(ref, 1) + 1
        told = event.model_validate(
            {
                "aggregate_id": kept,
                "version": self.versions[kept],
                "occurred_at": BEGAN + timedelta(minutes=len(self.told)),
                "client_ref": kept,
                "linked_ref": linked,
                "linked_version": self.versions[linked],
                **facts,
            }
        )
        self.told.append(told)
        return told


@st.composite
def some_history(draw: st.DrawFn, refs: list[UUID], steps: int = 8) -> Whoiswho:
    """What people may do with some refs, one after the other."""
    history = Whoiswho()
    join = (history.link, history.link, history.merge)
    for _ in range(draw(st.integers(0, steps))):
        undoable = [ref for ref in history.links if ref not in history.final]
        if len(undoable) > 0 and draw(COINS):
            history.unlink(draw(st.sampled_from(undoable)))
            continue
        roots = [ref for ref in refs if ref not in history.links]
        if len(roots) < 2:
            continue
        linked, to = draw(st.permutations(roots))[:2]
        draw(st.sampled_from(join))(linked, to)
    return history
