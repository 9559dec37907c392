"""The oracle of the round trip: what each database holds, drawn at random, on every road out of it and into others."""

from support.round_trip.listed import ARRIVING, DELICATE, WRITTEN, listed_of
from support.round_trip.native import DUCKDB, MARIADB, POSTGRESQL, SQLITE, Native
from support.round_trip.roads import ROADS, faults
from support.round_trip.truth import Special, same

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
    "listed_of",
    "same",
]  # fmt: skip
