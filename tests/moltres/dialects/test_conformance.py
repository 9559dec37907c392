"""The dialects that need no server of their own pass the suite for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Boolean, create_engine, text

from moltres import connect
from moltres.dialects import dialect_for
from support.dialect_conformance import DialectConformance, LostConnections, receipt_faults
from support.dialect_conformance.data import rows, run

if TYPE_CHECKING:
    from sqlalchemy import URL

    from moltres import Database


STRINGS = (
    (r"SELECT E'it\'s :x' AS a", "it's :x"),
    (r"SELECT E'a\\' AS a", "a\\"),
    (r"SELECT 'a\' AS a", "a\\"),
    ("SELECT $$it's :x$$ AS a", "it's :x"),
    ("SELECT $q$ $$ :x; $q$ AS a", " $$ :x; "),
    ("SELECT 1 AS a /* a /* nested :x */ comment ' */", 1),
    ("SELECT :one::int AS a", 1),
    ("SELECT '7'::int+:one AS a", 8),
    ('SELECT 1 AS "a :x"', 1),
)
"""Of PostgreSQL, and of DuckDB, which has its parser."""


class TestSQLite(DialectConformance):
    faults = receipt_faults.SQLITE
    ignores_case = "VARCHAR(20) COLLATE NOCASE"
    fires_delete_actions = "PRAGMA foreign_keys=ON"
    retyped = "ALTER TABLE t RENAME COLUMN amount TO total"
    impatient = "PRAGMA busy_timeout = 300"
    keeps_rows = ("CREATE TRIGGER keeps_{table} BEFORE {event} ON {table} BEGIN SELECT RAISE(IGNORE); END",)
    hanging = (
        (
            "CREATE TABLE Parent (id INTEGER PRIMARY KEY, n TEXT)",
            "CREATE TABLE child (pid INTEGER REFERENCES PARENT ON DELETE CASCADE)",
            "INSERT INTO parent VALUES (1, 'a')",
            "INSERT INTO child VALUES (1)",
        ),
    )
    encloses_queries = False
    readings = (
        (r"SELECT 'a\' AS a", "a\\"),
        ('SELECT 1 AS "a :x"', 1),
        ("SELECT 1 AS [a :x']", 1),
        ("SELECT 1 AS `a :x'`", 1),
        ("SELECT 1 AS a /* to the end :x", 1),
        ("SELECT 2 AS a LIMIT:one", 2),
    )
    odd_values = (
        ("INTEGER", ("1", "'abc'")),
        ("INTEGER", ("'abc'", "NULL")),
        ("INTEGER", ("1.5", "x'00ff'")),
        ("DATE", ("'2020-01-01'", "5")),
        ("DATE", ("'2020-01-01 10:00'", "'nope'")),
        ("DATETIME", ("1700000000",)),
        ("TIME", ("'10:00:00'", "'xx'")),
        ("BOOLEAN", ("1", "2")),
        ("BOOLEAN", ("'yes'",)),
        ("TEXT", ("'a'", "x'00ff'")),
        ("NUMERIC(5, 2)", ("1.5", "1.2345")),
        ("NUMERIC(5, 2)", ("'abc'", "1")),
        ("REAL", ("1.5", "'x'")),
        ("BLOB", ("'abc'", "5", "x'00'")),
        ("UUID", ("'d2a1b8f0-0000-4000-8000-000000000001'", "5")),
        ("", ("5", "'a'", "x'00'")),
    )

    @pytest.fixture
    def url(self, sqlite_url: URL) -> URL:
        return sqlite_url

    @pytest.fixture
    def schema(self) -> str:
        return "main"  # its only one


class TestDuckDB(DialectConformance):
    faults = receipt_faults.DUCKDB
    ignores_case = "VARCHAR(20) COLLATE NOCASE"
    shows_indexes = False
    readings = (
        *STRINGS,
        ("SELECT {'n':n}.n AS a FROM (SELECT 5 AS n) t", 5),
        ("SELECT [1, 2, 3][2:n][1] AS a FROM (SELECT 3 AS n) t", 2),
        ("SELECT [1, 2, 3][:n][1] AS a FROM (SELECT 3 AS n) t", 1),
        ("SELECT a: 5", 5),
        ("SELECT {'n': :one}.n AS a", 1),
        ("FROM (SELECT 5 AS n)", 5),
        ("SELECT {n :n}.n AS a FROM (SELECT 5 AS n) t", 5),
        ("SELECT a :n FROM (SELECT 5 AS n) t", 5),
        ("SELECT [1, 2, 3][m :n][1] AS a FROM (SELECT 3 AS n, 2 AS m) t", 2),
        ("SELECT list_transform([1, 2], lambda x :x + :one)[1] AS a", 2),
        ("SELECT ['{\"b\": 1}'::JSON, 'null']::JSON[] AS a", [{"b": 1}, None]),
        ("SELECT {'b': '[1]'::JSON, 'c': NULL::JSON[]} AS a", {"b": [1], "c": None}),
        ("SELECT [[1, 2], [3]] AS a", [[1, 2], [3]]),
    )
    odd_values = (
        ("STRUCT(a INTEGER)[]", ("[{'a': 1}, NULL]", "NULL", "[]")),
        ("MAP(VARCHAR, INTEGER)[]", ("[map {'a': 1}]",)),
        ("JSON[]", ("['{\"a\": 1}'::JSON, '2']", "NULL")),
        ("JSON[]", ("['null'::JSON, NULL, '1e400']", "NULL", "[]")),
        ("STRUCT(a JSON, b JSON[])[]", ("[{'a': 'null'::JSON, 'b': ['null'::JSON, NULL]}, {'a': NULL, 'b': NULL}]",)),
        ("MAP(VARCHAR, JSON)", ("map {'a': 'null'::JSON, 'b': NULL, 'c': '[\"x\"]'}",)),
        ("BIT[]", ("['101'::BIT]",)),
        ("BIGNUM", ("123456789012345678901234567890123456789012345", "NULL")),
        ("BIGNUM[]", ("[5::BIGNUM]", "NULL")),
        ("UNION(n INTEGER, s VARCHAR)", ("1", "NULL")),
    )
    numbered = ()
    generated = "INTEGER GENERATED ALWAYS AS (a * 2)"
    fires_delete_actions = None

    @pytest.fixture
    def url(self, duckdb_url: URL) -> URL:
        return duckdb_url


class TestPostgreSQL(DialectConformance, LostConnections):
    faults = receipt_faults.POSTGRESQL
    short_moments = ", i INTERVAL YEAR TO MONTH, j INTERVAL(0)"
    ignores_case = "citext"
    makes_ignoring = ("CREATE EXTENSION citext",)
    compared = (
        ("jsonb", "'{\"a\": 1}'", "x @> :given", '{"a": 1}'),
        ("inet", "'10.0.0.1'", "x << :given", "10.0.0.0/8"),
        ("int4range", "'[1,5)'", "x @> :given", "[2,3)"),
        ("integer[]", "'{1,2}'", "x @> :given", "{2}"),
    )
    refused_casts = frozenset({("n", Boolean)})  # of integers only those of 32 bits are cast
    views_hold_tables = True
    keeps_rows = (
        "CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER keeps BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION keep()",
    )
    hanging = (
        (
            "CREATE TABLE parent (id INTEGER PRIMARY KEY, n TEXT) PARTITION BY RANGE (id)",
            "CREATE TABLE part PARTITION OF parent FOR VALUES FROM (0) TO (9)",
            "CREATE TABLE child (pid INTEGER REFERENCES part ON DELETE SET NULL)",
            "INSERT INTO parent VALUES (1, 'a')",
            "INSERT INTO child VALUES (1)",
        ),
        (
            "CREATE TABLE parent (id INTEGER, n TEXT)",
            "CREATE TABLE child (more INTEGER) INHERITS (parent)",
            "INSERT INTO child VALUES (1, 'a', 5)",
        ),
    )
    readings = (
        *STRINGS,
        ("SELECT '{\"b\": 1}'::jsonb ? 'b' AS a", True),
        ("SELECT '{\"b\": 1}'::jsonb @? '$.b' AS a", True),
        ("SELECT (ARRAY[1, 2, 3])[2:n] = '{2,3}' AS a FROM (SELECT 3 AS n) t", True),
        ("SELECT (ARRAY[1, 2, 3])[:n] = '{1,2,3}' AS a FROM (SELECT 3 AS n) t", True),
        ("SELECT (ARRAY[1, 2, 3])[m :n] = '{2,3}' AS a FROM (SELECT 3 AS n, 2 AS m) t", True),
        ("SELECT 7 % 4 AS a", 3),
        ("SELECT E'x'\n'\\':x' AS a", "x':x"),
        ("SELECT U&'\\0041 :x' AS a", "A :x"),
        ("SELECT B'10'::text AS a", "10"),
    )
    odd_values = (
        ("int4range", ("'[1,5)'", "NULL")),
        ("int4range[]", ("ARRAY['[1,5)'::int4range]", "'{}'")),
        ("inet[]", ("'{10.0.0.1}'", "NULL")),
        ("bit(3)[]", ("ARRAY['101'::bit(3)]",)),
        ("numeric(5, -2)", ("12300",)),
        ("real", ("1.1", "NULL")),
        ("smallint", ("3",)),
        ("integer[]", ("'{1,2}'", "NULL")),
        ("text[]", ("'{x,NULL}'", "NULL")),
        ("json", ("'\"x\"'", "'1.5'", "'true'", "'[1]'")),
        ("json", ("'null'", "NULL", "'{}'")),
        ("jsonb[]", ("ARRAY['null', '1', NULL]::jsonb[]", "NULL", "'{}'")),
    )
    numbered = ("INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "SERIAL PRIMARY KEY")
    impatient = "SET lock_timeout = '300ms'"
    limited = "SET LOCAL statement_timeout = '300ms'"
    guest = ("CREATE ROLE guest LOGIN", "GRANT USAGE ON SCHEMA public TO guest", "GRANT SELECT, INSERT ON t TO guest")
    guest_records = "GRANT SELECT, INSERT, DELETE ON moltres_loads TO guest"
    no_guest = ("DROP OWNED BY guest", "DROP ROLE guest")

    @pytest.fixture
    def url(self, postgresql_url: URL) -> URL:
        return postgresql_url

    def test_a_merge_into_a_table_whose_trigger_puts_rows_into_its_heirs(self, db: Database) -> None:
        run(
            db,
            "CREATE TABLE t (id INTEGER, n INTEGER)",
            "CREATE TABLE t_1 (CHECK (id < 100)) INHERITS (t)",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN INSERT INTO t_1 VALUES (NEW.*); RETURN NULL; END'",
            "CREATE TRIGGER heirs BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
            "INSERT INTO t VALUES (1, 1)",
        )
        db.write([{"id": 1, "n": 2}, {"id": 2, "n": 2}]).save_as_table("t", mode="merge", keys=["id"])
        assert [(row["id"], row["n"]) for row in rows(db)] == [(1, 2), (2, 2)]

    def disconnect(self, url: URL) -> None:
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        with connect(url) as admin, admin.transaction() as connection:
            connection.execute(text(others))


def test_each_is_found_by_the_name_of_its_database(database_url: URL) -> None:
    engine = create_engine(database_url)
    assert dialect_for(engine).name == engine.dialect.name
    assert type(dialect_for(engine)).__name__ != "Dialect"
    engine.dispose()
