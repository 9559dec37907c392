"""What is handed over by a reference: the rows that were staged, or an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moltres import col, connect, hand_over, pick_up
from moltres.errors import HandoffError
from support.dialect_conformance.base import DialectSuite

if TYPE_CHECKING:
    from collections.abc import Callable

    from moltres import Database, DataFrame

ROADS: dict[str, Callable[[DataFrame], Any]] = {
    "collect": lambda frame: frame.collect(),
    "a verb": lambda frame: frame.select("id").limit(5).collect(),
    "count": lambda frame: frame.count(),
    "batches": lambda frame: list(frame.iter_batches(1)),
    "arrow": lambda frame: frame.to_arrow(),
    "arrow batches": lambda frame: list(frame.to_arrow_batches()),
    "a new table": lambda frame: frame.write.save_as_table("found"),
    "append": lambda frame: frame.write.save_as_table("target", mode="append"),
    "overwrite": lambda frame: frame.write.save_as_table("target", mode="overwrite"),
    "merge": lambda frame: frame.write.save_as_table("target", mode="merge", keys=["id"]),
    "elsewhere": lambda frame: connect().write(frame).save_as_table("found"),
}


class HandOff(DialectSuite):
    """Rows by reference."""

    @pytest.mark.parametrize("road", ROADS)
    def test_a_table_that_is_staged_anew_behind_what_was_picked_up_is_not_read(self, db: Database, road: str) -> None:
        db.write([{"id": 1}, {"id": 2}]).save_as_table("source")
        db.write([{"id": 5}]).save_as_table("target")
        given = hand_over(db.table("source"), name="run", mode="table")
        picked = pick_up(db, given)
        assert sorted(picked.collect().column("id")) == [1, 2]
        others = db.table("source").where(col("id") > 1).union_all(db.table("target"))
        hand_over(others, name="run", mode="table")
        with pytest.raises(HandoffError, match="have changed since they were handed over"):
            ROADS[road](picked)
        assert db.table("target").collect() == [{"id": 5}]
        assert "found" not in db.tables()
