from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from dq_core import DataQualityCheck, RuleError, Suite, learn, parse, validate
from support.check_conformance import DATABASES, Place, store
from support.database_facts import facts_of

ORDERS = [
    {"id": 0, "user": 1, "land": "DE"},
    {"id": 1, "user": 2, "land": "FR"},
    {"id": 2, "user": None, "land": "FR"},
    {"id": 3, "user": 9, "land": "DE"},
    {"id": 4, "user": 1, "land": "FR"},
]
USERS = [{"uid": 1, "country": "DE"}, {"uid": 2, "country": "FR"}, {"uid": None, "country": "DE"}]
ORDER_TYPES = {"id": sa.Integer(), "user": sa.Integer(), "land": sa.Text()}
USER_TYPES = {"uid": sa.Integer(), "country": sa.Text()}
ONE = {"type": "foreign_key", "column": "user", "references": {"table": "users", "column": "uid"}}
TWO = {
    "type": "foreign_key",
    "columns": ["user", "land"],
    "references": {"table": "users", "columns": ["uid", "country"]},
}


@pytest.fixture
def filled(engine: sa.Engine) -> sa.Engine:
    store(engine, "orders", ORDERS, ORDER_TYPES)
    store(engine, "users", USERS, USER_TYPES)
    return engine


def test_rows_without_counterpart(filled: sa.Engine) -> None:
    report = validate(
        filled, [ONE, TWO, {**ONE, "where": "id < 3"}, {**ONE, "threshold": 0.75}], table="orders", samples=9
    )
    assert [(result.status, result.failed_rows, result.considered_rows) for result in report.results] == [
        ("failed", 1, 4),
        ("failed", 2, 4),
        ("passed", 0, 2),
        ("passed", 1, 4),
    ]
    assert [sample["id"] for sample in report.results[1].samples] == [3, 4]
    with filled.connect() as connection:
        for result, ids in zip(report.results[:2], [[3], [3, 4]], strict=True):
            assert [row[0] for row in connection.exec_driver_sql(result.sql)] == ids


@pytest.mark.parametrize("place", DATABASES)
def test_documents_are_found_by_what_they_mean(put: Callable[..., Place], place: str) -> None:
    texts = ['{"b": [2], "a": 1}', '{"a": 1.0, "b": [2]}', '{"a": 1, "b": 2}']
    rows = [{"id": number, "j": json.loads(text)} for number, text in enumerate(texts)]
    if place == "trino":  # whose driver sends documents as strings
        own, there = (put(place, [], {name: sa.Integer()}) for name in ("a", "b"))
        with own.source.connect() as connection:
            for one, chosen in ((there, rows[:1]), (own, rows[1:])):
                values = ", ".join(f"({row['id']}, JSON '{texts[row['id']]}')" for row in chosen)
                connection.exec_driver_sql(f"DROP TABLE {one.options['table']}")
                connection.exec_driver_sql(
                    f"CREATE TABLE {one.options['table']} AS SELECT * FROM (VALUES {values}) t (id, j)"
                )
    else:
        there, own = (put(place, chosen, {"id": sa.Integer(), "j": sa.JSON()}) for chosen in (rows[:1], rows[1:]))
    references = {"table": there.options["table"], "column": "j"}
    (result,) = own.validate({"type": "foreign_key", "column": "j", "references": references}).results
    assert [sample["id"] for sample in result.samples] == [2]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
@pytest.mark.parametrize("types", [(sa.DateTime(), sa.DateTime(True)), (sa.Date(), sa.DateTime(True))], ids=str)
def test_a_moment_without_a_zone_is_one_in_utc_beside_others(engine: sa.Engine, zone: str, types: Any) -> None:
    def kept(day: int, type_: Any) -> Any:
        moment = dt.datetime(2024, 1, day, tzinfo=dt.UTC)
        return (
            moment.date() if isinstance(type_, sa.Date) else moment if type_.timezone else moment.replace(tzinfo=None)
        )

    for (name, days), type_ in zip({"plain": (1, 2, 4), "zoned": (1, 2, 3)}.items(), types, strict=True):
        rows = [{"id": number, "at": kept(day, type_)} for number, day in enumerate(days)]
        store(engine, name, rows, {"id": sa.Integer(), "at": type_})
    with engine.connect() as connection:
        with suppress(sa.exc.DBAPIError), connection.begin():
            connection.exec_driver_sql(f"SET TimeZone = '{zone}'")
        for one, other in (("plain", "zoned"), ("zoned", "plain")):
            check = {"type": "foreign_key", "column": "at", "references": {"table": other, "column": "at"}}
            (result,) = validate(connection, [check], table=one).results
            assert (result.failed_rows, result.considered_rows) == (1, 3)
            assert [sample["id"] for sample in result.samples] == [2]


