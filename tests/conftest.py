"""Fixtures that every distribution's tests share: one empty database of each kind that the project supports."""

from __future__ import annotations

import os
from contextlib import ExitStack
from shutil import copyfile
from typing import TYPE_CHECKING

import duckdb
import pytest
from sqlalchemy import URL, Engine, create_engine

from support.cases import leave_out
from support.iceberg import catalog_url
from support.mariadb import MariaDBServer, mariadb_server
from support.postgresql import PostgreSQLServer, postgresql_server
from support.shared_trino import OWNER, shared_trino
from support.trino import TrinoServer, trino_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATABASES = ("sqlite", "duckdb", "postgresql")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_out(config, items)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQLServer]:
    """A PostgreSQL server for the whole run."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def trino(request: pytest.FixtureRequest) -> Iterator[TrinoServer]:
    """A Trino server for the whole run, or for all runs of one make; its tests have the marker engines."""
    if owner := os.environ.get(OWNER):
        with shared_trino(int(owner)) as server:
            yield server
    else:
        postgresql: PostgreSQLServer = request.getfixturevalue("postgresql")
        with postgresql.empty() as catalog, trino_server(catalog) as server:
            yield server


@pytest.fixture
def iceberg_url(trino: TrinoServer) -> Iterator[URL]:
    """An empty schema of Trino's Iceberg catalog."""
    with trino.schema("iceberg") as url:
        yield url


@pytest.fixture
def trino_memory_url(trino: TrinoServer) -> Iterator[URL]:
    """An empty schema of Trino's memory catalog."""
    with trino.schema("memory") as url:
        yield url


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDBServer]:
    """A MariaDB server for the whole run."""
    pytest.importorskip("pymysql")
    with mariadb_server() as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> URL:
    # An empty file is a database without tables; a file that does not exist is none, and is not read.
    file = tmp_path / "test.sqlite"
    file.touch()
    return URL.create("sqlite", database=str(file))


@pytest.fixture(scope="session")
def empty_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file without tables, of which a copy is there sooner than a new one."""
    file = tmp_path_factory.mktemp("empty") / "empty.duckdb"
    duckdb.connect(file).close()
    return file


@pytest.fixture
def duckdb_url(tmp_path: Path, empty_duckdb: Path) -> URL:
    return URL.create("duckdb", database=str(copyfile(empty_duckdb, tmp_path / "test.duckdb")))


@pytest.fixture
def postgresql_url(postgresql: PostgreSQLServer) -> Iterator[URL]:
    with postgresql.empty() as url:
        yield url


@pytest.fixture
def pyiceberg_url(tmp_path: Path) -> URL:
    """A catalog of Iceberg tables that does not exist yet, in files."""
    return catalog_url(tmp_path)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> URL:
    """The URL of an empty database, once for each kind."""
    url: URL = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=DATABASES)
def other_url(request: pytest.FixtureRequest, postgresql: PostgreSQLServer, tmp_path: Path) -> Iterator[URL]:
    """The URL of a second empty database, once for each kind."""
    with ExitStack() as stack:
        of_servers = {"postgresql": postgresql}
        server = of_servers.get(request.param)
        file = URL.create(request.param, database=str(tmp_path / "other"))
        yield file if server is None else stack.enter_context(server.empty())


@pytest.fixture
def engine(database_url: URL) -> Iterator[Engine]:
    """A SQLAlchemy engine on an empty database, once for each kind."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()
