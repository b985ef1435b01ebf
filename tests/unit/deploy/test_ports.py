"""Ports for the processes of a stack."""

import pytest

from deploy.local import ports


def test_no_port_is_given_twice_before_anything_listens_on_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports, "_RANGE", range(20_000, 20_200))
    taken = {ports.free_port() for _ in range(60)}
    assert len(taken) == 60
