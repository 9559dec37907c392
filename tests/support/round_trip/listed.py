"""Values that a road changes easily: each is tried on every run, whatever is drawn beside them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from support.round_trip.truth import Document, Special, Stored

__all__ = ["ARRIVING", "DELICATE", "WRITTEN", "listed_of"]

DELICATE: tuple[tuple[str, str, str, Any], ...] = (
    ("sqlite", "integer", "3.7", Stored(3.7)),
    ("sqlite", "decimal(10,2)", "12.345", Stored(12.345)),
    ("sqlite", "boolean", "'False'", Stored("False")),
    ("sqlite", "datetime", "'2024-01-01T10:00:00+05:30'", Stored("2024-01-01T10:00:00+05:30")),
    ("sqlite", "date", "''", Stored("")),
    ("sqlite", "date", "'2024-01-01 00:00:00'", Stored("2024-01-01 00:00:00")),
    ("sqlite", "time", "'25:00:00'", Stored("25:00:00")),
    ("sqlite", "json", "''", Stored("")),
    ("duckdb", "timestamp", "'infinity'", Special(("infinity",))),
    ("duckdb", "timestamp_ns", "'2024-01-01 00:00:00.123456789'", Special()),
    ("postgresql", "interval", "'1 month'", Special(("1 mon",))),
    ("postgresql", "timetz", "'10:00+02'", dt.time(10, tzinfo=dt.timezone(dt.timedelta(hours=2)))),
    ("postgresql", "numeric", "1.12345678901", Decimal("1.12345678901")),
    ("postgresql", "json", "'null'", Document("null")),
    ("postgresql", "json", "'{\"n\": 1.10000000000000000001}'", Document('{"n": 1.10000000000000000001}')),
    ("postgresql", "integer[]", "'[0:1]={1,2}'", Special(("[0:1]={1,2}",))),
    ("postgresql", "colour[]", "'[0:0]={red}'", Special(("[0:0]={red}",))),
    ("postgresql", "jsonb[]", "'{{1,2},{3,4}}'", Special(("{{1,2},{3,4}}",))),
    ("postgresql", "numeric", "1e-16383", Decimal("1e-16383")),
    ("mariadb", "time", "'26:30:00'", dt.timedelta(hours=26, minutes=30)),
    ("mariadb", "tinyint(1)", "3", 3),
    ("mariadb", "bigint unsigned", "18446744073709551615", 2**64 - 1),
)
"""By database and type: literals with their values, which arrive or are refused by their column."""

ARRIVING: tuple[tuple[str, str, str, Any], ...] = (
    ("mariadb", "int unsigned", "4000000000", 4_000_000_000),
    ("mariadb", "bit(1)", "b'1'", 1),
    ("mariadb", "year", "2024", 2024),
    ("postgresql", "mood", "'sad'", Special(("sad",))),
    ("postgresql", "inet", "'10.0.0.1'", Special(("10.0.0.1",))),
    ("postgresql", "cidr", "'10.0.0.0/8'", Special(("10.0.0.0/8",))),
    ("postgresql", "int4range", "'[1,5)'", Special(("[1,5)",))),
    ("postgresql", "oid", "4000000000", 4_000_000_000),
)
"""The same for values that every database has a type for, or text: only rows without types are refused."""

WRITTEN: tuple[tuple[str, str, Any], ...] = (
    ("postgresql", "varchar(5)", "xxxxx   "),
    ("postgresql", "numeric(5,-2)", 1),
    ("postgresql", "integer[]", [1, 2]),
    ("postgresql", "text", "a\0b"),
    ("postgresql", "text", "\ud800"),
    ("duckdb", "varchar", "\ud800"),
    ("sqlite", "text", "\ud800"),
    ("mariadb", "varchar(5) charset utf8mb4", "xxxxx   "),
    ("mariadb", "varchar(5) charset utf8mb4", "\ud800"),
)
"""By database and type: values that are written."""


def listed_of(listed: tuple[tuple[Any, ...], ...], *databases: str) -> list[tuple[Any, ...]]:
    """The values of some databases."""
    return [one for one in listed if one[0] in databases]
