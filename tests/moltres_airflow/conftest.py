"""Airflow for tests: a home of its own, a metadata database, and a way to run a DAG that a test has just defined."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import DAG
    from sqlalchemy import URL

    from support.airflow import Run

# Airflow reads its configuration when it is imported, so this comes before any import of it.
HOME = Path(tempfile.mkdtemp(prefix="airflow-home-"))
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__OPENLINEAGE__DISABLED": "True",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}


def pytest_configure(config: pytest.Config) -> None:
    # Airflow 3.4.0b2 itself calls what SQLAlchemy 2.1 deprecates.
    config.addinivalue_line("filterwarnings", r"ignore:The Result\.tuples\(\) method:DeprecationWarning:airflow\.")


def pytest_unconfigure() -> None:
    # Airflow closes its asynchronous engine when the interpreter ends, outside of any event loop, where it cannot.
    settings = sys.modules.get("airflow.settings")
    engine = getattr(settings, "async_engine", None)
    if engine is not None:
        asyncio.run(engine.dispose())
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def metadata_database() -> Path:
    """Airflow's own database, migrated."""
    from airflow.utils.db import initdb

    (HOME / "dags").mkdir()
    initdb()
    return HOME / "airflow.db"


@pytest.fixture
def run(metadata_database: Path) -> Callable[[DAG], Run]:
    """Runs a DAG to its end."""
    from support.airflow import run

    return run


@pytest.fixture(params=["sqlite", "duckdb", "postgresql", "pyiceberg"])
def database_url(request: pytest.FixtureRequest) -> URL:
    """The URL of an empty database of each kind, tables of Iceberg without a server among them."""
    url: URL = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def users(database_url: URL) -> URL:
    """A database of each kind with a table of users."""
    from support.adapter_conformance import make_users

    make_users(database_url)
    return database_url


@pytest.fixture
def dsn(sqlite_url: URL) -> str:
    """The address of a SQLite file with a table of users, for tests in which the database does not matter."""
    from support.adapter_conformance import make_users, text_of

    make_users(sqlite_url)
    return text_of(sqlite_url)
