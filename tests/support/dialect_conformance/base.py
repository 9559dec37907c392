"""What every suite for dialects stands on: an empty database, and a table with all that can hang on one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moltres import connect
from support.dialect_conformance.data import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL
    from sqlalchemy.types import TypeEngine

    from moltres import Database


class DialectSuite:
    """A suite. Tables are called as little as a database must know: SELECT, INSERT, UPDATE, DELETE, CREATE, DROP.

    Attributes:
        slow: A query of one number, ``a``, that takes minutes if nobody stops it.
        views_hold_tables: Whether the database refuses to drop a table while a view reads it.
        some: A query of the number 900 that takes a moment, where it is not the usual one.
        examples: How many drawn examples a test tries; fewer where each takes seconds.
        shows_indexes: Whether SQLAlchemy can list the indexes of a table.
        most_cases: How many cases of a test run where each statement takes a tenth of a second, spread over all of
            them; None for every case. ``EVERY_CASE=1`` runs every case of every suite.
        refused_casts: Casts of a column of `casts.ROW` to a type that the database refuses, though others have them.
        odd_values: Types, each with literals that columns of it hold although they are no values of the type, or of
            which no other database knows.
    """

    slow = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000)"
        " SELECT count(*) AS a FROM n WHERE i % 7 > 3"
    )
    views_hold_tables = False
    examples = 10
    some: str | None = None
    shows_indexes = True
    most_cases: int | None = None
    refused_casts: frozenset[tuple[str, type[TypeEngine[Any]]]] = frozenset()
    odd_values: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @pytest.fixture
    def url(self) -> URL:
        """The URL of an empty database."""
        raise NotImplementedError

    @pytest.fixture
    def db(self, url: URL) -> Iterator[Database]:
        with connect(url) as database:
            yield database
            assert database.engine.pool.checkedout() == 0, "a connection was not given back"  # type: ignore[attr-defined]

    @pytest.fixture
    def schema(self, db: Database) -> str:
        """A schema beside the one that is meant when none is named."""
        run(db, "CREATE SCHEMA mart")
        return "mart"

    @staticmethod
    def logs(db: Database) -> set[str]:
        """The tables in which loads with a key are recorded: none where the database does it in a way of its own."""
        with db.connection() as connection:
            return set() if db.dialect.own_load(connection, "r", "t", None) else {"moltres_loads"}

    @pytest.fixture
    def people(self, db: Database) -> Database:
        """A database with the table ``people``: three rows, a key, an index and a view on it."""
        declared = db.dialect.capabilities.constraints
        run(db, f"CREATE TABLE people (id INTEGER{' PRIMARY KEY' if declared else ''}, name VARCHAR(20), age INTEGER)")
        if declared:
            run(db, "CREATE INDEX people_by_name ON people (name)")
        if db.dialect.capabilities.views:
            run(db, "CREATE VIEW names AS SELECT name FROM people")
        run(db, "INSERT INTO people VALUES (1, 'Ada', 36), (2, 'Grace', 85), (3, 'Alan', 41)")
        return db
