"""What every kind of check must do, on every kind of source: a kind's test subclasses `CheckConformance`."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa

from dq_core import Report, parse, validate
from dq_core.sources.database import create_engine_of
from support.database_facts import FACTS, facts_of
from support.iceberg import append, catalog_url
from support.mariadb import MariaDBServer
from support.postgresql import PostgreSQLServer
from support.trino import TrinoServer

#: All of them; the tests on those of `SERVERS` have the marker "engines".
DATABASES = ("sqlite", "duckdb", "postgresql", "mariadb", "trino")
SERVERS = frozenset({"mariadb", "trino", "trino iceberg"})
#: Those on which a test may run many statements.
QUICK = tuple(name for name in DATABASES if not FACTS[name].slow_statements)
FRAMES = ("parquet", "csv", "pandas", "polars", "arrow", "rows")
#: What has tables; those of Iceberg, which tests cannot write by SQL, by PyIceberg. "trino" has tables in memory: it
#: computes the same on those of Iceberg, whose every statement takes three times as long.
TABLES = (*DATABASES, "trino iceberg", "iceberg")
PLACES = (*TABLES, *FRAMES)

_names = itertools.count(1)

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Place:
    """Somewhere rows can lie: how to put them there, and how to run SQL where they are.

    Attributes:
        name: One of `PLACES`.
        options: What `validate` needs beside the source.
        source: The source.
        run: Runs a SELECT as text, for the rows of the report's ``sql``; None where no one else can see the rows.
    """

    name: str
    source: Any
    options: dict[str, Any]
    run: Callable[[str], list[tuple[Any, ...]]] | None

    def validate(self, *rules: Any, **options: Any) -> Report:
        return validate(self.source, rules, **self.options, **options)


@dataclass(frozen=True)
class Case:
    """Values of the column ``x``, and which of them (by position) fail a rule.

    Attributes:
        values: The values; each row also has ``id`` (its position) and ``part`` ("a" for even positions, else "b").
        options: The rule's options beside type and column.
        failing: The positions of the failing rows.
        considered: How many rows are looked at; the values that are not NULL if not given.
        places: Where this case makes sense; if not given, a kind's first case is tried everywhere, the others on the
            databases and on rows.
        type: The column's type, if it is not the class's.
    """

    values: Sequence[Any]
    failing: Sequence[int] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    considered: int | None = None
    places: Sequence[str] = ()
    type: Any = None

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [{"id": place, "x": value, "part": "ab"[place % 2]} for place, value in enumerate(self.values)]


@pytest.fixture
def shared_sqlite_url(sqlite_url: sa.URL) -> sa.URL:
    """A file of its own for each test, which costs nothing."""
    return sqlite_url


@pytest.fixture
def shared_duckdb_url(duckdb_url: sa.URL) -> sa.URL:
    """A file of its own for each test, which costs nothing."""
    return duckdb_url


@pytest.fixture(scope="session")
def shared_iceberg_url(tmp_path_factory: pytest.TempPathFactory) -> sa.URL:
    """One catalog for all tables that `put` makes."""
    return catalog_url(tmp_path_factory.mktemp("iceberg"))


@pytest.fixture(scope="session")
def shared_postgresql_url(postgresql: PostgreSQLServer) -> Iterator[sa.URL]:
    """One database for all tables that `put` makes: their names differ."""
    with postgresql.database("checks") as url:
        yield url


@pytest.fixture(scope="session")
def shared_mariadb_url(mariadb: MariaDBServer) -> Iterator[sa.URL]:
    """One database of a server of its own, with a collation that knows neither case nor accents nor blanks."""
    with mariadb.database("checks") as url:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER DATABASE checks CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        engine.dispose()
        yield url


@pytest.fixture(scope="session")
def shared_trino_url(trino: TrinoServer) -> Iterator[sa.URL]:
    """One schema of Trino's memory."""
    with trino.schema("memory") as url:
        yield url


@pytest.fixture(scope="session")
def shared_trino_iceberg_url(trino: TrinoServer) -> Iterator[sa.URL]:
    """One schema of Trino's Iceberg catalog."""
    with trino.schema("iceberg") as url:
        yield url


