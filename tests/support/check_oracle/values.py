"""What columns can hold, edges first, and tables of it."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from support.check_oracle.sources import Source

__all__ = ["EDGES", "NAMES", "ORDERED", "Table", "tables", "values_of"]

_UTC = dt.UTC
_NAIVE_LIMITS = [dt.datetime.fromisoformat(one) for one in ("0001-01-01T00:00:00", "9999-12-31T23:59:59.999999")]
_MOMENTS = [
    dt.datetime.fromisoformat(one)
    for one in (
        "0001-01-02", "1970-01-01", "1969-12-31T23:59:59.999999", "2024-02-29T12:00", "2024-02-29T12:00:00.000001",
        "9999-12-30T23:59:59.999999",
    )
]  # fmt: skip

#: Values of each family that something has been wrong with, or could be.
EDGES: Mapping[str, Sequence[Any]] = {
    "integer": [
        -(2**63), 1 - 2**63, 2**63 - 1, 2**63 - 2, 2**53, 2**53 + 1, -1, 0, 1, 2, 10,
    ],
    "huge": [2**63, -(2**63) - 1, 10**38 - 1, 10**38 - 2, 1 - 10**38, 0, 1, 2**64],
    "float": [
        0.0, -0.0, 1.5, -1.5, 0.1, 0.30000000000000004, 1e300, -1e300, 5e-324, 2.0**53, 1e15, 1e22, 123456789.125,
        float("nan"), float("inf"), float("-inf"),
    ],
    "decimal": [
        decimal.Decimal(one)
        for one in (
            "9999999999999999999999999999.9999999999", "-9999999999999999999999999999.9999999999", "0E-10", "0.1",
            "0.0000000001", "1", "1.5", "-1.5", "12345678901234567.89", "12345678901234567.9",
        )
    ],
    "text": [
        "", " ", "a", "A", "a ", " a", "b", "ab-1", "é", "e\u0301", "ß", "ss", "\U0001f600", "\uffff", "a\0b", "\0",
        "'", '"', "%", "_", "\\", "a\nb", "\r\n", "\t", "null", "NaN", "1", "01", "1.0", "true", "2024-01-01", "x,y",
        "\u200b", "\u0130", "\u0131", "\u212a", "k", "\xa0", "a" * 300, "a" * 299 + "b", ":x", "{}", "$1",
    ],
    "boolean": [True, False],
    "date": [
        dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(1970, 1, 1), dt.date(1969, 12, 31), dt.date(2024, 2, 29),
        dt.date(1582, 10, 10), dt.date(1900, 2, 28),
    ],
    "datetime": [*_NAIVE_LIMITS, *_MOMENTS],
    "zoned": [
        *(moment.replace(tzinfo=_UTC) for moment in _MOMENTS),
        dt.datetime(2024, 2, 29, 14, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        dt.datetime(2024, 2, 29, 6, 30, tzinfo=dt.timezone(-dt.timedelta(hours=5, minutes=30))),
    ],
    "time": [dt.time(), dt.time(23, 59, 59, 999_999), dt.time(12), dt.time(0, 0, 0, 1)],
    "binary": [b"", b"\0", b"a", b"A", b"a\0", b"\xff\xfe", b"a "],
    "uuid": [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")],
}  # fmt: skip

_DRAWN: Mapping[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1),
    "huge": st.integers(1 - 10**38, 10**38 - 1),
    "float": st.floats() | st.integers(-30, 30).map(lambda n: n / 4),
    "decimal": st.decimals(-(10**28) + 1, 10**28 - 1, places=10) | st.decimals(-9, 9, places=1),
    "text": st.text(st.sampled_from("abAB1 é'%_\\\n\u0301"), max_size=4)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    "date": st.dates(),
    "datetime": st.datetimes(),
    "zoned": st.datetimes(_MOMENTS[0], _MOMENTS[-1], timezones=st.just(_UTC)),
    "time": st.times(),
    "binary": st.binary(max_size=4),
    "uuid": st.uuids(),
}

#: Families whose values have an order.
ORDERED = frozenset({"integer", "huge", "float", "decimal", "text", "date", "datetime", "zoned", "time"})

#: Names of columns: what SQL, drivers and templates could take for something else.
NAMES = ["v", "order", "group", 'a "b"', "x y", "ü", "%s", "%(x)s", ":x", "a.b", "it's", "null", "a:b", "line\nbreak"]


def values_of(family: str) -> st.SearchStrategy[Any]:
    """Any value of a family."""
    edges = st.sampled_from(EDGES[family])
    return edges | _DRAWN[family] if family in _DRAWN else edges


@dataclass(frozen=True)
class Table:
    """A drawn table.

    Attributes:
        columns: The values of each column; ``id`` is the number of the row.
        families: The family of each column; "mixed" for one with values of several families.
        pools: For each column, values to make rules of: those that rows have, and others.
    """

    columns: Mapping[str, Sequence[Any]]
    families: Mapping[str, str]
    pools: Mapping[str, Sequence[Any]]

    @property
    def size(self) -> int:
        return len(self.columns["id"])


@st.composite
def tables(draw: st.DrawFn, source: Source) -> Table:
    """A table that a source can hold."""
    size = draw(st.integers(0, 7))
    families = draw(st.lists(st.sampled_from(source.families), min_size=2, max_size=5, unique=True))
    names = draw(st.permutations(NAMES))
    columns: dict[str, Sequence[Any]] = {"id": list(range(size))}
    pools: dict[str, Sequence[Any]] = {}
    of: dict[str, str] = {"id": "integer"}
    for name, family in zip(names, families, strict=False):
        held = values_of(family) if family != "mixed" else st.one_of(*map(values_of, source.mixed))
        pool = draw(st.lists(held.filter(source.holds), min_size=1, max_size=5))
        columns[name] = draw(st.lists(st.none() | st.sampled_from(pool), min_size=size, max_size=size))
        pools[name], of[name] = pool, family
    return Table(columns, of, pools)
