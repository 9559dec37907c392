"""The dialects that need no server of their own pass the suite for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine

from moltres.dialects import dialect_for
from support.dialect_conformance import DialectConformance

if TYPE_CHECKING:
    from sqlalchemy import URL


class TestSQLite(DialectConformance):
    @pytest.fixture
    def url(self, sqlite_url: URL) -> URL:
        return sqlite_url


class TestDuckDB(DialectConformance):
    @pytest.fixture
    def url(self, duckdb_url: URL) -> URL:
        return duckdb_url


class TestPostgreSQL(DialectConformance):
    @pytest.fixture
    def url(self, postgresql_url: URL) -> URL:
        return postgresql_url


def test_each_is_found_by_the_name_of_its_database(database_url: URL) -> None:
    engine = create_engine(database_url)
    assert dialect_for(engine).name == engine.dialect.name
    assert type(dialect_for(engine)).__name__ != "Dialect"
    engine.dispose()
