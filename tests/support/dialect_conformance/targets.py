"""The table that is written to: what the database fills, what hangs on its rows, who else writes it."""

from __future__ import annotations

import itertools
import threading
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy import case, text
from sqlalchemy.exc import DBAPIError

from moltres import col, connect, lit
from moltres.errors import (
    ConfigurationError,
    MoltresError,
    SchemaMismatchError,
    TableNotFoundError,
    TransientQueryError,
    WriteError,
)
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import CHANGING_MODES, EVERY_MODE, rows
from support.driver_settings import pragmas_of, reshape, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import URL

    from moltres import Database


def run(db: Database, *statements: str) -> None:
    with db.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    db.forget()


def refused(write: Callable[..., Any], *given: Any, **options: Any) -> None:
    """A write that is refused for its column ``id``."""
    with pytest.raises(MoltresError, match=r"\bid\b"):
        write(*given, **options)


def broken(*given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from given
    raise OSError("the source is gone")


class Targets(DialectSuite):
    """What must hold for the table of a write, on every database.

    Attributes:
        numbered: How a table declares a key that the database numbers; empty where it has no short form.
        never_null: How a table declares a column ``id`` that takes no NULL, with a value of it.
        generated: How a column ``b`` is declared that is twice the column ``a``.
        fires_delete_actions: What must be executed so that foreign keys act; None where there are no such actions.
        retyped: How the column ``amount`` of integers of the table ``t`` becomes one of floats, or else gets another
            name; None where nothing changes a column.
        impatient: What makes a connection wait for a lock for a moment only.
        keeps_rows: Statements that keep the rows of a table from an event in silence.
        hanging: Statements that make a table ``parent`` of ``id`` and ``n``, and a table ``child`` whose one row goes
            with the rows of the former, in ways of this database.
    """

    numbered: tuple[str, ...] = ("INTEGER PRIMARY KEY", "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT")
    never_null: tuple[tuple[str, Any], ...] = ()
    generated = "INTEGER GENERATED ALWAYS AS (a * 2) STORED"
    fires_delete_actions: str | None = ""
    retyped: str | None = "ALTER TABLE t ALTER COLUMN amount TYPE DOUBLE PRECISION"
    impatient: str | None = None
    keeps_rows: tuple[str, ...] = ()
    hanging: tuple[tuple[str, ...], ...] = ()

    # -- transactions, whatever the isolation level

    @pytest.mark.parametrize("level", ["AUTOCOMMIT", "READ UNCOMMITTED"])
    @pytest.mark.parametrize(("mode", "options"), EVERY_MODE)
    def test_all_rows_or_none_whatever_isolation_level_an_engine_has(
        self, url: URL, mode: Any, options: Any, level: Any
    ) -> None:
        try:
            engine = sa.create_engine(url, isolation_level=level)
            with engine.connect():
                pass
        except (sa.exc.ArgumentError, DBAPIError, NotImplementedError):
            pytest.skip(f"the database has no {level}")
        db = connect(engine)
        existing = mode not in {"ignore", "error_if_exists"}
        if existing:
            db.write([{"id": 1}]).save_as_table("t")
        with pytest.raises(OSError, match="gone"):
            db.write(broken({"id": 10})).save_as_table("t", mode=mode, run_key="k", **options)
        assert ("t" in db.tables()) == existing
        assert not existing or rows(db) == [{"id": 1}]
        assert not db.write([{"id": 10}]).save_as_table("t", mode=mode, run_key="k", **options).skipped
        assert [len(batch) for batch in db.table("t").iter_batches(1)] == [1] * db.table("t").count()
        engine.dispose()

    def test_a_connection_in_autocommit_is_refused(self, db: Database) -> None:
        db.write([{"id": 1}]).save_as_table("t")
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            said = "AUTOCOMMIT" if db.dialect.capabilities.transactions else "commits each statement"
            with pytest.raises(ConfigurationError, match=said):
                connect(connection).write([{"id": 2}]).save_as_table("t", mode="append")
            assert connect(connection).table("t").collect() == [{"id": 1}]

    # -- rows, whatever is set on an engine

    @pytest.mark.parametrize("how", ["streams", "other rows"])
    def test_rows_are_those_of_the_database_whatever_is_set_on_an_engine(self, db: Database, how: str) -> None:
        engine = db.engine.execution_options(stream_results=True, yield_per=1) if how == "streams" else db.engine
        if how == "other rows":
            reshape(engine)
        given, exact = connect(engine), db.dialect.capabilities.enforces_types
        data: list[dict[str, Any]] = [
            {"id": number, "s": f"é{number}", "n": Decimal("0.1234567890123456789" if exact else "0.5")}
            for number in (1, 2, 3)
        ]
        given.write(data[:2]).save_as_table("t", mode="append", run_key="k")
        assert given.write(data[1:]).save_as_table("t", mode="merge", keys=["id"]).rows_updated == 1
        frame = given.table("t").order_by("id")
        assert frame.collect() == frame.to_arrow().to_pylist() == data
        assert [len(batch) for batch in frame.iter_batches(2)] == [2, 1]
        given.table("t").write.save_as_table("u")
        with connect() as other:
            other.write(given.table("u")).save_as_table("t")
            assert rows(other) == data
        with engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            kept, flags = settings_of(raw) if how == "other rows" else {}, pragmas_of(raw)
            connect(connection).table("t").collect()
            assert {name: getattr(raw, name) for name in kept} == kept
            assert pragmas_of(raw) == flags
            assert connection.get_execution_options().get("yield_per") == (1 if how == "streams" else None)

    # -- keys of loads

    def test_keys_of_loads_are_compared_byte_by_byte(self, db: Database) -> None:
        keys = ["Load-1", "load-1", "load-1 ", "lóad-1", "日本", "日本 ", "Ω", "🚀", "%", "_", "\\", "'", "k" * 512]
        keys = keys[:: 1 if self.most_cases is None else 4]
        for key in keys:
            assert not db.write([{"a": 1}]).save_as_table("t", mode="append", run_key=key).skipped, key
        for key in keys:
            assert db.write([{"a": 1}]).save_as_table("t", mode="append", run_key=key).skipped, key
        assert db.table("t").count() == len(keys)

    @pytest.mark.parametrize("key", ["a\0b", "\ud800", "k" * 513, ""])
    def test_a_key_that_cannot_be_stored_is_refused(self, db: Database, key: str) -> None:
        with pytest.raises(ConfigurationError, match="run_key"):
            db.write([{"a": 1}]).save_as_table("t", mode="append", run_key=key)
        assert db.tables() == []

    # -- columns that the database fills

    @pytest.mark.parametrize("mode", ["append", "overwrite"])
    def test_rows_need_no_number(self, db: Database, mode: Any) -> None:
        for numbered in self.numbered:
            run(db, f"CREATE TABLE t (id {numbered}, name VARCHAR(9) NOT NULL)", "INSERT INTO t (name) VALUES ('a')")
            db.write([{"name": "x"}]).save_as_table("t", mode=mode)
            run(db, "INSERT INTO t (name) VALUES ('z')")
            found = rows(db)
            assert [row["name"] for row in found] == (["a", "x", "z"] if mode == "append" else ["x", "z"])
            assert len({row["id"] for row in found}) == len(found)
            run(db, "DROP TABLE t")

    @pytest.mark.parametrize(("mode", "options"), CHANGING_MODES)
    def test_a_number_that_is_given_is_kept(self, db: Database, mode: Any, options: Any) -> None:
        for numbered in self.numbered:
            run(db, f"CREATE TABLE t (id {numbered}, a INTEGER)", "INSERT INTO t (a) VALUES (1), (2)")
            given = [{"id": 7, "a": 70}] if mode == "append" else [{"id": 1, "a": 99}, {"id": 7, "a": 70}]
            db.write(given).save_as_table("t", mode=mode, **options)
            there = {} if mode == "overwrite" else {1: 1, 2: 2}
            expected = there | {row["id"]: row["a"] for row in given}
            assert {row["id"]: row["a"] for row in rows(db)} == expected
            db.table("t").where(col("id") == 7).write.save_as_table("t", mode="overwrite")
            assert rows(db) == [{"id": 7, "a": 70}]
            assert sa.inspect(db.engine).get_pk_constraint("t")["constrained_columns"] == ["id"]
            run(db, "DROP TABLE t")

    @pytest.mark.parametrize("how", ["insert", "update", "rows", "frame"])
    def test_null_becomes_no_other_value(self, db: Database, how: str) -> None:
        for declared, other in (*((one, 7) for one in self.numbered), *self.never_null):
            run(db, f"CREATE TABLE t (id {declared}, a INTEGER)")
            before = [{"id": other, "a": 1}]
            db.write(before).save_as_table("t", mode="append")
            db.table("t").select(id=case((col("a") == 1, None), else_=col("id")), a=lit(2)).write.save_as_table("s")
            writer = db.write([{"id": None, "a": 2}, *before] if how == "rows" else db.table("s"))
            if how == "insert":
                refused(db.insert, "t", [{"a": 2, "id": None}])
            elif how == "update":
                for null in (None, lit(None), case((col("a") == 1, None), else_=col("id"))):
                    refused(db.update, "t", {"id": null}, where=lit(True))
            else:
                refused(writer.save_as_table, "t", mode="append", verify=False)
                refused(writer.save_as_table, "t", mode="overwrite", verify=False)
                refused(writer.save_as_table, "t", mode="overwrite_partitions", partition_by=["a"], verify=False)
                refused(writer.save_as_table, "t", mode="merge", keys=["a"], verify=False)
                db.update("t", {"a": 2}, where=lit(True))
                refused(writer.save_as_table, "t", mode="merge", keys=["a"], verify=False)
                db.update("t", {"a": 1}, where=lit(True))
            assert rows(db) == before
            run(db, "DROP TABLE t", "DROP TABLE s")

    @pytest.mark.parametrize("mode", ["append", "overwrite"])
    def test_rows_need_no_value_where_there_is_a_default(self, db: Database, mode: Any) -> None:
        if not db.dialect.capabilities.constraints:
            pytest.skip("this database has no defaults")
        run(db, "CREATE TABLE t (id INTEGER, n INTEGER DEFAULT 7 NOT NULL)")
        db.write([{"id": 1}]).save_as_table("t", mode=mode)
        assert rows(db) == [{"id": 1, "n": 7}]

    @pytest.mark.parametrize(("mode", "options"), CHANGING_MODES)
    def test_generated_columns_stay(self, db: Database, mode: Any, options: Any) -> None:
        if not db.dialect.capabilities.constraints:
            pytest.skip("this database has no generated columns")
        run(db, f"CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b {self.generated})")
        run(db, "INSERT INTO t (id, a) VALUES (1, 1)")
        db.write([{"id": 2, "a": 5}]).save_as_table("t", mode=mode, **options)
        assert rows(db)[-1] == {"id": 2, "a": 5, "b": 10}
        assert sa.inspect(db.engine).get_pk_constraint("t")["constrained_columns"] == ["id"]
        # A frame of the table has the column, and the database computes it anew.
        db.table("t").where(col("id") == 2).write.save_as_table("t", mode="overwrite")
        assert rows(db) == [{"id": 2, "a": 5, "b": 10}]
        with pytest.raises(SchemaMismatchError, match=r"'b' is generated"):
            db.write([{"id": 3, "a": 1, "b": 99}]).save_as_table("t", mode=mode, **options)
        with pytest.raises(SchemaMismatchError, match=r"'b' is generated"):
            db.table("t").with_columns(b=col("a") + 1).write.save_as_table("t", mode=mode, **options)
        assert rows(db) == [{"id": 2, "a": 5, "b": 10}]

    @pytest.mark.parametrize("event", ["DELETE", "UPDATE"])
    def test_rows_that_a_trigger_keeps_are_an_error(self, db: Database, event: str) -> None:
        if not self.keeps_rows:
            pytest.skip("no trigger keeps a row here")
        run(db, "CREATE TABLE t (id INTEGER, n INTEGER)", "INSERT INTO t VALUES (1, 1), (2, 2)")
        db.write([{"id": 2, "n": 3}]).save_as_table("s")
        db.write(db.table("t")).save_as_table("h", mode="scd2", keys=["id"])
        before = rows(db), rows(db, "h")
        run(db, *(one.format(event=event, table=table) for table in ("t", "h") for one in self.keeps_rows))
        gone: dict[str, Any] = {"keys": ["id"], "delete_at_most": 1}
        ways: list[tuple[str, str, dict[str, Any]]] = [("t", "merge", {**gone, "delete_missing": "hard"})]
        if event == "DELETE":
            ways += [("t", "overwrite", {}), ("t", "overwrite_partitions", {"partition_by": ["id"]})]
        else:
            ways += [("t", "merge", {"keys": ["id"]}), ("t", "merge", {**gone, "delete_missing": "soft"})]
            ways += [("h", "scd2", {"keys": ["id"]}), ("h", "scd2", {**gone, "delete_missing": "close"})]
        for table, mode, options in ways:
            with pytest.raises(WriteError, match=r"keeps .*rows as they were"):
                db.write(db.table("s")).save_as_table(table, mode=mode, **options)  # type: ignore[arg-type]
            assert (rows(db), rows(db, "h")) == before, (mode, options)
            with pytest.raises(WriteError):  # its receipt may tell first that the rows are others
                db.write([{"id": 2, "n": 3}]).save_as_table(table, mode=mode, **options)  # type: ignore[arg-type]
            assert (rows(db), rows(db, "h")) == before, (mode, options)

    @pytest.mark.parametrize("how", ["hard", "soft"])
    def test_rows_without_a_key_are_missing(self, db: Database, how: Any) -> None:
        if not (db.dialect.capabilities.transactions and db.dialect.adds_columns):
            pytest.skip("this database deletes or marks nothing here")
        db.write([{"id": 1, "k": 1}, {"id": None, "k": 2}, {"id": 3, "k": 3}]).save_as_table("t")
        options: dict[str, Any] = {"keys": ["id"], "delete_missing": how, "delete_at_most": 1}
        for number in (2, 0):
            result = db.write([{"id": 1, "k": 1}]).save_as_table("t", mode="merge", **options)
            assert result.rows_deleted == number
        left = [row["k"] for row in rows(db, key="k") if row.get("deleted_at") is None]
        assert left == [1]

    # -- what hangs on its rows

    def enforcing(self, url: URL) -> sa.Engine:
        """An engine whose connections do what foreign keys say."""
        engine = sa.create_engine(url)

        @sa.event.listens_for(engine, "connect")
        def enforce(raw: Any, _: Any) -> None:
            if self.fires_delete_actions:
                raw.execute(self.fires_delete_actions)

        return engine

    @pytest.mark.parametrize("action", ["CASCADE", "SET NULL"])
    @pytest.mark.parametrize(
        ("mode", "options"), [("overwrite", {}), ("overwrite_partitions", {"partition_by": ["id"]})]
    )
    def test_rows_that_others_follow_are_not_replaced(self, url: URL, mode: Any, options: Any, action: str) -> None:
        if self.fires_delete_actions is None:
            return
        engine = self.enforcing(url)
        db = connect(engine)
        run(
            db,
            "CREATE TABLE parent (id INTEGER PRIMARY KEY, n VARCHAR(9))",
            "CREATE TABLE child (id INTEGER, pid INTEGER,"
            f" FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE {action})",
            "INSERT INTO parent VALUES (1, 'a')",
            "INSERT INTO child VALUES (10, 1)",
        )
        write = db.write([{"id": 1, "n": "A"}]).save_as_table
        with pytest.raises(ConfigurationError, match=r"(?s)child.*merge.*cascade=True") as caught:
            write("parent", mode=mode, **options)
        assert not caught.value.retryable
        assert rows(db, "child") == [{"id": 10, "pid": 1}]
        write("parent", mode="merge", keys=["id"])
        assert rows(db, "child") == [{"id": 10, "pid": 1}]
        write("parent", mode=mode, cascade=True, **options)
        assert rows(db, "child") == ([] if action == "CASCADE" else [{"id": 10, "pid": None}])
        engine.dispose()

    @pytest.mark.parametrize(
        ("mode", "options"), [("overwrite", {}), ("overwrite_partitions", {"partition_by": ["id"]})]
    )
    def test_rows_that_hang_on_others_in_ways_of_this_database(self, url: URL, mode: Any, options: Any) -> None:
        engine = self.enforcing(url)
        for statements in self.hanging:
            db = connect(engine)
            run(db, *statements)
            before = list(db.table("child").collect())
            with pytest.raises(ConfigurationError, match=r"(?s)child.*merge.*cascade=True"):
                db.write([{"id": 1, "n": "A"}]).save_as_table("parent", mode=mode, **options)
            assert len(before) == 1
            assert list(db.table("child").collect()) == before
            run(db, "DROP TABLE child", "DROP TABLE parent")
        engine.dispose()

    def test_cascade_without_effect_is_refused(self, db: Database) -> None:
        with pytest.raises(ConfigurationError, match="cascade"):
            db.write([{"id": 1}]).save_as_table("t", mode="append", cascade=True)

    # -- others who write at the same time

    @pytest.mark.parametrize(("mode", "options"), CHANGING_MODES)
    def test_a_column_that_changes_while_the_source_is_read(
        self, db: Database, url: URL, mode: Any, options: Any
    ) -> None:
        if self.retyped is None:
            return
        retyped, impatient = self.retyped, self.impatient
        pd = pytest.importorskip("pandas")
        db.write(pd.DataFrame({"id": [1], "amount": [100]})).save_as_table("t")

        def source() -> Iterator[Any]:
            other = sa.create_engine(url, poolclass=sa.NullPool)
            with suppress(DBAPIError), other.begin() as connection:  # a lock of the writer may keep it out
                if impatient is not None:
                    connection.exec_driver_sql(impatient)
                connection.exec_driver_sql(retyped)
            yield pd.DataFrame({"id": [2], "amount": [200]})

        there, new = {(1, 100)}, {(2, 200)}
        after = new if mode == "overwrite" else there | new
        try:
            db.write(source()).save_as_table("t", mode=mode, **options)
        except MoltresError:
            after = there
        db.forget()
        assert {tuple(row.values()) for row in db.table("t").collect()} == after

    def test_a_source_that_is_made_anew_with_columns_of_other_types(self, db: Database) -> None:
        run(db, "CREATE TABLE s (id INTEGER, v INTEGER)", "INSERT INTO s VALUES (1, 1)")
        frame = db.table("s")
        assert frame.collect() == [{"id": 1, "v": 1}]
        with db.engine.begin() as connection:
            for statement in ("DROP TABLE s", "CREATE TABLE s (id INTEGER, v DECIMAL(9, 2))"):
                connection.execute(text(statement))
            connection.execute(text("INSERT INTO s VALUES (1, 1.25)"))
        modes: tuple[Any, ...] = ("error_if_exists", "append", "overwrite")
        for mode in modes:
            try:
                frame.write.save_as_table(f"t_{mode}", mode=mode)
            except TransientQueryError:
                db.table("s").write.save_as_table(f"t_{mode}", mode=mode)
            assert rows(db, f"t_{mode}") == [{"id": 1, "v": Decimal("1.25")}]

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("INTEGER, '1'", "BOOLEAN, '1'"),
            ("VARCHAR(9), '10:30:00'", "TIME, '10:30:00'"),
            ("DECIMAL(9, 2), '1'", "DOUBLE PRECISION, '1.125'"),
            ("VARCHAR(10), '2026-01-02'", "DATE, '2026-01-02'"),
        ],
    )
    def test_a_frame_whose_table_is_made_anew_with_a_column_of_another_type(
        self, db: Database, old: str, new: str
    ) -> None:
        def made(declared: str) -> tuple[str, ...]:
            type_, _, value = declared.rpartition(", ")
            return (
                "DROP TABLE IF EXISTS s",
                f"CREATE TABLE s (id INTEGER, v {type_})",
                f"INSERT INTO s VALUES (1, {value})",
            )

        try:
            run(db, *made(new), *made(old))
        except DBAPIError:
            pytest.skip("this database makes no values of strings")
        frame = db.table("s")
        frames = (frame, frame.select("id", v=col("v")).limit(1), frame.where(col("v").is_not(None)))
        frame.collect()
        with db.engine.begin() as connection:
            for statement in made(new):
                connection.execute(text(statement))
        with connect(db.engine) as other:
            expected = other.table("s").collect()
        reads = (lambda one: one.collect(), lambda one: [row for rows in one.iter_batches(1) for row in rows])
        for one, read in itertools.product(frames, reads):
            try:
                found = read(one)
            except TransientQueryError:
                found = db.table("s").collect()  # it is looked up again
            assert [(row, type(row["v"])) for row in found] == [(row, type(row["v"])) for row in expected]
        assert frame.select("id").collect() == [{"id": 1}]  # the type of what is not used is no matter

    @pytest.mark.parametrize(
        "read",
        [
            lambda frame, _: frame.collect(),
            lambda frame, _: connect().write(frame).save_as_table("t"),
            lambda frame, path: frame.write.csv(path),
        ],
        ids=["read", "copied", "to a file"],
    )
    def test_an_error_of_a_source_is_told_as_one_of_its_database(
        self, db: Database, read: Callable[[Any, Path], object], tmp_path: Path
    ) -> None:
        run(db, "CREATE TABLE s (id INTEGER)")
        frame = db.table("s")
        with db.engine.begin() as connection:
            connection.execute(text("DROP TABLE s"))
        with pytest.raises(TableNotFoundError):
            read(frame, tmp_path / "t.csv")

    def at_once(self, count: int, work: Callable[[int], object]) -> list[BaseException]:
        errors: list[BaseException] = []
        start = threading.Barrier(count)

        def run_one(number: int) -> None:
            start.wait()
            try:
                work(number)
            except MoltresError as error:
                errors.append(error)

        threads = [threading.Thread(target=run_one, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return errors

    @pytest.mark.parametrize("keyed", [True, False])
    def test_the_first_rows_of_many_at_once(self, url: URL, keyed: bool) -> None:
        def work(number: int) -> None:
            with connect(url) as db:
                key = f"k{number}" if keyed else None
                db.write([{"id": number}]).save_as_table("t", mode="append", run_key=key)

        writers = 10 if self.most_cases is None else 5
        for error in self.at_once(writers, work):
            raise error
        with connect(url) as db:
            assert [row["id"] for row in rows(db)] == list(range(writers))

    def test_whoever_loses_a_race_is_told_to_try_again(self, url: URL) -> None:
        with connect(url) as db:
            db.write([{"id": 1, "x": 1}]).save_as_table("t")

        def work(number: int) -> None:
            with connect(url) as mine:
                column = "x" if number % 2 else "y"
                mine.write([{"id": i, column: number} for i in range(20)]).save_as_table("t", mode="overwrite")

        for error in self.at_once(6, work):
            if not getattr(error, "retryable", False):
                raise error
        with connect(url) as db:
            found = rows(db)
        assert len(found) == 20
        assert len({tuple(row.values())[1] for row in found}) == 1, "rows of two writers"

    @pytest.mark.parametrize(
        ("options", "there"),
        [
            ({"mode": "merge", "keys": ["id"]}, 20),
            ({"mode": "merge", "keys": ["id"], "update": False}, 20),
            ({"mode": "overwrite"}, 0),
            ({"mode": "overwrite_partitions", "partition_by": ["id"]}, 20),
            ({"mode": "scd2", "keys": ["id"]}, 20),
        ],
        ids=["merge", "insert only", "overwrite", "partitions", "scd2"],
    )
    def test_rows_that_several_add_at_once_are_there_once(self, url: URL, options: Any, there: int) -> None:
        with connect(url) as db:
            if not (db.dialect.capabilities.transactions and db.dialect.compares_rows):
                pytest.skip("each statement is a commit of its own here")
            old = [{"id": number, "v": 0} for number in range(there)]
            db.write(old or [{"id": 0, "v": 0}]).save_as_table("t", **(options if options["mode"] == "scd2" else {}))
            if not old:
                db.delete("t", where=col("id") == 0)
            news = [{"id": number, "v": 0} for number in range(there + 20)]
            for error in self.at_once(3, lambda _: db.write(news).save_as_table("t", **options)):
                if not getattr(error, "retryable", False):
                    raise error
            assert [row["id"] for row in rows(db)] == list(range(there + 20))

    def test_a_table_with_and_without_its_schema_is_one_to_writers_at_once(self, url: URL) -> None:
        with connect(url) as db, connect(url) as other:
            if not (db.dialect.capabilities.transactions and db.dialect.compares_rows):
                pytest.skip("each statement is a commit of its own here")
            db.write([{"id": 0}]).save_as_table("t")
            default = sa.inspect(db.engine).default_schema_name
            writers = ((db, None), (other, default), (other, None))
            news = [{"id": number} for number in range(20)]

            def work(number: int) -> None:
                mine, schema = writers[number]
                mine.write(news).save_as_table("t", mode="merge", keys=["id"], schema=schema)

            for error in self.at_once(3, work):
                if not getattr(error, "retryable", False):
                    raise error
            assert [row["id"] for row in rows(db)] == list(range(20))

    # -- many rows

    def test_a_merge_without_indexes_takes_time_that_grows_with_the_rows(self, db: Database) -> None:
        count = 30_000
        db.write([{"id": i, "v": 1} for i in range(count)]).save_as_table("t")
        news = [{"id": i, "v": 2} for i in range(count // 2, count + count // 2)]
        # With a plan that compares each row with each other one this takes a quarter of an hour.
        result = db.write(news).save_as_table("t", mode="merge", keys=["id"])
        assert (result.rows_written, result.rows_updated) == (count, count // 2)
        assert db.table("t").where(col("v") == 2).count() == count
