"""Databases without a server here: every statement that the cores make for one is compiled by its dialect.

SQLite stands in under the name of such a database, so that both cores go the portable way, and runs what it can. Each
statement is compiled by the database's own dialect of SQLAlchemy before SQLite sees it. Nothing is told about whether
the database would take it: "compiles, not run".
"""

from __future__ import annotations

import re
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import CompileError, DBAPIError, UnsupportedCompilationError

Compile = Callable[[Any, sa.Dialect], str]


@dataclass(frozen=True)
class Elsewhere:
    """A database.

    Attributes:
        title: What people call it.
        url: One that its dialect reads; nothing connects to it.
        package: Where the dialect is from, if not from SQLAlchemy itself.
    """

    title: str
    url: str
    package: str | None = None

    def dialect(self) -> sa.Dialect:
        """SQLAlchemy's dialect, without its driver."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some tell at import that parts of them are old
            made: sa.Dialect = sa.make_url(self.url).get_dialect()()
        return made

    @property
    def release(self) -> str:
        """The package and its version."""
        return "SQLAlchemy" if self.package is None else f"{self.package} {version(self.package)}"


ELSEWHERE = (
    Elsewhere("Snowflake", "snowflake://", "snowflake-sqlalchemy"),
    Elsewhere("BigQuery", "bigquery://", "sqlalchemy-bigquery"),
    Elsewhere("Databricks", "databricks://", "databricks-sqlalchemy"),
    Elsewhere("ClickHouse", "clickhousedb://", "clickhouse-connect"),
    Elsewhere("StarRocks", "starrocks://", "starrocks"),
    Elsewhere("Redshift", "redshift+psycopg2://", "sqlalchemy-redshift"),
    Elsewhere("SQL Server", "mssql+pyodbc://"),
    Elsewhere("Oracle", "oracle+oracledb://"),
)


@dataclass
class Compiled:
    """What became of the statements of one piece of work.

    Attributes:
        statements: What the dialect made of them.
        refused: Why it could not, in its own words.
    """

    statements: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """ "compiles", or the first reason why a statement does not."""
        if self.refused:
            return self.refused[0]
        return "compiles" if self.statements else "makes no statement"


@contextmanager
def standing_in(place: Elsewhere, folder: Path, compile_: Compile) -> Iterator[tuple[sa.Engine, Compiled]]:
    """An engine on SQLite that both cores take for the database, and what its dialect makes of the statements.

    Args:
        place: The database.
        folder: Where SQLite's file is.
        compile_: How the core that is tested compiles a statement for a dialect.
    """
    target = place.dialect()
    stand_in = type(
        "StandIn",
        (SQLiteDialect_pysqlite,),
        {
            "name": target.name,
            "supports_statement_cache": False,
            "max_identifier_length": target.max_identifier_length,
        },
    )
    scheme = f"standin{target.name}"
    registry.impls[scheme] = lambda: stand_in
    file = folder / "data.sqlite"
    # By a function: the package of Databricks listens to every engine, and knows its own by the name.
    engine = sa.create_engine(f"{scheme}:///{file}", creator=lambda: sqlite3.connect(file, check_same_thread=False))
    seen = Compiled()

    def compiled(connection: sa.Connection, clause: Any, *_: Any) -> None:
        if isinstance(clause, sa.ClauseElement):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    seen.statements.append(compile_(clause, target))
            except (CompileError, UnsupportedCompilationError, NotImplementedError, TypeError, ValueError) as error:
                seen.refused.append(_reason(error))

    sa.event.listen(engine, "before_execute", compiled)
    try:
        yield engine, seen
    finally:
        engine.dispose()
        del registry.impls[scheme]


def _reason(error: Exception) -> str:
    text = str(error).partition("\n")[0]
    text = re.sub(r"moltres_(new|tmp)_\w+", "moltres_…", text)  # its temporary names are drawn
    return re.sub(r"\s+", " ", text).partition(" (Background")[0]


def outcome(work: Callable[[], object], seen: Compiled, refusals: type[Exception]) -> str:
    """What becomes of some work: "compiles", the first reason why a statement does not, or a refusal of the core.

    Args:
        work: The work.
        seen: What is compiled of it.
        refusals: The errors of the core; those that a statement on SQLite caused are not the core's own.
    """
    seen.statements.clear()
    seen.refused.clear()
    said = None
    try:
        work()
    except refusals as error:
        said = None if _from_sqlite(error) else f"refused: {_reason(error)}"
    except (DBAPIError, UnsupportedCompilationError):
        pass
    return seen.refused[0] if seen.refused else said or seen.outcome


def _from_sqlite(error: BaseException) -> bool:
    """Whether SQLite is behind an error of a core."""
    return "The database refused the statement" in str(error)
