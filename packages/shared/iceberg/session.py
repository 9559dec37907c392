"""What one connection sees of a catalog of Iceberg tables: views, one snapshot of each table per transaction."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb

from .scan import planned, query_of, schema_at
from .snapshots import VERSION, versions_of
from .types import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

    from .snapshots import Version

__all__ = ["Session", "StoreError", "files_used", "named_in", "namespaces", "store_refuses"]


def named_in(statement: str, name: str) -> set[str]:
    """How a statement may name a table: as itself, or as one of its snapshots; empty if it surely does not.

    Args:
        statement: The statement, in lower case: DuckDB does not tell cases of names apart.
        name: The table.
    """
    sought = name.lower().replace('"', '""')
    if sought not in statement:
        return set()
    found = re.findall(rf"(?<!\w){re.escape(sought)}({VERSION})?(?!\w)", statement)
    return {name + version for version in found}


class StoreError(duckdb.IOException):
    """The files of a table, or the place of them, cannot be read or written."""


@contextmanager
def files_used() -> Iterator[None]:
    """Let errors of file systems be those of the driver: `OSError` is also what reading the caller's rows raises."""
    try:
        yield
    except OSError as error:
        raise StoreError(str(error)) from error


_REFUSED = re.compile(r"AWS Error (?:ACCESS_DENIED|NO_SUCH_BUCKET|INVALID_\w+|SIGNATURE_\w+|UNRECOGNIZED_CLIENT)")


def store_refuses(error: BaseException) -> bool:
    """Whether an object store refuses the caller, or has no such bucket."""
    return bool(_REFUSED.search(str(error)))


