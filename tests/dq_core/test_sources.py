from __future__ import annotations

import datetime as dt
import gzip
import json
import pickle
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from dq_core import (
    DataQualityError,
    MissingDependencyError,
    RuleError,
    SourceConnectionError,
    SourceError,
    TableNotFoundError,
    open_source,
    profile,
    validate,
)
from support.check_conformance import store
from support.database_facts import facts_of
from support.driver_settings import reshape

ROWS = [{"id": 1, "name": "a"}, {"id": 2, "name": None}, {"id": 3, "name": "b"}]
TYPES = {"id": sa.BigInteger(), "name": sa.Text()}
RULE = {"type": "not_null", "column": "name"}
RULES: list[dict[str, Any]] = [RULE, {"type": "row_count", "min": 3, "max": 3}, {"type": "unique", "column": "id"}]


def found(source: Any, **options: Any) -> list[int | None]:
    """The failed rows of the rules; 1, none and 0 where the source holds `ROWS`."""
    report = validate(source, RULES, **options)
    assert report.total_rows == 3
    return [result.failed_rows for result in report.results]


EXPECTED = [1, None, 0]


@pytest.fixture
def filled(engine: sa.Engine) -> sa.Engine:
    store(engine, "people", ROWS, TYPES)
    return engine


@dataclass
class Frame:
    """What a moltres DataFrame shows to others."""

    statement: sa.Select[Any]
    bind: sa.Engine | sa.Connection


