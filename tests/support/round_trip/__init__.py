"""The oracle of the round trip: what each database holds, drawn at random, on every road out of it and into others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from support.round_trip.listed import ARRIVING, DELICATE, WRITTEN, listed_of
from support.round_trip.native import DUCKDB, MARIADB, POSTGRESQL, SQLITE, Native
from support.round_trip.roads import ROADS, faults
from support.round_trip.truth import Special, same

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject

__all__ = [
    "ARRIVING",
    "DELICATE",
    "DUCKDB",
    "MARIADB",
    "POSTGRESQL",
    "ROADS",
    "SQLITE",
    "WRITTEN",
    "Native",
    "Special",
    "faults",
    "is_the_simplest",
    "listed_of",
    "same",
]  # fmt: skip


def is_the_simplest(data: DataObject) -> bool:
    """Whether this is the example of zeros and empty strings with which Hypothesis begins: of two it would be half."""
    return bool(data.draw(st.integers(0, 2**16)) == 0)
