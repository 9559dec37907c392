"""Kestra's engine, once for all tests: validating on 1.x and 2.x, running on 1.x."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from support.kestra_engine import KESTRA_1, KESTRA_2, Engine, kestra_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def kestra() -> Iterator[Engine]:
    """Kestra 1.x."""
    with kestra_engine(KESTRA_1) as engine:
        yield engine


@pytest.fixture(scope="session")
def kestra_2() -> Iterator[Engine]:
    """Kestra 2.x; validates only."""
    with kestra_engine(KESTRA_2) as engine:
        yield engine


@pytest.fixture
def flow_id() -> Callable[[str], str]:
    """Names for flows that no other test uses."""
    number = next(_numbers)
    return lambda name: f"{name}-{number}"
