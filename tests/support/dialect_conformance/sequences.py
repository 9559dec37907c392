"""Loads of any mode one after another, by any road: the table holds what a list in Python would."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from moltres import connect
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moltres import Database

Row = dict[str, Any]

KEYS = ["k", "s"]
#: Keys that a collation takes for one, and partitions that one takes for another or for no value.
ROWS = st.lists(
    st.fixed_dictionaries({
        "k": st.integers(1, 3),
        "s": st.sampled_from(["a", "A", "a ", "ä", "a\u0308", ""]),
        "v": st.sampled_from([None, 0, -1, 2**40]),
        "p": st.sampled_from([None, "x", "X", "x ", ""]),
    }),
    max_size=6,
    unique_by=lambda row: (row["k"], row["s"]),
)  # fmt: skip
MODES: dict[str, dict[str, Any]] = {
    "append": {},
    "overwrite": {},
    "ignore": {},
    "merge": {"mode": "merge", "keys": KEYS},
    "update v": {"mode": "merge", "keys": KEYS, "update": ["v"]},
    "insert only": {"mode": "merge", "keys": KEYS, "update": False},
    "delete missing": {"mode": "merge", "keys": KEYS, "delete_missing": "hard", "delete_at_most": 1},
    "overwrite_partitions": {"partition_by": ["p"]},
}
ROADS = ("dicts", "polars", "arrow", "records", "elsewhere", "same database")


@dataclass(frozen=True)
class Load:
    """One load.

    Attributes:
        mode: A key of `MODES`.
        rows: The rows.
        road: How they come.
        retried: Whether it is made a second time with the same key.
    """

    mode: str
    rows: list[Row]
    road: str
    retried: bool


def loads(*left_out: str) -> st.SearchStrategy[list[Load]]:
    """Two to five loads in modes that are not left out."""
    mode = st.sampled_from([one for one in MODES if one not in left_out])
    return st.lists(st.builds(Load, mode, ROWS, st.sampled_from(ROADS), st.booleans()), min_size=2, max_size=5)


def after(load: Load, table: list[Row] | None) -> list[Row]:
    """What a table holds after a load; None for a table that is not there."""
    old, new = table or [], {(row["k"], row["s"]): row for row in load.rows}
    match load.mode:
        case "append":
            return [*old, *load.rows]
        case "ignore" if table is not None:
            return old
        case "overwrite" | "ignore":
            return load.rows
        case "overwrite_partitions":
            replaced = {row["p"] for row in load.rows}
            return [*(row for row in old if row["p"] not in replaced), *load.rows]
    found = {(row["k"], row["s"]) for row in old}
    taken = {"merge": ["v", "p"], "delete missing": ["v", "p"], "update v": ["v"]}.get(load.mode, [])
    kept = [
        {**row, **{name: new.get((row["k"], row["s"]), row)[name] for name in taken}}
        for row in old
        if load.mode != "delete missing" or (row["k"], row["s"]) in new
    ]
    return [*kept, *(row for key, row in new.items() if key not in found)]


def counted(rows: Iterable[Any]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row[name] for name in ("k", "s", "v", "p")) for row in rows)


class Sequences(DialectSuite):
    """What each load finds is what those before it have left."""

    def test_loads_in_any_order_leave_what_a_list_would_hold(self, db: Database) -> None:
        left_out = () if db.dialect.capabilities.transactions else ("delete missing",)

        @settings(max_examples=self.examples, deadline=None)
        @given(some=loads(*left_out))
        def holds(some: list[Load]) -> None:
            run(db, *(f"DROP TABLE IF EXISTS {name}" for name in ("t", "staged", *self.logs(db))))
            table: list[Row] | None = None
            for number, load in enumerate(some):
                options = {"mode": load.mode, **MODES[load.mode], "run_key": f"load {number}"}
                given = self.on_road(db, other, load)
                result = db.write(given).save_as_table("t", **options)
                table = after(load, table)
                assert counted(db.table("t").collect()) == counted(table), (load, result)
                if load.retried and not (load.mode == "ignore" and number):
                    again = db.write(self.on_road(db, other, load)).save_as_table("t", **options)
                    assert (again.skipped, again.rows_written) == (True, 0)
                    assert counted(db.table("t").collect()) == counted(table), load

        with connect("sqlite://") as other:
            holds()

    @staticmethod
    def on_road(db: Database, other: Database, load: Load) -> Any:
        """The rows of a load as it is given them."""
        # Of dicts a column of nothing but NULL has no type, and a table that is made of them one of strings.
        if load.road == "dicts" and all(any(row[name] is not None for row in load.rows) for name in ("v", "p")):
            return load.rows
        types = {"k": pl.Int64, "s": pl.String, "v": pl.Int64, "p": pl.String}
        frame = pl.DataFrame(load.rows, schema=types)
        if load.road in ("dicts", "polars"):
            return frame
        if load.road == "arrow":
            return frame.to_arrow()
        at = db if load.road == "same database" else other
        at.write(frame).save_as_table("staged", mode="overwrite")
        return at.table("staged").collect() if load.road == "records" else at.table("staged")
