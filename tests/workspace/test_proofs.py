"""What the conformance suites are said to prove is what was asked for, and nothing else."""

from __future__ import annotations

import dataclasses

import pytest

from moltres.dialects.capabilities import Capabilities
from support.proofs import Proofs


@pytest.fixture
def proofs(monkeypatch: pytest.MonkeyPatch) -> Proofs:
    monkeypatch.setattr(Capabilities, "__getattribute__", object.__getattribute__)  # taken back after the test
    plugin = Proofs("check")
    plugin.pytest_runtest_setup()
    return plugin


def test_a_capability_that_is_read_is_asked_for(proofs: Proofs) -> None:
    assert Capabilities().full_join
    assert {name for _, name in proofs.asking} == {"full_join"}


def test_copies_comparisons_and_representations_ask_for_nothing(proofs: Proofs) -> None:
    known = Capabilities()
    assert dataclasses.replace(known) == known
    assert repr(known)
    assert not proofs.asking
