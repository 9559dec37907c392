"""PyIceberg's catalog in a database, as moltres and dq-core open it."""

from __future__ import annotations

import re
from contextlib import suppress
from threading import local
from typing import Any

from pyiceberg.catalog.sql import SqlCatalog, SqlCatalogBaseTable
from pyiceberg.exceptions import CommitFailedException, TableAlreadyExistsError
from pyiceberg.table.update import AddSnapshotUpdate
from sqlalchemy import URL, create_engine
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateTable

__all__ = ["Catalog", "opened"]

_WAIT = 30
"""Seconds that a catalog in SQLite waits for another commit."""
_COMMIT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=(?:\.gz)?(?:\.metadata\.json|\.avro)$)")
"""The part of the name of a file of metadata that makes it one of its own."""


class Catalog(SqlCatalog):
    """Without connections that stay open: a child process must not use those of its parent."""

    def create_tables(self) -> None:
        """Make the tables of the catalog, which others may make at the same moment."""
        try:
            self._create_absent_tables()
        except (IntegrityError, ProgrammingError):  # PostgreSQL, where IF NOT EXISTS does not wait for others
            self._create_absent_tables()

    def _create_absent_tables(self) -> None:
        with self.engine.begin() as connection:
            for table in SqlCatalogBaseTable.metadata.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))

    def _init_catalog(self) -> None:
        store = self.engine.url
        self.engine.dispose()
        waits = {"timeout": _WAIT} if store.get_backend_name() == "sqlite" else {}
        self.engine = create_engine(store, poolclass=NullPool, connect_args=waits, hide_parameters=True)
        self._written = local()
        self.look()

    def look(self) -> None:
        """Find out what the database holds, which may have been made anew, and make tables that are missing."""
        super()._init_catalog()

    def _update_and_stage_table(self, *given: Any, **named: Any) -> Any:
        """Name the file of metadata as the manifests of its snapshot: what a killed commit has left is found."""
        staged: Any = super()._update_and_stage_table(*given, **named)
        for one in named.get("updates", given[-1]):
            commit = _COMMIT.search(one.snapshot.manifest_list) if isinstance(one, AddSnapshotUpdate) else None
            if commit is not None:
                staged.metadata_location = _COMMIT.sub(commit[0], staged.metadata_location)
        self._written.file = (staged.io, staged.metadata_location)
        return staged

    def commit_table(self, *given: Any, **named: Any) -> Any:
        """Commit; what was written for a commit that came too late goes at once."""
        self._written.file = None
        try:
            return super().commit_table(*given, **named)
        except (CommitFailedException, TableAlreadyExistsError):
            if self._written.file is not None:
                io, location = self._written.file
                with suppress(OSError):
                    io.delete(location)
            raise


def opened(name: str, store: URL, properties: dict[str, str]) -> Catalog:
    """Open a catalog.

    Args:
        name: Its name within the database.
        store: The database.
        properties: Those of PyIceberg.
    """
    return Catalog(name, **properties, uri=store.render_as_string(hide_password=False))
