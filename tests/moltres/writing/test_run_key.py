"""run_key: a retry of a load never doubles a row, whatever happened to the first try."""

from __future__ import annotations

import pytest

from moltres import Database
from moltres.errors import QueryError, TransientQueryError

MODES = [
    ("append", {}),
    ("overwrite", {}),
    ("merge", {"keys": ["a"]}),
    ("overwrite_partitions", {"partition_by": ["a"]}),
    ("ignore", {}),
    ("error_if_exists", {}),
]


@pytest.mark.parametrize(("mode", "options"), MODES)
def test_the_same_key_does_nothing_a_second_time(db: Database, mode: str, options: dict[str, list[str]]) -> None:
    first = db.write([{"a": 1}]).save_as_table("t", mode=mode, run_key="run 1", **options)  # type: ignore[arg-type]
    again = db.write([{"a": 2}]).save_as_table("t", mode=mode, run_key="run 1", **options)  # type: ignore[arg-type]
    assert (first.rows_written, first.skipped) == (1, False)
    assert (again.rows_written, again.skipped) == (0, True)
    assert list(db.table("t").collect()) == [{"a": 1}]


def test_another_key_or_another_table_is_another_load(db: Database) -> None:
    for key in ("run 1", "run 2"):
        for table in ("t", "u"):
            db.write([{"a": 1}]).save_as_table(table, mode="append", run_key=key)
    assert (db.table("t").count(), db.table("u").count()) == (2, 2)


def test_what_was_loaded_is_on_record(db: Database) -> None:
    db.write([{"a": 1}, {"a": 2}]).save_as_table("t", mode="append", run_key='it\'s a "key"')
    row = db.table("moltres_loads").first()
    assert row is not None
    assert (row["run_key"], row["table_name"], row["mode"], row["rows_written"]) == ('it\'s a "key"', "t", "append", 2)


def test_a_failed_load_can_be_repeated(db: Database) -> None:
    db.write([{"a": 1}]).save_as_table("t")

    def broken() -> object:
        yield [{"a": 2}]
        raise OSError("the source is gone")

    with pytest.raises(OSError, match="the source is gone"):
        db.write(broken()).save_as_table("t", mode="append", run_key="r")
    assert db.table("t").count() == 1
    assert not db.write([{"a": 2}]).save_as_table("t", mode="append", run_key="r").skipped
    assert db.table("t").count() == 2


def test_a_table_that_was_dropped_is_loaded_again(db: Database) -> None:
    db.write([{"a": 1}]).save_as_table("t", mode="append", run_key="r")
    with db.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE t")
    assert db.write([{"a": 1}]).save_as_table("t", mode="append", run_key="r").created
    assert db.table("t").count() == 1


def test_the_source_of_a_repeated_load_is_not_read(db: Database) -> None:
    db.write([{"a": 1}]).save_as_table("t", mode="append", run_key="r")

    def never() -> object:
        raise AssertionError("read")
        yield

    assert db.write(never()).save_as_table("t", mode="append", run_key="r").skipped


def test_the_database_itself_refuses_a_key_twice(db: Database) -> None:
    db.write([{"a": 1}]).save_as_table("t", mode="append", run_key="r")
    with pytest.raises((QueryError, TransientQueryError)), db.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO moltres_loads VALUES ('r', 't', 'append', 1, TIMESTAMP '2024-01-01 00:00:00')"
            if db.dialect.name != "sqlite"
            else "INSERT INTO moltres_loads VALUES ('r', 't', 'append', 1, '2024-01-01 00:00:00')"
        )
