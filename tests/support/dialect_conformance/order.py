"""The order of a query in SQL, or of SQLAlchemy, through all that a frame does with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from moltres import col, connect, func, hand_over
from moltres.errors import ConfigurationError
from support.dialect_conformance.base import DialectSuite

if TYPE_CHECKING:
    from pathlib import Path

    from moltres import Database, DataFrame

ROWS = 1000


def _sorted(*, descending: bool = False) -> list[str]:
    return sorted((f"v{number:04d}" for number in range(ROWS)), reverse=descending)


class Order(DialectSuite):
    """Frames of ordered queries.

    Attributes:
        encloses_queries: Whether a query can be in parentheses.
    """

    encloses_queries = True

    @pytest.fixture
    def shuffled(self, db: Database) -> Database:
        db.write([{"s": f"v{number * 7919 % ROWS:04d}", "n": number} for number in range(ROWS)]).save_as_table("t")
        return db

    def test_strings_are_sorted_to_their_ends(self, db: Database) -> None:
        ends = "dcbadcba"
        db.write([{"id": number, "s": "a" * 20_000 + end} for number, end in enumerate(ends)]).save_as_table("t")
        table = db.table("t")
        found = table.order_by("s", "id").collect()
        assert [row["s"][-1] for row in found] == sorted(ends)
        assert table.order_by(col("s").desc()).limit(1).collect()[0]["s"][-1] == "d"
        places = table.select(
            "id",
            nth=func.row_number().over(partition_by=col("s"), order_by=col("id")),
            rank=func.rank().over(order_by=col("s")),
        )
        ranks = {"a": 1, "b": 3, "c": 5, "d": 7}
        assert places.order_by("id").collect().rows == [
            (number, 1 + number // 4, ranks[end]) for number, end in enumerate(ends)
        ]
        assert table.select("s").distinct().count() == 4
        assert table.group_by("s").agg(n=func.count()).collect().column("n") == [2] * 4

    def check(self, frame: DataFrame, expected: list[str], tmp_path: Path) -> None:
        assert frame.collect().column("s") == expected
        assert frame.limit(3).collect().column("s") == expected[:3]
        assert frame.offset(2).limit(3).collect().column("s") == expected[2:5]
        assert frame.select("s").limit(2).collect().column("s") == expected[:2]
        assert (
            frame.where(col("s") > "v0100").limit(2).collect().column("s") == [s for s in expected if s > "v0100"][:2]
        )
        assert frame.rename(s="renamed").limit(2).collect().column("renamed") == expected[:2]
        assert frame.limit(50).where(col("s") > "").offset(1).limit(2).collect().column("s") == expected[1:3]
        assert [s for batch in frame.iter_batches(300) for s in batch.column("s")] == expected
        assert frame.to_arrow().column("s").to_pylist() == expected
        frame.limit(5).write.parquet(tmp_path / "rows.parquet")
        with connect() as other:
            assert other.read_parquet(tmp_path / "rows.parquet").collect().column("s") == expected[:5]

    @pytest.mark.parametrize(
        "query",
        [
            "SELECT s, n FROM t ORDER BY s",
            "SELECT s, n FROM t ORDER BY s -- sorted",
            "(SELECT s, n FROM t ORDER BY s)",
            "WITH q AS (SELECT 1 AS a) (SELECT s, n FROM t ORDER BY s)",
            "WITH q AS (SELECT s, n FROM t) SELECT s, n FROM q ORDER BY s;",
            "SELECT s, n FROM t WHERE n < 500 UNION ALL SELECT s, n FROM t WHERE n >= 500 ORDER BY s",
            "SELECT s, n FROM t ORDER BY s LIMIT 1000",
            "SELECT s, n, row_number() OVER (ORDER BY n) AS r FROM t ORDER BY s",
        ],
    )
    def test_a_query_in_sql(self, shuffled: Database, query: str, tmp_path: Path) -> None:
        if "(SELECT s" in query and query.endswith("s)") and not self.encloses_queries:
            pytest.skip("no query of this database is in parentheses")
        self.check(shuffled.sql(query), _sorted(), tmp_path)

    @pytest.mark.parametrize("kind", ["select", "union", "text", "offset"])
    def test_a_statement(self, shuffled: Database, kind: str, tmp_path: Path) -> None:
        s, n, t = sa.column("s"), sa.column("n"), sa.table("t")
        every = sa.select(s, n).select_from(t)
        made: dict[str, sa.SelectBase] = {
            "select": every.order_by(s.desc()),
            "union": every.where(n < 500).union_all(every.where(n >= 500)).order_by(s.desc()),
            "text": sa.text("SELECT s, n FROM t ORDER BY s DESC").columns(s=sa.String, n=sa.Integer),
            "offset": every.order_by(s.desc()).offset(0).limit(ROWS),
        }
        self.check(shuffled.from_select(made[kind]), _sorted(descending=True), tmp_path)

    def test_a_part_of_another_database_is_refused(self, shuffled: Database) -> None:
        with connect() as other:
            other.write([{"s": "v0000", "n": 1}]).save_as_table("t")
            for frame in (other.table("t"), other.sql("SELECT s, n FROM t")):
                with pytest.raises(ConfigurationError, match="of another database"):
                    shuffled.from_select(frame.statement)
                found = shuffled.table("t").where(col("n").in_(frame.select("n").statement))
                for read in (found.collect, found.count, lambda found=found: found.write.save_as_table("copied")):
                    with pytest.raises(ConfigurationError, match="of another database"):
                        read()
        assert shuffled.from_select(shuffled.table("t").statement).count() == ROWS

    def test_a_frame(self, shuffled: Database, tmp_path: Path) -> None:
        self.check(shuffled.table("t").order_by("s"), _sorted(), tmp_path)
        self.check(
            shuffled.sql("SELECT s, n FROM t ORDER BY n").order_by("s", descending=True),
            _sorted(descending=True),
            tmp_path,
        )

    def test_a_write_takes_the_first_rows(self, shuffled: Database) -> None:
        shuffled.sql("SELECT s FROM t ORDER BY s").limit(3).write.save_as_table("first")
        assert sorted(shuffled.table("first").collect().column("s")) == _sorted()[:3]

    def test_rows_are_handed_over_in_order(self, shuffled: Database) -> None:
        handed = hand_over(shuffled.table("t").order_by("s"), name="in_order", max_inline_rows=ROWS)
        assert [row["s"] for row in handed] == _sorted()

    @pytest.mark.parametrize(
        ("key", "expected"),
        [
            (col("v"), [1, 2, 3]),
            (col("v").desc(), [2, 1, 3]),
            (col("v").nulls_first(), [2, 3, 1]),
            (col("v").desc().nulls_first(), [3, 2, 1]),
            (col("v").asc().nulls_last(), [1, 2, 3]),
        ],
        ids=str,
    )
    def test_null_is_last_in_the_order_of_a_window(
        self, db: Database, key: sa.ColumnElement[int], expected: list[int]
    ) -> None:
        db.write([{"v": 1}, {"v": 2}, {"v": None}]).save_as_table("t")
        ranked = db.table("t").with_columns(place=func.row_number().over(order_by=key))
        assert ranked.order_by("v").collect().column("place") == expected

    def test_null_is_last_in_windows_of_two_keys_and_their_frames(self, db: Database) -> None:
        rows = [
            {"g": "a", "h": None, "v": 1},
            {"g": "a", "h": 1, "v": None},
            {"g": None, "h": 1, "v": 4},
            {"g": "a", "h": 1, "v": 2},
        ]
        db.write(rows).save_as_table("t")
        window = func.sum(col("v")).over(order_by=[col("g"), col("h").desc(), col("v")], rows=(None, 0))
        found = db.table("t").with_columns(total=window).order_by("total", "v").collect()
        assert [(row["g"], row["h"], row["v"], row["total"]) for row in found] == [
            ("a", 1, 2, 2), ("a", 1, None, 2), ("a", None, 1, 3), (None, 1, 4, 7),
        ]  # fmt: skip
