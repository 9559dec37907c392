"""What tests must know about a database that its dialect does not say: one row for each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.types import UserDefinedType, to_instance

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        installed: Whether its server must be installed, so that its tests have the marker engines.
        lenient: The SQL that lets a session store what the database would refuse.
        python_functions: Whether a connection takes functions of Python, which its SQL can call.
        forever: A query that runs until it is stopped.
        counting: A query for the whole numbers ``i`` from 1 to 400000.
        new_schema: The SQL that makes a schema ``{name}``.
        schemas_last: Whether other connections see that schema.
        exclusive: The SQL of a transaction that keeps even readers off the table ``t``; None if they never wait.
        readers_and_writer: The SQL that lets readers and a writer of other connections work at once.
        renames_columns: Whether it renames the second of two columns of one name.
        integer_bits: How many bits INTEGER has.
        long_numbers: Whether a column can hold decimals of more than 15 digits, and integers beyond 64 bits.
        batch_rows: The least number of rows in a batch that its driver gives.
        cached_mb: The megabytes of an 80 MB table that stay in the memory of the process.
        indexed_string: How an index names a column ``{0}`` of strings.
        not_in_names: Characters, as a pattern, that names of columns cannot have.
        own_types: A query for three rows of types that only this database has.
        frees_references: Whether a transaction can delete rows once it has deleted those that referenced them.
        slow_statements: Whether each statement costs a tenth of a second, whatever it does.
        types: What to declare for types, by SQLAlchemy's names of them, that do not exist or lose parts of values.
    """

    schema: str
    slow: str
    forever: str
    counting: str
    own_types: str
    new_schema: str = "CREATE SCHEMA {name}"
    schemas_last: bool = True
    exclusive: str | None = None
    readers_and_writer: str | None = None
    installed: bool = False
    lenient: str | None = None
    python_functions: bool = False
    renames_columns: bool = True
    integer_bits: int = 32
    long_numbers: bool = True
    batch_rows: int = 1
    cached_mb: int = 0
    indexed_string: str = "{0}"
    not_in_names: str = "^$"
    broken: str = "CAST(x AS INTEGER) > 0"
    repeats_values: bool = True
    limit_after: tuple[str, str] | None = None
    frees_references: bool = True
    slow_statements: bool = False
    types: Mapping[str, Any] = field(default_factory=dict)

    def declared(self, kind: Any) -> Any:
        """What to declare for a type of SQLAlchemy."""
        kind = to_instance(kind)
        return self.types.get(kind.__visit_name__ + (" with zone" if getattr(kind, "timezone", False) else ""), kind)


class _Named(UserDefinedType[Any]):
    """A type by its name in a database."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


FACTS = {
    "mariadb": DatabaseFacts(
        schema="checks",
        slow="(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) "
        "SELECT count(*) FROM n AS a, n AS b, n AS c, n AS d WHERE a.i + b.i + c.i + d.i = x) > x",
        broken="9223372036854775807 + (length(x) + 1) > 0",
        repeats_values=False,
        forever="SELECT sleep(600) AS c",
        counting="SELECT seq AS i FROM seq_1_to_400000",
        own_types="SELECT 1 AS id, inet6('::1') AS x UNION ALL SELECT 2, NULL UNION ALL SELECT 3, NULL",
        installed=True,
        lenient="SET sql_mode = ''",
        renames_columns=False,
        indexed_string="{0}(9)",
        not_in_names="[\U00010000-\U0010ffff]",
        limit_after=("SELECT @@SESSION.max_statement_time", "0.000000"),
    ),
    "sqlite": DatabaseFacts(
        schema="main",
        slow="(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n) > x",
        broken="abs(length(x) * 0 - 9223372036854775807 - 1) > 0",
        repeats_values=False,
        forever="WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n",
        counting="WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) SELECT i FROM n",
        own_types="SELECT 1 AS id, NULL AS x, 1 AS y UNION ALL SELECT 2, 'a', 'b' UNION ALL SELECT 3, x'00', 2.5",
        new_schema="ATTACH ':memory:' AS {name}",
        schemas_last=False,
        python_functions=True,
        exclusive="BEGIN EXCLUSIVE",
        readers_and_writer="PRAGMA journal_mode=WAL",
        integer_bits=64,
        long_numbers=False,
    ),
    "duckdb": DatabaseFacts(
        frees_references=False,
        schema="main",
        slow="(SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = x) > x",
        forever="SELECT count(*) AS c FROM range(10000000000) AS a, range(1000) AS b",
        counting="SELECT range + 1 AS i FROM range(400000)",
        own_types="SELECT i AS id, CASE WHEN i > 1 THEN {'a': i} END AS x, MAP {'k': i} AS y, i::HUGEINT AS z"
        " FROM range(1, 4) r(i)",
        batch_rows=2048,
        cached_mb=110,
    ),
    "postgresql": DatabaseFacts(
        schema="public",
        slow="(SELECT count(*) FROM generate_series(1, 1000000) AS a, generate_series(1, 1000000) AS b "
        "WHERE a + b = x) > x",
        forever="SELECT pg_sleep(600) IS NULL AS c",
        counting="SELECT i FROM generate_series(1, 400000) i",
        own_types="SELECT i AS id, CASE WHEN i > 1 THEN '10.0.0.1/8'::inet END AS x, ARRAY[i, 2] AS y,"
        " '1 day'::interval AS z, 'a'::char(3) AS c FROM generate_series(1, 3) i",
        renames_columns=False,
        exclusive="LOCK TABLE t IN ACCESS EXCLUSIVE MODE",
        not_in_names="%",  # psycopg takes none in the names of columns that it sends as parameters
        limit_after=("SHOW statement_timeout", "0"),
    ),
    "trino": DatabaseFacts(
        schema="test",  # tests run in a schema of their own
        slow="(SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(i), UNNEST(sequence(1, 10000)) AS b(i), "
        "UNNEST(sequence(1, 10000)) AS c(i) WHERE a.i + b.i + c.i = x) > x",
        forever="SELECT count(*) AS c FROM UNNEST(sequence(1, 10000)) AS a(i), UNNEST(sequence(1, 10000)) AS b(i), "
        "UNNEST(sequence(1, 10000)) AS c(i) WHERE a.i * b.i + c.i <> 7",
        counting="SELECT (a.i - 1) * 1000 + b.i AS i FROM UNNEST(sequence(1, 400)) AS a(i), "
        "UNNEST(sequence(1, 1000)) AS b(i)",
        own_types="SELECT 1 AS id, ARRAY[1, 2] AS x, MAP(ARRAY['k'], ARRAY[1]) AS y, ROW(1, 'a') AS z"
        " UNION ALL SELECT 2, NULL, NULL, NULL UNION ALL SELECT 3, ARRAY[3], NULL, NULL",
        installed=True,
        slow_statements=True,
        not_in_names="[A-Z]",
        types={
            "time": _Named("TIME(6)"),
            "uuid": _Named("UUID"),
            "datetime": _Named("TIMESTAMP(6)"),
            "datetime with zone": _Named("TIMESTAMP(6) WITH TIME ZONE"),
        },
    ),
}

# Tables of Iceberg without a server, of which DuckDB reads and writes the files.
FACTS["iceberg"] = replace(
    FACTS["duckdb"],
    schema="default",
    own_types="SELECT i AS id, CASE WHEN i > 1 THEN {'a': i} END AS x, MAP {'k': i} AS y, [i] AS z"
    " FROM range(1, 4) r(i)",
)


def facts_of(engine: sa.Engine) -> DatabaseFacts:
    """The facts about the database of an engine."""
    return FACTS[engine.dialect.name]
