"""cursor: loads of what is new, which lose no row and double none."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from moltres import Receipt, col, connect
from moltres.errors import ColumnNotFoundError, ConfigurationError, WriteError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moltres import Database

NOON = dt.datetime.fromisoformat("2025-11-26T12:00")
MINUTE = dt.timedelta(minutes=1)

CURSORS: list[tuple[str, Any, Any]] = [
    ("integers", [10, 20, 20], 5),
    ("decimals", [Decimal("1.50"), Decimal("2.25"), Decimal("2.25")], Decimal("0.5")),
    ("dates", [dt.date(2026, 1, 1), dt.date(2026, 1, 3), dt.date(2026, 1, 3)], "1 day"),
    ("moments", [NOON, NOON + MINUTE, NOON + MINUTE], "30 seconds"),
    ("instants", [(NOON + n * MINUTE).replace(tzinfo=dt.timezone(dt.timedelta(hours=3))) for n in (0, 1, 1)], "30s"),
]
"""Values of a cursor, the last two equal, and a lag that is less than their distance."""

EXACTLY: list[dict[str, Any]] = [
    {"id": 1, "s": "a", "x": 0.1, "b": b"\x00"},
    {"id": 1, "s": "A", "x": 0.1, "b": b"\x00"},
    {"id": 1, "s": "a ", "x": 0.1, "b": b"\x00"},
    {"id": 1, "s": "ä", "x": 0.1, "b": b"\x00"},
    {"id": 1, "s": "", "x": 0.1, "b": b"\x00"},
    {"id": 1, "s": None, "x": 0.1, "b": b"\x00"},
    {"id": 1, "s": "-", "x": 0.1, "b": b"\x00"},
    {"id": 1, "s": "a", "x": 0.1 + 2**-56, "b": b"\x00"},
    {"id": 1, "s": "a", "x": None, "b": b"\x00"},
    {"id": 1, "s": "a", "x": 0.1, "b": b"\x00\x00"},
    {"id": 1, "s": "a", "x": 0.1, "b": None},
]
"""Rows that look alike, and are all different."""


def counted(db: Database, table: str = "t") -> Counter[tuple[Any, ...]]:
    found = db.table(table).collect()
    order = sorted(found.columns)
    return Counter(tuple(row[name] for name in order) for row in found)


class IncrementalLoads(DialectSuite):
    """Every load reads again what the one before may not have seen, and finds what is there."""

    @pytest.fixture
    def shop(self) -> Iterator[Database]:
        """A source beside the target."""
        with connect() as database:
            yield database

    @pytest.fixture(autouse=True)
    def _keeps_watermarks(self, request: pytest.FixtureRequest, db: Database) -> None:
        asked = request.function
        # A class that runs this suite among others has their tests as well.
        if not db.dialect.keeps_watermarks and asked.__module__ == __name__ and "refused" not in asked.__name__:
            pytest.skip("this database records no watermark with the rows")

    def test_a_database_without_watermarks_is_refused(self, db: Database) -> None:
        if db.dialect.keeps_watermarks:
            return
        with pytest.raises(ConfigurationError, match="cursor is not supported"):
            db.write([{"id": 1, "n": 1}]).save_as_table("t", mode="append", cursor="n")
        assert db.tables() == []

    @pytest.mark.parametrize(
        ("mode", "name", "values", "lag"),
        [("append", *one) for one in CURSORS] + [("merge", *CURSORS[3])],
        ids=[*(name for name, _, _ in CURSORS), "merge"],
    )
    def test_what_is_new(self, db: Database, shop: Database, mode: Any, name: str, values: Any, lag: Any) -> None:
        given = [{"id": number, "at": value} for number, value in enumerate(values)]
        options: dict[str, Any] = {"keys": ["id"]} if mode == "merge" else {}
        shop.write(given).save_as_table("t")
        kept = db.dialect.column_type(shop.table("t").schema["at"])
        if kept is None:
            pytest.skip(f"this database has no {name}")

        def load() -> Any:
            return db.write(shop.table("t")).save_as_table("t", mode=mode, cursor="at", lag=lag, **options)

        first = load()
        assert (first.created, first.rows_written, first.incremental.started) == (True, 3, None)
        assert first.incremental.watermark == values[-1]
        again = load()
        assert again.incremental.started == values[-1]
        assert counted(db) == counted(shop)
        # At the boundary, and within the lag; the first row is not read again.
        shop.write([{"id": 3, "at": values[-1]}]).save_as_table("t", mode="append")
        late = load()
        assert late.rows_written == (1 if mode == "append" else 3)
        assert late.incremental.rows_read == 3
        assert counted(db) == counted(shop)

    def test_equal_rows_count_as_often_as_they_are_there(self, db: Database, shop: Database) -> None:
        rows = [{"a": "x", "at": NOON}] * 3
        shop.write(rows[:1]).save_as_table("t")
        for more, expected in ((0, 1), (2, 2), (0, 0)):
            if more:
                shop.write(rows[:more]).save_as_table("t", mode="append")
            written = db.write(shop.table("t")).save_as_table("t", mode="append", cursor="at", lag=0)
            assert written.rows_written == expected
        assert db.table("t").count() == 3

    def test_rows_that_look_alike_are_not_equal(self, db: Database, shop: Database) -> None:
        rows = EXACTLY
        shop.write(rows[:1]).save_as_table("t")
        db.write(shop.table("t")).save_as_table("t", mode="append", cursor="id", lag=0)
        shop.write(rows[1:]).save_as_table("t", mode="append")
        result = db.write(shop.table("t")).save_as_table("t", mode="append", cursor="id", lag=0)
        assert result.rows_written == len(rows) - 1
        assert db.write(shop.table("t")).save_as_table("t", mode="append", cursor="id", lag=0).rows_written == 0
        assert counted(db) == counted(shop)

    def test_from_a_table_of_the_same_database(self, db: Database) -> None:
        run(db, "CREATE TABLE s (id INTEGER, n INTEGER)", "INSERT INTO s VALUES (1, 1), (2, 2)")
        for number in (3, 4):
            db.table("s").write.save_as_table("t", mode="append", cursor="n", lag=1)
            db.table("s").write.save_as_table("m", mode="merge", keys=["id"], cursor="n", lag=1)
            run(db, f"INSERT INTO s VALUES ({number}, 2)")
        assert db.table("t").count() == db.table("m").count() == 3
        run(db, "INSERT INTO s VALUES (5, 2), (5, 2)")
        with pytest.raises(WriteError, match="repeated key"):
            db.table("s").write.save_as_table("m", mode="merge", keys=["id"], cursor="n", lag=1)
        assert db.table("m").count() == 3
        assert db.table("s").write.save_as_table("t", mode="append", cursor="n", lag=1).rows_written == 3

    def test_rows_without_a_cursor_are_refused(self, db: Database, shop: Database) -> None:
        shop.write([{"id": 1, "n": 1}, {"id": 2, "n": None}]).save_as_table("t")
        for options in ({"mode": "append"}, {"mode": "merge", "keys": ["id"]}):
            with pytest.raises((WriteError, ConfigurationError), match=r"1 of the rows have no 'n'|not supported"):
                db.write(shop.table("t")).save_as_table("t", cursor="n", lag=0, **options)  # type: ignore[arg-type]
            assert "t" not in db.tables()

    def test_a_retry_with_a_run_key_does_not_move_the_watermark(self, db: Database, shop: Database) -> None:
        shop.write([{"id": 1, "n": 1}]).save_as_table("t")
        options: dict[str, Any] = {"mode": "append", "cursor": "n", "lag": 0}
        db.write(shop.table("t")).save_as_table("t", run_key="a", **options)
        shop.write([{"id": 2, "n": 5}]).save_as_table("t", mode="append")
        assert db.write(shop.table("t")).save_as_table("t", run_key="a", **options).skipped
        result = db.write(shop.table("t")).save_as_table("t", run_key="b", **options)
        assert (result.rows_written, result.incremental and result.incremental.started) == (1, 1)

    def test_a_failed_load_does_not_move_the_watermark(self, db: Database, shop: Database) -> None:
        shop.write([{"id": 1, "n": 1}]).save_as_table("t")
        options: dict[str, Any] = {"mode": "append", "cursor": "n", "lag": 0}
        db.write(shop.table("t")).save_as_table("t", **options)
        shop.write([{"id": 2, "n": 5}]).save_as_table("t", mode="append")

        def dies(rows: int) -> None:
            raise OSError(f"killed after {rows}")

        with pytest.raises(OSError, match="killed"):
            db.write(shop.table("t")).save_as_table("t", on_progress=dies, **options)
        assert db.table("t").count() == 1
        assert db.write(shop.table("t")).save_as_table("t", **options).rows_written == 1

    def test_a_target_that_was_dropped_is_loaded_from_the_beginning(self, db: Database, shop: Database) -> None:
        shop.write([{"id": 1, "n": 1}, {"id": 2, "n": 2}]).save_as_table("t")
        for _ in range(2):
            assert db.write(shop.table("t")).save_as_table("t", mode="append", cursor="n", lag=0).rows_written == 2
            run(db, "DROP TABLE t")

    @pytest.mark.parametrize("how", ["emptied", "made anew", "overwritten", "replaced", "made by another cursor"])
    def test_a_target_whose_rows_are_others_is_loaded_from_the_beginning(
        self, db: Database, shop: Database, how: str
    ) -> None:
        shop.write([{"id": number, "n": number} for number in range(4)]).save_as_table("t")
        options: dict[str, Any] = {"mode": "merge", "keys": ["id"], "cursor": "n", "lag": 0}
        for cursor in ("n", "id"):
            db.write(shop.table("t")).save_as_table("t", **options | {"cursor": cursor})
        other = [{"id": 9, "n": 9}]
        match how:
            case "emptied":
                run(db, "DELETE FROM t")
            case "overwritten":
                db.write(other).save_as_table("t", mode="overwrite")
            case "replaced":
                db.write([{"id": 9, "n": 9, "more": "x"}]).save_as_table("t", mode="overwrite")
            case "made anew":
                run(db, "DROP TABLE t")
                db.write(other).save_as_table("t")
            case _:
                run(db, "DROP TABLE t")
                rows = shop.table("t").where(col("n") == 3)
                db.write(rows).save_as_table("t", **options | {"cursor": "id"})
        result = db.write(shop.table("t")).save_as_table("t", **options)
        assert result.incremental is not None
        assert result.incremental.started is None
        assert {row["id"] for row in db.table("t").collect()} >= {0, 1, 2, 3}

    @pytest.mark.parametrize("far", [dt.datetime.fromisoformat("9999-12-31T23:59"), dt.date.max])
    def test_a_time_in_the_future_hides_nothing(self, db: Database, shop: Database, far: Any) -> None:
        now = NOON if isinstance(far, dt.datetime) else NOON.date()
        shop.write([{"id": 1, "at": far}]).save_as_table("t")
        for number in range(2):
            result = db.write(shop.table("t")).save_as_table("t", mode="append", cursor="at", lag="400 days")
            assert result.rows_written == 1
            assert result.incremental is not None
            assert result.incremental.watermark < far
            shop.write([{"id": 2 + number, "at": now}]).save_as_table("t", mode="append")

    def test_the_record_stays_one_row(self, db: Database, shop: Database) -> None:
        shop.write([{"id": 1, "n": 1}]).save_as_table("t")
        for number in range(3):
            shop.write([{"id": number, "n": number}]).save_as_table("t", mode="append")
            result = db.write(shop.table("t")).save_as_table("t", "append", cursor="n", lag=0, verify=number < 2)
            (recorded,) = db.table("moltres_loads").collect()
            known = recorded["receipt"]
            assert (None if known is None else Receipt.from_json(known)) == result.receipt
        assert result.receipt is None

    def test_rows_in_memory_are_all_compared(self, db: Database) -> None:
        rows = [{"id": 1, "n": 1}, {"id": 2, "n": 1}]
        for given, written in ((rows, 2), (rows[:1], 0), ([*rows, {"id": 3, "n": 0}], 1)):
            assert db.write(given).save_as_table("t", mode="append", cursor="n").rows_written == written

    def test_what_cannot_be_told_is_refused(self, db: Database, shop: Database) -> None:
        shop.write([{"id": 1, "n": 1, "s": "a"}]).save_as_table("t")
        frame = shop.table("t")
        if not db.dialect.keeps_watermarks:
            return
        with pytest.raises(ConfigurationError, match="Give lag"):
            db.write(frame).save_as_table("t", mode="append", cursor="n")
        with pytest.raises(ConfigurationError, match="cursor='s' is text"):
            db.write(frame).save_as_table("t", mode="append", cursor="s", lag=0)
        with pytest.raises(ColumnNotFoundError, match="cursor"):
            db.write(frame).save_as_table("t", mode="append", cursor="m", lag=0)
        with pytest.raises(ConfigurationError, match="its lag a number"):
            db.write(frame).save_as_table("t", mode="append", cursor="n", lag="1 minute")
        shop.write([{"at": dt.date(2024, 1, 2)}]).save_as_table("days")
        with pytest.raises(ConfigurationError, match="lag: 1000000000000000 is longer than the longest duration"):
            db.write(shop.table("days")).save_as_table("t", mode="append", cursor="at", lag=10**15)
        assert "t" not in db.tables()
        db.write(frame).save_as_table("t", mode="append", cursor="n", lag=0)
        with pytest.raises(ConfigurationError, match="Another query fills the table 't'"):
            db.write(frame.where(col("id") > 0)).save_as_table("t", mode="append", cursor="n", lag=0)
        with pytest.raises(ConfigurationError, match="columns of the rows have changed"):
            db.write(frame.drop("s")).save_as_table("t", mode="append", cursor="n", lag=0)
        merged = db.write(frame.where(col("id") > 0)).save_as_table("t", mode="merge", keys=["id"], cursor="n", lag=0)
        assert merged.rows_updated == 1
