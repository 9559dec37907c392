"""mode="overwrite_partitions": only the partitions that the new rows have are replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moltres import col
from moltres.errors import ColumnNotFoundError
from support.dialect_conformance.base import DialectSuite

if TYPE_CHECKING:
    from moltres import Database

SALES = [
    {"day": 1, "shop": "a", "n": 1},
    {"day": 1, "shop": "b", "n": 2},
    {"day": 2, "shop": "a", "n": 3},
    {"day": None, "shop": "a", "n": 4},
    {"day": None, "shop": None, "n": 5},
]


def state(db: Database) -> set[tuple[object, ...]]:
    return {tuple(row.values()) for row in db.table("t").select("day", "shop", "n").collect()}


class Partitions(DialectSuite):
    """Partitions by one column and by several; NULL is one."""

    def test_partitions_of_one_column(self, db: Database) -> None:
        db.write(SALES).save_as_table("t")
        new = [{"day": 1, "shop": "c", "n": 9}, {"day": None, "shop": "d", "n": 8}]
        result = db.write(new).save_as_table("t", mode="overwrite_partitions", partition_by=["day"])
        assert result.rows_written == 2
        assert state(db) == {(1, "c", 9), (2, "a", 3), (None, "d", 8)}

    def test_partitions_of_two_columns(self, db: Database) -> None:
        db.write(SALES).save_as_table("t")
        new = [{"day": 1, "shop": "b", "n": 8}, {"day": None, "shop": "a", "n": 9}, {"day": 3, "shop": "z", "n": 10}]
        db.write(new).save_as_table("t", mode="overwrite_partitions", partition_by=["day", "shop"])
        assert state(db) == {(1, "a", 1), (1, "b", 8), (2, "a", 3), (None, "a", 9), (None, None, 5), (3, "z", 10)}

    def test_partitions_of_more_rows_than_a_statement_holds_twice(self, db: Database) -> None:
        db.write(SALES).save_as_table("t")
        new = [{"day": 1, "shop": "x" * 6_000, "n": n} for n in range(100)]
        result = db.write(new).save_as_table("t", mode="overwrite_partitions", partition_by=["day"])
        assert result.rows_written == 100
        assert db.table("t").where(col("day") == 1).count() == 100

    def test_partitions_from_the_table_itself(self, db: Database) -> None:
        db.write(SALES).save_as_table("t")
        frame = db.table("t").where(col("day") == 1).select("day", "shop", n=col("n") + 100)
        frame.write.save_as_table("t", mode="overwrite_partitions", partition_by=["day"])
        assert state(db) == {(1, "a", 101), (1, "b", 102), (2, "a", 3), (None, "a", 4), (None, None, 5)}

    def test_no_rows_replace_no_partition(self, db: Database) -> None:
        db.write(SALES).save_as_table("t")
        nothing = db.table("t").where(col("n") > 100)
        result = nothing.write.save_as_table("t", mode="overwrite_partitions", partition_by=["day"])
        assert (result.rows_written, len(state(db))) == (0, 5)

    def test_partitions_of_a_missing_table_make_it(self, db: Database) -> None:
        result = db.write(SALES).save_as_table("t", mode="overwrite_partitions", partition_by=["day"])
        assert (result.created, result.rows_written) == (True, 5)

    def test_an_unknown_partition_column(self, db: Database) -> None:
        db.write(SALES).save_as_table("t")
        with pytest.raises(ColumnNotFoundError, match="'day' instead of 'dya'"):
            db.write(SALES).save_as_table("t", mode="overwrite_partitions", partition_by=["dya"])
        assert len(state(db)) == 5
