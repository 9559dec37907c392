"""`replicate`: many tables of one moment, all or none, and no table twice."""

from __future__ import annotations

import datetime as dt
import json
import threading
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import URL, BigInteger, Column, MetaData, Table, inspect, text
from sqlalchemy.schema import CreateTable

from moltres import Database, Receipt, col, connect, errors, receipts, replicate, verify
from support import replica_kills
from support.database_facts import facts_of
from support.iceberg import catalog_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from moltres.replicating import Progress
    from support.mariadb import MariaDBServer
    from support.postgresql import PostgreSQLServer

PAIRS = [
    ("postgresql", "postgresql"),
    ("postgresql", "duckdb"),
    ("duckdb", "sqlite"),
    ("sqlite", "postgresql"),
    pytest.param(("mariadb", "mariadb"), marks=pytest.mark.engines),
    pytest.param(("postgresql", "mariadb"), marks=pytest.mark.engines),
    pytest.param(("mariadb", "duckdb"), marks=pytest.mark.engines),
]
TABLES = {"items": 3, "orders": 40, "people": 7}
MANY = ("postgresql", "mariadb")
"""Databases that several connections read as they are at one moment, and write at a time."""
_numbers = count()


@pytest.fixture
def mariadb_url(mariadb: MariaDBServer) -> Iterator[URL]:
    with mariadb.database(f"source_{next(_numbers)}") as url:
        yield url


@pytest.fixture
def second_mariadb_url(mariadb: MariaDBServer) -> Iterator[URL]:
    with mariadb.database(f"target_{next(_numbers)}") as url:
        yield url


@pytest.fixture
def second_postgresql_url(postgresql: PostgreSQLServer) -> Iterator[URL]:
    with postgresql.empty() as url:
        yield url


@pytest.fixture
def second_sqlite_url(tmp_path: Path) -> URL:
    return URL.create("sqlite", database=str(tmp_path / "second.sqlite"))


@pytest.fixture
def second_duckdb_url(tmp_path: Path) -> URL:
    return URL.create("duckdb", database=str(tmp_path / "second.duckdb"))


@pytest.fixture(params=PAIRS, ids="-".join)
def urls(request: pytest.FixtureRequest) -> tuple[URL, URL]:
    """An empty source and an empty target."""
    source, target = request.param
    return request.getfixturevalue(f"{source}_url"), request.getfixturevalue(f"second_{target}_url")


@pytest.fixture
def both(urls: tuple[URL, URL]) -> Iterator[tuple[Database, Database]]:
    """A source with tables, and an empty target."""
    with connect(urls[0]) as source, connect(urls[1]) as target:
        for name, rows in TABLES.items():
            source.write([{"id": row, "v": f"{name} {row}"} for row in range(rows)]).save_as_table(name)
        target.write([{"id": 1}]).save_as_table("other")
        yield source, target


def counts(db: Database) -> dict[str, int]:
    """The rows of each table that is there, the table of loads apart."""
    db.forget()
    return {name: db.table(name).count() for name in db.tables() if name not in ("other", "moltres_loads")}


