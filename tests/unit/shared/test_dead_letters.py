"""What may become of a dead letter."""

import itertools

import pytest

from shared.dead_letters import State, Step, after

ALLOWED = {
    ("open", "replay"): "replaying",
    ("open", "drop"): "dropped",
    ("dropped", "replay"): "replaying",
    ("replaying", "drop"): "dropped",
    ("replaying", "applied"): "replayed",
    ("replaying", "failed"): "open",
}


@pytest.mark.parametrize(("state", "step"), list(itertools.product(State, Step)))
def test_every_step_from_every_state(state: State, step: Step) -> None:
    assert after(state, step) == ALLOWED.get((state, step))


def test_what_was_applied_is_never_applied_again() -> None:
    assert {after(State.REPLAYED, step) for step in Step} == {None}
