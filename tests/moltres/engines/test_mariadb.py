"""MariaDB, on a server that the tests start: the suite for all dialects, and what is peculiar to it."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pymysql
import pytest
from sqlalchemy import Integer, column, create_engine, event, inspect, text

from dq_core import validate
from moltres import Records, col, connect, func, lit, receipts, replicate, verify
from moltres.errors import ConfigurationError, MoltresError, QueryError, SchemaMismatchError
from support.dialect_conformance import DialectConformance, LostConnections, receipt_faults
from support.dialect_conformance.data import OLD, rows
from support.kills import in_child, retried, waited
from support.mariadb import MariaDBServer
from support.stop_conformance import StopConformance
from support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import URL, ExceptionContext

    from moltres import Database
    from moltres.frame.source import Mode
    from moltres.replicating import Replication

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may build it

_numbers = itertools.count(1)


@pytest.fixture
def mariadb_url(mariadb: MariaDBServer) -> Iterator[URL]:
    with mariadb.database(f"test_{next(_numbers)}") as url:
        yield url


class TestMariaDB(DialectConformance, LostConnections):
    faults = receipt_faults.MARIADB
    ignores_case = "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
    slow = "SELECT count(*) AS a FROM seq_1_to_100000000000 WHERE seq % 7 > 3"
    numbered = ("INTEGER AUTO_INCREMENT PRIMARY KEY",)
    never_null = (("TIMESTAMP NOT NULL", dt.datetime.fromisoformat("2024-01-01")),)
    retyped = "ALTER TABLE t MODIFY amount DOUBLE"
    impatient = "SET lock_wait_timeout = 1"
    limited = "SET max_statement_time = 0.3"
    guest = ("CREATE USER guest@'127.0.0.1' IDENTIFIED BY 'secret'", "GRANT SELECT, INSERT ON t TO guest@'127.0.0.1'")
    guest_records = "GRANT SELECT, INSERT, DELETE ON moltres_loads TO guest@'127.0.0.1'"
    no_guest = ("DROP USER guest@'127.0.0.1'",)
    readings = (
        (r"SELECT 'it\'s :x' AS a", "it's :x"),
        (r"SELECT 'a\\' AS a", "a\\"),
        (r'SELECT "it\"s :x" AS a', 'it"s :x'),
        ('SELECT "it\'s" AS a', "it's"),
        ("SELECT 1 AS `a :x'`", 1),
        ("SELECT 1 AS a # it's :x", 1),
        ("SELECT 2--1 AS a", 3),
        ("SELECT /*! 1 + */ :one AS a", 2),
        ("SELECT 1 /*!40001 + :one */ /*M!100000 + 1 */ AS a", 3),
        ("SELECT 1 AS a /*!99999 , ':x */ /*M!999999 FROM ;*/ ORDER BY a", 1),
        ("SELECT @n:=:one AS a", 1),
        ("SELECT 1 AS a /* to the end :x", 1),
        ("SELECT 7 % 4 AS a", 3),
    )
    odd_values = (
        ("TINYINT(1)", ("1", "5", "NULL")),
        ("TINYINT(1) UNSIGNED", ("255",)),
        ("DATE", ("'2020-01-01'", "'0000-00-00'")),
        ("DATE", ("'2020-00-01'",)),
        ("DATETIME(3)", ("'2020-01-01 10:00:00.125'", "'0000-00-00 00:00:00'")),
        ("TIME", ("'10:00:00'", "'100:00:00'", "'-01:00:00'")),
        ("TIME(3)", ("'100:00:00.125'",)),
        ("YEAR", ("2020", "0")),
    )

    @pytest.fixture
    def url(self, mariadb_url: URL) -> URL:
        return mariadb_url

    def test_a_query_reads_all_digits_of_a_float(self, db: Database) -> None:
        with db.transaction() as connection:
            connection.execute(text("CREATE TABLE t (f FLOAT)"))
            connection.execute(text("INSERT INTO t VALUES (16777216), (1.2345678)"))
        for query in ("SELECT f FROM t", "SELECT max(f) AS f FROM t GROUP BY f", "SELECT f, 1 AS one FROM t"):
            assert {row["f"] for row in db.sql(query).collect()} == {16777216.0, 1.2345678}, query

    @pytest.mark.parametrize("document", ["1.", '{"a": 1.}', r'"\x"', r'"\0"'])
    def test_what_only_json_valid_takes_for_json_is_refused_by_its_column(
        self, db: Database, tmp_path: Path, document: str
    ) -> None:
        with db.transaction() as connection:
            connection.exec_driver_sql("CREATE TABLE t (id INTEGER, j JSON)")
            connection.exec_driver_sql("INSERT INTO t VALUES (1, %s)", (document,))
        frame, other = db.table("t"), connect(f"sqlite:///{tmp_path / 'other.db'}")
        for read in (
            frame.collect,
            frame.to_arrow,
            frame.to_pandas,
            lambda: other.write(frame).save_as_table("t"),
            lambda: frame.write.parquet(tmp_path / "t.parquet"),
        ):
            with pytest.raises(SchemaMismatchError, match="'j'"):
                read()

    @pytest.mark.parametrize("mode", ["append", "overwrite", "merge", "overwrite_partitions"])
    @pytest.mark.parametrize(
        ("wide", "narrow", "size"),
        [
            ("VARCHAR(400) CHARSET latin1", "TINYTEXT", 300),
            ("VARBINARY(400)", "TINYBLOB", 300),
            ("LONGTEXT", "TEXT", 66_000),
            ("MEDIUMBLOB", "BLOB", 66_000),
            ("LONGTEXT", "TINYTEXT", 257),
        ],
    )
    def test_no_column_cuts_what_another_column_holds(
        self, db: Database, mode: Mode, wide: str, narrow: str, size: int
    ) -> None:
        with db.transaction() as connection:
            connection.execute(text(f"CREATE TABLE s (id INTEGER, c {wide})"))
            connection.execute(text(f"CREATE TABLE t (id INTEGER PRIMARY KEY, c {narrow} NOT NULL)"))
            connection.execute(text(f"INSERT INTO s VALUES (1, repeat('x', {size})), (2, 'short')"))
        options = {"merge": {"keys": ["id"]}, "overwrite_partitions": {"partition_by": ["id"]}}.get(mode, {})
        given_in = [db.table("s"), db.sql("SELECT * FROM s")]
        if "TEXT" in narrow:  # what is computed of bytes is a string, for which overwrite makes another table
            given_in.append(db.table("s").with_columns(c=func.concat(col("c"))))
        for given in given_in:
            with pytest.raises(MoltresError, match=r"column 'c': [0-9]+ bytes"):
                db.write(given).save_as_table("t", mode=mode, **options)  # type: ignore[call-overload]
            assert db.table("t").count() == 0
        db.write(db.table("s").where(col("id") == 2)).save_as_table("t", mode=mode, **options)  # type: ignore[call-overload]
        assert db.table("t").count() == 1

    @pytest.mark.parametrize(
        ("declared", "taken", "refused"),
        [
            ("ENUM('a', 'b')", "b", ["A", "1", "+2", "a "]),
            ("SET('a', 'b')", "a,b", ["b,a", "a,a", "3", "A", "a "]),
            ("YEAR", 1901, [5, 70, 1900]),
            ("BIT(64)", 200, [-1]),
        ],
    )
    def test_no_column_stores_another_value_than_it_is_given(
        self, db: Database, declared: str, taken: object, refused: list[object]
    ) -> None:
        ways: tuple[Callable[[object], object], ...] = (
            lambda value: db.write([{"id": 1, "c": value}]).save_as_table("t", mode="append"),
            lambda value: db.insert("t", [{"id": 1, "c": value}]),
            lambda value: db.update("t", {"c": func.coalesce(lit(value), lit(value))}, where=col("id") == 0),
            lambda _: db.write(db.table("s")).save_as_table("t", mode="append"),
            lambda _: db.write(db.table("s")).save_as_table("t", mode="merge", keys=["id"]),
            lambda _: db.table("s").with_columns(c=func.coalesce(col("c"))).write.save_as_table("t", mode="append"),
        )
        with db.transaction() as connection:
            connection.execute(text(f"CREATE TABLE t (id INTEGER PRIMARY KEY, c {declared})"))
            connection.execute(text("INSERT INTO t VALUES (0, NULL)"))
        for value in (*refused, taken):
            db.write([{"id": 1, "c": value}]).save_as_table("s", mode="overwrite")
            for write in ways:
                if value == taken:
                    write(value)
                    assert [one["c"] for one in rows(db) if one["c"] is not None] == [taken]
                    db.delete("t", where=col("id") == 1)
                    db.update("t", {"c": None}, where=col("id") == 0)
                    continue
                with pytest.raises(MoltresError, match="column 'c'"):
                    write(value)
                assert rows(db) == [{"id": 0, "c": None}]

    @pytest.mark.parametrize(
        ("declared", "value"),
        [
            ("TINYINT", 300),
            ("VARCHAR(3) CHARSET utf8mb4", "abcdef"),
            ("VARCHAR(9) CHARSET latin1", "a\U0001f680"),
            ("ENUM('a', 'b')", "c"),
        ],
    )
    @pytest.mark.parametrize("mode", ["append", "merge"])
    def test_writes_are_strict_whatever_the_session_says(
        self, url: URL, declared: str, value: object, mode: Mode
    ) -> None:
        with connect(url, pool_size=1, max_overflow=0, connect_args={"init_command": "SET sql_mode=''"}) as db:
            with db.transaction() as connection:
                connection.exec_driver_sql(f"CREATE TABLE t (id INT, c_value {declared})")
            with pytest.raises(MoltresError, match="c_value"):
                db.write([{"id": 1, "c_value": value}]).save_as_table(
                    "t", mode=mode, keys=["id"] if mode == "merge" else None
                )
            assert db.table("t").count() == 0
            with db.connection() as connection:
                assert connection.exec_driver_sql("SELECT @@sql_mode").scalar_one() == ""

    @pytest.mark.filterwarnings("ignore:Incomplete reflection", "ignore:Did not recognize type")  # of sql_mode=ORACLE
    @pytest.mark.parametrize("mode", ["", "ANSI_QUOTES", "NO_FIELD_OPTIONS", "ORACLE"])
    def test_columns_are_what_they_are_however_the_server_describes_them(self, url: URL, mode: str) -> None:
        name = 'a"b`c'
        with connect(url, connect_args={"init_command": f"SET sql_mode='{mode}'"}) as db:
            with db.transaction() as connection:
                connection.exec_driver_sql(
                    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT DEFAULT 3 CHECK (n <> 4), doc JSON)"
                )
            data = [{name: 1, "doc": {"k": [1]}}]
            db.write(data).save_as_table("odd")
            assert db.table("odd").collect() == data
            db.write([{"doc": {"k": [1]}}, {"doc": {}}]).save_as_table("t", mode="append")
            wide = db.write([{"id": 2**40, "n": 2**40}])
            wide.save_as_table("t", mode="append", on_schema_change="append_new_columns")
            db.write([{"doc": None}]).save_as_table("t", mode="append")
            assert [tuple(row.values()) for row in db.table("t").order_by("id").collect()] == [
                (1, 3, {"k": [1]}), (2, 3, {}), (2**40, 2**40, None), (2**40 + 1, 3, None)
            ]  # fmt: skip
            with pytest.raises(MoltresError):
                db.write([{"n": 4}]).save_as_table("t", mode="append")

    @pytest.mark.filterwarnings("ignore:Incomplete reflection", "ignore:Did not recognize type")  # of sql_mode=ORACLE
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("sql_select_limit", "1"),
            ("sql_quote_show_create", "0"),
            ("max_sort_length", "8"),
            ("sort_buffer_size", "32768"),
            ("sql_mode", "'ORACLE'"),
            ("sql_mode", "'HIGH_NOT_PRECEDENCE'"),
            ("sql_mode", "'ANSI_QUOTES'"),
            ("sql_safe_updates", "1"),
            ("default_storage_engine", "MyISAM"),
            ("character_set_results", "latin1"),
            ("character_set_results", "NULL"),
            ("character_set_client", "latin1"),
            ("character_set_connection", "latin1"),
            ("collation_connection", "utf8mb4_bin"),
        ],
    )
    def test_settings_of_a_session_change_no_row(self, url: URL, name: str, value: str) -> None:
        def setting() -> object:
            with db.engine.connect() as connection:
                return connection.exec_driver_sql(f"SELECT @@SESSION.{name}").scalar_one()

        given = {"init_command": f"SET {name} = {value}"}
        with connect(url, pool_size=1, max_overflow=0, connect_args=given) as db:
            before = setting()
            data = [{"id": number, "s": f"日🚀{number}", "day": dt.date(2024, 1, number)} for number in (1, 2, 3)]
            db.write(data).save_as_table("t", run_key="k")
            db.table("t").write.save_as_table("u")
            db.table("u").write.save_as_table("t", mode="merge", keys=["id"])
            assert rows(db) == rows(db, "u") == data
            db.table("u").where(col("id") > 1).write.save_as_table("t", mode="overwrite")
            assert rows(db) == db.table("t").order_by("id").to_arrow().to_pylist() == data[1:]
            db.write([{"id": 1, "doc": {"a": ["\\", 1.5]}}]).save_as_table("documents")
            assert db.table("documents").collect() == [{"id": 1, "doc": {"a": ["\\", 1.5]}}]
            others = "SELECT 1 FROM information_schema.tables WHERE table_schema = database() AND engine <> 'InnoDB'"
            assert db.sql(others).count() == 0
            assert setting() == before

    @pytest.mark.parametrize("charset", ["latin1", "utf8", "gbk", "ascii"])
    def test_all_characters_whatever_the_url_says(self, url: URL, charset: str) -> None:
        with connect(url.update_query_dict({"charset": charset}), pool_size=1, max_overflow=0) as db:
            db.write([{"id": 1, "s": "é日🚀"}]).save_as_table("t")
            assert rows(db) == db.table("t").where(col("s") == "é日🚀").collect() == [{"id": 1, "s": "é日🚀"}]
            with db.engine.connect() as connection:
                names = connection.exec_driver_sql("SELECT @@character_set_client, @@character_set_results").one()
                assert {name.replace("utf8mb3", "utf8") for name in names} == {charset}
                assert connection.connection.driver_connection.encoding == {"latin1": "cp1252"}.get(charset, charset)
        with connect(url) as db:
            assert rows(db) == [{"id": 1, "s": "é日🚀"}]

    def test_a_character_set_that_the_driver_does_not_know(self, url: URL) -> None:
        with connect(url.update_query_dict({"charset": "nosuch"})) as db, pytest.raises(ConfigurationError):
            db.tables()

    @pytest.mark.filterwarnings("ignore:Did not recognize type")  # of columns that SQLAlchemy does not know
    @pytest.mark.parametrize(("declared", "value"), [("INET6", "'::1'"), ("POINT", "POINT(1, 2)")])
    @pytest.mark.parametrize(
        ("mode", "options"), [("merge", {"keys": ["id"]}), ("overwrite_partitions", {"partition_by": ["id"]})]
    )
    def test_rows_of_types_that_only_the_server_knows(
        self, db: Database, declared: str, value: str, mode: Mode, options: Any
    ) -> None:
        with db.transaction() as connection:
            connection.exec_driver_sql(f"CREATE TABLE t (id INT PRIMARY KEY, x {declared})")
            connection.exec_driver_sql(f"INSERT INTO t VALUES (1, {value}), (2, NULL)")
        before = rows(db)
        db.delete("t", where=col("id") == 1)
        db.write(Records.from_dicts(before)).save_as_table("t", mode=mode, **options)
        assert rows(db) == before

    def test_a_row_larger_than_a_packet_is_an_error_that_no_retry_helps(self, db: Database) -> None:
        with db.connection() as connection:
            most = connection.exec_driver_sql("SELECT @@max_allowed_packet").scalar_one()
        with pytest.raises(MoltresError, match="max_allowed_packet") as caught:
            db.write([{"c_value": "x" * most}]).save_as_table("t")
        assert not caught.value.retryable
        db.write([{"c_value": "x"}]).save_as_table("t")
        assert db.tables() == ["t"]

    @pytest.mark.parametrize("mode", ["error_if_exists", "overwrite"])
    def test_a_write_that_is_killed_behind_any_change_is_done_by_the_next(self, url: URL, mode: Mode) -> None:
        key = "run 1" if mode == "error_if_exists" else None

        def write(table: str, column: str, last: int | None = None) -> None:
            sent = itertools.count(1)

            def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
                if not statement.lstrip("( ").upper().startswith("SELECT") and next(sent) == last:
                    os.kill(os.getpid(), signal.SIGKILL)

            with connect(url) as db:
                event.listen(db.engine, "after_cursor_execute", note)
                db.write([{"id": 1, column: 1}, {"id": 2, column: 2}]).save_as_table(table, mode=mode, run_key=key)

        write("t", "x")
        for number in itertools.count(1):
            table = f"t{number}" if key else "t"
            child, pipe = in_child(partial(write, table, "x", number))
            waited(child, pipe, None)
            os.close(pipe)
            if not os.WIFSIGNALED(os.waitpid(child, 0)[1]):
                break
            retried(partial(write, table, "x" if key else f"y{number}"))
            with connect(url) as db:
                assert db.table(table).count() == 2
                assert {name for name in db.tables() if "moltres" in name} == ({"moltres_loads"} if key else set())
        assert number > 5

    @pytest.mark.parametrize(
        ("mode", "change"), [("error_if_exists", "RENAME TABLE"), ("append", "COMMENT ''"), ("append", "")]
    )
    def test_a_replication_that_is_killed_while_it_publishes_is_done_by_the_next(
        self, url: URL, mode: Mode, change: str
    ) -> None:
        def run(killed_behind: str = "") -> Replication:
            def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
                if killed_behind and killed_behind in statement:
                    os.kill(os.getpid(), signal.SIGKILL)

            with connect("sqlite://") as source, connect(url) as db:
                for name in ("a", "b"):
                    source.write([{"id": 1}]).save_as_table(name)
                event.listen(db.engine, "after_cursor_execute", note)
                return replicate(source, db, "?", mode=mode, run_key="k")

        with connect(url) as db:
            if mode == "append":
                db.write([{"id": 0}]).save_as_table("a")
        if change:
            child, pipe = in_child(partial(run, change))
            waited(child, pipe, None)
            os.close(pipe)
            assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        assert all(table.skipped for table in retried(run).tables) is bool(change)
        with connect(url) as db, db.connection() as connection:
            assert db.tables() == ["a", "b", "moltres_loads"]
            assert (db.table("a").count(), db.table("b").count()) == (2 if mode == "append" else 1, 1)
            names = connection.execute(text("SELECT table_name FROM moltres_loads ORDER BY 1")).scalars().all()
            assert names == ["a", "b"]
            assert [inspect(connection).get_table_comment(name)["text"] for name in names] == [None, None]
            assert len(receipts(db, "a")) == 1
            assert verify(receipts(db, "b"), db)

    def test_empty_strings_are_not_null(self, url: URL) -> None:
        with connect(url, connect_args={"init_command": "SET sql_mode='EMPTY_STRING_IS_NULL'"}) as db:
            db.write([{"id": 1, "s": "", "n": None}, {"id": 2, "s": "x", "n": 5}]).save_as_table("t")
            db.write([{"id": 3, "s": "", "n": None}]).save_as_table("t", mode="append")
            assert db.table("t").where(col("s").is_not(None)).count() == 3
            with db.engine.connect() as connection:
                assert connection.exec_driver_sql("SELECT @@sql_mode").scalar_one() == "EMPTY_STRING_IS_NULL"

    def test_the_order_behind_a_limit_of_the_work(self, db: Database) -> None:
        db.write([{"n": number * 7919 % 1000} for number in range(1000)]).save_as_table("t")
        for limit in ("LIMIT ROWS EXAMINED 1000000", "/*!99999 LIMIT 1 */", "/*M!100000 LIMIT 500 */"):
            frame = db.sql(f"SELECT n FROM t ORDER BY n {limit}")
            assert frame.limit(3).collect().column("n") == [0, 1, 2], limit

    def test_the_order_of_a_text_with_comments_that_the_server_runs(self, db: Database) -> None:
        db.write([{"n": number * 7919 % 1000} for number in range(1000)]).save_as_table("t")
        for end, count in (
            ("/*!40001 ORDER BY n */", 1000),
            ("ORDER BY n /*!40001 LIMIT 5 */", 5),
            ("ORDER BY n /*M!100000 LIMIT 500 */", 500),
            ("ORDER BY n /*!99999 LIMIT 1 */", 1000),
        ):
            statement = text(f"SELECT n FROM t {end}").columns(column("n", Integer()))
            frame = db.from_select(statement)
            assert (frame.count(), frame.limit(3).collect().column("n")) == (count, [0, 1, 2]), end

    def test_another_driver_is_refused(self, url: URL) -> None:
        """PyMySQL takes the place of mysqlclient here, as it says that it can."""
        engine = create_engine(url.set(drivername="mariadb+mysqldb"), module=pymysql)
        with pytest.raises(ConfigurationError, match="through 'pymysql', not mysqldb"):
            connect(engine)
        engine.dispose()

    def test_rows_that_stay_the_same_are_found_too(self, url: URL) -> None:
        """The caller's connection need not ask the server to count them, as SQLAlchemy does."""
        given = {"host": url.host, "port": url.port, "user": url.username, "password": url.password or ""}
        engine = create_engine(url, creator=lambda: pymysql.connect(**given, database=url.database))  # type: ignore[arg-type]
        with connect(engine) as db:
            db.write([{"id": 1, "n": 1}, {"id": 2, "n": 2}]).save_as_table("t")
            more = [{"id": 1, "n": 1}, {"id": 2, "n": 3}, {"id": 3, "n": 3}]
            written = db.write(more).save_as_table("t", mode="merge", keys=["id"])
            assert (written.rows_updated, written.rows_written) == (2, 3)
            assert db.update("t", {"n": 3}, where=col("id") > 1) == 2
            assert [(row["id"], row["n"]) for row in rows(db)] == [(1, 1), (2, 3), (3, 3)]
        engine.dispose()

    def test_zero_is_no_next_number(self, db: Database) -> None:
        with db.transaction() as connection:
            connection.execute(text("CREATE TABLE t (id INTEGER AUTO_INCREMENT PRIMARY KEY, v INTEGER)"))
            connection.execute(text("CREATE TABLE s (id INTEGER, v INTEGER)"))
        db.write([{"id": 0, "v": 1}]).save_as_table("t", mode="append", verify=False)
        db.write([{"id": 0, "v": 2}]).save_as_table("s", mode="append")
        db.write(db.table("s")).save_as_table("t", mode="merge", keys=["id"])
        db.insert("t", {"v": 3})
        assert db.table("t").order_by("v").collect() == [{"id": 0, "v": 2}, {"id": 1, "v": 3}]

    def test_what_marks_rows_leaves_their_moments_alone(self, db: Database) -> None:
        stamp = "TIMESTAMP NOT NULL DEFAULT NOW() ON UPDATE NOW()"
        with db.transaction() as connection:
            connection.execute(text(f"CREATE TABLE t (id INTEGER, n INTEGER, at {stamp})"))
            connection.execute(text(f"CREATE TABLE h (id INTEGER, n INTEGER, valid_from {stamp}, valid_to DATETIME)"))
        old = dt.datetime.fromisoformat("2021-01-01")
        given = [{"id": number, "n": number, "at": old} for number in (1, 2)]
        for some in (given, given[:1], given):
            db.write(some).save_as_table("t", mode="merge", keys=["id"], delete_missing="soft", delete_at_most=1)
            assert set(db.table("t").collect().column("at")) == {old}
        later = [{"id": 1, "n": 7, "at": old.replace(year=2022)}]
        for update, at in ((["n"], old), (True, old.replace(year=2022))):
            db.write(later).save_as_table("t", mode="merge", keys=["id"], update=update)
            assert db.table("t").where(col("id") == 1).collect().column("at") == [at]
        for n, some in enumerate((given, later, given[1:])):
            since = old.replace(year=2023 + n)
            rows_of = [{"id": row["id"], "n": row["n"]} for row in some]
            close: dict[str, Any] = {"delete_missing": "close", "delete_at_most": 1} if n == 2 else {}
            db.write(rows_of).save_as_table("h", mode="scd2", keys=["id"], valid_at=since, **close)
        assert sorted(row["valid_from"].year for row in rows(db, "h")) == [2023, 2023, 2024]

    def test_rows_need_no_period_of_a_table_with_versions(self, db: Database) -> None:
        with db.transaction() as connection:
            connection.execute(
                text(
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, s TIMESTAMP(6) AS ROW START, e TIMESTAMP(6) AS ROW END,"
                    " PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING"
                )
            )
        for number in (1, 2):
            db.write([{"id": number}]).save_as_table("t", mode="overwrite")
        db.table("t").write.save_as_table("t", mode="overwrite")
        with pytest.raises(SchemaMismatchError, match="'s' is generated"):
            db.write(db.table("t").collect()).save_as_table("t", mode="append")
        assert db.sql("SELECT id FROM t FOR SYSTEM_TIME ALL ORDER BY s").collect().column("id") == [1, 2, 2]

    @pytest.mark.parametrize(
        "query",
        [
            "SELECT id FROM s WHERE flag = :given",
            "SELECT id FROM s WHERE code = 0",
            "SELECT CAST(code AS SIGNED) AS x FROM s",
            "SELECT CAST(code AS DATE) AS x FROM s",
            "SELECT CAST(number AS SIGNED) AS x FROM s",
            "SELECT CAST(id - 2 AS UNSIGNED) AS x FROM s",
            "SELECT CAST(number AS DECIMAL(4, 2)) AS x FROM s",
            "SELECT CAST('2024-01-01' AS DATE) + INTERVAL 9999 YEAR AS x FROM s",
            "SELECT CONVERT(code USING latin1) AS x FROM s",
            "SELECT REPEAT(code, 20000000) AS x FROM s",
            "SELECT sum(code) AS x FROM s",
        ],
    )
    def test_a_value_that_the_server_changes_is_refused_on_every_road(self, db: Database, query: str) -> None:
        with db.transaction() as connection:
            connection.execute(
                text("CREATE TABLE s (id INTEGER, flag BOOLEAN, code VARCHAR(9) CHARSET utf8mb4, number DOUBLE)")
            )
            connection.execute(text("INSERT INTO s VALUES (1, TRUE, '5', 1), (2, FALSE, 'a\U0001f600', 1e30)"))
        frame = db.sql(query, given="true") if ":given" in query else db.sql(query)
        with connect() as other:
            roads: list[Callable[[], object]] = [
                frame.collect,
                frame.to_arrow,
                lambda: list(frame.iter_batches(rows=1)),
                lambda: db.write(frame).save_as_table("t"),
                lambda: other.write(frame).save_as_table("t"),
                *([frame.count] if "WHERE" in query else []),
            ]
            for road in roads:
                with pytest.raises(MoltresError, match=r"changed|Truncated|Incorrect|[Oo]ut of|overflow|Cannot|larger"):
                    road()
            assert other.tables() == []
        assert db.tables() == ["s"]
        assert db.sql("SELECT CAST('abc' AS CHAR(2)) AS x, 1 = '1 ' AS y, 1 / 0 AS z").collect() == [
            {"x": "ab", "y": 1, "z": None}
        ]

    @pytest.mark.parametrize("given", ["max_error_count = DEFAULT", "max_error_count = 0", "sql_notes = 0"])
    def test_a_value_that_the_server_changes_is_refused_however_few_warnings_the_session_tells(
        self, url: URL, given: str
    ) -> None:
        asked = "SELECT @@SESSION.max_error_count, @@SESSION.sql_notes"
        with connect(url, pool_size=1, max_overflow=0, connect_args={"init_command": f"SET {given}"}) as db:
            with db.connection() as connection:
                before = connection.exec_driver_sql(asked).one()
            # The sixty-four warnings that are told by default are those of the divisions.
            text_for_number = (
                "SELECT seq, 1 / 0 AS x, IF(seq = 300, 'abc', seq) + 0 AS y FROM seq_1_to_300 ORDER BY seq"
            )
            below_zero = "SELECT CAST(IF(seq = 300, -1, 1) AS UNSIGNED) AS y FROM seq_1_to_300"
            for query in (text_for_number, f"/* the same */ {text_for_number}", below_zero):
                frame = db.sql(query)
                roads: list[Callable[[], object]] = [
                    frame.collect,
                    frame.to_arrow,
                    lambda frame=frame: list(frame.iter_batches(rows=50)),  # type: ignore[misc]
                    lambda frame=frame: db.write(frame).save_as_table("t"),  # type: ignore[misc]
                ]
                for road in roads:
                    with pytest.raises(QueryError, match=r"Truncated|Cast to|Division"):
                        road()
            assert db.tables() == []
            with pytest.raises(QueryError, match="more warnings than the server tells"):
                db.sql("SELECT 1 / 0 AS x FROM seq_1_to_70000").collect()
            with db.connection() as connection:
                assert connection.exec_driver_sql(asked).one() == before

    def test_a_sum_that_no_double_holds_is_an_error(self, db: Database) -> None:
        db.write([{"g": g, "f": f} for g, f in ((1, 1.7e308), (1, 1.7e308), (2, 2.5), (2, 3.5))]).save_as_table("t")
        frame, small = db.table("t"), db.table("t").where(col("g") == 2)
        for function, expected in ((func.sum, 6.0), (func.avg, 3.0)):
            over = function(col("f")).over(partition_by=col("g"))
            assert small.group_by("g").agg(x=function(col("f")), n=func.sum(col("g"))).collect() == [
                {"g": 2, "x": expected, "n": 4}
            ]
            assert small.select(x=over).collect().column("x") == [expected] * 2
            for wrong in (frame.group_by("g").agg(x=function(col("f"))), frame.select(x=over)):
                with pytest.raises(QueryError, match="out of range"):
                    wrong.collect()

    @pytest.fixture
    def schema(self, mariadb: MariaDBServer) -> Iterator[str]:
        name = f"mart_{next(_numbers)}"
        with mariadb.database(name):
            yield name

    def disconnect(self, url: URL) -> None:
        with connect(url) as admin, admin.engine.connect() as connection:
            mine = connection.execute(text("SELECT connection_id()")).scalar_one()
            for process in connection.execute(text("SHOW PROCESSLIST")).all():
                if process[0] != mine and process[3] == url.database:
                    connection.execute(text(f"KILL CONNECTION {process[0]}"))


