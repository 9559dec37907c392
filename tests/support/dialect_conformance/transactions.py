"""Writing as a part of a transaction of the caller, who commits or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from moltres import col, connect
from moltres.errors import ConfigurationError, MoltresError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import CHANGING_MODES, NEW, OLD, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.pool import Pool

    from moltres import Database


class Transactions(DialectSuite):
    """A Connection and a Session of the caller."""

    @pytest.mark.parametrize(("mode", "options"), CHANGING_MODES)
    def test_nothing_is_written_when_the_caller_rolls_back(self, db: Database, mode: Any, options: Any) -> None:
        db.write(OLD).save_as_table("t")
        db.write(OLD).save_as_table("logged", run_key="before")
        with db.engine.connect() as connection:
            mine = connect(connection)
            mine.write(NEW).save_as_table("t", mode=mode, run_key="r", **options)
            assert mine.table("t").where(col("n") == 40).count() == 1
            if db.dialect.capabilities.transactional_ddl:
                mine.write(NEW).save_as_table("made")
                assert mine.table("made").count() == 2
            else:
                with pytest.raises(ConfigurationError, match="commits"):
                    mine.write(NEW).save_as_table("made")
            connection.rollback()
        assert rows(db) == OLD
        assert set(db.tables()) == {"t", "logged"} | self.logs(db)
        assert not db.write(NEW).save_as_table("t", mode=mode, run_key="r", **options).skipped

    def test_the_caller_commits(self, db: Database) -> None:
        db.write(OLD).save_as_table("t")
        with Session(db.engine) as session:
            connect(session).write(NEW).save_as_table("t", mode="overwrite")
            session.commit()
        assert rows(db) == NEW

    def test_rows_that_only_the_caller_sees_are_written(self, db: Database) -> None:
        db.write(OLD).save_as_table("t")
        db.write(OLD).save_as_table("u")
        with db.engine.connect() as connection:
            mine = connect(connection)
            mine.write(NEW).save_as_table("t", mode="overwrite")
            assert mine.table("t").write.save_as_table("u", mode="overwrite").rows_written == 2
            connection.commit()
        assert rows(db, "u") == NEW

    @pytest.mark.parametrize("pool", [StaticPool, SingletonThreadPool])
    def test_a_transaction_on_the_only_connection_of_an_engine_stays(self, db: Database, pool: type[Pool]) -> None:
        if db.dialect.name == "iceberg":
            return  # its connections are of a process, and not of a server
        db.write(OLD).save_as_table("t")
        single = create_engine(db.engine.url, poolclass=pool)
        mine = connect(single)
        with single.connect() as connection:
            connection.execute(text("INSERT INTO t (id, n) VALUES (4, 40)"))
            if not db.dialect.capabilities.transactions:  # the row is committed, and nothing can take it back
                assert mine.table("t").count() == len(OLD) + 1
                assert mine.write(NEW).save_as_table("t", mode="append").rows_written == len(NEW)
                connection.rollback()
                assert mine.table("t").count() == len(OLD) + 1 + len(NEW)
                single.dispose()
                return
            attempts: list[Callable[[], object]] = [
                lambda: mine.table("t"),
                lambda: mine.sql("SELECT * FROM t").collect(),
                lambda: mine.write(NEW).save_as_table("t", mode="overwrite"),
                lambda: mine.update("t", {"n": 0}, where=col("n") == 40),
            ]
            for attempt in attempts:
                with pytest.raises(ConfigurationError, match="one connection"):
                    attempt()
            assert connect(connection).table("t").count() == len(OLD) + 1
            connection.commit()
        assert mine.table("t").count() == len(OLD) + 1
        single.dispose()

    def test_what_is_made_in_the_transaction_of_a_caller(self, db: Database) -> None:
        if not db.dialect.capabilities.transactional_ddl:
            return  # refused: see above
        with Session(db.engine) as session:
            mine = connect(session)
            mine.write([{"id": 1}]).save_as_table("t", run_key="r")
            mine.write([{"id": 2, "b": 1}]).save_as_table("t", mode="overwrite")
            assert mine.table("t").write.save_as_table("u").rows_written == 1
            session.commit()
        assert rows(db) == rows(db, "u") == [{"id": 2, "b": 1}]

    def test_a_failed_write_leaves_the_callers_transaction_usable(self, db: Database) -> None:
        with db.transaction() as connection:
            declared = "CHECK (id > 0)" if db.dialect.capabilities.constraints else "NOT NULL"
            connection.execute(text(f"CREATE TABLE positive (id BIGINT {declared})"))
        refused = -1 if db.dialect.capabilities.constraints else None
        db.write([{"id": 1}]).save_as_table("t", run_key="before")
        with db.engine.connect() as connection:
            mine = connect(connection)
            mine.write([{"id": 2}]).save_as_table("t", mode="append")
            with pytest.raises(MoltresError):
                mine.write([{"id": 1}, {"id": refused}]).save_as_table("positive", mode="append", run_key="r")
            if not db.dialect.capabilities.savepoints:
                with pytest.raises(MoltresError):
                    mine.write([{"id": 3}]).save_as_table("t", mode="append")
                connection.rollback()
            else:
                with pytest.raises(MoltresError):
                    mine.write([{"id": None}, {"id": 1}]).save_as_table("t", mode="merge", keys=["id"])
                mine.write([{"id": 3}]).save_as_table("t", mode="append")
                connection.commit()
        assert [row["id"] for row in rows(db)] == ([1, 2, 3] if db.dialect.capabilities.savepoints else [1])
        assert db.table("positive").count() == 0

    def test_a_savepoint_is_rolled_back_alone_or_there_is_none(self, db: Database) -> None:
        db.write([{"id": 1}]).save_as_table("t")
        insert = text("INSERT INTO t (id) VALUES (2)")
        with db.engine.connect() as connection:
            db.dialect.begin(connection)
            if not db.dialect.capabilities.savepoints:
                with pytest.raises((DBAPIError, NotImplementedError)):
                    connection.exec_driver_sql("SAVEPOINT a")
                return
            with connection.begin_nested() as savepoint:
                connection.execute(insert)
                savepoint.rollback()
            assert connection.execute(text("SELECT count(*) FROM t")).scalar_one() == 1
            connection.execute(insert)
            connection.commit()
        assert db.table("t").count() == 2

    def test_ddl_rolls_back_with_its_transaction(self, db: Database) -> None:
        with db.transaction() as connection:
            connection.execute(text("CREATE TABLE kept (a INTEGER)"))
        if not db.dialect.capabilities.transactional_ddl:
            return  # and everything that makes a table in a caller's transaction is refused
        with db.engine.connect() as connection:
            db.dialect.begin(connection)
            connection.execute(text("DROP TABLE kept"))
            connection.execute(text("CREATE TABLE gone (a INTEGER)"))
            connection.rollback()
        assert db.tables() == ["kept"]
