"""The dialects that need no server of their own pass the suite for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from moltres import connect
from moltres.dialects import dialect_for
from support.dialect_conformance import DialectConformance, LostConnections

if TYPE_CHECKING:
    from sqlalchemy import URL


class TestSQLite(DialectConformance):
    fires_delete_actions = "PRAGMA foreign_keys=ON"

    @pytest.fixture
    def url(self, sqlite_url: URL) -> URL:
        return sqlite_url

    @pytest.fixture
    def schema(self) -> str:
        return "main"  # its only one


class TestDuckDB(DialectConformance):
    shows_indexes = False
    numbered = None
    generated = "INTEGER GENERATED ALWAYS AS (a * 2)"
    fires_delete_actions = None

    @pytest.fixture
    def url(self, duckdb_url: URL) -> URL:
        return duckdb_url


class TestPostgreSQL(DialectConformance, LostConnections):
    views_hold_tables = True
    numbered = "INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY"

    @pytest.fixture
    def url(self, postgresql_url: URL) -> URL:
        return postgresql_url

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
