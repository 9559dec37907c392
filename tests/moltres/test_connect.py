"""What can be connected to, and what happens to it."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import URL, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker
from sqlalchemy.pool import NullPool

from moltres import Database, ETLPipeline, Reference, col, connect, lit
from moltres.dialects import dialect_for
from moltres.errors import (
    ConfigurationError,
    DatabaseAccessError,
    DatabaseConnectionError,
    MissingDependencyError,
    MoltresError,
    TransientQueryError,
)
from moltres.handoff import rows_of
from support import people as people_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine


def test_an_address_as_text_and_as_url(database_url: URL) -> None:
    for target in (database_url, database_url.render_as_string(hide_password=False)):
        with connect(target) as db:
            assert db.sql("SELECT 1 AS a").collect() == [{"a": 1}]
            assert db.bind is db.engine


def test_an_engine_stays_open(engine: Engine) -> None:
    pool: Any = engine.pool
    with connect(engine) as db:
        assert db.engine is engine
        db.sql("SELECT 1 AS a").collect()
    assert engine.pool is pool, "a disposed engine gets a new pool"
    db.close()
    db.close()


def test_an_engine_of_ours_is_disposed(database_url: URL) -> None:
    db = connect(database_url)
    db.sql("SELECT 1 AS a").collect()
    before = db.engine.pool
    db.close()
    assert db.engine.pool is not before
    db.close()


def test_nothing_is_an_empty_duckdb_of_its_own() -> None:
    with connect() as one, connect() as two:
        one.write([{"a": 1}]).save_as_table("t")
        assert one.tables() == ["t"]
        assert two.tables() == []


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:"])
def test_any_thread_closes_a_sqlite_in_memory(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with connect(address) as db:
        thread = threading.Thread(target=db.sql("SELECT 1 AS a").collect)
        thread.start()
        thread.join()
    assert caplog.records == []


@pytest.mark.parametrize("address", [None, "duckdb://", "duckdb:///:memory:"])
def test_threads_share_a_duckdb_in_memory(address: str | None) -> None:
    with connect(address) as db:
        db.write([{"a": 1}]).save_as_table("t")
        found: list[int] = []
        threads = [threading.Thread(target=lambda: found.append(db.table("t").count())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [1] * 8


def test_a_duckdb_in_memory_outlives_its_connections() -> None:
    with connect(poolclass=NullPool) as db:
        db.write([{"a": 1}]).save_as_table("t")
        assert db.table("t").count() == 1


def test_threads_share_a_database(database_url: URL) -> None:
    with connect(database_url) as db:
        people_table.create(db)
        failures: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for _ in range(5):
                    frame = db.table("people").where(col("id") == number)
                    assert frame.collect()[0]["id"] == number
                    assert sum(len(batch) for batch in db.table("people").iter_batches(2)) == 6
            except BaseException as error:  # noqa: BLE001 - reported by the main thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 7)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        pool: Any = db.engine.pool
        assert pool.checkedout() == 0


def test_a_connection_is_joined_and_never_committed(engine: Engine) -> None:
    with connect(engine) as db:
        people_table.create(db)
    with engine.connect() as connection:
        inside = connect(connection)
        assert inside.bind is connection
        inside.insert("people", {"id": 50})
        inside.update("people", {"name": "x"}, where=col("id") == 50)
        assert inside.table("people").where(col("name") == "x").count() == 1
        inside.close()
        assert not connection.closed
        connection.rollback()
    with connect(engine) as db:
        assert db.table("people").count() == 6
    with engine.begin() as connection:
        connect(connection).insert("people", {"id": 51})
    with connect(engine) as db:
        assert db.table("people").count() == 7


def test_a_session_is_joined_with_what_it_has_not_flushed(engine: Engine) -> None:
    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "things"
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        db = connect(session)
        session.add(Thing(id=1))
        assert db.table("things").count() == 1
        db.insert("things", {"id": 2})
        assert session.get(Thing, 2) is not None
        session.rollback()
        assert db.table("things").count() == 0
        db.insert("things", {"id": 3})
        session.commit()
        assert db.table("things").count() == 1
    registry = scoped_session(sessionmaker(engine))
    assert connect(registry).table("things").count() == 1
    registry.remove()


def test_a_failure_in_a_joined_transaction_leaves_it_usable(engine: Engine) -> None:
    if not dialect_for(engine).capabilities.savepoints:
        pytest.skip("Without savepoints a failed statement ends its transaction")
    with connect(engine) as db:
        people_table.create(db)
    with engine.begin() as connection:
        inside = connect(connection)
        inside.insert("people", {"id": 60})
        with pytest.raises(Exception, match=r"id|unique|duplicate"):
            inside.insert("people", [{"id": 61}, {"id": 60}])
        inside.insert("people", {"id": 62})
    with connect(engine) as db:
        assert sorted(people_table.ids(db.table("people").where(col("id") > 50))) == [60, 62]


def test_transaction_commits_or_rolls_back(db: Database) -> None:
    with db.transaction() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER)"))
        connection.execute(text("INSERT INTO t VALUES (1)"))

    def fail() -> None:
        with db.transaction() as connection:
            connection.execute(text("INSERT INTO t VALUES (2)"))
            connection.execute(text("CREATE TABLE u (a INTEGER)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert db.table("t").collect() == [{"a": 1}]
    assert db.tables() == ["t"]
    with db.connection() as connection:
        connection.execute(text("INSERT INTO t VALUES (3)"))
    assert db.table("t").count() == 1, "what is not committed is rolled back"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("postgressql://localhost/x", "Did you mean 'postgresql'"),
        ("oracl://x", "Did you mean 'oracle'"),
        ("postgresql+nothing://localhost/x", "no driver 'nothing' for postgresql"),
        ("not an address", "cannot be read"),
        ("", "cannot be read"),
        ("postgresql://u:p@host:notaport/x", "cannot be read"),
        ("sqlite://nowhere/x.db", "cannot be used"),
    ],
)
def test_wrong_addresses(address: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connect(address)
    assert message in str(caught.value)


def test_an_option_that_the_database_does_not_know() -> None:
    with pytest.raises(ConfigurationError, match="nosuch"), connect("duckdb:///:memory:?nosuch=1") as db:
        db.tables()


def test_a_file_of_an_option_that_is_not_there() -> None:
    url = "mariadb+pymysql://u@127.0.0.1:1/x?ssl_ca=/none.pem"
    with pytest.raises(MoltresError, match="cannot be opened as the URL says"), connect(url) as db:
        db.tables()


@pytest.mark.parametrize("backend", ["sqlite", "duckdb"])
def test_a_file_that_many_make_at_once(tmp_path: Path, backend: str) -> None:
    start = threading.Barrier(10)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with connect(f"{backend}:///{tmp_path}/new.db") as db:
                start.wait()
                db.write([{"id": number}]).save_as_table("t", mode="append", run_key=f"k{number}")
        except BaseException as error:  # noqa: BLE001 - reported by the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with connect(f"{backend}:///{tmp_path}/new.db") as db:
        assert sorted(db.table("t").collect().column("id")) == list(range(10))


def test_a_driver_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(MissingDependencyError) as caught:
        connect("mysql+pymysql://localhost/x")
    assert 'pip install "moltres-core[mysql]>=2,<3"' in str(caught.value)


def test_the_driver_that_is_installed_is_chosen() -> None:
    assert connect("postgresql://u:p@localhost/x").engine.dialect.driver == "psycopg"
    assert connect("postgres://u:p@localhost/x").engine.dialect.driver == "psycopg"


@pytest.mark.parametrize("target", [5, object(), [], b"sqlite://"])
def test_other_targets(target: Any) -> None:
    with pytest.raises(ConfigurationError, match="requires a URL"):
        connect(target)


def test_options_are_for_addresses(engine: Engine) -> None:
    with pytest.raises(ConfigurationError, match="echo"):
        connect(engine, echo=True)
    with pytest.raises(ConfigurationError, match="nonsense"):
        connect("sqlite://", nonsense=1)
    with pytest.raises(ConfigurationError, match="query_timeout must be a number of seconds above 0, not 0"):
        connect("sqlite://", query_timeout=0)


def test_asynchronous_engines_are_refused_with_the_way_out() -> None:
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

    engine = create_async_engine("postgresql+psycopg://localhost/x")
    for target in (engine, AsyncSession(engine)):
        with pytest.raises(ConfigurationError, match="sync_engine"):
            connect(target)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "retryable"),
    [
        ("postgresql://u@127.0.0.1:1/x", True),  # it may be starting
        ("postgresql://u@nosuch.invalid/x", True),  # the name of a container that does not run yet
        ("sqlite:///{tmp}/no/such/folder/x.db", False),
        ("duckdb:///{tmp}/no/x", False),
        ("sqlite:///{tmp}/text.txt", False),
        ("duckdb:///{tmp}/text.txt", False),
        ("sqlite:///{tmp}", False),
        ("duckdb:///{tmp}", False),
    ],
)
def test_a_database_that_cannot_be_opened(tmp_path: Path, address: str, retryable: bool) -> None:
    (tmp_path / "text.txt").write_text("This is no database. " * 500)
    for action in (lambda db: db.tables(), lambda db: db.write([{"a": 1}]).save_as_table("t")):
        with connect(address.format(tmp=tmp_path)) as db, pytest.raises(MoltresError) as caught:
            action(db)
        assert caught.value.retryable is retryable
        assert isinstance(caught.value, DatabaseConnectionError)


def test_a_server_that_refuses(postgresql_url: URL) -> None:
    for url in (
        postgresql_url.set(database="nosuch"),
        postgresql_url.set(username="nosuch"),
        postgresql_url.update_query_dict({"options": "-c nosuch=1"}),
        postgresql_url.update_query_dict({"sslmode": "require"}),
    ):
        with connect(url) as db, pytest.raises(DatabaseAccessError) as caught:
            db.tables()
        assert not caught.value.retryable


READS: dict[str, Callable[[Database], Any]] = {
    "table": lambda db: db.table("t").count(),
    "tables": lambda db: db.tables(),
    "sql": lambda db: db.sql("SELECT * FROM t").collect(),
    "catalog": lambda db: db.sql("SELECT * FROM information_schema.tables").collect(),
    "insert": lambda db: db.insert("t", {"a": 1}),
    "update": lambda db: db.update("t", {"a": 1}, where=lit(True)),
    "write": lambda db: db.write(db.table("t")).save_as_table("u"),
    "pipeline": lambda db: ETLPipeline(name="copy", extract=lambda: db.table("t")).execute(),
    "hand-over": lambda db: rows_of(Reference(kind="table", location="t", columns=("a",), row_count=1), dsn=db.engine),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("backend", ["sqlite", "duckdb"])
def test_reading_makes_no_file(tmp_path: Path, backend: str, read: str) -> None:
    (tmp_path / "shop.db").write_text("another")
    with connect(f"{backend}:///{tmp_path}/shpo.db") as db, pytest.raises(MoltresError, match=r"shpo\.db") as caught:
        READS[read](db)
    assert "shop.db" in str(caught.value)
    assert not caught.value.retryable
    assert [file.name for file in tmp_path.iterdir()] == ["shop.db"]


@pytest.mark.parametrize("backend", ["sqlite", "duckdb"])
def test_a_query_that_needs_no_file_runs_without_one(tmp_path: Path, backend: str) -> None:
    with connect(f"{backend}:///{tmp_path}/x.db") as db:
        frame = db.sql("SELECT :n AS a", n=1)
        assert frame.collect() == [{"a": 1}]
        assert not (tmp_path / "x.db").exists()
        frame.write.save_as_table("t")
        assert db.table("t").collect() == [{"a": 1}]
    assert (tmp_path / "x.db").exists()


def test_a_closed_database_is_refused(db: Database) -> None:
    db.write([{"a": 1}]).save_as_table("t")
    frame = db.table("t")
    with connect(db.engine) as closed:
        pass
    for action in (closed.tables, lambda: closed.sql("SELECT 1"), lambda: closed.write([{"a": 1}]).save_as_table("u")):
        with pytest.raises(ConfigurationError, match="is closed"):
            action()
    assert frame.count() == 1
    db.close()
    with pytest.raises(ConfigurationError, match="is closed"):
        frame.count()
    db.close()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("shop.duckdb", "duckdb:///shop.duckdb"),
        ("x.db", "sqlite:///x.db"),
        ("/data/x.sqlite3", "sqlite:////data/x.sqlite3"),
        ("a:b@c.db", None),
    ],
)
def test_the_url_of_a_file_is_proposed(given: str, meant: str | None) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        connect(given)
    assert (caught.value.suggestion == f"Did you mean {meant!r}?") is (meant is not None)
    assert given not in str(caught.value) or meant is not None


def test_a_file_that_another_process_writes(duckdb_url: URL) -> None:
    code = "import duckdb, sys\nc = duckdb.connect(sys.argv[1])\nprint(1, flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(duckdb_url.database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with connect(duckdb_url) as db, pytest.raises(TransientQueryError, match="pool with one slot") as caught:
            db.tables()
        other.communicate()
    assert caught.value.retryable


TORN = """
import resource, signal, sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("CREATE TABLE more (a INT)")
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
connection.execute("CHECKPOINT")
"""
"""Ends within the write of the first block, as the signal of a kill can."""


def test_a_file_that_a_killed_checkpoint_has_torn(duckdb_url: URL) -> None:
    with connect(duckdb_url) as db:
        db.write([{"a": 1}]).save_as_table("t")
    done = subprocess.run([sys.executable, "-c", TORN, str(duckdb_url.database)], check=False)
    assert done.returncode == -signal.SIGXFSZ
    with connect(duckdb_url) as db, pytest.raises(DatabaseAccessError, match="Restore it from a copy") as caught:
        db.table("t").count()
    assert not caught.value.retryable


def test_nothing_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with connect(f"sqlite:///{path}") as db:
        assert "x.db" in repr(db)
        assert not path.exists()


@pytest.mark.parametrize("name", ["pool_size", "max_overflow", "pool_timeout", "pool_recycle"])
@pytest.mark.parametrize("given", [math.nan, math.inf, 1j, "5", -2])
def test_numbers_of_a_pool_are_judged_before_it_is_used(name: str, given: object) -> None:
    options: dict[str, Any] = {name: given}
    with pytest.raises(ConfigurationError, match=f"{name} must be a"):
        connect("duckdb://", **options)


def test_an_isolation_level_that_a_driver_does_not_know_is_told() -> None:
    """Trino's driver looks for it among its own when it opens a connection, before it asks the server."""
    engine = create_engine("trino://me@127.0.0.1:1/catalog/schema", isolation_level="READ UNCOMMITTED")
    with connect(engine) as db, pytest.raises(ConfigurationError, match="READ UNCOMMITTED"):
        db.tables()
