"""Fragments of SQL in rules: one expression that only computes, on every database, in a transaction of anyone."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_core import DataQualityError, RuleError, open_source, validate
from dq_core.quarantine import quarantine
from support.check_conformance import DATABASES, FRAMES, QUICK, Place
from support.database_facts import facts_of
from support.fragments import HOSTILE

ROWS = [
    {"id": 1, "s": "a;b", "d": None, "n": 1.5},
    {"id": 2, "s": "it's -- x", "d": None, "n": 2.5},
    {"id": 3, "s": None, "d": None, "n": None},
]
TYPES = {"id": sa.Integer(), "s": sa.String(40), "d": sa.Date(), "n": sa.Double()}

#: Plain expressions and how many of the rows they let through.
PLAIN = {
    "s = 'a;b'": 1,
    "s = 'it''s -- x'": 1,
    "id > 0 -- all": 3,
    "id > 0 /* all; ' */": 3,
    "id > (2 - 1) AND NOT (id = 3 OR id IN (4, 5))": 1,
    "CASE WHEN id > 1 THEN 1 ELSE 0 END = 1": 2,
    "CAST(id AS DECIMAL(10, 2)) > 1.5": 2,
    "lower(s) LIKE 'a%' AND length(s) = 3": 1,
    "coalesce(s, 'x') = 'x'": 1,
    "upper(substring(trim(s), 1, 1)) = 'A'": 1,
    "nullif(id, 1) IS NULL": 1,
    "n BETWEEN 1 AND 2 AND round(abs(n)) >= 1": 1,
    "(id, id) IN ((1, 1), (2, 3))": 1,
    "d IS NULL OR d >= CURRENT_DATE": 3,
    "s LIKE '%:x%' OR s LIKE '%100%%' OR id % 2 = 0": 1,
}
#: … and those that ask other rows; {t} is the table.
SUBQUERIES = {
    "id = (SELECT max(id) FROM {t})": 1,
    "EXISTS (SELECT 1 FROM {t} AS o WHERE o.id = {t}.id + 1)": 2,
    "id IN (WITH o (i) AS (SELECT id FROM {t}) SELECT i FROM o WHERE i > 1)": 2,
    "id < (WITH o (i) AS (SELECT id FROM {t}) SELECT count(*) FROM o)": 2,
    "id < (WITH RECURSIVE o (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM o WHERE i < 3) SELECT count(*) FROM o)": 2,
}
OWN = {
    "sqlite": {"s GLOB 'a*'": 1, "rowid = 1": 1, "[id] = 1": 1, "s REGEXP '^a'": 1, "date('now') > '2024-01-01'": 3,
               "id IN (SELECT value FROM json_each('[1, 2]'))": 2, "typeof(id) = 'integer'": 3,
               """"id" = 1 AND s <> "" OR s LIKE '"x"' OR "s" = 'a;b' COLLATE "nocase\"""": 1},
    "duckdb": {"s = $$a;b$$": 1, "s ILIKE 'A%'": 1, "id::VARCHAR = '1'": 1, "list_contains([1, 2], id)": 2,
               "id = ANY([1, 2])": 2, "regexp_matches(s, '^a')": 1, "id IN (SELECT range FROM range(3))": 2,
               "now() > TIMESTAMP '2024-01-01'": 3, "d IS DISTINCT FROM DATE '2024-01-01'": 3,
               "len(list_filter([1, 2], lambda x: x > id)) = 1": 1, "extract(year FROM DATE '2024-01-01') = 2024": 3},
    "postgresql": {"s = $q$a;b$q$": 1, r"s = E'a\x3bb'": 1, "s ~* '^A'": 1, "id = ANY(ARRAY[1, 2])": 2,
                   "now() - interval '1 day' < now()": 3, "position('a' IN s) = 1": 1, "id::text = '1'": 1,
                   """'{"a": 1}'::jsonb ? 'a'""": 3, "to_char(DATE '2024-01-01', 'YYYY') = '2024'": 3,
                   "date_trunc('month', DATE '2024-01-01') = DATE '2024-01-01'": 3, 's COLLATE "C" < \'b\'': 1,
                   "id IN (SELECT g FROM generate_series(1, 2) AS g)": 2, "/* a /* b */ c */ id = 1": 1},
    "mariadb": {'s = "a;b"': 1, r"s = 'a\;b'": 1, "`id` = 1 # one": 1, "s REGEXP '^a'": 1, "id DIV 2 = 0": 1,
                "now() - INTERVAL 1 DAY < now()": 3, "DATE_FORMAT('2024-01-01', '%Y') = '2024'": 3,
                "if(id > 1, 1, 0) = 1": 2, "json_extract('{\"a\": 1}', '$.a') = 1": 3, "d <=> NULL": 3},
    "trino": {"regexp_like(s, '^a')": 1, "strpos(s, 'a') = 1": 1, "try_cast(s AS INTEGER) IS NULL": 3,
              "id IN (SELECT i FROM UNNEST(ARRAY[1, 2]) AS u(i))": 2, "contains(ARRAY[1, 2], id)": 2,
              "now() - INTERVAL '1' DAY < now()": 3, "d IS DISTINCT FROM DATE '2024-01-01'": 3,
              "any_match(ARRAY[1, 2], x -> x > id)": 1, "date_trunc('month', DATE '2024-01-01') = DATE '2024-01-01'": 3,
              "json_extract_scalar('{\"a\": 1}', '$.a') = '1'": 3, "format_datetime(now(), 'YYYY') > '2000'": 3,
              "if(id > 1, 1, 0) = 1": 2, "extract(year FROM DATE '2024-01-01') = 2024": 3, "ARRAY[7, 8, 9][id] = 7": 1,
              "s = 'a;b' -- it's one": 1},
}  # fmt: skip