@pytest.mark.parametrize("text", ["2024-01-01 00:00:00", "2024-01-01T09:00:00+09:00"])
def test_moments_of_files_without_a_zone_are_those_in_utc(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    (tmp_path / "text.csv").write_text(f"at\n{text}\n")
    written = {"zoned": "TIMESTAMPTZ '2024-01-01 00:00:00+00'", "plain": "TIMESTAMP '2024-01-01'"}
    written |= {"exact": "TIMESTAMP_NS '2024-01-01'", "later": "TIMESTAMP_NS '2024-01-01 00:00:00.000000001'"}
    for name, value in written.items():
        duckdb.sql(f"SELECT {value} AS at").write_parquet(str(tmp_path / f"{name}.parquet"))
    names = ["text.csv", "plain.parquet", "exact.parquet", "zoned.parquet"]
    for one, other in itertools.permutations(names, 2):
        check = {"type": "foreign_key", "column": "at", "references": {"table": str(tmp_path / other), "column": "at"}}
        assert validate(tmp_path / one, [check]).passed, (one, other)
    for one, other in itertools.permutations(["later.parquet", "zoned.parquet"], 2):
        check = {"type": "foreign_key", "column": "at", "references": {"table": str(tmp_path / other), "column": "at"}}
        assert validate(tmp_path / one, [check]).results[0].failed_rows == 1


def test_a_table_that_refers_to_itself(engine: sa.Engine) -> None:
    rows = [{"id": 1, "boss": None}, {"id": 2, "boss": 1}, {"id": 3, "boss": 7}]
    store(engine, "people", rows, {"id": sa.Integer(), "boss": sa.Integer()})
    check = DataQualityCheck.foreign_key("boss", references={"table": "people", "columns": ["id"]})
    (result,) = validate(engine, [check], table="people").results
    assert result.samples == [{"id": 3, "boss": 7}]


def test_from_a_query_and_empty(filled: sa.Engine) -> None:
    report = validate(filled, [ONE], query="SELECT * FROM orders WHERE id < 0")
    assert (report.passed, report.results[0].considered_rows) == (True, 0)
    assert validate(filled, [ONE], query='SELECT * FROM orders WHERE "user" = 9').results[0].failed_rows == 1


@pytest.fixture
def schemas(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Tables ``o`` (1 and 2), ``sib`` (2), ``a.b`` (2) and ``other`` (1) in the schema ``f``; ``cust`` (1) and an empty
    ``other`` in the default schema.
    """
    with engine.connect() as connection:
        for statement in (
            facts_of(engine).new_schema.format(name="f"),
            "CREATE TABLE cust (id int)",
            "INSERT INTO cust VALUES (1)",
            "CREATE TABLE other (id int)",
            "CREATE TABLE f.o (id int)",
            "INSERT INTO f.o VALUES (1), (2)",
            "CREATE TABLE f.sib AS SELECT 2 AS id",
            'CREATE TABLE f."a.b" AS SELECT 2 AS id',
            "CREATE TABLE f.other AS SELECT 1 AS id",
        ):
            connection.exec_driver_sql(statement)
        yield connection


class TestSchemas:
    @pytest.mark.parametrize("place", [{"table": "f.o"}, {"table": "o", "schema": "f"}])
    def test_a_reference_reaches_every_schema(self, place: dict[str, str], schemas: sa.Connection) -> None:
        default = facts_of(schemas.engine).schema
        for references in (
            {"table": f"{default}.cust"},
            {"table": "cust", "schema": default},
            {"table": "sib"},
            {"table": "f.sib"},
            {"table": "sib", "schema": "f"},
            {"table": "a.b"},
            {"table": "a.b", "schema": "f"},
            {"table": "other"},
        ):
            rule = {"type": "foreign_key", "column": "id", "references": {**references, "column": "id"}}
            suite = Suite.from_yaml(Suite([rule]).to_yaml())
            (result,) = suite(schemas, **place).results
            assert (result.failed_rows, result.considered_rows) == (1, 2), references
            if "schema" not in references:
                assert learn(schemas, **place, references=[references["table"]], kinds=["foreign_key"]).rules == ()

    def test_a_dotted_table_finds_the_default_schema_too(self, schemas: sa.Connection) -> None:
        rule = {"type": "foreign_key", "column": "id", "references": {"table": "cust", "column": "id"}}
        assert validate(schemas, [rule], table="f.o").results[0].failed_rows == 1

    def test_a_table_that_is_in_no_schema(self, schemas: sa.Connection) -> None:
        default = facts_of(schemas.engine).schema
        for references in (
            {"table": "cust", "schema": "f"},
            {"table": "o", "schema": "nowhere"},
            {"table": "f.cust"},
            {"table": "f.sib", "schema": default},
            {"table": "f.sib", "schema": "f"},
        ):
            rule = {"type": "foreign_key", "column": "id", "references": {**references, "column": "id"}}
            with pytest.raises(RuleError, match="does not exist"):
                validate(schemas, [rule], table="o", schema="f")

    def test_a_schema_with_files_is_refused(self) -> None:
        rule = {"type": "foreign_key", "column": "id", "references": {"table": "a.csv", "schema": "f", "column": "id"}}
        with pytest.raises(RuleError, match="Files have no schemas"):
            validate([{"id": 1}], [rule])


def test_files_and_rows_refer_to_files(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("uid,country\n1,DE\n2,FR\n")
    rule = {**TWO, "references": {"table": str(tmp_path / "users.csv"), "columns": ["uid", "country"]}}
    (result,) = validate(ORDERS, [rule]).results
    assert (result.failed_rows, result.considered_rows) == (2, 4)


OTHERS: list[tuple[str, list[Any], list[str], int]] = [
    ("BIGINT", [1, 2], ["1", "01", "1.0", "x"], 1),
    ("DOUBLE", [1.5, 1], ["1.50", "1", "01", "x"], 1),
    ("DECIMAL(10,2)", [1.5, 1], ["1.5", "1", "x"], 1),
    ("DATE", ["2024-01-01"], ["2024-01-01", "soon"], 1),
    ("TIMESTAMP", ["2024-01-01 10:00"], ["2024-01-01T10:00:00", "2024-01-01T12:00+02:00", "2024-01-01", "x"], 2),
    ("TIME", ["10:00"], ["10:00", "10:00:00", "x"], 1),
    ("BOOLEAN", [True], ["true", "TRUE", "1", "x"], 2),
    ("UUID", ["00000000-0000-0000-0000-0000000000ff"], ["00000000-0000-0000-0000-0000000000FF", "x"], 1),
    ("VARCHAR", ["1", "x", "2024-01-01"], ["1", "1.0"], 1),
    ("VARCHAR", ["1", "x", "2024-01-01"], ["2024-01-01", "2024-01-02"], 1),
    ("INTERVAL", ["1 day"], ["1 day", "x"], 1),
]


@pytest.mark.parametrize(("kind", "there", "values", "failed"), OTHERS)
def test_each_value_of_a_file_without_types_is_read_as_the_other_column(
    tmp_path: Path, kind: str, there: list[Any], values: list[str], failed: int
) -> None:
    others = str(tmp_path / "others.parquet")
    duckdb.execute(f"COPY (SELECT unnest({there!r})::{kind} AS v) TO '{others}'")
    own = tmp_path / "own.csv"
    own.write_text("id,v\n" + "".join(f"{place},{value}\n" for place, value in enumerate(values)))
    (result,) = validate(own, [key_to(others)]).results
    assert (result.failed_rows, result.considered_rows) == (failed, len(values))
    assert [row["id"] for row in result.samples] == list(range(len(values) - failed, len(values)))
    # The other way round, whatever else the file has.
    there_too = 2 if 1.5 in there else 1
    assert validate(others, [key_to(str(own))]).results[0].failed_rows == len(there) - there_too


def key_to(path: str) -> dict[str, Any]:
    return {"type": "foreign_key", "column": "v", "references": {"table": path, "column": "v"}}


@pytest.mark.parametrize(
    ("own", "there", "failed"),
    [
        ("v\n1\n2\n", "v\n1\nx\n", 1),
        ("v\n1\n2.0\n", "v\n1.0\n2\n", 0),
        ("v\nx\n1\n", "v\n1\n", 1),
        ("v\n2024-01-01\n", "v\n2024-01-01T00:00:00\n", 0),
        ('{"v": 1}\n{"v": 1.5}', "v\n1.50\nx\n", 2),
        ('{"v": 1}\n{"v": "1"}\n', '{"v": 1.0}\n{"v": "x"}\n', 1),
        ('{"v": {"a": 1, "b": [2]}}\n{"v": [1]}\n', '{"v": {"b": [2.0], "a": 1}}\n{"v": 1}\n', 1),
    ],
)
def test_files_without_types_refer_to_each_other(tmp_path: Path, own: str, there: str, failed: int) -> None:
    paths = [tmp_path / f"{name}.{'csv' if text[0] == 'v' else 'jsonl'}" for name, text in (("a", own), ("b", there))]
    for path, text in zip(paths, (own, there), strict=True):
        path.write_text(text)
    (result,) = validate(paths[0], [key_to(str(paths[1]))]).results
    assert (result.status, result.failed_rows) == ("failed" if failed else "passed", failed)


@pytest.mark.parametrize(
    ("rows", "there", "failed"),
    [
        ([1, "x"], "1\n2\n", 1), ([1, "x"], "1\nx\n", 0), ([dt.date(2024, 1, 1), "x"], "1\n", 2),
        ([dt.date(2024, 1, 1), "x"], "2024-01-01\n", 1), ([True, 1], "1\nx\n", 1), ([None, "x"], "x\n", 0),
    ],
)  # fmt: skip
def test_each_value_of_rows_is_looked_for(tmp_path: Path, rows: list[Any], there: str, failed: int) -> None:
    (tmp_path / "b.csv").write_text(f"v\n{there}")
    given = [{"v": value} for value in rows]
    assert validate(given, [key_to(str(tmp_path / "b.csv"))]).results[0].failed_rows == failed


def test_a_string_of_a_query_is_no_number_of_sqlite() -> None:
    """Behind a query a column still declares how SQLite compares it, but not to us."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.begin() as connection:
        for name, kind, values in (("s", "TEXT", "('1'), ('x')"), ("n", "INTEGER", "(1)"), ("m", "", "(1), ('x')")):
            connection.exec_driver_sql(f"CREATE TABLE {name} (v {kind})")
            connection.exec_driver_sql(f"INSERT INTO {name} VALUES {values}")
    failed = {
        (own, there): validate(engine, [key_to(there)], query=f"SELECT * FROM {own}").results[0].failed_rows
        for own in "snm"
        for there in "snm"
    }
    assert failed == {
        ("s", "s"): 0, ("s", "n"): 2, ("s", "m"): 1, ("n", "s"): 1, ("n", "n"): 0, ("n", "m"): 0,
        ("m", "s"): 1, ("m", "n"): 1, ("m", "m"): 0,
    }  # fmt: skip


def test_what_does_not_exist_is_refused(filled: sa.Engine) -> None:
    rules = [
        {**ONE, "references": {"table": "user", "columns": ["uid"]}},
        {**ONE, "references": {"table": "users", "columns": ["id"]}},
        {**ONE, "column": "usr"},
    ]
    with pytest.raises(RuleError) as caught:
        validate(filled, rules, table="orders")
    first, second, third = caught.value.problems
    assert "The table or view 'user' does not exist" in first
    assert "Did you mean 'users'?" in first
    assert "users has no column 'id'. Did you mean 'uid'?" in second
    assert "the column 'usr' does not exist. Did you mean 'user'?" in third


@pytest.mark.parametrize(("own", "there"), [("n", "s"), ("s", "n"), ("d", "s"), ("s", "d"), ("n", "d"), ("r", "s")])
def test_types_that_databases_compare_differently_are_refused(engine: sa.Engine, own: str, there: str) -> None:
    """'03' is 3 on SQLite, DuckDB and MariaDB, and an error on PostgreSQL."""
    types = {"n": sa.Integer(), "s": sa.String(9), "d": sa.Date(), "r": sa.Double(), "t": sa.DateTime()}
    row = {
        "n": 3,
        "s": "03",
        "d": dt.date(2024, 1, 1),
        "r": 3.0,
        "t": dt.datetime.combine(dt.date(2024, 1, 1), dt.time()),
    }
    for name in ("orders", "users"):
        store(engine, name, [row], types)

    def key(own: str, there: str) -> dict[str, Any]:
        return {"type": "foreign_key", "column": own, "references": {"table": "users", "column": there}}

    with pytest.raises(RuleError, match=rf"{own} is .* and users\.{there} is .*cast one of them in a query"):
        validate(engine, [key(own, there)], table="orders")
    assert validate(engine, [key("n", "r"), key("r", "n"), key("d", "t"), key("t", "d")], table="orders").passed


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"column": "a"}, "the option 'references' is missing"),
        ({"column": "a", "references": "users"}, "references must be a mapping with table and columns"),
        ({"column": "a", "references": {"columns": ["x"]}}, "table must be the name of a table, not None"),
        ({"column": "a", "references": {"table": "t", "colums": ["x"]}}, "no key 'colums'. Did you mean 'columns'"),
        (
            {"column": "a", "references": {"table": "t", "schema": 5, "column": "x"}},
            "schema must be the name of a schema",
        ),
        ({"column": "a", "references": {"table": "t", "columns": ["x", "y"]}}, "1 columns cannot refer to 2"),
        ({"references": {"table": "t", "columns": ["x"]}}, "give either column or columns"),
    ],
)
def test_wrong_options(options: dict[str, object], problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        parse([{"type": "foreign_key", **options}])


def test_dict_form_comes_back() -> None:
    (check,) = parse([TWO])
    assert check.to_dict() == TWO