@pytest.fixture
def mariadb_url(shared_mariadb_url: sa.URL) -> sa.URL:
    """An empty database: the shared one, without its tables."""
    engine = sa.create_engine(shared_mariadb_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP DATABASE checks")
        connection.exec_driver_sql("CREATE DATABASE checks CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
    engine.dispose()
    return shared_mariadb_url


@pytest.fixture
def put(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Place]]:
    """A function that puts rows somewhere: ``put("sqlite", rows, {"x": sa.Integer()})``."""
    with contextlib.ExitStack() as stack:

        def put(name: str, rows: Rows, types: Mapping[str, Any]) -> Place:
            if name == "iceberg":
                return _put_iceberg(request.getfixturevalue("shared_iceberg_url"), rows, types)
            if name in TABLES:
                engine = sa.create_engine(request.getfixturevalue(f"shared_{name.replace(' ', '_')}_url"))
                stack.callback(engine.dispose)
                table = store(engine, f"data_{next(_names)}", rows, types)
                return Place(name, engine, {"table": table}, lambda sql: run_sql(engine, sql))
            return _put_frame(name, rows, types, tmp_path)

        yield put


def store(engine: sa.Engine, name: str, rows: Rows, types: Mapping[str, Any]) -> str:
    """Make a table of these rows."""
    together = facts_of(engine).slow_statements
    columns = (sa.Column(column, facts_of(engine).declared(kind)) for column, kind in types.items())
    table = sa.Table(name, sa.MetaData(), *columns)
    with engine.begin() as connection:
        table.create(connection)
        if rows and together:
            connection.execute(table.insert().values([dict(row) for row in rows]))
        elif rows:
            connection.execute(table.insert(), [dict(row) for row in rows])
    return name


def run_sql(engine: sa.Engine, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a SELECT, run as plain text without any parameter, as any client would."""
    with engine.connect() as connection, contextlib.closing(connection.connection.cursor()) as cursor:
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]


def arrow_type(kind: Any) -> Any:
    import pyarrow as pa

    kind = sa.types.to_instance(kind)
    known = {
        sa.BigInteger: pa.int64(), sa.Integer: pa.int64(), sa.Double: pa.float64(), sa.Text: pa.string(),
        sa.Boolean: pa.bool_(), sa.Date: pa.date32(), sa.LargeBinary: pa.binary(),
        sa.DateTime: pa.timestamp("us", tz="UTC" if getattr(kind, "timezone", False) else None),
        sa.Time: pa.time64("us"),
    }  # fmt: skip
    if isinstance(kind, sa.Numeric) and not isinstance(kind, sa.Float):
        return pa.decimal128(kind.precision or 38, kind.scale or 0)
    return next(found for base, found in known.items() if isinstance(kind, base))


def _put_iceberg(url: sa.URL, rows: Rows, types: Mapping[str, Any]) -> Place:
    """A table that PyIceberg writes, and dq_core reads without a server."""
    import pyarrow as pa

    columns = {column: pa.array([row.get(column) for row in rows], arrow_type(types[column])) for column in types}
    name = f"data_{next(_names)}"
    append(url, name, pa.table(columns))
    engine = create_engine_of(url)

    def run(sql: str) -> list[tuple[Any, ...]]:
        with engine.connect() as connection:
            found = connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
            return [tuple(row) for row in found]

    return Place("iceberg", engine, {"table": name}, run)


def _put_frame(name: str, rows: Rows, types: Mapping[str, Any], folder: Path) -> Place:
    import duckdb
    import pyarrow as pa

    if name == "rows":
        return Place(name, [dict(row) for row in rows], {}, None)
    columns = {column: [row.get(column) for row in rows] for column in types}
    table = pa.table({column: pa.array(values, arrow_type(types[column])) for column, values in columns.items()})
    path = folder / f"data_{next(_names)}.{name}"

    def run(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            connection.register("source", table)
            return [tuple(row) for row in connection.execute(sql).fetchall()]

    match name:
        case "arrow":
            return Place(name, table, {}, run)
        case "polars":
            import polars as pl

            table = pl.from_arrow(table)
            return Place(name, table, {}, run)
        case "pandas":
            import pandas as pd

            # Columns of objects keep dates, decimals and integers beside NULL as they are.
            frame = pd.DataFrame({column: pd.Series(values, dtype=object) for column, values in columns.items()})
            return Place(name, frame, {}, run)
        case "parquet":
            import pyarrow.parquet as pq

            pq.write_table(table, path)
        case _:
            from pyarrow import csv

            csv.write_csv(table, path)
    return Place(name, str(path), {}, run)


class CheckConformance:
    """Subclass it for a kind of check, give `kind`, `type` and `cases`, and the tests are there."""

    kind: ClassVar[str]
    #: The type of the column ``x``.
    type: ClassVar[Any] = sa.BigInteger()
    cases: ClassVar[Mapping[str, Case]]
    #: Options with which the kind's rule makes sense on any table of integers or texts.
    options: ClassVar[Mapping[str, Any]] = {}
    #: Whether NULL is looked at.
    considers_null: ClassVar[bool] = False
    #: Whether an empty file of the format still tells the types (CSV does not).
    needs_types: ClassVar[bool] = True

    def rule(self, case: Case | None = None, **options: Any) -> dict[str, Any]:
        return {"type": self.kind, "column": "x", **(self.options if case is None else case.options), **options}

    def types(self, case: Case | None = None) -> dict[str, Any]:
        kind = self.type if case is None or case.type is None else case.type
        return {"id": sa.BigInteger(), "x": kind, "part": sa.Text()}

    def pytest_cases(self) -> Iterator[tuple[str, str]]:
        default: Sequence[str] = PLACES
        for name, case in self.cases.items():
            for place in case.places or default:
                yield place, name
            default = (*DATABASES, "iceberg", "rows")  # one case says that a connector of Trino changes nothing

    @pytest.mark.most_cases(48)
    def test_case(self, put: Callable[..., Place], place: str, case_name: str) -> None:
        case = self.cases[case_name]
        there = put(place, case.rows, self.types(case))
        (result,) = there.validate(self.rule(case), samples=1000).results
        considered = sum(value is not None for value in case.values) if case.considered is None else case.considered
        assert result.status == ("failed" if case.failing else "passed"), result.message
        assert (result.failed_rows, result.considered_rows) == (len(case.failing), considered)
        assert sorted(sample["id"] for sample in result.samples) == sorted(case.failing)
        if not case.failing:
            assert result.sql is None
        elif there.run is not None:
            assert sorted(row[0] for row in there.run(result.sql)) == sorted(case.failing)

    @pytest.mark.parametrize("place", PLACES)
    def test_empty_table_passes(self, put: Callable[..., Place], place: str) -> None:
        if place == "csv" and self.needs_types:
            pytest.skip("an empty CSV file has no types")
        report = put(place, [], self.types()).validate(self.rule())
        assert (report.passed, report.total_rows, report.results[0].considered_rows) == (True, 0, 0)

    @pytest.mark.parametrize("place", TABLES)
    def test_null_is_considered_only_where_it_is_the_point(self, put: Callable[..., Place], place: str) -> None:
        rows = Case([None, None]).rows
        (result,) = put(place, rows, self.types()).validate(self.rule()).results
        assert result.considered_rows == (2 if self.considers_null else 0)
        if not self.considers_null:
            assert result.status == "passed"

    @pytest.mark.parametrize("place", TABLES)
    def test_where_narrows_the_rows(self, put: Callable[..., Place], place: str) -> None:
        case = next(case for case in self.cases.values() if case.failing and place in (case.places or PLACES))
        there = put(place, case.rows, self.types(case))
        # The failing rows are left out, so nothing fails; then only they are left, so nothing else does.
        ids = ", ".join(map(str, case.failing))
        (without,) = there.validate(self.rule(case, where=f"id NOT IN ({ids})")).results
        assert (without.status, without.failed_rows) == ("passed", 0)
        (only,) = there.validate(self.rule(case, where=f"id IN ({ids})"), samples=1000).results
        assert (only.status, only.failed_rows, only.considered_rows) == ("failed",) + 2 * (len(case.failing),)
        assert sorted(row[0] for row in there.run(only.sql)) == sorted(case.failing)

    @pytest.mark.parametrize("place", TABLES)
    def test_threshold_is_met_exactly(self, put: Callable[..., Place], place: str) -> None:
        case = next(case for case in self.cases.values() if case.failing and place in (case.places or PLACES))
        there = put(place, case.rows, self.types(case))
        (strict,) = there.validate(self.rule(case)).results
        share = (strict.considered_rows - strict.failed_rows) / strict.considered_rows
        assert strict.observed == share
        at, above = there.validate(self.rule(case, threshold=share), self.rule(case, threshold=(share + 1) / 2)).results
        assert (at.status, above.status) == ("passed", "failed")
        assert at.failed_rows == above.failed_rows == len(case.failing)

    def test_dict_form_comes_back(self) -> None:
        for case in self.cases.values():
            (check,) = parse([self.rule(case, name="n", severity="warning", where="id > 0", description="why")])
            assert parse([check.to_dict()]) == (check,)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each case and place; a test module imports this together with the class."""
    if "case_name" in metafunc.fixturenames:
        assert metafunc.cls is not None
        pairs = list(metafunc.cls().pytest_cases())
        metafunc.parametrize(("place", "case_name"), pairs, ids=[f"{place}-{name}" for place, name in pairs])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs on a server that must be installed has the marker "engines"."""
    for item in items:
        call = getattr(item, "callspec", None)
        if call is not None and SERVERS & {value for value in call.params.values() if isinstance(value, str)}:
            item.add_marker(pytest.mark.engines)
            item.add_marker(pytest.mark.timeout(900))  # the first one starts the server, and may build it