#: What no fragment may do; {t} is the table.
NO_EXPRESSIONS = [
    "1 = 1; DROP TABLE {t}", "1) OR (1 = 1", "1 = 1 UNION SELECT 1", "SELECT 1", "id = 1 LIMIT 1", "s = 'a", "1 = 1 /*",
    "id = :x", "id = 1 AS y", "1 = 1 ORDER BY id", "id = 1, 2", "nope = 1", "count(*) > 0", ")", "(", "--", "id = ?",
    "id > 0) THEN 1 END) FROM {t}; DROP TABLE {t}; --", "1 = 1 FROM {t}", "COPY {t} TO 'pwned.txt'", "id = $1",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a secret, which is the working directory."""
    there = tmp_path / "folder"
    there.mkdir()
    monkeypatch.chdir(there)
    (there / "secret.txt").write_text("S3cr3t")
    (there / "secret.csv").write_text("x\nS3cr3t\n")
    return there


@pytest.fixture
def effects(put: Callable[..., Place], folder: Path) -> Callable[[str], Place]:
    """A table in a database that has a sequence, and a function with effects."""
    del folder

    def made(name: str) -> Place:
        place = put(name, ROWS, TYPES)
        table = place.options["table"]
        statements = {
            "duckdb": ["CREATE OR REPLACE SEQUENCE numbers", "CREATE OR REPLACE MACRO files() AS (FROM glob('*'))"],
            "postgresql": [
                "CREATE SEQUENCE IF NOT EXISTS numbers",
                "CREATE OR REPLACE FUNCTION effect(int) RETURNS int LANGUAGE sql AS 'SELECT nextval(''numbers'')::int'",
                f"CREATE FUNCTION effect({table}) RETURNS int LANGUAGE sql AS 'SELECT nextval(''numbers'')::int'",
                "CREATE OR REPLACE FUNCTION two(int, int) RETURNS bool LANGUAGE sql AS 'SELECT nextval(''numbers'')>0'",
                "DROP OPERATOR IF EXISTS ### (int, int)",
                "CREATE OPERATOR ### (LEFTARG = int, RIGHTARG = int, FUNCTION = two)",
            ],
            "mariadb": [
                "CREATE SEQUENCE IF NOT EXISTS numbers",
                "CREATE OR REPLACE FUNCTION effect(x INT) RETURNS INT RETURN nextval(numbers)",
            ],
        }.get(name, [])
        with place.source.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        if facts_of(place.source).python_functions:

            @sa.event.listens_for(place.source, "connect")
            def _add(raw: Any, _: object) -> None:
                raw.create_function("effect", 1, lambda x: Path("pwned.txt").write_text(str(x)))

            place.source.dispose()
        return place

    return made


def traces(place: Place, folder: Path) -> Any:
    """What a fragment could have left: rows, tables, numbers of sequences, locks, settings, files."""
    asked = {
        "sqlite": ["SELECT name FROM sqlite_master ORDER BY 1"],
        "duckdb": [
            "SELECT table_name FROM duckdb_tables() ORDER BY 1",
            "SELECT last_value FROM duckdb_sequences()",
            "SELECT value FROM duckdb_settings() WHERE name = 'enable_external_access'",
        ],
        "postgresql": [
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
            "SELECT last_value, is_called FROM numbers",
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
            "SHOW search_path",
            "SELECT count(*) FROM pg_largeobject_metadata",
        ],
        "mariadb": [
            "SHOW TABLES",
            "SELECT next_not_cached_value FROM numbers",
            "SELECT is_used_lock('a')",
            "SELECT @a, @dq_core_fragment",
        ],
        "trino": ["SHOW TABLES"],
    }[place.name]
    assert place.run is not None
    found = [sorted(map(repr, place.run(sql))) for sql in asked]
    rows = place.run(f"SELECT count(*) FROM {place.options['table']}")
    return found, rows, sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("place", DATABASES)
def test_plain_expressions_pass(put: Callable[..., Place], place: str) -> None:
    there = put(place, ROWS, TYPES)
    table = there.options["table"]
    plain = PLAIN | {sql.format(t=table): rows for sql, rows in SUBQUERIES.items()} | OWN[place]
    report = there.validate(*({"type": "not_null", "column": "id", "where": sql} for sql in plain))
    assert {sql: result.considered_rows for sql, result in zip(plain, report.results, strict=True)} == plain


@pytest.mark.parametrize("place", FRAMES)
def test_plain_expressions_pass_on_files_and_frames(put: Callable[..., Place], place: str) -> None:
    there = put(place, [{"id": row["id"], "s": row["s"]} for row in ROWS], {"id": sa.Integer(), "s": sa.Text()})
    plain = {sql: rows for sql, rows in PLAIN.items() if " n " not in f" {sql} " and "d " not in sql.split("'")[0]}
    report = there.validate(*({"type": "not_null", "column": "id", "where": sql} for sql in plain))
    assert {sql: result.considered_rows for sql, result in zip(plain, report.results, strict=True)} == plain


@pytest.mark.parametrize("place", DATABASES)
def test_what_does_more_than_compute_is_refused_and_leaves_nothing(
    effects: Callable[[str], Place], folder: Path, place: str
) -> None:
    there = effects(place)
    table = there.options["table"]
    sqls = [sql.format(t=table) for sql in (*NO_EXPRESSIONS, *HOSTILE[place])]
    rules = [{"type": "not_null", "column": "id", "where": sql} for sql in sqls]
    rules += [{"type": "expression", "sql": sql} for sql in sqls]
    before = traces(there, folder)
    with pytest.raises(RuleError) as refused:
        there.validate({"type": "unique", "column": "id"}, *rules)
    problems = refused.value.problems
    assert len(problems) == len(rules), set(sqls) - {sql for sql in sqls if any(repr(sql) in one for one in problems)}
    assert all("not_null_id: where " in one or "expression: sql " in one for one in problems)
    assert traces(there, folder) == before


@pytest.mark.parametrize("place", DATABASES)
def test_the_transaction_of_the_caller_is_safe_too(effects: Callable[[str], Place], folder: Path, place: str) -> None:
    there = effects(place)
    table = there.options["table"]
    before = traces(there, folder)
    hostile = [sql.format(t=table) for sql in HOSTILE[place]]
    with there.source.connect() as connection, connection.begin():
        for sql in hostile:
            rule = {"type": "expression", "sql": sql}
            with pytest.raises(RuleError):
                validate(connection, [rule], table=table)
            with pytest.raises(RuleError):
                quarantine(connection, [rule], table=table, to="bad_rows")
    assert traces(there, folder) == before


@pytest.mark.parametrize("place", QUICK)
@pytest.mark.parametrize(
    "sql",
    [
        "id > " + "- " * 20_000 + "1",
        "id > " + "1 - " * 20_000 + "1",
        "no(1) + " * 20_000 + "1 > 0",
        "NOT " * 20_000 + "id > 0",
    ],
)
def test_a_long_fragment_is_judged_at_once(put: Callable[..., Place], place: str, sql: str) -> None:
    there = put(place, ROWS, TYPES)
    started = time.monotonic()
    with contextlib.suppress(RuleError):
        there.validate({"type": "not_null", "column": "id", "where": sql})
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("place", FRAMES)
def test_files_and_frames_open_no_other_file(put: Callable[..., Place], folder: Path, place: str) -> None:
    there = put(place, [{"id": 1, "s": "a"}], {"id": sa.Integer(), "s": sa.Text()})
    rules = [{"type": "not_null", "column": "id", "where": sql.format(t="source")} for sql in HOSTILE["duckdb"]]
    with pytest.raises(RuleError) as refused:
        there.validate(*rules)
    assert len(refused.value.problems) == len(rules)
    with pytest.raises(RuleError) as refused:
        quarantine(there.source, rules, to=folder / "bad.parquet")
    assert len(refused.value.problems) == len(rules)
    assert sorted(path.name for path in folder.iterdir()) == ["secret.csv", "secret.txt"]


def test_a_database_of_ones_own_is_closed_to_files_and_settings(folder: Path) -> None:
    duckdb.execute("COPY (SELECT 1 AS id) TO 'd.parquet'")
    with open_source("d.parquet") as opened:
        opened.confine()
        for sql in ("SELECT * FROM read_text('secret.txt')", "COPY (SELECT 1) TO 'pwned.txt'", "SET threads = 1"):
            with pytest.raises(sa.exc.DBAPIError):
                opened.connection.exec_driver_sql(sql)
            opened.connection.rollback()
        seen = opened.connection.exec_driver_sql("SELECT id FROM read_parquet('d.parquet')").all()
    assert seen == [(1,)]
    assert sorted(path.name for path in folder.iterdir()) == ["d.parquet", "secret.csv", "secret.txt"]


PIECES = {
    place: [*"()';\"`-$#\\", "--", "/*", "*/", "\n", " ", "$$", "''", "E'", "1", "id", " = ", " OR ", "FROM t",
            "SELECT ", "; DROP TABLE {t}; ", "; COMMIT; DROP TABLE {t}; BEGIN; ", "THEN 1 END) ", "'a'",
            *HOSTILE[place]]
    for place in DATABASES
}  # fmt: skip


@pytest.mark.parametrize("place", QUICK)
def test_whatever_is_put_together_leaves_nothing(effects: Callable[[str], Place], folder: Path, place: str) -> None:
    there = effects(place)
    table = there.options["table"]
    before = traces(there, folder)

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from(PIECES[place]), min_size=1, max_size=8).map("".join))
    def tried(text: str) -> None:
        with contextlib.suppress(DataQualityError):
            there.validate({"type": "not_null", "column": "id", "where": text.replace("{t}", table)})
        assert traces(there, folder) == before

    tried()
