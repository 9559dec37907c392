"""Which driver a URL gets, and what a missing one says."""

from __future__ import annotations

import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.shared import CORE, shared

urls = shared("databases.urls")
iceberg_places = shared("iceberg.places")
problems = shared("problems")
ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTION = {"moltres": "moltres-core", "dq_core": "dq-core"}[CORE]


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgres://h/d", "postgresql+psycopg"),
        ("postgresql://h/d", "postgresql+psycopg"),
        ("postgres+psycopg2://h/d", "postgresql+psycopg2"),
        ("mysql://h/d", "mysql+pymysql"),
        ("mariadb://h/d", "mariadb+pymysql"),
        ("mariadb+mysqldb://h/d", "mariadb+mysqldb"),
        ("oracle://h/d", "oracle+oracledb"),
        ("mssql://h/d", "mssql+pyodbc"),
        ("sqlite:///x.db", "sqlite"),
        ("duckdb:///x.db", "duckdb"),
        ("snowflake://a/d", "snowflake"),
    ],
)
def test_a_url_without_a_driver_gets_one(given: str, driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urls, "find_spec", lambda _: None)  # nothing installed: the first, so that its extra is named
    assert urls.database_url(given).drivername == driver


def test_an_installed_driver_goes_before_one_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urls, "find_spec", lambda module: module if module in ("psycopg2", "MySQLdb") else None)
    assert urls.database_url("postgresql://h/d").drivername == "postgresql+psycopg2"
    assert urls.database_url("mysql://h/d").drivername == "mysql+mysqldb"


@pytest.mark.parametrize(
    "given",
    ["", "no url", "://x", "postgresql://u:ab@S3cr3t@h/x", "postgresql://u:ab@S3/cr3t@h/x", "postgresql://h:S3cr3t/x"],
)
def test_a_url_that_cannot_be_read_is_refused_without_being_repeated(given: str) -> None:
    with pytest.raises(problems.InvalidURLError) as caught:
        urls.parse_url(given)
    assert "S3" not in f"{caught.value.message} {caught.value.suggestion} {caught.value.context}"
    assert caught.value.__cause__ is None
    assert caught.value.suggestion


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("postgresql+psycopg+x://h/d", "names more than one driver: postgresql"),
        ("iceberg+postgresql+psycopg+x://h/d?warehouse=x", "names more than one driver: iceberg"),
        ("iceberg+mysql://h/d?warehouse=x", "kept in SQLite or PostgreSQL, not in 'mysql'"),
        ("iceberg+sqlit:///c.db?warehouse=x", "kept in SQLite or PostgreSQL, not in 'sqlit'"),
        ("iceberg+sqlite:///c.db", "has no warehouse"),
        ("iceberg+sqlite:///c.db?warehouse=", "has no warehouse"),
        ("iceberg://", "names no catalog"),
        ("postgresql://h:port/d", "cannot be read"),
    ],
)
def test_a_url_that_nothing_opens_is_known_without_any_package(given: str, says: str) -> None:
    problem = iceberg_places.url_problem(given)
    assert problem is not None
    assert says in problem.message
    assert problem.suggestion


@pytest.mark.parametrize(
    "given",
    ["iceberg+postgresql+psycopg://h/d?warehouse=x", "iceberg+SQLITE:///c.db?warehouse=x", "iceberg://lake", "x+y://h"],
)
def test_a_url_of_which_nothing_is_known_has_no_problem(given: str) -> None:
    assert iceberg_places.url_problem(given) is None


def test_an_at_sign_is_allowed_where_it_can_only_be_read_in_one_way() -> None:
    assert urls.parse_url("postgresql://u:p%40w@h/x").password == "p@w"
    assert urls.parse_url("postgresql://u@h/x?options=a@b").query == {"options": "a@b"}
    assert urls.parse_url("sqlite:////home/u@x/y.db").database == "/home/u@x/y.db"


