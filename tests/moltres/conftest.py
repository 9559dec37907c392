"""Databases for the tests of moltres; each must give every connection back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.pool import QueuePool

from moltres import Database, DataFrame, connect
from support import people as people_table
from support.dialect_conformance.refusals import pytest_pyfunc_call
from support.garbage import pytest_collection_finish

__all__ = ["pytest_collection_finish", "pytest_pyfunc_call"]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL


@pytest.fixture
def db(database_url: URL) -> Iterator[Database]:
    """An empty database, once for each kind."""
    with connect(database_url) as db:
        yield db
        assert isinstance(db.engine.pool, QueuePool)
        assert db.engine.pool.checkedout() == 0, "a connection was not given back"


@pytest.fixture
def people(db: Database) -> DataFrame:
    """A frame of `support.people.ROWS`; the table `visits` is there as well."""
    people_table.create(db)
    return db.table("people")
