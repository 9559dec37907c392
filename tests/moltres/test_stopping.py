"""Work that is stopped sends no further statement, on the databases that need no server of their own."""

import pytest
from sqlalchemy import URL

from support.stop_conformance import StopConformance


class TestSQLite(StopConformance):
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n WHERE i < 0"

    @pytest.fixture
    def url(self, sqlite_url: URL) -> URL:
        return sqlite_url


class TestDuckDB(StopConformance):
    slow = "SELECT count(*) AS c FROM range(100000000) a, range(100000000) b WHERE a.range + b.range = -1"

    @pytest.fixture
    def url(self, duckdb_url: URL) -> URL:
        return duckdb_url


class TestPostgreSQL(StopConformance):
    slow = "SELECT pg_sleep(600) IS NULL AS c"

    @pytest.fixture
    def url(self, postgresql_url: URL) -> URL:
        return postgresql_url
