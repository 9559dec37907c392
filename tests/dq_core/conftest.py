"""The conformance suite's fixture and cases for every test of dq_core."""

from support.check_conformance import (
    mariadb_url,
    put,
    pytest_collection_modifyitems,
    pytest_generate_tests,
    shared_duckdb_url,
    shared_iceberg_url,
    shared_mariadb_url,
    shared_postgresql_url,
    shared_sqlite_url,
    shared_trino_iceberg_url,
    shared_trino_url,
)
from support.garbage import pytest_collection_finish

__all__ = [
    "mariadb_url",
    "put",
    "pytest_collection_finish",
    "pytest_collection_modifyitems",
    "pytest_generate_tests",
    "shared_duckdb_url",
    "shared_iceberg_url",
    "shared_mariadb_url",
    "shared_postgresql_url",
    "shared_sqlite_url",
    "shared_trino_iceberg_url",
    "shared_trino_url",
]
