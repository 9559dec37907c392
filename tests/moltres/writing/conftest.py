"""What the tests of writing share: a table with a key, an index and a view on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

if TYPE_CHECKING:
    from moltres import Database


@pytest.fixture
def people(db: Database) -> Database:
    """A database with the table ``people``: three rows, a key, an index and a view on it."""
    with db.transaction() as connection:
        for statement in (
            "CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20), age INTEGER)",
            "CREATE INDEX people_by_name ON people (name)",
            "CREATE VIEW names AS SELECT name FROM people",
            "INSERT INTO people VALUES (1, 'Ada', 36), (2, 'Grace', 85), (3, 'Alan', 41)",
        ):
            connection.execute(text(statement))
    return db