class Session:
    """The tables of a catalog in one connection to a DuckDB of its own, from the begin of a transaction to its end.

    The tables of the catalog are listed once, and each is loaded once, when a statement first names it: from then on
    the transaction sees that snapshot.

    Args:
        raw: The driver's connection.
        opener: Opens the catalog; None if it does not exist.
        namespace: The namespace of names without one.

    Attributes:
        named: Namespaces and names of the tables, or snapshots of them, that the last statement may name.
    """

    def __init__(self, raw: Any, opener: Callable[..., Catalog | None], namespace: str) -> None:
        self.raw = raw
        self.opener = opener
        self.namespace = namespace
        self.named: list[tuple[str, str]] = []
        raw.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(namespace)}")
        raw.execute(f"SET schema = '{quoted(namespace).replace(chr(39), chr(39) * 2)}'")
        self.ended()

    def ended(self) -> None:
        """Forget what the transaction has seen: it has ended."""
        for schema, name in getattr(self, "_made", ()):
            # A rollback leaves those that were made before the transaction began, as for a description of a table.
            self.raw.execute(f"DROP VIEW IF EXISTS {quoted(schema)}.{quoted(name)}")
        self._made: set[tuple[str, str]] = set()
        self._catalog: Catalog | None = None
        self._listing: dict[str, list[str]] | None = None
        self._loaded: dict[tuple[str, str], Table] = {}
        self._defined: set[tuple[str, str]] = set()

    # -- the catalog

    def catalog(self) -> Catalog | None:
        """The catalog; None if it does not exist."""
        if self._catalog is None:
            self._catalog = self.opener()
        return self._catalog

    def listing(self) -> dict[str, list[str]]:
        """The names of the tables by namespace, as of their first use in the transaction."""
        if self._listing is None:
            with files_used():  # of a catalog behind HTTP, the errors are of requests, which are those of files
                self._listing = self._listed()
        return self._listing

    def _listed(self) -> dict[str, list[str]]:
        catalog = self.catalog()
        found: dict[str, list[str]] = {self.namespace: []}
        for namespace in [] if catalog is None else namespaces(catalog):
            found[".".join(namespace)] = [table[-1] for table in catalog.list_tables(namespace)]  # type: ignore[union-attr]
        return found

    def schemas(self) -> list[str]:
        """The namespaces."""
        return sorted(self.listing())

    def tables(self, schema: str | None) -> list[str]:
        """The tables of a namespace."""
        return sorted(self.listing().get(schema or self.namespace, ()))

    def load(self, schema: str, name: str) -> Table:
        """A table of the catalog, the same in the whole transaction.

        Raises:
            duckdb.CatalogException: If it is gone since the tables were listed.
        """
        key = (schema, name)
        if key not in self._loaded:
            from pyiceberg.exceptions import NoSuchTableError

            catalog = self.catalog()
            if catalog is None:
                raise KeyError(name)
            try:
                with files_used():
                    self._loaded[key] = catalog.load_table((*schema.split("."), name))
            except NoSuchTableError as error:
                raise duckdb.CatalogException(f"Table with name {name} does not exist: it was dropped.") from error
        return self._loaded[key]

    # -- statements

    def prepare(self, statement: str) -> None:
        """Make views of the tables that a statement may name."""
        lower = statement.lower()
        if lower.strip() == "rollback":
            self._defined.clear()  # the views go, and what they show stays the same
            return
        self.named.clear()
        for schema, names in self.listing().items():
            if schema != self.namespace and schema.lower() not in lower:
                continue
            for name in names:
                for wanted in named_in(lower, name):
                    self.named.append((schema, wanted))
                    self.define(schema, wanted)

    def define(self, schema: str, name: str) -> None:
        """Make the view of a table, or of a snapshot of it, unless it is there."""
        if (schema, name) in self._defined:
            return
        self._defined.add((schema, name))
        query = self.query(schema, name)
        if query is None:
            return
        if schema != self.namespace:
            self.raw.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        self._made.add((schema, name))
        self.raw.execute(f"CREATE OR REPLACE VIEW {quoted(schema)}.{quoted(name)} AS {query}")

    def found(self, schema: str, name: str) -> tuple[str, Version | None] | None:
        """The table that a name means, with the snapshot, or None for the current one; None without such a table."""
        names = self.listing().get(schema, ())
        if name in names:
            return name, None
        version = versions_of(name)
        return (version.name, version) if version is not None and version.name in names else None

    def query(self, schema: str, name: str) -> str | None:
        """The rows of a table, or of a snapshot of it; None if there is no such table."""
        found = self.found(schema, name)
        if found is None:
            return None
        table, version = self.load(schema, found[0]), found[1]
        if version is None:
            return query_of(self.raw, planned(table, table.metadata.current_snapshot_id, table.schema()))
        return query_of(self.raw, planned(table, version.snapshot_id, schema_at(table, version)))

    def has(self, schema: str | None, name: str) -> bool:
        """Whether there is a table, or a snapshot of one, of this name."""
        schema = schema or self.namespace
        found = self.found(schema, name)
        if found is None or found[1] is None:
            return found is not None
        return self.load(schema, found[0]).metadata.snapshot_by_id(found[1].snapshot_id) is not None

    def required(self, schema: str | None, name: str) -> set[str]:
        """The columns that hold no NULL."""
        schema = schema or self.namespace
        found = self.found(schema, name)
        table = self.load(schema, name if found is None else found[0])
        version = None if found is None else found[1]
        columns = table.schema() if version is None else schema_at(table, version)
        return {one.name for one in columns.fields if one.required}

    # -- transactions

    def publish(self) -> None:
        """Refuse what a commit would lose: only moltres writes."""
        made = self.raw.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()
        if made:
            names = ", ".join(sorted(repr(name) for (name,) in made))
            raise duckdb.NotSupportedError(f"Only moltres makes tables of a catalog; nothing is kept of {names}.")


def namespaces(catalog: Catalog) -> Iterator[tuple[str, ...]]:
    """All namespaces, also those within others."""
    seen: set[tuple[str, ...]] = set()
    waiting: list[tuple[str, ...]] = list(catalog.list_namespaces())
    while waiting:
        one = waiting.pop(0)
        if one in seen:
            continue
        seen.add(one)
        yield one
        waiting += [inner for inner in catalog.list_namespaces(one) if len(inner) > len(one)]
