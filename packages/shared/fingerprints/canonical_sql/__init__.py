"""The canonical forms and hashes of `fingerprint` in the SQL of each database.

Every expression is NULL for NULL, and gives the very characters that `fingerprint.canonical` gives for the same value.
"""

from .base import MOST_BUCKETS, TO_2000, CanonicalSQL, Value
from .duckdb import DuckDBForms
from .mariadb import MariaDBForms
from .postgresql import PostgreSQLForms
from .sqlite import SQLiteForms
from .trino import TrinoForms

__all__ = [
    "MOST_BUCKETS",
    "TO_2000",
    "CanonicalSQL",
    "DuckDBForms",
    "MariaDBForms",
    "PostgreSQLForms",
    "SQLiteForms",
    "TrinoForms",
    "Value",
]