@pytest.mark.parametrize(
    ("given", "module", "package", "extra"),
    [
        ("postgresql+psycopg://h/d", "psycopg", "psycopg", "postgresql"),
        ("postgresql+psycopg2://h/d", "psycopg2", "psycopg2-binary", None),
        ("mysql+pymysql://h/d", "pymysql", "pymysql", "mysql"),
        ("mariadb+pymysql://h/d", "pymysql", "pymysql", "mysql"),
        ("mysql+mysqldb://u:p@h/x", "MySQLdb", "mysqlclient", None),
        ("oracle+oracledb://u:p@h/x", "oracledb", "oracledb", None),
        ("mssql+pyodbc://u:p@h/x", "pyodbc", "pyodbc", None),
        ("mssql+pymssql://u:p@h/x", "pymssql", "pymssql", None),
        ("snowflake://u:p@acc/db", None, "snowflake-sqlalchemy", None),
        ("bigquery://project", None, "sqlalchemy-bigquery", None),
    ],
)  # fmt: skip
def test_a_missing_driver_names_its_own_package(
    given: str, module: str | None, package: str, extra: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if module is not None:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(problems.MissingPackageError, match=package) as caught:
        urls.make_engine(urls.database_url(given), core=DISTRIBUTION)
    wanted = f'pip install "{DISTRIBUTION}[{extra}]>=2,<3"' if extra else f"pip install {package}"
    assert caught.value.suggestion == wanted
    assert caught.value.context["package"] == package


def test_an_extra_is_one_that_the_distribution_has() -> None:
    project = tomllib.loads((ROOT / "packages" / DISTRIBUTION / "pyproject.toml").read_text())["project"]
    named = {driver.extra: driver.package for several in urls.DRIVERS.values() for driver in several if driver.extra}
    assert named
    for extra, package in named.items():
        assert any(one.startswith(package) for one in project["optional-dependencies"][extra])


def test_a_vendored_core_names_the_package_itself() -> None:
    wording = import_module(urls.__name__.replace("databases.urls", "wording"))
    assert (
        wording.pip_line("psycopg[binary]", core="no-such-distribution", extra="x") == 'pip install "psycopg[binary]"'
    )


def test_an_unknown_dialect_or_driver_is_named_with_the_closest() -> None:
    with pytest.raises(problems.UnknownDatabaseError, match="'postgresq'") as caught:
        urls.make_engine(urls.database_url("postgresq://h/d"), core=DISTRIBUTION)
    assert caught.value.suggestion == "Did you mean 'postgresql'?"
    with pytest.raises(problems.UnknownDatabaseError, match="'psicopg' for postgresql") as caught:
        urls.make_engine(urls.database_url("postgresql+psicopg://h/d"), core=DISTRIBUTION)
    assert "postgresql+psycopg://" in str(caught.value.suggestion)
    with pytest.raises(problems.InvalidURLError, match="postgresql\\+psycopg_async is asynchronous"):
        urls.make_engine(urls.database_url("postgresql+psycopg_async://h/d"), core=DISTRIBUTION)


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("sqlite:///x.db?detect_types=1", {}),
        ("sqlite:///x.db?detect_types=0&detect_types=2", {}),
        ("sqlite:///x.db", {"connect_args": {"detect_types": 3}}),
    ],
)
def test_a_driver_that_would_change_values_is_refused(url: str, options: dict[str, object]) -> None:
    with pytest.raises(problems.InvalidURLError, match="detect_types is not supported"):
        urls.make_engine(sa.make_url(url), core=DISTRIBUTION, **options)
    urls.make_engine(sa.make_url("sqlite:///x.db?detect_types=0"), core=DISTRIBUTION).dispose()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("postgres://h/d", True), ("snowflake://u:p@acc/db", True), ("oracle+oracledb://h/d", True),
        ("mysql://h", True), ("iceberg+postgresql+psycopg://h/d", True), ("iceberg://lake", True),
        ("sqlite:///x.db", True), ("foo+bar://x", True), ("duckdb:///x", True), ("s3://bucket/x.csv", False),
        ("https://h/x.csv", False), ("x.csv", False), ("C:\\x.csv", False), ("memory://x", False),
    ],
)  # fmt: skip
def test_a_database_url_is_known_from_a_path(text: str, meant: bool) -> None:
    assert urls.is_database_url(text) is meant


def test_values_stay_out_of_the_errors_of_an_engine() -> None:
    engine = urls.make_engine(sa.make_url("sqlite://"), core=DISTRIBUTION)
    with pytest.raises(sa.exc.OperationalError) as caught, engine.connect() as connection:
        connection.execute(sa.text("SELECT :value FROM nowhere"), {"value": "S3cr3t"})
    assert "S3cr3t" not in str(caught.value)
    engine.dispose()


@pytest.mark.parametrize("value", ["S3c@r3t", "@S3cr3t", "S3c@/r3t", "S3c@x:1"])
def test_an_at_sign_among_the_parameters_is_refused_and_not_shown(value: str) -> None:
    for backend in ("postgresql", "mysql+pymysql", "trino"):
        with pytest.raises(problems.InvalidURLError, match="'@'") as caught:
            urls.parse_url(f"{backend}://127.0.0.1:1/x?user=etl&password={value}")
        assert "S3c" not in str(caught.value)
        assert "r3t" not in str(caught.value)


def test_a_quoted_at_sign_among_the_parameters_is_read() -> None:
    url = urls.parse_url("postgresql://127.0.0.1:1/x?password=a%40b")
    assert (url.host, url.query["password"]) == ("127.0.0.1", "a@b")
    assert urls.parse_url("postgresql://u:12%2Fx%3Fa=b@h:1/x?options=c").host == "h"