class TestDatabases:
    def test_engine_connection_and_url(self, filled: sa.Engine) -> None:
        assert found(filled, table="people") == EXPECTED
        with filled.connect() as connection:
            assert found(connection, table="people") == EXPECTED
        assert found(filled.url, table="people") == EXPECTED
        assert found(filled.url.render_as_string(hide_password=False), table="people") == EXPECTED

    def test_queries(self, filled: sa.Engine) -> None:
        assert found(filled, query="SELECT * FROM people;") == EXPECTED
        assert (
            found(filled, query="WITH p AS (SELECT id, name FROM people) SELECT * FROM p ORDER BY id LIMIT 5")
            == EXPECTED
        )
        people = sa.table("people", sa.column("id", sa.Integer), sa.column("name", sa.Text))
        assert found(filled, query=sa.select(people)) == EXPECTED
        assert found(Frame(sa.select(people), filled)) == EXPECTED
        with filled.connect() as connection:
            assert found(Frame(sa.select(people).where(people.c.id < 9), connection)) == EXPECTED

    def test_a_connection_that_cannot_be_used(self, filled: sa.Engine) -> None:
        connection = filled.connect()
        connection.close()
        with pytest.raises(DataQualityError, match="is closed"):
            found(connection, table="people")

    def test_whatever_rows_an_engine_gives(self, postgresql_url: sa.URL, tmp_path: Path) -> None:
        for url in (sa.URL.create("sqlite", database=str(tmp_path / "rows.db")), postgresql_url):
            engine = sa.create_engine(url)
            store(engine, "people", ROWS, TYPES)
            reshape(engine)
            assert found(engine, table="people") == EXPECTED
            with engine.connect().execution_options(stream_results=True, yield_per=1) as connection:
                assert found(connection, table="people") == EXPECTED
            other = engine.execution_options(schema_translate_map={None: "other"})
            with pytest.raises(DataQualityError, match="schema_translate_map"):
                found(other, table="people")
            engine.dispose()

    def test_a_query_with_colons_and_percent_signs(self, filled: sa.Engine) -> None:
        report = validate(filled, [RULE], query="SELECT ':x' AS a, '50%' AS b, name FROM people WHERE name LIKE 'a%'")
        assert (report.total_rows, report.passed) == (1, True)

    @pytest.mark.parametrize(
        "ends",
        [
            (" -- all; 'rows", ""),
            ("; -- all", ""),
            (" /* all; */ ;", ""),
            (";\n-- one\n-- it's two;\n", ""),
            (";;\n;", ";; -- before\n /* it's ; before */"),
            (" /* \" */ -- ' */\n;", "-- first\n"),
        ],
    )
    def test_queries_as_they_are_pasted(self, ends: tuple[str, str], filled: sa.Engine) -> None:
        behind, before = ends
        for inside in (
            "",
            " WHERE name IS NULL OR name <> ';--''/*' OR name = \"name\" -- why; '\n AND id > 0 /* ' ; */",
        ):
            assert found(filled, query=f"{before}SELECT id, name FROM people{inside}{behind}") == EXPECTED
            assert profile(filled, query=f"{before}SELECT id, name FROM people{inside}{behind}").row_count == 3

    @pytest.mark.parametrize("query", ["", " ; -- nothing\n", "SELECT 1 AS id; SELECT 2 AS id", "SELECT 1 AS id; ;x"])
    def test_a_query_is_one_statement(self, query: str, filled: sa.Engine) -> None:
        with pytest.raises(RuleError, match=r"The query holds (no statement|several statements)"):
            validate(filled, [RULE], query=query)

    @pytest.mark.parametrize("query", [5, sa.text("SELECT 1 AS id"), b"SELECT 1 AS id"])
    def test_what_is_no_query(self, query: Any, filled: sa.Engine) -> None:
        with pytest.raises(RuleError, match="query= must be a string or a SELECT of SQLAlchemy"):
            validate(filled, [RULE], query=query)

    @pytest.mark.parametrize(
        "query",
        [
            "SELECT 1 AS id, 2 AS id, 'x' AS name",
            "SELECT a.id, b.id, a.name FROM people a JOIN people b ON a.id = b.id -- both",
            "SELECT *, 1 AS id FROM people",
            "SELECT a.*, b.id FROM people a, people b WHERE 1 = 0",
            sa.select(sa.literal(1).label("id"), sa.literal(2).label("id"), sa.literal("x").label("name")),
        ],
    )
    def test_two_columns_of_one_name_are_refused(self, query: Any, filled: sa.Engine) -> None:
        with pytest.raises(RuleError, match="several columns of the name 'id'"):
            validate(filled, [RULE], query=query)

    def test_names_that_only_look_repeated(self, filled: sa.Engine) -> None:
        query = 'SELECT id, id AS "id:1", id AS id_1, name FROM people'
        assert found(filled, query=query) == EXPECTED

    def test_views_and_schemas(self, filled: sa.Engine) -> None:
        with filled.begin() as connection:
            connection.execute(sa.text("CREATE VIEW everyone AS SELECT * FROM people"))
        assert found(filled, table="everyone") == EXPECTED
        schema = facts_of(filled).schema
        assert found(filled, table="people", schema=schema) == EXPECTED
        assert found(filled, table=f"{schema}.people") == EXPECTED

    def test_what_does_not_exist(self, filled: sa.Engine) -> None:
        with pytest.raises(TableNotFoundError, match="The table or view 'peple' does not exist") as caught:
            validate(filled, [RULE], table="peple")
        assert caught.value.suggestion == "Did you mean 'people'?"
        with pytest.raises(SourceError, match="The query cannot be read"):
            validate(filled, [RULE], query="SELECT * FROM peple")

    def test_a_connection_is_left_as_it_was(self, filled: sa.Engine) -> None:
        with filled.connect() as connection:
            validate(connection, RULES, table="people")
            assert not connection.in_transaction()
            connection.execute(sa.text("INSERT INTO people VALUES (4, NULL)"))
            # Inside the caller's transaction the caller's own rows are seen, and it stays open.
            assert validate(connection, [RULE], table="people").results[0].failed_rows == 2
            assert connection.in_transaction()
            connection.rollback()
        assert found(filled, table="people") == EXPECTED

    def test_a_source_that_has_vanished_is_no_pass(self, filled: sa.Engine) -> None:
        with open_source(filled, table="people") as opened:
            assert list(opened.relation.columns) == ["id", "name"]
        with filled.begin() as connection:
            connection.execute(sa.text("DROP TABLE people"))
        with pytest.raises(TableNotFoundError):
            validate(filled, [RULE], table="people")


