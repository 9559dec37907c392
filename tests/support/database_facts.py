"""What tests must know about a database that its dialect does not say: one row for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["FACTS", "DatabaseFacts", "facts_of"]


@dataclass(frozen=True)
class DatabaseFacts:
    """Facts about one database.

    Attributes:
        schema: The schema of a table that is created without one.
        slow: A boolean expression over an integer column ``x`` that takes longer than any test.
        broken: A boolean expression over a column of strings ``x`` that the database accepts, and that fails as soon as
            a row is read.
        repeats_values: Whether the error of `broken` repeats the value.
        limit_after: The SQL that shows the time limit of a connection, and what it shows without a limit; or None.
    """

    schema: str
    slow: str
    broken: str = "CAST(x AS INTEGER) > 0"
    repeats_values: bool = True
    limit_after: tuple[str, str] | None = None


FACTS = {
    "mariadb": DatabaseFacts(
        schema="checks",
        slow="(SELECT sleep(20)) = x",
        broken="9223372036854775807 + (length(x) + 1) > 0",
        repeats_values=False,
        limit_after=("SELECT @@SESSION.max_statement_time", "0.000000"),
    ),
    "sqlite": DatabaseFacts(
        schema="main",
        slow="(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n) > x",
        broken="abs(length(x) * 0 - 9223372036854775807 - 1) > 0",
        repeats_values=False,
    ),
    "duckdb": DatabaseFacts(
        schema="main",
        slow="(SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = x) > x",
    ),
    "postgresql": DatabaseFacts(
        schema="public",
        slow="(SELECT count(*) FROM pg_sleep(20)) = 1",
        limit_after=("SHOW statement_timeout", "0"),
    ),
}


def facts_of(engine: sa.Engine) -> DatabaseFacts:
    """The facts about the database of an engine."""
    return FACTS[engine.dialect.name]