class TestStopped(StopConformance):
    slow = TestMariaDB.slow

    @pytest.fixture
    def url(self, mariadb_url: URL) -> URL:
        return mariadb_url


def test_readers_find_the_table_at_any_moment_of_a_swap(mariadb_url: URL) -> None:
    seen: set[int] = set()
    stop = threading.Event()

    def read() -> None:
        with connect(mariadb_url) as reader, reader.engine.connect() as connection:
            while not stop.is_set():
                seen.add(connection.execute(text("SELECT count(*) FROM t")).scalar_one())
                connection.rollback()

    with connect(mariadb_url) as db:
        db.write([{"a": 1}] * 3).save_as_table("t")
        thread = threading.Thread(target=read)
        thread.start()
        for number in range(10):
            db.write([{f"c{number}": 1}] * (4 + number % 2)).save_as_table("t", mode="overwrite")
        stop.set()
        thread.join()
    assert seen <= {3, 4, 5}
    assert len(seen) > 1


def test_rows_move_from_and_to_the_others(mariadb_url: URL, database_url: URL) -> None:
    with connect(mariadb_url) as db, connect(database_url) as other:
        other.write(OLD).save_as_table("t")
        assert db.write(other.table("t")).save_as_table("t", batch_rows=2).rows_written == 3
        assert rows(db) == OLD
        other.write(db.table("t")).save_as_table("back")
        assert rows(other, "back") == OLD


