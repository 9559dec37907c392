"""A small table with every kind of gap in it: NULLs, repeated rows, ties."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Column, Date, Integer, MetaData, Numeric, String, Table

if TYPE_CHECKING:
    from moltres import Database

_metadata = MetaData()

PEOPLE = Table(
    "people",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(20)),
    Column("age", Integer),
    Column("active", Boolean),
    Column("city", String(20)),
    Column("amount", Numeric(10, 2)),
    Column("born", Date),
)
VISITS = Table("visits", _metadata, Column("id", Integer), Column("person_id", Integer), Column("page", String(20)))

ROWS: list[dict[str, Any]] = [
    dict(zip(PEOPLE.c.keys(), values, strict=True))
    for values in [
        (1, "Ada", 36, True, "London", Decimal("10.50"), dt.date(1815, 12, 10)),
        (2, "Grace", 85, True, "New York", Decimal("0.01"), dt.date(1906, 12, 9)),
        (3, "Alan", 41, False, "London", None, dt.date(1912, 6, 23)),
        (4, "Edsger", None, None, None, Decimal("-3.25"), None),
        (5, "Barbara", 84, True, "Los Angeles", Decimal("10.50"), dt.date(1939, 11, 7)),
        (6, None, 36, False, "New York", Decimal("99999999.99"), None),
    ]
]
VISIT_ROWS: list[dict[str, Any]] = [
    {"id": 1, "person_id": 1, "page": "home"},
    {"id": 2, "person_id": 1, "page": "shop"},
    {"id": 3, "person_id": 3, "page": "home"},
    {"id": 4, "person_id": None, "page": "home"},
    {"id": 5, "person_id": 99, "page": "shop"},
]


def create(db: Database) -> None:
    """Make both tables and fill them, with nothing but SQLAlchemy."""
    with db.engine.begin() as connection:
        _metadata.create_all(connection)
        connection.execute(PEOPLE.insert(), ROWS)
        connection.execute(VISITS.insert(), VISIT_ROWS)


def ids(frame: Any) -> list[int]:
    """The ids that a frame returns, in its order."""
    return [row["id"] for row in frame.collect()]
