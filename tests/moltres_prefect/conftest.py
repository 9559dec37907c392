"""Prefect for tests: its settings before it is imported, and a temporary server for the whole run."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import pytest

os.environ.update(
    PREFECT_HOME=tempfile.mkdtemp(prefix="prefect-home-"),
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    DO_NOT_TRACK="1",
    PREFECT_CLI_PROMPT="false",
    PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW="ignore",
)

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from support.adapter_conformance import make_users, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL


@pytest.fixture(scope="session", autouse=True)
def prefect_server() -> Iterator[None]:
    """A temporary Prefect server with a database of its own; at their end flows wait a second for their heartbeat."""
    without = temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})
    with prefect_test_harness(server_startup_timeout=600), without:  # a busy machine may take minutes
        yield


@pytest.fixture(params=["sqlite", "duckdb", "postgresql", "pyiceberg"])
def database_url(request: pytest.FixtureRequest) -> URL:
    """The URL of an empty database of each kind, tables of Iceberg without a server among them."""
    url: URL = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def dsn(sqlite_url: URL) -> str:
    """The address of a database with the tables `users` and `numbers`."""
    make_users(sqlite_url)
    return text_of(sqlite_url)


@pytest.fixture
def postgresql_dsn(postgresql_url: URL) -> str:
    """The same in PostgreSQL."""
    make_users(postgresql_url)
    return text_of(postgresql_url)