@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
def test_a_url_without_a_driver_opens_in_both_cores(mariadb_url: URL, scheme: str) -> None:
    url = mariadb_url.set(drivername=scheme).render_as_string(hide_password=False)
    with connect(url) as db:
        assert db.sql("SELECT 1 AS id").collect() == [{"id": 1}]
    assert validate(url, [{"type": "not_null", "column": "id"}], query="SELECT 1 AS id").overall_status == "passed"


@pytest.mark.parametrize("column", ["id INT NOT NULL DEFAULT NEXTVAL(numbers)", "id INT INVISIBLE NOT NULL DEFAULT 7"])
def test_defaults_that_sqlalchemy_does_not_see(mariadb_url: URL, column: str) -> None:
    with connect(mariadb_url) as db:
        with db.transaction() as connection:
            connection.exec_driver_sql("CREATE SEQUENCE numbers")
            connection.exec_driver_sql(f"CREATE TABLE t ({column}, a INT)")
        for mode in ("append", "overwrite"):
            db.write([{"a": 5}]).save_as_table("t", mode=mode)
            rows = db.sql("SELECT id, a FROM t").collect()  # the column is still there, and has been filled
            assert [row["a"] for row in rows] == [5]
            assert rows[0]["id"] is not None


@pytest.mark.parametrize(("mode", "expected"), [(None, 1), ("append", 2), ("ignore", 1)])
def test_a_table_that_is_being_made_is_asked_for_again(mariadb_url: URL, mode: Mode | None, expected: int) -> None:
    """Who holds locks of other tables is not made to wait for one that is being made: the server skips it (1684)."""

    def make() -> None:
        with maker.begin() as connection:  # the table is locked until the row is there
            connection.exec_driver_sql("CREATE TABLE made AS SELECT GET_LOCK('gate', 60) AS a")

    def note(context: ExceptionContext) -> None:
        arguments = getattr(context.original_exception, "args", ())
        if arguments[:1] == (1684,) and not skipped:
            skipped.append(arguments)
            gate.exec_driver_sql("DO RELEASE_LOCK('gate')")

    skipped: list[object] = []
    maker, asking = create_engine(mariadb_url), create_engine(mariadb_url)
    event.listen(asking, "handle_error", note)
    thread = threading.Thread(target=make)
    with create_engine(mariadb_url).connect() as gate, connect(asking) as db:
        db.write([{"a": 1}]).save_as_table("other")
        gate.exec_driver_sql("DO GET_LOCK('gate', 0)")
        thread.start()
        making = (
            "SELECT count(*) FROM information_schema.processlist WHERE state = 'User lock' AND info LIKE 'CREATE%%'"
        )
        until(lambda: gate.exec_driver_sql(making).scalar_one() == 1, "CREATE TABLE to run")
        with db.transaction() as connection:
            connection.exec_driver_sql("SELECT * FROM other").all()
            if mode is not None:
                connect(connection).write([{"a": 2}]).save_as_table("made", mode=mode)
            assert connect(connection).table("made").count() == expected
        thread.join()
        gate.engine.dispose()
    assert skipped
    maker.dispose()
    asking.dispose()