class TestFiles:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        table = pa.Table.from_pylist(ROWS)
        pq.write_table(table.slice(0, 2), tmp_path / "part-1.parquet")
        pq.write_table(table.slice(2), tmp_path / "part-2.parquet")
        pq.write_table(table, tmp_path / "it's 100%.parquet")
        (tmp_path / "people.csv").write_text("id,name\n1,a\n2,\n3,b\n")
        (tmp_path / "people.tsv").write_text("id\tname\n1\ta\n2\t\n3\tb\n")
        (tmp_path / "people.json").write_text(json.dumps(ROWS))
        lines = "\n".join(map(json.dumps, ROWS))
        (tmp_path / "people.jsonl").write_text(lines)
        (tmp_path / "people.ndjson.gz").write_bytes(gzip.compress(lines.encode()))
        (tmp_path / "people.csv.gz").write_bytes(gzip.compress(b"id,name\n1,a\n2,\n3,b\n"))
        return tmp_path

    @pytest.mark.parametrize(
        "name",
        [
            "part-*.parquet", "it's 100%.parquet", "people.csv", "people.tsv", "people.json", "people.jsonl",
            "people.ndjson.gz", "people.csv.gz",
        ],
    )  # fmt: skip
    def test_formats(self, folder: Path, name: str) -> None:
        assert found(str(folder / name)) == EXPECTED
        assert found(folder / name) == EXPECTED

    def test_uris_lists_and_folders(self, folder: Path) -> None:
        assert found((folder / "people.csv").as_uri()) == EXPECTED
        assert found((folder / "it's 100%.parquet").as_uri()) == EXPECTED
        assert found([folder / "part-1.parquet", str(folder / "part-2.parquet")]) == EXPECTED
        (folder / "deep" / "day=1").mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(ROWS), folder / "deep" / "day=1" / "x.parquet")
        assert found(folder / "deep") == EXPECTED

    @pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
    @pytest.mark.parametrize("name", ["a[1]", "a*", "a?", "[a]", "[!b]"])
    def test_the_name_of_a_file_is_no_pattern(self, tmp_path: Path, name: str, ending: str) -> None:
        for number, stem in enumerate(["a1", "a", name]):
            file = tmp_path / f"{stem}.{ending}"
            if ending == "parquet":
                pq.write_table(pa.table({"id": [number]}), file)
            else:
                file.write_text(f"id\n{number}\n" if ending == "csv" else f'{{"id": {number}}}')
        for source, least in ((file, 2), ([file, file], 2), (tmp_path / f"*.{ending}", 0)):
            (result,) = validate(source, [{"type": "in_range", "column": "id", "min": least, "max": 2}]).results
            assert (result.status, result.failed_rows) == ("passed", 0)
        assert validate(tmp_path / f"*.{ending}", [{"type": "unique", "column": "id"}]).total_rows == 3
        folder = tmp_path / name
        folder.mkdir()
        (tmp_path / "a1").mkdir()
        for number, place in enumerate([tmp_path / "a1", folder]):
            pq.write_table(pa.table({"id": [number]}), place / "x.parquet")
        assert validate(folder, [{"type": "in_range", "column": "id", "min": 1}]).total_rows == 1

    def test_types_of_csv_come_from_the_whole_file(self, tmp_path: Path) -> None:
        path = tmp_path / "late.csv"
        path.write_text("x\n" + "1\n" * 50_000 + "late\n")
        (result,) = validate(path, [{"type": "type", "column": "x", "dtype": "int"}]).results
        assert result.status == "failed"

    @pytest.mark.parametrize(
        ("name", "error", "problem"),
        [
            ("nope.parquet", TableNotFoundError, r"The file .*nope.parquet does not exist"),
            ("nope-*.csv", TableNotFoundError, r"The file .* does not exist"),
            ("people.parqet", RuleError, r"has none of the endings that are read: .*Did you mean '.parquet'\?"),
            ("people", RuleError, "has none of the endings that are read"),
            ("broken.parquet", SourceError, "broken.parquet cannot be read"),
        ],
    )
    def test_what_cannot_be_read(self, folder: Path, name: str, error: type[DataQualityError], problem: str) -> None:
        (folder / "broken.parquet").write_text("no parquet at all")
        with pytest.raises(error, match=problem):
            validate(folder / name, [RULE])

    def test_formats_are_not_mixed(self, folder: Path) -> None:
        with pytest.raises(RuleError, match="Files of several formats cannot be read as one table"):
            validate([folder / "people.csv", folder / "part-1.parquet"], [RULE])

    def test_an_unknown_scheme(self) -> None:
        with pytest.raises(RuleError, match="fsspec has no file system for nowhere://"):
            validate("nowhere://x/y.parquet", [RULE])

    def test_a_scheme_whose_package_is_missing(self) -> None:
        with pytest.raises(
            MissingDependencyError, match="A gs:// URI requires the package 'gcsfs', which is not installed"
        ) as caught:
            validate("gs://bucket/y.parquet", [RULE])
        assert caught.value.suggestion == "pip install gcsfs"

    def test_memory_file_system(self) -> None:
        import fsspec

        system = fsspec.filesystem("memory")
        with system.open("/dq/people.csv", "w") as file:
            file.write("id,name\n1,a\n2,\n3,b\n")
        assert found("memory://dq/people.csv") == EXPECTED


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """The address of a web server that serves the test's folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_web(web: str, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,name\n1,a\n2,\n3,b\n")
    report = validate(f"{web}/people.csv?signature=abcdef", RULES)
    assert [result.failed_rows for result in report.results] == EXPECTED
    assert report.source == f"{web}/people.csv?signature=***"
    assert "people.csv" in report.results[0].sql
    assert "abcdef" not in report.to_json()
    with pytest.raises(TableNotFoundError, match=f"The file {web}/nope.csv does not exist"):
        validate(f"{web}/nope.csv", RULES)


class TestFrames:
    def test_pandas(self) -> None:
        assert found(pd.DataFrame(ROWS)) == EXPECTED
        assert found(pd.DataFrame(ROWS, dtype=object)) == EXPECTED
        assert found(pd.DataFrame(ROWS).convert_dtypes()) == EXPECTED
        assert found(pd.DataFrame(ROWS).set_index("id", drop=False)) == EXPECTED

    def test_pandas_nan_is_null(self) -> None:
        frame = pd.DataFrame({"x": [1.0, float("nan")], "o": pd.Series([float("nan"), "a"], dtype=object)})
        report = validate(frame, [{"type": "not_null", "column": "x"}, {"type": "not_null", "column": "o"}])
        assert [result.failed_rows for result in report.results] == [1, 1]

    def test_pandas_columns_that_are_no_text(self) -> None:
        frame = pd.DataFrame({0: [1, 2], ("a", 1): ["x", None]})
        assert validate(frame, [{"type": "unique", "column": "0"}]).passed
        assert not validate(frame, [{"type": "not_null", "column": "('a', 1)"}]).passed

    @pytest.mark.parametrize(
        ("frame", "twins"),
        [
            (pd.DataFrame([[1, 2]], columns=["a", "A"]), "'a' and 'A'"),
            (pd.DataFrame([[1, 2, 3]], columns=["id", "a", "a"]), "'a' and 'a'"),
            (pd.DataFrame([[1, 2]], columns=[7, "7"]), "'7' and '7'"),
            (pl.DataFrame({"A": [1], "a": [2], "A_1": [3]}), "'A' and 'a'"),
            (pl.LazyFrame({"A": [1], "a": [{1}]}), "'A' and 'a'"),
            (pa.table([[1], [2]], names=["a", "a"]), "'a' and 'a'"),
            (pa.table([[1], [2]], names=["a", "A"]).to_reader(), "'a' and 'A'"),
            (ds.dataset(pa.table([[1], [2]], names=["a", "A"])), "'a' and 'A'"),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_columns_of_the_same_name_are_refused(self, frame: Any, twins: str) -> None:
        with pytest.raises(RuleError, match=f"Duplicate column names: {twins}"):
            validate(frame, [RULE])

    @pytest.mark.parametrize("make", [pl.DataFrame, pa.table, pd.DataFrame])
    def test_letters_beyond_ascii_tell_columns_apart(self, make: Any) -> None:
        rules = [{"type": "in_set", "column": name, "values": [n]} for n, name in enumerate(("Ä", "ä", "ß", "ss"))]
        assert validate(make({"Ä": [0], "ä": [1], "ß": [2], "ss": [3]}), rules)

    @pytest.mark.parametrize("make", [pl.DataFrame, pa.table, pd.DataFrame])
    def test_a_column_without_a_name_is_refused(self, make: Any) -> None:
        with pytest.raises(RuleError, match="The name of a column is an empty string"):
            validate(make({"": [1], "v0": [2]}), [{"type": "not_null", "column": "v0"}])

    def test_polars(self) -> None:
        assert found(pl.DataFrame(ROWS)) == EXPECTED
        assert found(pl.DataFrame(ROWS).lazy()) == EXPECTED

    def test_arrow(self, tmp_path: Path) -> None:
        table = pa.Table.from_pylist(ROWS)
        pq.write_table(table, tmp_path / "x.parquet")
        assert found(table) == EXPECTED
        assert found(table.to_batches()[0]) == EXPECTED
        assert found(pa.RecordBatchReader.from_batches(table.schema, table.to_batches(1))) == EXPECTED
        assert found(ds.dataset(tmp_path)) == EXPECTED

    @pytest.mark.parametrize(
        ("values", "kind"),
        [
            ([Decimal("1.5"), Decimal("2.5")], pa.decimal128(38, 1)),
            ([Decimal("1.5"), Decimal("2.5")], pa.decimal32(5, 1)),
            ([{"a": 1}, {"a": 2}], pa.struct([("a", pa.int8())])),
            ([[1], [2]], pa.list_(pa.int8())),
            ([[1], [2]], pa.list_(pa.int8(), 1)),
            ([[("a", 1)], [("b", 2)]], pa.map_(pa.string(), pa.int8())),
        ],
        ids=lambda value: str(value) if isinstance(value, pa.DataType) else "",
    )
    def test_arrow_of_dictionaries_and_runs(self, values: list[Any], kind: pa.DataType) -> None:
        named = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 1], pa.int8()), pa.array(values, kind))
        runs = pa.RunEndEncodedArray.from_arrays(pa.array([3, 4, 9], pa.int32()), pa.array([*values, None], kind))
        within = pa.StructArray.from_arrays([named], ["x"])
        rules: list[dict[str, Any]] = [{"type": "not_null", "column": "x"}, {"type": "unique", "column": "x"}]
        if pa.types.is_decimal(kind):
            rules.append({"type": "in_range", "column": "x", "min": 2})
        # One at a time: the failing rows of one rule are looked for with its own condition.
        for array, failed in ((named, [1, 2, 1]), (runs.slice(2, 4), [2, 0, 1]), (within, [0, 2])):
            table = pa.table({"x": array})
            counts = [validate(table, [rule]).results[0].failed_rows for rule in rules[: len(failed)]]
            assert counts == failed[: len(rules)]

    def test_polars_of_long_integers_within_others(self) -> None:
        frame = pl.DataFrame({"x": pl.Series([{"a": 2**100}, {"a": 2**100}, None], dtype=pl.Struct({"a": pl.Int128}))})
        rules = [{"type": "unique", "column": "x"}, {"type": "not_null", "column": "x"}]
        assert [one.failed_rows for one in validate(frame, rules).results] == [2, 1]


class TestRows:
    def test_missing_keys_are_null(self) -> None:
        assert found([{"id": 1, "name": "a"}, {"id": 2}, {"id": 3, "name": "b"}]) == EXPECTED
        assert found(tuple(ROWS)) == EXPECTED
        assert found(row for row in ROWS) == EXPECTED

    def test_more_than_one_batch(self) -> None:
        rows = [{"id": number, "name": None if number == 120_000 else "x"} for number in range(120_001)]
        report = validate(rows, [RULE, {"type": "unique", "column": "id"}])
        assert [result.failed_rows for result in report.results] == [1, 0]

    @pytest.mark.parametrize(
        ("values", "type_name"),
        [
            ([1, 2**62], "BIGINT"), ([2**63, -5], "HUGEINT"), ([2**127, 1], "BIGNUM"), ([1, 2.5], "DOUBLE"),
            ([True], "BOOLEAN"), (["a"], "VARCHAR"), ([b"a"], "BLOB"), ([dt.date(2024, 1, 1)], "DATE"),
            ([dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)], "TIMESTAMP WITH TIME ZONE"),
            ([[1], {"a": 1}], "JSON"), ([1, "a"], 'UNION("integer" BIGINT, "text" VARCHAR)'), ([None], ""),
            ([dt.timedelta(days=1)], "INTERVAL"), ([dt.time(1)], "TIME"),
        ],
    )  # fmt: skip
    def test_types(self, values: list[Any], type_name: str) -> None:
        with open_source([{"x": value} for value in values]) as opened:
            assert opened.relation.columns["x"].type_name == type_name

    def test_keys_that_are_no_strings(self) -> None:
        rows = [{1: -5, ("a", "b"): "x", None: 1.5}, {1: 3}]
        rules = [
            {"type": "in_range", "column": "1", "min": 0},
            {"type": "in_set", "column": "('a', 'b')", "values": ["x"]},
            {"type": "not_null", "column": "None"},
        ]
        assert [one.failed_rows for one in validate(rows, rules).results] == [1, 0, 1]

    @pytest.mark.parametrize(
        ("rows", "problem"),
        [
            ([1, 2], "Rows must be mappings of column to value, not int"),
            ([{"a": 1, "A": 2}], "Duplicate column names"),
            ([{"": 1}], "The name of a column is an empty string"),
            ([{1: 1, "1": 2}], "Duplicate column names"),
        ],
    )
    def test_what_is_no_row(self, rows: Any, problem: str) -> None:
        with pytest.raises(RuleError, match=problem):
            validate(rows, [{"type": "row_count", "min": 1}])

    @pytest.mark.parametrize("source", [5, None, {"a": 1}, b"x", object()])
    def test_what_is_no_source(self, source: Any) -> None:
        with pytest.raises(RuleError, match="cannot be checked") as caught:
            validate(source, [{"type": "row_count", "min": 1}])
        assert "moltres DataFrame" in caught.value.suggestion

    def test_no_rows_at_all(self) -> None:
        report = validate(
            [], [RULE, {"type": "in_range", "column": "x", "min": "a"}, {"type": "expression", "sql": "a < b"}]
        )
        assert (report.passed, report.total_rows) == (True, 0)


class TestArguments:
    def test_either_table_or_query(self, filled: sa.Engine) -> None:
        with pytest.raises(RuleError, match="either table= or query=, not both"):
            validate(filled, [RULE], table="people", query="SELECT 1")
        with pytest.raises(RuleError, match="A database requires table= or query="):
            validate(filled, [RULE])
        with pytest.raises(RuleError, match="table= goes with a database, not with a data frame"):
            validate(Frame(sa.select(sa.literal(1).label("x")), filled), [RULE], table="people")

    def test_a_path_with_table(self, tmp_path: Path) -> None:
        with pytest.raises(RuleError, match="table= goes with a database, not with files"):
            validate("people.csv", [RULE], table="people")


@pytest.fixture
def secret_url(postgresql_url: sa.URL) -> sa.URL:
    """The server asks for no password, so any is right."""
    return postgresql_url.set(password="pa:ss/w@rd")


class TestSecrets:
    def everything(self, url: sa.URL, call: Callable[[], Any]) -> str:
        try:
            return call().to_json()
        except DataQualityError as error:
            again = pickle.loads(pickle.dumps(error))
            return f"{error} {error!r} {error.context} {again} {error.__cause__!r}"

    def test_no_password_in_reports_and_errors(self, secret_url: sa.URL) -> None:
        store(sa.create_engine(secret_url, poolclass=sa.NullPool), "people", ROWS, TYPES)
        text = secret_url.render_as_string(hide_password=False)
        texts = [
            self.everything(secret_url, lambda: validate(text, RULES, table="people")),
            self.everything(secret_url, lambda: validate(text, RULES, table="nope")),
            self.everything(secret_url, lambda: validate(text, RULES, query="SELECT nope")),
            self.everything(secret_url, lambda: validate(text, RULES)),
            self.everything(secret_url, lambda: validate(secret_url.set(port=1), RULES, table="people")),
            self.everything(secret_url, lambda: validate(secret_url.set(drivername="nope+x"), RULES, table="people")),
        ]
        assert "127.0.0.1" in texts[0]
        for text in texts:
            assert "pa:ss" not in text
            assert "w@rd" not in text
            assert "w%40rd" not in text

    def test_unreachable_is_retryable(self, postgresql_url: sa.URL) -> None:
        with pytest.raises(SourceConnectionError, match=r"Cannot connect to postgresql\+psycopg://") as caught:
            validate(postgresql_url.set(port=1), RULES, table="people")
        assert caught.value.retryable
        assert isinstance(caught.value, ConnectionError)

    def test_no_user_and_no_query_of_a_uri(self) -> None:
        with pytest.raises(DataQualityError) as caught:
            validate("memory://user:secret@host/nope.csv?signature=abcdef", RULES)
        assert "secret" not in f"{caught.value} {caught.value.context}"
        assert "abcdef" not in f"{caught.value} {caught.value.context}"


@pytest.mark.parametrize("kind", ["string[python]", "category", "object"])
def test_strings_of_python_may_be_missing(kind: str) -> None:
    import pandas as pd

    frame = pd.DataFrame({"s": pd.Series(["a", None, "é"], dtype=kind)})
    (result,) = validate(frame, [{"type": "not_null", "column": "s"}]).results
    assert (result.status, result.failed_rows) == ("failed", 1)


def test_a_signaling_nan_in_a_frame_of_pandas_is_refused_by_its_column() -> None:
    frame = pd.DataFrame({"x": pd.Series([Decimal("sNaN"), None], dtype=object), "id": [1, 2]})
    with pytest.raises(RuleError, match="'x' cannot be checked"):
        validate(frame, [{"type": "not_null", "column": "x"}])
    assert validate(frame, [{"type": "not_null", "column": "id"}]).passed
    (notes, _) = (column.notes for column in profile(frame).columns)
    assert "sNaN" in notes[0]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("values", [["a", "b"], [1, 2], [[1], None], [Decimal("0.1"), None]])
def test_a_parquet_file_whose_column_has_no_type_is_one_of_nulls(
    tmp_path: Path, values: list[Any], turned: bool
) -> None:
    tables = [pa.table({"x": pa.nulls(2), "id": [1, 2]}), pa.table({"x": values, "id": [3, 4]})]
    for number, table in enumerate(reversed(tables) if turned else tables):
        pq.write_table(table, tmp_path / f"{number}.parquet")
    (result,) = validate(f"{tmp_path}/*.parquet", [{"type": "not_null", "column": "x"}]).results
    assert (result.considered_rows, result.failed_rows) == (4, 2 + values.count(None))
