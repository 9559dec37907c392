"""What DuckDB says of strings: a database in memory for each thread, which has no data."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["answer"]

_threads = threading.local()


def answer(expression: str) -> Any:
    """The value of an expression of constants.

    Args:
        expression: In DuckDB's SQL, with values as literals (`_shared.duckdb_literals`): for a parameter its driver
            would import pandas.
    """
    connection: Any = getattr(_threads, "connection", None)
    if connection is None:
        import duckdb

        connection = _threads.connection = duckdb.connect(":memory:", config={"threads": 1})
    return connection.execute(f"SELECT {expression}").fetchone()[0]
