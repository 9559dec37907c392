"""Encodings of PostgreSQL other than UTF-8, and its settings: values arrive as they are, or are refused by column."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from sqlalchemy import func

from moltres import col, connect
from moltres.errors import ConfigurationError, SchemaMismatchError

if TYPE_CHECKING:
    from sqlalchemy import URL


@pytest.mark.parametrize("form", ["rows", "arrow"])
def test_strings_in_the_encoding_of_the_connection(postgresql_url: URL, form: str) -> None:
    def rows(value: Any) -> Any:
        return [{"n": 1, "s": value}] if form == "rows" else pa.table({"n": [1], "s": [value]})

    with connect(postgresql_url, connect_args={"options": "-c client_encoding=LATIN1"}) as db:
        db.write(rows("é")).save_as_table("t", verify=False)
        assert db.table("t").collect() == [{"n": 1, "s": "é"}]
        assert db.table("t").to_arrow().to_pylist() == [{"n": 1, "s": "é"}]
        for mode in ("append", "overwrite"):
            with pytest.raises(SchemaMismatchError, match="column 's': '日本' has '日本'"):
                db.write(rows("日本")).save_as_table("t", mode=mode)
        with pytest.raises(ConfigurationError, match="run_key cannot be stored: '日本'"):
            db.write(rows("e")).save_as_table("t", mode="append", run_key="日本")
        assert not db.write(rows("e")).save_as_table("t", mode="append", run_key="é").skipped
        assert db.write(rows("e")).save_as_table("t", mode="append", run_key="é").skipped
        assert db.table("t").count() == 2


def test_a_setting_that_quotes_the_names_of_types(postgresql_url: URL) -> None:
    with connect(postgresql_url, connect_args={"options": "-c quote_all_identifiers=on"}) as db:
        for value in (1, 2):
            mode = "merge" if value > 1 else "overwrite"
            db.write([{"n": 1, "v": value}]).save_as_table("t", mode=mode, keys=["n"] if value > 1 else None)
        assert db.table("t").collect() == [{"n": 1, "v": 2}]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DateStyle", "German"), ("DateStyle", "SQL,DMY"), ("IntervalStyle", "iso_8601"), ("bytea_output", "escape"),
        ("standard_conforming_strings", "off"), ("extra_float_digits", "-15"), ("TimeZone", "Asia/Kolkata"),
    ],
)  # fmt: skip
def test_settings_of_a_session_change_no_value(postgresql_url: URL, name: str, value: str) -> None:
    at = dt.datetime(2024, 2, 3, 4, 5, 6, 789, tzinfo=dt.UTC)
    row = {
        "s": "a\\'b\\", "b": b"\x00\\\xff", "f": 0.1 + 0.2, "day": at.date(), "ts": at.replace(tzinfo=None), "at": at,
        "span": dt.timedelta(days=3, hours=-2),
    }  # fmt: skip
    with connect(postgresql_url, pool_size=1, connect_args={"options": f"-c {name}={value}"}) as db:
        for data in ([row], pa.Table.from_pylist([row])):
            db.write(data).save_as_table("t", mode="overwrite")
            db.sql("SELECT * FROM t").write.save_as_table("copy", mode="overwrite")
            for table in ("t", "copy"):
                assert db.table(table).collect() == db.table(table).to_arrow().to_pylist() == [row]
                assert db.table(table).where(col("s") == row["s"], col("day") == "2024-02-03").count() == 1
        with db.engine.connect() as connection:
            assert str(connection.exec_driver_sql(f"SHOW {name}").scalar_one()).startswith(
                value.split(",", maxsplit=1)[0]
            )


@pytest.mark.parametrize(
    ("name", "value"),
    [("default_order", "DESC"), ("default_null_order", "nulls_first"), ("integer_division", "true")],
)
def test_settings_of_duckdb_change_no_value(name: str, value: str) -> None:
    data = [{"id": 1, "n": 7, "doc": {"b": [1, "x"], "a": None}}, {"id": 2, "n": None, "doc": {}}]
    with connect("duckdb://", connect_args={"config": {name: value}}) as db:
        db.write(data).save_as_table("t")
        halves = db.table("t").select("id", half=col("n") / 2, share=func.sum(col("n") / 4).over())
        assert halves.order_by("id").collect() == [
            {"id": 1, "half": 3.5, "share": 1.75}, {"id": 2, "half": None, "share": 1.75}
        ]  # fmt: skip
        assert db.table("t").order_by("id").collect() == data
        assert db.table("t").order_by("n").collect().column("id") == [1, 2]


@pytest.mark.parametrize(("declared", "first", "second"), [("ENUM('a', 'b')", "a", "b"), ("BIT", "0101", "1")])
def test_keys_of_types_that_only_duckdb_has(declared: str, first: str, second: str) -> None:
    with connect("duckdb://") as db:
        with db.transaction() as connection:
            for table in ("old", "new"):
                connection.exec_driver_sql(f"CREATE TABLE {table} (k {declared}, v INT)")
            connection.exec_driver_sql(f"INSERT INTO old VALUES ('{first}', 1)")
            connection.exec_driver_sql(f"INSERT INTO new VALUES ('{first}', 2), ('{second}', 3)")
        expected = [{"k": first, "v": 2}, {"k": second, "v": 3}]
        for data in (db.table("new"), db.table("new").collect()):
            assert db.write(data).save_as_table("old", mode="merge", keys=["k"]).rows_written == 2
            db.write(data).save_as_table("old", mode="overwrite_partitions", partition_by=["k"])
            assert db.table("old").order_by("v").collect() == expected
            with connect("duckdb://") as other:
                other.write(data).save_as_table("t")
                assert other.table("t").order_by("v").collect() == expected


def test_strings_of_bits_elsewhere(postgresql_url: URL) -> None:
    with connect("duckdb://") as db, connect(postgresql_url) as other:
        with db.transaction() as connection:
            connection.exec_driver_sql("CREATE TABLE t AS SELECT '0101'::BIT AS bits")
        for data in (db.table("t"), db.table("t").collect()):
            other.write(data).save_as_table("t", mode="overwrite")
            assert other.table("t").collect() == [{"bits": "0101"}]
