"""rejects="table": rows that the table refuses are kept with the reason, and the others are loaded."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from moltres import connect
from moltres.errors import ConfigurationError, MoltresError, SchemaMismatchError, WriteError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import OLD, rows, run

if TYPE_CHECKING:
    from moltres import Database
    from moltres.write import WriteResult

TABLE = (
    "CREATE TABLE t (id INTEGER NOT NULL, n SMALLINT CHECK (n > 0), d DECIMAL(5, 2), day DATE,"
    " CONSTRAINT apart CHECK (n < 500 OR d <> 1.5))"
)
GOOD = [
    {"id": 1, "n": 5, "d": Decimal("1.5"), "day": dt.date(2026, 1, 1)},
    {"id": "7", "n": "12", "d": "3.25", "day": "2026-02-03"},
    {"id": 8, "n": None, "d": None, "day": None},
]
BAD: list[tuple[str, str, dict[str, Any]]] = [
    ("id", "requires a value", {"id": None, "n": 1, "d": None, "day": None}),
    ("id", "'x' (str) is no integer", {"id": "x", "n": 1, "d": None, "day": None}),
    ("n", "CHECK", {"id": 4, "n": -1, "d": None, "day": None}),
    ("n, d", "CHECK", {"id": 5, "n": 501, "d": Decimal("1.5"), "day": None}),
    ("d", "does not fit decimal(5, 2)", {"id": 6, "n": 1, "d": Decimal("1.555"), "day": None}),
    ("day", "'yesterday' (str) is no date", {"id": 9, "n": 1, "d": None, "day": "yesterday"}),
    ("n, day", "is no date", {"id": 9, "n": b"\x00\xff", "d": None, "day": 5}),
]
MODES: list[tuple[Any, dict[str, Any]]] = [
    ("append", {}),
    ("merge", {"keys": ["id"]}),
    ("overwrite_partitions", {"partition_by": ["id"]}),
]


def load(db: Database, data: Any, mode: Any = "append", **options: Any) -> WriteResult:
    return db.write(data).save_as_table("t", mode=mode, **{"rejects": "table", "rejects_at_most": 1, **options})


class RejectedRows(DialectSuite):
    """Loaded and rejected rows are all that were read."""

    def can(self, db: Database) -> bool:
        return db.dialect.capabilities.transactions and not db.dialect.commits_each_table

    @pytest.fixture
    def refusing(self, db: Database) -> Database:
        """A database whose table ``t`` refuses some rows."""
        if not self.can(db):
            pytest.skip("two tables are two commits here")
        run(db, TABLE)
        return db

    def test_a_database_whose_tables_are_commits_is_refused(self, db: Database) -> None:
        if self.can(db):
            return
        db.write(OLD).save_as_table("t")
        with pytest.raises(ConfigurationError, match="rejects is not supported"):
            load(db, OLD)
        assert len(rows(db)) == 3

    @pytest.mark.parametrize(("mode", "options"), MODES, ids=[mode for mode, _ in MODES])
    def test_rows_are_loaded_or_kept(self, refusing: Database, mode: Any, options: Any) -> None:
        given = [GOOD[0], *(row for _, _, row in BAD), *GOOD[1:]]
        for skipped in (False, True):
            result = load(refusing, given, mode, run_key="k", **options)
            assert result.skipped is skipped
            if not skipped:
                assert result.rejects is not None
                assert (result.rejects.rows_read, result.rejects.rows_loaded, result.rejects.rows_rejected) == (
                    10,
                    3,
                    7,
                )
                assert result.receipt is not None
        expected = [(1, 5, Decimal("1.5"), dt.date(2026, 1, 1)), (7, 12, Decimal("3.25"), dt.date(2026, 2, 3))]
        assert [tuple(row.values()) for row in rows(refusing)] == [*expected, (8, None, None, None)]
        kept = refusing.table("t_rejects").collect()
        assert len(kept) == len(BAD)
        for (names, reason, row), found in zip(BAD, kept, strict=True):
            assert (found["column_name"], found["run_key"]) == (names, "k")
            assert reason in found["reason"]
            said = json.loads(found["row_json"])
            assert said["id"] == row["id"]
            assert abs(found["rejected_at"] - dt.datetime.now(dt.UTC).replace(tzinfo=None)) < dt.timedelta(minutes=30)

    def test_from_elsewhere_from_the_same_database_and_from_files(self, refusing: Database, tmp_path: Any) -> None:
        bad = {"id": 2, "n": "-1", "d": "1", "day": "2026-01-01"}
        strings = [{**bad, "n": "3"}, bad, {**bad, "id": 3, "day": "?"}]
        (tmp_path / "a.csv").write_text("id,n,d,day\n2,3,1,2026-01-01\n2,-1,1,\n3,1,1,?\n")
        with connect() as shop:
            shop.write(strings).save_as_table("s")
            refusing.write(strings).save_as_table("s")
            for data in (shop.table("s"), refusing.table("s"), shop.read_csv(tmp_path / "a.csv"), iter(strings)):
                result = load(refusing, data, batch_rows=2)
                assert result.rejects is not None
                assert (result.rows_written, result.rejects.rows_rejected) == (1, 2)
        assert {tuple(row.values()) for row in rows(refusing)} == {(2, 3, Decimal(1), dt.date(2026, 1, 1))}

    def test_numbers_that_no_float_holds_are_rejected(self, refusing: Database) -> None:
        run(refusing, "DROP TABLE t", "CREATE TABLE t (id BIGINT, f DOUBLE PRECISION)")
        strings = ["1e999", "-1e400", "1e-999", "0e5", "1e300"]
        result = load(refusing, [{"id": number, "f": string} for number, string in enumerate(strings)])
        assert result.rejects is not None
        assert result.rejects.rows_rejected == 3
        assert [(row["id"], row["f"]) for row in rows(refusing)] == [(3, 0.0), (4, 1e300)]

    @pytest.mark.parametrize("form", ["frame", "arrow", "records"])
    def test_decimals_of_more_digits_are_kept(self, refusing: Database, form: str) -> None:
        values = [Decimal("1.250"), Decimal("1.255"), None, Decimal("12345.500"), Decimal("2.000")]
        with connect() as source:
            source.write([{"id": number, "d": value} for number, value in enumerate(values)]).save_as_table("s")
            frame = source.table("s")
            given = {"frame": lambda: frame, "arrow": frame.to_arrow, "records": frame.collect}[form]()
            result = load(refusing, given)
        assert result.rejects is not None
        assert result.rejects.rows_rejected == 2
        assert [(row["id"], row["d"]) for row in rows(refusing)] == [(0, Decimal("1.25")), (2, None), (4, Decimal(2))]
        reasons = [row["reason"] for row in refusing.table("t_rejects").collect()]
        assert all("does not fit decimal(5, 2)" in reason for reason in reasons)

    @pytest.mark.parametrize("form", ["dicts", "batches", "frame"])
    def test_new_columns_have_the_types_of_their_values(self, refusing: Database, form: str) -> None:
        if not refusing.dialect.adds_columns:
            pytest.skip("this database adds no columns here")
        good = {"id": 1, "n": 5, "price": Decimal("1.50"), "f": 0.5, "new_day": dt.date(2026, 1, 1), "b": b"\x00"}
        given: Any = [good, {**good, "id": 2, "n": None if form == "frame" else "x"}]
        expected = len(given) if form == "frame" else 1
        with connect() as other:
            if form == "batches":
                given = iter([[row] for row in given])
            if form == "frame":
                other.write(given).save_as_table("s")
                given = other.table("s")
            result = load(refusing, given, on_schema_change="append_new_columns")
        assert "column 'price' was added (decimal(38, 2))" in result.schema_changes
        assert result.rejects is not None
        assert (result.rejects.rows_loaded, result.rejects.rows_rejected) == (expected, 2 - expected)
        assert next({name: row[name] for name in good} for row in rows(refusing)) == good

    def test_a_column_that_is_left_out_rejects_no_row(self, refusing: Database) -> None:
        for value in (Decimal("1.5"), 2**70, float("nan"), dt.date(2026, 1, 1), dt.timedelta(1), {"a": 1}):
            given = [{"id": 1, "n": 5, "new": value}, {"id": 2, "n": 6, "new": None}, {"id": 3, "n": -1, "new": None}]
            result = load(refusing, given, on_schema_change="ignore")
            assert result.schema_changes == ("column 'new' of the rows was left out",)
            assert result.rejects is not None
            assert (result.rejects.rows_loaded, result.rejects.rows_rejected) == (2, 1), value

    def test_strings_finer_than_a_microsecond_are_kept(self, db: Database) -> None:
        if not self.can(db):
            pytest.skip("two tables are two commits here")
        at = dt.datetime.fromisoformat("2026-01-01 10:00:00.123456")
        db.write([{"at": at, "clock": at.time()}]).save_as_table("t")
        strings = ["2026-01-01 10:00:00.1234560", "2026-01-01 10:00:00.1234567"]
        result = load(db, [{"at": one, "clock": one[11:]} for one in strings])
        assert result.rejects is not None
        assert (result.rows_written, result.rejects.rows_rejected) == (1, 1)
        assert {tuple(row.values()) for row in db.table("t").collect()} == {(at, at.time())}

    def test_more_than_the_share_changes_nothing(self, refusing: Database) -> None:
        with pytest.raises(WriteError, match=r"refuses 1 of 4 rows, more than rejects_at_most=0.1 .*\n?.*requires"):
            load(refusing, [*GOOD, BAD[0][2]], rejects_at_most=None, run_key="k")
        assert refusing.table("t").count() == refusing.table("t_rejects").count() == 0
        assert load(refusing, [*GOOD, BAD[0][2]], rejects_at_most=0.25, run_key="k").rows_written == 3

    def test_what_no_row_can_be_is_refused_at_once(self, refusing: Database) -> None:
        with pytest.raises(SchemaMismatchError, match="'m' is not in the target"):
            load(refusing, [{**GOOD[0], "m": 1}])
        with pytest.raises(ConfigurationError, match="has no effect with mode='overwrite'"):
            load(refusing, GOOD, "overwrite")
        with pytest.raises(ConfigurationError, match="without it"):
            load(refusing, GOOD, rejects=None)
        for mode, how in (("merge", "hard"), ("merge", "soft"), ("scd2", "close")):
            with pytest.raises(ConfigurationError, match="rows that rejects sets aside"):
                load(refusing, GOOD, mode, keys=["id"], delete_missing=how)
        assert refusing.table("t").count() == 0

    def test_a_key_that_is_there_refuses_the_load(self, refusing: Database) -> None:
        run(refusing, "CREATE UNIQUE INDEX one ON t (id)")
        load(refusing, GOOD)
        with pytest.raises(MoltresError):
            load(refusing, [BAD[0][2], GOOD[0]])
        assert (refusing.table("t").count(), refusing.table("t_rejects").count()) == (3, 0)

    def test_a_history(self, db: Database) -> None:
        if not self.can(db):
            pytest.skip("two tables are two commits here")
        first = load(db, [{"id": 1, "n": 1}], "scd2", keys=["id"])
        assert first.rejects is not None
        assert (first.created, first.rejects.rows_rejected) == (True, 0)
        result = load(db, [{"id": 1, "n": "x"}, {"id": None, "n": 2}, {"id": 2, "n": 2}], "scd2", keys=["id"])
        assert result.rejects is not None
        assert (result.rows_written, result.rejects.rows_rejected) == (1, 2)