def elsewhere(work: Any) -> None:
    """Do something on other connections, as another process would."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_every_table_arrives(both: tuple[Database, Database]) -> None:
    source, target = both
    seen: list[Progress] = []
    result = replicate(source, target, "*", on_progress=seen.append)
    assert counts(target) == TABLES
    assert target.table("orders").order_by("id").collect() == source.table("orders").order_by("id").collect()
    assert [(table.source, table.rows, table.created) for table in result.tables] == [
        (name, rows, True) for name, rows in TABLES.items()
    ]
    assert (result.rows, result.snapshot, result.published) == (50, "one", "together")
    assert (seen[-1].tables_done, seen[-1].rows, seen[-1].total_rows, seen[-1].seconds_left) == (3, 50, 50, 0)
    assert "3 tables, 50 rows" in result.to_text()
    assert result.to_dict()["rows"] == 50
    for table in result.tables:
        assert table.receipt is not None
        assert table.receipt.proved
        assert verify(table.receipt, target), table.receipt


def test_rows_are_those_of_one_moment(both: tuple[Database, Database]) -> None:
    """Whatever others commit in the source while it is read: no row of theirs arrives."""
    source, target = both
    if not source.dialect.capabilities.concurrent_reads:
        pytest.skip("others wait until the source has been read")
    changed = False

    def change() -> None:
        for name in TABLES:
            source.insert(name, [{"id": -1, "v": "late"}])

    def on_progress(_: Progress) -> None:
        nonlocal changed
        if not changed:
            changed = True
            elsewhere(change)

    replicate(source, target, list(TABLES), connections=2, on_progress=on_progress)
    assert counts(target) == TABLES
    assert counts(source) == {name: rows + 1 for name, rows in TABLES.items()}


def test_a_failure_leaves_nothing_and_a_key_goes_on(both: tuple[Database, Database]) -> None:
    source, target = both

    def fail(progress: Progress) -> None:
        if progress.tables_done == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        replicate(source, target, "*", connections=1, on_progress=fail)
    assert counts(target) == {}
    with pytest.raises(InterruptedError):
        replicate(source, target, "*", connections=1, run_key="k", on_progress=fail)
    assert counts(target).keys() & TABLES.keys() == set()
    elsewhere(lambda: source.delete("orders", where=col("id") == 0))
    result = replicate(source, target, "*", run_key="k")
    assert sum(table.resumed for table in result.tables) == 2
    assert result.snapshot == "resumed"
    # The largest came first: its rows are those of the call that has read it.
    assert counts(target) == TABLES
    again = replicate(source, target, "*", run_key="k")
    assert [(table.rows, table.skipped) for table in again.tables] == [(rows, True) for rows in TABLES.values()]
    assert again.rows == 0


@pytest.mark.parametrize("mode", ["append", "overwrite", "ignore"])
def test_tables_that_are_there(mode: Any, both: tuple[Database, Database]) -> None:
    source, target = both
    target.write([{"id": -1, "v": "old"}]).save_as_table("orders")
    result = replicate(source, target, ["orders", "people"], mode=mode, run_key="k")
    expected = {"append": 41, "overwrite": 40, "ignore": 1}[mode]
    assert counts(target) == {"orders": expected, "people": 7}
    assert [table.skipped for table in result.tables] == [mode == "ignore", False]
    assert [table.created for table in result.tables] == [False, True]


def test_references_are_loaded_in_their_order(both: tuple[Database, Database]) -> None:
    source, target = both
    source.write([{"id": 1, "v": "a"}, {"id": 2, "v": "b"}]).save_as_table("a_parent")
    source.write([{"id": 5, "parent": 1}, {"id": 6, "parent": 2}]).save_as_table("a_child")
    with target.transaction() as connection:
        connection.execute(text("CREATE TABLE a_parent (id BIGINT PRIMARY KEY, v VARCHAR(20))"))
        connection.execute(
            text("CREATE TABLE a_child (id BIGINT, parent BIGINT, FOREIGN KEY (parent) REFERENCES a_parent (id))")
        )
    replicate(source, target, "a_*", mode="append")
    assert counts(target) == {"a_child": 2, "a_parent": 2}


def test_a_kill_at_any_moment(urls: tuple[URL, URL]) -> None:
    """One kill; `benchmarks/replicate_kills.py` does hundreds, in all modes."""
    source, target = urls
    replica_kills.apart(lambda: replica_kills.fill(source))
    tally = replica_kills.campaign(source, target, 1, seed=3, modes=("cursor",))
    assert tally.wrong == [], tally


def test_all_problems_are_told_before_a_row_moves(tmp_path: Path) -> None:
    with connect(f"sqlite:///{tmp_path}/a.db") as source, connect(f"sqlite:///{tmp_path}/b.db") as target:
        source.write([{"id": 1}]).save_as_table("orders")
        source.write([{"id": 1}]).save_as_table("people")
        target.write([{"id": 1}]).save_as_table("people")
        with pytest.raises(errors.ConfigurationError) as caught:
            replicate(source, target, ["people", "ordrs", "visits*"])
        assert len(caught.value.context["problems"]) == 3
        for part in ("people already exists", "Did you mean 'orders'?", "matches 'visits*'"):
            assert part in str(caught.value)
        target.write([{"other": 1}]).save_as_table("orders")
        with pytest.raises(errors.ConfigurationError, match="it has no column 'id'; the source has no column 'other'"):
            replicate(source, target, ["orders"], mode="append")
        with pytest.raises(errors.ConfigurationError, match="same database"):
            replicate(source, f"sqlite:///{tmp_path}/a.db", ["orders"], mode="overwrite")
        with target.transaction() as connection:
            connection.execute(text("DROP TABLE people"))
            connection.execute(text("DROP TABLE orders"))
            connection.execute(text("CREATE TABLE people (id INT PRIMARY KEY, x INT REFERENCES orders (id))"))
            connection.execute(text("CREATE TABLE orders (id INT PRIMARY KEY, x INT REFERENCES people (id))"))
        with pytest.raises(errors.ConfigurationError, match="reference each other"):
            replicate(source, target, "*", mode="append")
        assert "moltres_loads" not in target.tables()


def test_schemas_and_views(postgresql_url: URL, second_postgresql_url: URL) -> None:
    with connect(postgresql_url) as source, connect(second_postgresql_url) as target:
        for db in (source, target):
            with db.transaction() as connection:
                connection.execute(text("CREATE SCHEMA sales"))
        for name in ("orders", "people"):
            source.write([{"id": 1}]).save_as_table(name, schema="sales")
        with source.transaction() as connection:
            connection.execute(text("CREATE VIEW sales.seen AS SELECT id FROM sales.orders"))
        result = replicate(source, target, ["sales.*", "sales.seen"], target_schema="sales")
        assert [table.target for table in result.tables] == ["sales.orders", "sales.people", "sales.seen"]
        assert target.tables("sales") == ["moltres_loads", "orders", "people", "seen"]
        assert all(receipts(target, table.target) == [table.receipt] for table in result.tables)
        with target.connection() as connection:
            assert inspect(connection).get_view_names("sales") == []
        with pytest.raises(errors.ConfigurationError, match=r"schema 'sals' of 'sals\.\*' does not exist.*'sales'"):
            replicate(source, target, "sals.*")


def test_rows_of_partitions_arrive_once(postgresql_url: URL, second_postgresql_url: URL) -> None:
    made = (
        "CREATE TABLE days (id INT, day INT) PARTITION BY RANGE (day)",
        "CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (day)",
        "CREATE TABLE days_1_all PARTITION OF days_1 DEFAULT",
        "CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM (10) TO (20)",
        "CREATE TABLE base (id INT)",
        "CREATE TABLE heir (more INT) INHERITS (base)",
    )
    with connect(postgresql_url) as source, connect(second_postgresql_url) as target:
        for db in (source, target):
            with db.transaction() as connection:
                for statement in made:
                    connection.execute(text(statement))
        source.insert("days", [{"id": one, "day": one} for one in range(20)])
        source.insert("heir", [{"id": 1, "more": 2}])
        for mode in ("overwrite", "append"):
            result = replicate(source, target, "day*", mode=mode)  # type: ignore[arg-type]
            assert [table.target for table in result.tables] == ["days"]
        assert target.table("days").count() == 40
        result = replicate(source, target, ["days_*"], mode="overwrite")
        assert [(table.target, table.rows) for table in result.tables] == [("days_1", 10), ("days_2", 10)]
        for names, message in {
            ("days", "days_1_all"): "'days_1_all' of the target is a partition of 'days'",
            ("base", "heir"): "'heir' of the target inherits from 'base'",
        }.items():
            with pytest.raises(errors.ConfigurationError, match=f"{message}, which would have its rows twice"):
                replicate(source, target, names, mode="merge", keys=["id"])
        with target.transaction() as connection:
            connection.execute(text("DROP TABLE days; DROP TABLE base CASCADE"))
        result = replicate(source, target, ["day*", "days_2", "base", "heir"])
        assert {table.target: table.rows for table in result.tables} == {"base": 1, "days": 20, "days_2": 10, "heir": 1}


def test_a_name_is_that_of_the_same_table(both: tuple[Database, Database]) -> None:
    """Also where it could be that of a table of another schema, or is a pattern that does not match itself."""
    source, target = both
    with target.connection() as connection:
        schema = inspect(connection).get_schema_names()[0].rpartition(".")[2]
    names = ["[br]", f"{schema}.dotted"]
    with source.transaction() as connection:
        for name in names:
            connection.execute(CreateTable(Table(name, MetaData(), Column("id", BigInteger))))
    for name in names:
        source.insert(name, [{"id": 1}])
    for mode in ("error_if_exists", "overwrite", "append"):
        result = replicate(source, target, names, mode=mode)  # type: ignore[arg-type]
        assert [table.target for table in result.tables] == names
    assert [target.table(name).count() for name in names] == [2, 2]
    with target.connection() as connection:
        assert set(names) <= set(inspect(connection).get_table_names())


def test_what_a_transaction_of_the_caller_reads(both: tuple[Database, Database]) -> None:
    source, target = both
    with source.engine.connect() as connection:
        result = replicate(connect(connection), target, ["people"])
        assert (result.connections, result.snapshot) == (1, "none")
    assert counts(target) == {"people": 7}
    with (
        target.engine.connect() as connection,
        pytest.raises(errors.ConfigurationError, match="transaction of the cal"),
    ):
        replicate(source, connect(connection), ["people"])


def keyed(db: Database, name: str, column: str, values: list[Any]) -> None:
    """A table without a key of its own."""
    db.write([{column: value, "n": number} for number, value in enumerate(values)]).save_as_table(name)


KEYS: dict[str, list[Any]] = {
    "integers": [1, 2, 3, 50, 900, -(2**62), 2**62, 7, 8, 9],
    "dense": list(range(10)),
    "decimals": [Decimal(n) / 4 for n in range(-4, 6)],
    "floats": [0.5, -1.5, 1e300, 0.1, 0.2, 0.3, float(2**70), -0.25, 4.0, 5.0],
    "strings": ["a", "B", "b", "ä", "", "zz", "a ", "A", "☃", "c"],
    "dates": [dt.date(1970 + 10 * n, 1, 1) for n in range(10)],
    "moments": [dt.datetime.fromisoformat(f"2024-01-01T{n:02}:30:00.125") for n in range(10)],
    "bytes": [bytes([n, 255 - n]) for n in range(10)],
}
"""Values of every type that orders rows; each table has them several times, and NULL."""


def test_big_tables_in_ranges_of_keys(both: tuple[Database, Database]) -> None:
    """Ranges of every type of key have each row once, with those that have none."""
    source, target = both
    for kind, values in KEYS.items():
        keyed(source, kind, kind, [*values, None, *values, None])
    with source.transaction() as connection:
        connection.execute(text("CREATE TABLE own (id INT PRIMARY KEY, v VARCHAR(9))"))
    source.insert("own", [{"id": number, "v": "x"} for number in range(-10, 40)])
    seen: list[Progress] = []
    keys = {kind: kind for kind in KEYS}
    tables = [*KEYS, "own", "orders"]
    result = replicate(
        source, target, tables, run_key="k", range_rows=6, range_keys=keys, connections=3, on_progress=seen.append
    )
    assert {table.target: table.rows for table in result.tables} == {**dict.fromkeys(KEYS, 22), "own": 50, "orders": 40}
    for table in result.tables:
        order = "id" if table.source in ("own", "orders") else "n"
        assert (
            target.table(table.target).order_by(order).collect() == source.table(table.source).order_by(order).collect()
        ), table.source
        assert table.receipt is not None
        assert table.receipt.covers == "table"
        assert verify(table.receipt, target), table.source
        if table.source == "orders":
            assert (table.ranges, table.whole_because is not None) == (1, True)
        else:
            assert table.ranges > 2, table
            assert table.range_key == keys.get(table.source, "id")
    assert result.connections == (
        3 if source.dialect.name in MANY and target.dialect.name in MANY else result.connections
    )
    assert (seen[-1].rows, seen[-1].tables_done, seen[-1].seconds_left) == (22 * len(KEYS) + 90, len(tables), 0)
    assert "moltres_replica" not in " ".join(target.tables())
    with target.connection() as connection:
        left = connection.execute(text("SELECT count(*) FROM moltres_loads WHERE table_name LIKE 'moltres%'"))
        assert left.scalar_one() == 0


def test_a_key_goes_on_with_the_ranges_that_are_missing(both: tuple[Database, Database]) -> None:
    source, target = both
    keyed(source, "big", "id", list(range(100)))

    def fail(progress: Progress) -> None:
        if progress.rows >= 30:
            raise InterruptedError

    asked: dict[str, Any] = {"range_rows": 10, "range_keys": {"big": "id"}, "connections": 1}
    with pytest.raises(InterruptedError):
        replicate(source, target, "big", on_progress=fail, **asked)
    assert counts(target) == {}
    with pytest.raises(InterruptedError):
        replicate(source, target, "big", run_key="k", on_progress=fail, **asked)
    # Ranges that have arrived stay as they were read; those that are missing are read now.
    elsewhere(lambda: source.update("big", values={"n": -1}, where=col("id").is_not(None)))
    (table,) = replicate(source, target, "big", run_key="k", **asked | {"range_rows": 1000}).tables
    assert (table.rows, table.ranges, table.resumed) == (100, 10, False)
    assert table.ranges_resumed in (2, 3)
    assert target.table("big").where(col("n") != -1).count() == 10 * table.ranges_resumed
    assert target.table("big").where(col("id").is_not(None)).distinct().count() == 100
    assert replicate(source, target, "big", run_key="k", **asked).tables[0].skipped


def test_ranges_that_cannot_be_are_told(tmp_path: Path) -> None:
    with connect(f"sqlite:///{tmp_path}/a.db") as source, connect(f"sqlite:///{tmp_path}/b.db") as target:
        keyed(source, "flags", "flag", [True, False] * 5)
        keyed(source, "same", "id", [7] * 10)
        with pytest.raises(errors.ConfigurationError) as caught:
            replicate(source, target, "*", range_keys={"flagz": "flag", "same": "idd", "flags": "flag"})
        for part in ("Did you mean 'flags'?", "Did you mean 'id'?", "'flag' of flags is boolean"):
            assert part in str(caught.value)
        with pytest.raises(errors.ConfigurationError, match="no effect with range_rows=None"):
            replicate(source, target, "*", range_keys={"same": "id"}, range_rows=None)
        result = replicate(source, target, "*", run_key="k", range_keys={"same": "id"}, range_rows=2)
        assert [table.ranges for table in result.tables] == [1, 1]
        assert "no primary or unique key" in (result.tables[0].whole_because or "")
        assert "one value in all rows" in (result.tables[1].whole_because or "")
        assert "read whole: its key 'id'" in result.to_text()


def test_one_connection_for_source_and_target_is_refused_at_once(postgresql_url: URL) -> None:
    with connect(postgresql_url, pool_size=1, max_overflow=0) as db:
        db.write([{"id": 1}]).save_as_table("t")
        with pytest.raises(errors.ConfigurationError, match="one connection") as caught:
            replicate(db, db, "t", mode="append")
        assert not caught.value.retryable


@pytest.mark.parametrize("size", [None, 2])
def test_an_error_names_the_table_of_the_target(size: int | None, tmp_path: Path) -> None:
    with connect(f"sqlite:///{tmp_path}/a.db") as source, connect(f"sqlite:///{tmp_path}/b.db") as target:
        keyed(source, "words", "id", [*range(6)])
        with target.transaction() as connection:
            connection.execute(text("CREATE TABLE words (id DATE, n BIGINT)"))
        with pytest.raises(errors.SchemaMismatchError, match="'words'") as caught:
            replicate(source, target, "words", mode="append", range_rows=size)
        assert "moltres_" not in f"{caught.value} {caught.value.context}"


def related(db: Database) -> None:
    """Two tables with keys, one of which references the other."""
    with db.transaction() as connection:
        connection.execute(text("CREATE TABLE a_parent (id BIGINT PRIMARY KEY, v VARCHAR(20), seen TIMESTAMP NULL)"))
        connection.execute(
            text(
                "CREATE TABLE a_child (id BIGINT PRIMARY KEY, parent BIGINT, seen TIMESTAMP NULL,"
                " FOREIGN KEY (parent) REFERENCES a_parent (id))"
            )
        )


def at(day: int) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2024-01-{day:02}")


def rows_of(db: Database, name: str) -> dict[int, tuple[Any, ...]]:
    return {row["id"]: tuple(row.values())[1:] for row in db.table(name).collect()}


def test_a_merge_of_many_tables(both: tuple[Database, Database]) -> None:
    """Rows are found by the primary keys; what is missing goes when nothing references it any more."""
    source, target = both
    related(source)
    source.insert("a_parent", [{"id": n, "v": "a", "seen": at(1)} for n in range(20)])
    source.insert("a_child", [{"id": n, "parent": n, "seen": at(1)} for n in range(20)])
    if facts_of(target.engine).frees_references:
        related(target)
    first = replicate(source, target, "a_*", mode="merge", delete_missing="hard", run_key="1")
    assert rows_of(target, "a_child") == rows_of(source, "a_child")
    assert first.rows == 40
    source.insert("a_parent", [{"id": 99, "v": "new", "seen": at(2)}])
    source.update("a_child", values={"parent": 99, "seen": at(2)}, where=col("id") == 3)
    source.delete("a_parent", where=col("id") == 3)
    source.delete("a_child", where=col("id") == 5)
    result = replicate(source, target, "a_*", mode="merge", delete_missing="hard", run_key="2")
    for name in ("a_child", "a_parent"):
        target.forget()
        assert rows_of(target, name) == rows_of(source, name), name
    assert [table.rows_deleted for table in result.tables] == [1, 1]
    assert [table.skipped for table in replicate(source, target, "a_*", mode="merge", run_key="2").tables] == [True] * 2
    source.delete("a_child", where=col("id") < 10)
    with pytest.raises(errors.WriteError, match="delete_at_most"):
        replicate(source, target, "a_*", mode="merge", delete_missing="hard")
    assert target.table("a_child").count() == 19
    keys = {"people": ["id"]}
    soft = {"mode": "merge", "keys": keys, "delete_missing": "soft", "delete_at_most": 0.5}
    replicate(source, target, "people", **soft)  # type: ignore[arg-type]
    source.delete("people", where=col("id") == 2)
    (table,) = replicate(source, target, "people", **soft).tables  # type: ignore[arg-type]
    assert (table.rows_deleted, target.table("people").where(col("deleted_at").is_not(None)).count()) == (1, 1)


@pytest.mark.most_cases(7)
@pytest.mark.parametrize("mode", ["append", "merge"])
def test_what_is_new_in_many_tables(mode: Any, both: tuple[Database, Database]) -> None:
    source, target = both
    related(source)
    source.insert("a_parent", [{"id": n, "v": "a", "seen": at(1 + n)} for n in range(8)])
    source.insert("a_child", [{"id": n, "parent": n, "seen": at(1 + n)} for n in range(8)])
    asked: dict[str, Any] = {"mode": mode, "cursor": "seen", "lag": "1 hour"}
    assert replicate(source, target, "a_*", run_key="1", **asked).rows == 16
    source.insert("a_parent", [{"id": 50, "v": "b", "seen": at(20)}])

    def fail(progress: Progress) -> None:
        if progress.tables_done == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        replicate(source, target, "a_*", run_key="2", connections=1, on_progress=fail, **asked)
    result = replicate(source, target, "a_*", run_key="2", **asked)
    assert rows_of(target, "a_parent") == rows_of(source, "a_parent")
    assert rows_of(target, "a_child") == rows_of(source, "a_child")
    assert sum(table.resumed for table in result.tables) >= 1
    last = replicate(source, target, "a_*", run_key="3", **asked)
    marks = target.table("moltres_loads").where(col("run_key").like("moltres cursor %"))
    assert [Receipt.from_json(row["receipt"]) for row in marks.order_by("table_name").collect()] == [
        table.receipt for table in sorted(last.tables, key=lambda one: one.target)
    ]
    told = last.tables[1].incremental
    assert told is not None
    assert (told.watermark, told.started is not None) == (at(20), True)
    assert told.rows_read <= 2
    assert target.table("a_parent").count() == 9
    assert json.loads(json.dumps(last.to_dict()))["tables"][1]["incremental"]["cursor"] == "seen"
    # Rows that were read before another load of the same source was published are not published after it.
    source.insert("a_parent", [{"id": 60, "v": "b", "seen": at(21)}])
    with pytest.raises(InterruptedError):
        replicate(source, target, "a_*", run_key="4", connections=1, on_progress=fail, **asked)
    source.insert("a_parent", [{"id": 61, "v": "c", "seen": at(22)}])
    replicate(source, target, "a_*", run_key="5", **asked)
    replicate(source, target, "a_*", run_key="4", **asked)
    assert rows_of(target, "a_parent") == rows_of(source, "a_parent")
    # What was overwritten is read from the beginning.
    source.delete("a_child", where=col("id") < 4)
    replicate(source, target, "a_child", mode="overwrite")
    source.insert("a_child", [{"id": n, "parent": n, "seen": at(1 + n)} for n in range(4)])
    (table,) = replicate(source, target, "a_child", **asked).tables
    assert table.incremental is not None
    assert table.incremental.started is None
    assert rows_of(target, "a_child") == rows_of(source, "a_child")


@pytest.mark.parametrize("change", ["append_new_columns", "ignore"])
def test_columns_that_the_target_does_not_have(change: Any, both: tuple[Database, Database]) -> None:
    source, target = both
    target.write([{"id": -1}]).save_as_table("people")
    with pytest.raises(errors.ConfigurationError, match="it has no column 'v'"):
        replicate(source, target, ["people", "orders"], mode="append")
    result = replicate(source, target, ["people", "orders"], mode="append", run_key="k", on_schema_change=change)
    assert counts(target) == {"orders": 40, "people": 8}
    names = {"append_new_columns": ["id", "v"], "ignore": ["id"]}[change]
    assert list(target.table("people").columns) == names
    assert len(result.tables[1].schema_changes) == 1
    assert "column 'v'" in result.to_text()


def test_options_that_make_no_sense_are_refused_by_name(tmp_path: Path) -> None:
    with connect(f"sqlite:///{tmp_path}/a.db") as source, connect(f"sqlite:///{tmp_path}/b.db") as target:
        source.write([{"id": 1, "v": "a"}]).save_as_table("t")

        def refused(**options: Any) -> str:
            with pytest.raises(errors.ConfigurationError) as caught:
                replicate(source, target, "t", **options)
            return str(caught.value)

        assert "mode must be" in refused(mode="overwrite_partitions")
        with pytest.raises(errors.ConfigurationError, match=r"target must .* Did you mean 'duckdb:///shop.duckdb'\?"):
            replicate(source, "shop.duckdb", "t")
        assert "cursor is for" in refused(cursor="v")
        assert "lag is for a cursor" in refused(mode="merge", keys=["id"], lag="1 hour")
        assert "delete_missing is for" in refused(mode="append", delete_missing="hard")
        assert "on_schema_change is for" in refused(mode="overwrite", on_schema_change="ignore")
        assert "keys is for mode='merge'" in refused(keys=["id"])
        assert "keys names the table 'u'" in refused(mode="merge", keys={"u": ["id"]})
        both_told = refused(mode="merge", cursor="seen", lag=0)
        assert "no primary key" in both_told
        assert "cursor: t has no column 'seen'" in both_told
        assert "'v' is text" in refused(mode="append", cursor="v", lag=0)


@pytest.mark.parametrize("place", ["iceberg", pytest.param("trino", marks=pytest.mark.engines)])
def test_targets_that_publish_each_table(place: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Each table is a commit of its own, read whole, with every option that the target has for one table."""
    url = catalog_url(tmp_path) if place == "iceberg" else request.getfixturevalue("iceberg_url")
    with connect(f"sqlite:///{tmp_path}/source.db") as source, connect(url) as target:
        for name in ("orders", "people"):
            source.write([{"id": row, "v": f"{name} {row}"} for row in range(30)]).save_as_table(name)
        asked: dict[str, Any] = {"mode": "merge", "keys": ["id"], "range_rows": 10, "range_keys": {"orders": "id"}}
        first = replicate(source, target, "*", run_key="1", **asked)
        assert (first.rows, first.published) == (60, "each")
        assert all("a commit of its own" in (table.whole_because or "") for table in first.tables)
        source.update("orders", {"v": "changed"}, where=col("id") == 3)
        second = replicate(source, target, ["orders"], run_key="2", **asked)
        assert (second.tables[0].created, second.tables[0].skipped) == (False, False)
        assert target.table("orders").where(col("v") == "changed").count() == 1
        assert target.table("orders").count() == 30
        again = replicate(source, target, "*", run_key="1", **asked)
        assert all(table.skipped for table in again.tables)
        back = replicate(target, f"sqlite:///{tmp_path}/back.db", "*", range_rows=10, connections=2)
        assert (back.rows, back.snapshot) == (60, "none")
