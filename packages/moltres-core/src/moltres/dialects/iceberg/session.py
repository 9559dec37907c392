"""A transaction on a catalog of Iceberg tables: statements change pending tables, and its end commits them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import duckdb

from ..._shared.iceberg.session import Session, files_used
from ..._shared.iceberg.types import quoted
from ...errors import ConfigurationError
from . import commit
from .leftovers import Marker
from .pending import NO_ROWS, OWN, Pending
from .schemas import constraints, schema_of, spec_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyiceberg.catalog import Catalog
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table

    from .loads import LoadKey

Place = tuple[str, str]
"""Namespace and name of a table."""

_WRITTEN_VERSION = 2
"""The newest format version of tables that PyIceberg writes."""

_NAME = r'(?:"(?:[^"]|"")*"|[^\W\d]\w*)'
_TABLE = rf"(?P<table>{_NAME}(?:\s*\.\s*{_NAME})*)"
_BEFORE = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*"


def _statement(pattern: str) -> re.Pattern[str]:
    return re.compile(_BEFORE + pattern, re.IGNORECASE | re.DOTALL)


_INSERT = _statement(rf"INSERT\s+INTO\s+{_TABLE}")
_UPDATE = _statement(rf"UPDATE\s+{_TABLE}")
_DELETE = _statement(rf"DELETE\s+FROM\s+{_TABLE}(?P<rest>.*)$")
_TRUNCATE = _statement(rf"TRUNCATE\s+(?:TABLE\s+)?{_TABLE}\s*;?\s*$")
_CREATE = _statement(rf"CREATE\s+(?P<replace>OR\s+REPLACE\s+)?TABLE\s+(?P<lenient>IF\s+NOT\s+EXISTS\s+)?{_TABLE}")
_DROP = _statement(rf"DROP\s+TABLE\s+(?P<lenient>IF\s+EXISTS\s+)?{_TABLE}")
_RENAME = _statement(rf"ALTER\s+TABLE\s+{_TABLE}\s+RENAME\s+TO\s+(?P<new>{_NAME})\s*;?\s*$")
_ALTER = _statement(rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?{_TABLE}")
_NEW_SCHEMA = _statement(rf"CREATE\s+SCHEMA\s+(?P<lenient>IF\s+NOT\s+EXISTS\s+)?(?P<name>{_NAME})\s*;?\s*$")
_NO_SUCH = _statement(r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:UNIQUE\s+)?(?P<what>VIEW|INDEX|SEQUENCE|TYPE|MACRO|FUNCTION)\b")


def _bare(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _parts(table: str) -> list[str]:
    return [_bare(one) for one in re.findall(_NAME, table)]


class WritingSession(Session):
    """What one connection sees and changes.

    Attributes:
        keys: The loads to record, by namespace and table.
        pending: The tables that it has changed.
        divided: The columns that new tables are partitioned by.
        failed: Whether a write has failed in this transaction.
        changed: The rows that a statement has changed before what is left of it runs; None if it is no such statement.
        held: The tables whose rows decide what is written, so that no other commit may come between.
        taken_over: The staged tables whose files others get, each with the table that gets them.
    """

    def __init__(self, raw: Any, opener: Callable[..., Catalog | None], namespace: str) -> None:
        raw.execute(f"CREATE SCHEMA {OWN}")
        super().__init__(raw, opener, namespace)

    def ended(self) -> None:
        """Forget the transaction; what it wrote and has not committed is deleted."""
        for one in getattr(self, "pending", {}).values():
            one.discard()
        marker = getattr(self, "_marker", None)
        if marker is not None:
            marker.close()
        super().ended()
        self.pending: dict[tuple[str, str], Pending] = {}
        self.keys: dict[tuple[str, str], LoadKey] = {}
        self.held: set[Place] = set()
        self._marker: Marker | None = None
        self._dropped: list[tuple[str, str]] = []
        self._new_schemas: list[str] = []
        self._created: tuple[str, str] | None = None
        self.taken_over: list[tuple[Place, Pending]] = []
        self.divided: dict[Place, tuple[str, ...]] = {}
        self.failed = False
        self.changed: int | None = None

    # -- what there is

    def query(self, schema: str, name: str) -> str | None:
        """The rows of a table as this transaction has changed it."""
        found = self.pending.get((schema, name))
        return super().query(schema, name) if found is None else found.query()

    def required(self, schema: str | None, name: str) -> set[str]:
        """The columns that hold no NULL."""
        found = self.pending.get((schema or self.namespace, name))
        if found is None:
            return super().required(schema, name)
        return {one.name for one in found.plan.schema.fields if one.required}

    def committed(self, schema: str, name: str) -> Table | None:
        """A table of the catalog as this transaction sees it; None if it is new, or there is none."""
        found = self.pending.get((schema, name))
        if found is not None:
            return None if found.is_new else found.table
        return self.load(schema, name) if name in self.listing().get(schema, ()) else None

    def place(self, table: str) -> tuple[str, str] | None:
        """Namespace and name of a table that a statement names; None if the catalog has no such table."""
        parts = _parts(table)
        schema, name = (".".join(parts[:-1]) or self.namespace), parts[-1]
        for known, names in self.listing().items():
            if known.lower() == schema.lower():
                return next(((known, one) for one in names if one.lower() == name.lower()), None)
        return None

    # -- changes

    def change(self, schema: str, name: str) -> Pending:
        """The pending state of a table."""
        key = (schema, name)
        if key not in self.pending:
            table = self.load(schema, name)
            if table.metadata.format_version > _WRITTEN_VERSION:
                raise ConfigurationError(
                    f"The table {schema}.{name} is of Iceberg's format version {table.metadata.format_version}, which"
                    f" PyIceberg reads and does not write yet; it writes versions 1 and {_WRITTEN_VERSION}.",
                    suggestion="Write to it with an engine: trino://… on the same catalog.",
                )
            self.pending[key] = Pending.of(self.raw, schema, name, table)
            self.mark(self.pending[key])
        return self.pending[key]

    def mark(self, pending: Pending) -> None:
        """Note where files are written, so that others find them if this process is killed."""
        with files_used():
            if self._marker is None:
                self._marker = Marker.open(self.catalog_to_write())
            if self._marker is not None:
                self._marker.add(pending)

    def outdate(self, schema: str, name: str) -> None:
        """Make the view of a table anew when a statement names it."""
        self._defined.discard((schema, name))

    def refresh(self, schema: str, name: str) -> None:
        """Let statements see the table as it is now."""
        self.outdate(schema, name)
        self.define(schema, name)

    def prepare(self, statement: str) -> str:  # type: ignore[override]
        """Views of the tables that a statement names, and the statement with the table that it changes in its place."""
        self._created = None
        self._require_sound()
        super().prepare(statement)
        for pattern, change in _CHANGES:
            found = pattern.match(statement)
            if found is not None:
                place = self.place(found["table"])
                return statement if place is None else change(self, found, place)
        for pattern, make in _MAKES:
            found = pattern.match(statement)
            if found is not None:
                return make(self, found)
        return statement

    def _require_sound(self) -> None:
        if self.failed:
            raise duckdb.TransactionException("A write failed in this transaction, which can only be rolled back.")

    def executed(self) -> None:
        """Take over the table that a statement has created in DuckDB."""
        if self._created is not None:
            schema, name = self._created
            self._created = None
            self._adopt(schema, name)

    def _insert(self, found: re.Match[str], place: Place) -> str:
        pending = self.change(*place)
        own = pending.make_own()
        self.refresh(*place)
        return found.string[: found.start("table")] + own + found.string[found.end("table") :]

    def _update(self, found: re.Match[str], place: Place) -> str:
        pending = self.change(*place)
        pending.pull(None)
        self.refresh(*place)
        target = f"{pending.make_own()} AS {quoted(place[1])}"
        return found.string[: found.start("table")] + target + found.string[found.end("table") :]

    def _delete(self, found: re.Match[str], place: Place) -> str:
        pending = self.change(*place)
        pending.write_own()
        self.refresh(*place)
        rest = found["rest"].strip().rstrip(";")
        if not rest:
            self.changed = pending.clear()
        elif re.match(r"WHERE\b", rest, re.IGNORECASE) and not re.search(r"\bRETURNING\b|[?$]", rest, re.IGNORECASE):
            self.changed = pending.delete(place[1], rest[len("WHERE") :])
        if self.changed is not None:
            self.refresh(*place)
            return NO_ROWS
        pending.pull(None)
        own = pending.make_own()
        self.refresh(*place)
        return f"{found.string[: found.start('table')]}{own} AS {quoted(place[1])}{found.string[found.end('table') :]}"

    def _truncate(self, found: re.Match[str], place: Place) -> str:
        del found
        self.change(*place).clear()
        self.refresh(*place)
        return NO_ROWS

    def _create(self, found: re.Match[str]) -> str:
        parts = _parts(found["table"])
        place = self.place(found["table"])
        schema = ".".join(parts[:-1]) or self.namespace
        if place is not None:
            if found["lenient"]:
                return NO_ROWS
            if found["replace"]:
                raise ConfigurationError(
                    "CREATE OR REPLACE TABLE is not supported for Iceberg.", suggestion="Use mode='overwrite'."
                )
            if place != (schema, parts[-1]):
                raise ConfigurationError(
                    f"The catalog has a table {'.'.join(place)!r}: DuckDB, which reads its tables, takes"
                    f" {'.'.join((schema, parts[-1]))!r} for the same name.",
                    suggestion=f"Write to {place[1]!r}, or choose a name that differs in more than its case.",
                )
            self.define(*place)  # DuckDB says that it exists
            return found.string
        if schema in self.schemas() and schema != self.namespace:
            self.raw.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        self._created = (schema, parts[-1])
        return found.string

    def _adopt(self, schema: str, name: str) -> None:
        """Make a table of DuckDB a pending table of the catalog."""
        relation = f"{quoted(schema)}.{quoted(name)}"
        refused = list(constraints(self.raw, schema, name))
        if refused:
            raise ConfigurationError(
                f"Iceberg tables have no keys, defaults or checks: {', '.join(refused)}.",
                suggestion="Leave them out, and check the rows with dq-core.",
            )
        columns = schema_of(self.raw, relation)
        made = self._new_table(schema, name, columns, spec_of(columns, self.divided.get((schema, name), ())))
        pending = Pending.of(self.raw, schema, name, made, is_new=True)
        pending.hold(f"SELECT * FROM {relation}")  # noqa: S608 - quoted
        self.raw.execute(f"DROP TABLE {relation}")
        self.put(pending)

    def put(self, pending: Pending) -> None:
        """Let the transaction see a new table."""
        self.pending[pending.schema, pending.name] = pending
        self.listing().setdefault(pending.schema, []).append(pending.name)
        self.mark(pending)
        self.refresh(pending.schema, pending.name)

    def _new_table(self, schema: str, name: str, columns: Schema, spec: PartitionSpec) -> Table:
        """A table as it will be created, at a place of its own: one that was dropped may have left files behind."""
        from pyiceberg.table import StagedTable
        from pyiceberg.table.metadata import new_table_metadata
        from pyiceberg.table.sorting import UNSORTED_SORT_ORDER

        catalog = self.catalog_to_write()
        folder = re.sub(r"[^\w\-]", "_", name)
        location = f"{self.location(catalog, schema)}/{folder}-{uuid4().hex}"
        metadata = new_table_metadata(
            schema=columns,
            partition_spec=spec,
            sort_order=UNSORTED_SORT_ORDER,
            location=location,
            properties={},
        )
        from pyiceberg.io import load_file_io

        io = load_file_io(catalog.properties, location)
        return StagedTable((*schema.split("."), name), metadata, "", io, catalog)

    def location(self, catalog: Catalog, schema: str) -> str:
        """Where the tables of a namespace are."""
        from pyiceberg.exceptions import NoSuchNamespaceError

        try:
            properties = catalog.load_namespace_properties(tuple(schema.split(".")))
        except NoSuchNamespaceError:
            properties = {}
        found = properties.get("location") or catalog.properties.get("warehouse")
        if not found:
            raise ConfigurationError(
                "The catalog does not say where new tables go.", suggestion="Give it a warehouse: file:///folder."
            )
        return str(found).rstrip("/") if "location" in properties else f"{str(found).rstrip('/')}/{schema}"

    def _drop(self, found: re.Match[str], place: Place) -> str:
        del found
        self.drop(*place)
        return NO_ROWS

    def drop(self, schema: str, name: str) -> None:
        """Let the commit drop a table."""
        self._hide(schema, name)
        pending = self.pending.pop((schema, name), None)
        if pending is not None:
            pending.discard()
        if pending is None or not pending.is_new:
            self._dropped.append((schema, name))

    def _rename(self, found: re.Match[str], place: Place) -> str:
        pending = self.pending.get(place)
        if pending is None or not pending.is_new:
            raise ConfigurationError("Iceberg tables that are there cannot be renamed in a transaction.")
        self.rename(place, _bare(found["new"]))
        return NO_ROWS

    def rename(self, place: tuple[str, str], new: str) -> None:
        """Give a table that this transaction has made another name."""
        self._hide(*place)
        pending = self.pending.pop(place)
        pending.name = new
        self.put(pending)

    def _hide(self, schema: str, name: str) -> None:
        """Let the transaction see no table of this name."""
        self.raw.execute(f"DROP VIEW IF EXISTS {quoted(schema)}.{quoted(name)}")
        self._defined.discard((schema, name))
        self.listing()[schema].remove(name)

    def _alter(self, found: re.Match[str], place: Place) -> str:
        del found, place
        raise ConfigurationError(
            "ALTER TABLE is not supported for Iceberg tables without a server.",
            suggestion="Use PyIceberg (table.update_schema()), or mode='overwrite' with the new columns.",
        )

    def _new_schema(self, found: re.Match[str]) -> str:
        name = _bare(found["name"])
        if name not in self.schemas():
            self.listing()[name] = []
            self._new_schemas.append(name)
            self.raw.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}")
        elif not found["lenient"]:
            self.raw.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}")
            return found.string
        return NO_ROWS

    def _no_such(self, found: re.Match[str]) -> str:
        raise ConfigurationError(f"A catalog of Iceberg tables holds no {found['what'].lower()}.")

    # -- the end

    def catalog_to_write(self) -> Catalog:
        """The catalog, which is made if it does not exist."""
        if self._catalog is None:
            self._catalog = self.opener(make=True)
        assert self._catalog is not None  # noqa: S101 - it was made
        return self._catalog

    def _commit(self, catalog: Catalog, one: Pending) -> None:
        if one.is_new:
            commit.create(catalog, one, self._marker)
        else:
            commit.change(catalog, one, self._marker, held=(one.schema, one.name) in self.held)

    def publish(self) -> None:
        """Commit each table that was changed: new namespaces first, drops last."""
        self._require_sound()
        for place, key in self.keys.items():
            if place[1] in self.listing().get(place[0], ()):
                self.change(*place).key = key
        changed = [one for one in self.pending.values() if one.is_changed]
        if not (changed or self._dropped or self._new_schemas):
            return
        catalog = self.catalog_to_write()
        for one in changed:
            one.write_own()
        self._make_namespaces(catalog, [*self._new_schemas, *(one.schema for one in changed)])
        for place, target in self.taken_over:
            commit.give_away(catalog, place, target, self._marker)
        made = {(one.schema, one.name) for one in changed if one.is_new}
        for place in made.intersection(self._dropped):
            commit.drop(catalog, *place, self._marker)
        for one in changed:
            self._commit(catalog, one)
            del self.pending[one.schema, one.name]
        if self._dropped and self._marker is None:
            self._marker = Marker.open(catalog)
        for place in set(self._dropped) - made:
            commit.drop(catalog, *place, self._marker)

    def _make_namespaces(self, catalog: Catalog, names: list[str]) -> None:
        from pyiceberg.exceptions import NamespaceAlreadyExistsError

        for name in dict.fromkeys(names):
            path = tuple(name.split("."))
            if not catalog.namespace_exists(path):
                try:
                    catalog.create_namespace(path)
                except NamespaceAlreadyExistsError:
                    continue


_CHANGES: tuple[tuple[re.Pattern[str], Callable[[WritingSession, re.Match[str], Place], str]], ...] = (
    (_INSERT, WritingSession._insert),  # noqa: SLF001 - of the class above
    (_UPDATE, WritingSession._update),  # noqa: SLF001
    (_DELETE, WritingSession._delete),  # noqa: SLF001
    (_TRUNCATE, WritingSession._truncate),  # noqa: SLF001
    (_DROP, WritingSession._drop),  # noqa: SLF001
    (_RENAME, WritingSession._rename),  # noqa: SLF001
    (_ALTER, WritingSession._alter),  # noqa: SLF001
)
"""What changes a table that the catalog has; DuckDB itself says that there is no other."""

_MAKES: tuple[tuple[re.Pattern[str], Callable[[WritingSession, re.Match[str]], str]], ...] = (
    (_CREATE, WritingSession._create),  # noqa: SLF001
    (_NEW_SCHEMA, WritingSession._new_schema),  # noqa: SLF001
    (_NO_SUCH, WritingSession._no_such),  # noqa: SLF001
)
