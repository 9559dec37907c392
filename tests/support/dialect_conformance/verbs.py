"""Every verb of a frame, by name: a verb that is added to DataFrame is added here, and so runs on every database."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from moltres import DataFrame, col, func
from moltres.frame.dataframe import GroupBy
from support.dialect_conformance.base import DialectSuite

if TYPE_CHECKING:
    from collections.abc import Callable

    from moltres import Database

ROWS = [
    {"id": 1, "kind": "a", "amount": 10},
    {"id": 2, "kind": "b", "amount": 20},
    {"id": 3, "kind": "b", "amount": None},
    {"id": 4, "kind": None, "amount": 20},
]
KINDS = [{"kind": "a", "label": "first"}, {"kind": "c", "label": "third"}]


def _sorted(frame: DataFrame, *keys: str) -> list[tuple[Any, ...]]:
    return frame.order_by(*(keys or frame.columns)).collect().rows


def _joined(rows: DataFrame, kinds: DataFrame) -> dict[str, Any]:
    """Each kind of join: the ids of the left frame, and the labels of the right one."""
    found: dict[str, Any] = {}
    for how in ("inner", "left", "right", "full", "semi", "anti", "cross"):
        if how == "full" and not rows.database.dialect.capabilities.full_join:
            continue
        joined = rows.join(kinds, None if how == "cross" else "kind", how=how)
        found[how] = [tuple(row[name] for name in ("id", "label") if name in row) for row in joined.collect()]
        found[how].sort(key=str)
    return found


_LEFT_ONLY: list[tuple[Any, ...]] = [(2, None), (3, None), (4, None)]
_RIGHT_ONLY: tuple[Any, ...] = (None, "third")
JOINED: dict[str, list[tuple[Any, ...]]] = {
    "inner": [(1, "first")],
    "left": [(1, "first"), *_LEFT_ONLY],
    "right": [(1, "first"), _RIGHT_ONLY],
    "full": [(1, "first"), *_LEFT_ONLY, _RIGHT_ONLY],
    "semi": [(1,)],
    "anti": [(2,), (3,), (4,)],
    "cross": [(number, label) for number in (1, 2, 3, 4) for label in ("first", "third")],
}

#: What each verb gives of the rows (and, where it takes another frame, of the kinds).
VERBS: dict[str, Callable[[DataFrame, DataFrame], Any]] = {
    "select": lambda rows, _: _sorted(rows.select("id", double=col("id") * 2)),
    "with_columns": lambda rows, _: _sorted(rows.with_columns(amount=col("id") + 1, more=col("id")))[0],
    "rename": lambda rows, _: rows.rename({"id": "number"}).columns,
    "drop": lambda rows, _: _sorted(rows.drop("kind", "amount")),
    "where": lambda rows, _: _sorted(rows.where(col("amount") > 10).select("id")),
    "filter": lambda rows, _: _sorted(rows.filter(col("kind") == "b").select("id")),
    "order_by": lambda rows, _: rows.order_by("amount", "id", descending=[True, False]).collect().column("id"),
    "limit": lambda rows, _: rows.order_by("id").limit(2).collect().column("id"),
    "offset": lambda rows, _: rows.order_by("id").offset(1).limit(2).collect().column("id"),
    "distinct": lambda rows, _: _sorted(rows.select("amount").distinct()),
    "group_by": lambda rows, _: _sorted(rows.group_by("kind").agg(n=func.count(), most=func.max(col("amount")))),
    "agg": lambda rows, _: [int(one) for one in rows.agg(n=func.count(), s=func.sum(col("amount"))).collect().rows[0]],
    "join": _joined,
    "union": lambda rows, kinds: _sorted(rows.select("kind").union(kinds.select("kind"))),
    "union_all": lambda rows, kinds: _sorted(rows.select("kind").union_all(kinds.select("kind"))),
    "intersect": lambda rows, kinds: _sorted(rows.select("kind").intersect(kinds.select("kind"))),
    "except_": lambda rows, kinds: _sorted(rows.select("kind").except_(kinds.select("kind"))),
    "statement": lambda rows, _: rows.database.from_select(rows.statement).count(),
    "bind": lambda rows, _: rows.bind is rows.database.bind,
    "columns": lambda rows, _: rows.columns,
    "schema": lambda rows, _: list(rows.schema),
    "write": lambda rows, _: rows.write.save_as_table("copied").rows_written,
    "to_sql": lambda rows, _: rows.database.sql(rows.where(col("kind") == "b").to_sql()).count(),
    "explain": lambda rows, _: bool(rows.explain()),
    "collect": lambda rows, _: sorted(rows.select("id").collect().rows),
    "iter_batches": lambda rows, _: sorted(len(batch) for batch in rows.iter_batches(3)),
    "first": lambda rows, _: rows.order_by("id").first(),
    "count": lambda rows, _: rows.count(),
    "show": lambda rows, _: rows.show(1),
    "to_arrow": lambda rows, _: sorted(rows.to_arrow().column("id").to_pylist()),
    "to_arrow_batches": lambda rows, _: sum(batch.num_rows for batch in rows.to_arrow_batches(3)),
    "to_pandas": lambda rows, _: sorted(int(number) for number in rows.to_pandas()["id"]),
    "to_polars": lambda rows, _: sorted(rows.to_polars()["id"].to_list()),
}  # fmt: skip
GIVEN: dict[str, Any] = {
    "select": [(1, 2), (2, 4), (3, 6), (4, 8)],
    "with_columns": (1, "a", 2, 1),
    "rename": ("number", "kind", "amount"),
    "drop": [(1,), (2,), (3,), (4,)],
    "where": [(2,), (4,)],
    "filter": [(2,), (3,)],
    "order_by": [2, 4, 1, 3],
    "limit": [1, 2],
    "offset": [2, 3],
    "distinct": [(10,), (20,), (None,)],
    "group_by": [("a", 1, 10), ("b", 2, 20), (None, 1, 20)],
    "agg": [4, 50],
    "union": [("a",), ("b",), ("c",), (None,)],
    "union_all": [("a",), ("a",), ("b",), ("b",), ("c",), (None,)],
    "intersect": [("a",)],
    "except_": [("b",), (None,)],
    "statement": 4,
    "bind": True,
    "columns": ("id", "kind", "amount"),
    "schema": ["id", "kind", "amount"],
    "write": 4,
    "to_sql": 2,
    "explain": True,
    "collect": [(1,), (2,), (3,), (4,)],
    "iter_batches": [1, 3],
    "first": ROWS[0],
    "count": 4,
    "show": None,
    "to_arrow": [1, 2, 3, 4],
    "to_arrow_batches": 4,
    "to_pandas": [1, 2, 3, 4],
    "to_polars": [1, 2, 3, 4],
}


class Verbs(DialectSuite):
    """All verbs, in one test: databases that run some cases of each test run it whole."""

    def test_every_verb_runs(self, db: Database) -> None:
        names = {name for name, _ in inspect.getmembers(DataFrame) if not name.startswith("_")}
        names -= {"all_of", "database"}  # what makes one, and where it is
        assert set(VERBS) == names
        assert {name for name in vars(GroupBy) if not name.startswith("_")} == {"agg"}
        db.write(ROWS).save_as_table("t")
        db.write(KINDS).save_as_table("kinds")
        rows, kinds = db.table("t"), db.table("kinds")
        found = {name: run(rows, kinds) for name, run in VERBS.items()}
        joins = found.pop("join")
        assert joins == {how: sorted(JOINED[how], key=str) for how in joins}
        assert found == GIVEN
