"""The names of the tables and files that a task reads and writes, by the naming rules of OpenLineage.

https://openlineage.io/docs/spec/naming
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.sql.util import find_tables

from .._shared.masking import masked
from .._shared.trino_urls import port_of
from ..handoff import Reference, decode, is_reference
from ..handoff.reference import MARKER, items_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..database import Database
    from ..frame.dataframe import DataFrame
    from ..frame.source import Source

_SCHEMES: Final = {"postgresql": "postgres", "mariadb": "mysql"}
_PORTS: Final = {"postgres": 5432, "mysql": 3306}
_CATALOGS: Final = frozenset({"trino"})
"""Servers whose URLs name a catalog and a schema in it: ``trino://host/catalog/schema``."""
_READ_FROM: Final = "read_from"


@dataclass(frozen=True, order=True)
class Dataset:
    """A table or a file.

    Attributes:
        namespace: The server or file system: ``postgres://db.example:5432``.
        name: The table or path within it: ``shop.public.users``.
    """

    namespace: str
    name: str


@dataclass(frozen=True)
class Lineage:
    """What one execution of a task touched.

    Attributes:
        inputs: What it read, as far as the statement shows it (the text of ``db.sql`` is not parsed).
        outputs: What it wrote.
        rows_written: How many rows went to the outputs.
    """

    inputs: tuple[Dataset, ...] = ()
    outputs: tuple[Dataset, ...] = ()
    rows_written: int | None = None


def table(database: Source, name: str, schema: str | None = None) -> Dataset:
    """A table of a database.

    Args:
        database: The database.
        name: ``table`` or ``schema.table``.
        schema: The schema, if the name has none.
    """
    url, dialect = database.engine.url, database.engine.dialect
    scheme = _SCHEMES.get(dialect.name, dialect.name)
    if url.host is None:
        in_memory = not url.database or url.database.startswith(":memory:")
        return Dataset(f"{scheme}://{'memory' if in_memory else Path(str(url.database)).absolute()}", name)
    schema_name, _, table_name = name.rpartition(".")
    place, home = url.database, dialect.default_schema_name
    if scheme in _CATALOGS:
        place, _, home = str(url.database).partition("/")
    parts = [place, schema_name or schema or home, table_name]
    if scheme == "mysql":
        parts.pop(0)  # there a schema is a database
    port = url.port or (port_of(url) if scheme in _CATALOGS else _PORTS.get(scheme))
    return Dataset(f"{scheme}://{url.host}:{port}", ".".join(part for part in parts if part))


def tables_in(frame: DataFrame) -> tuple[Dataset, ...]:
    """The tables that a frame reads."""
    found = {(one.name, getattr(one, "schema", None)) for one in find_tables(frame.statement, include_crud=True)}
    return tuple(table(frame.database, name, schema) for name, schema in sorted(found, key=str))


def handed_over(database: Database, value: Any) -> tuple[Dataset, ...]:
    """What the rows that were handed over come from: the staged table or file, or what inline rows were read from.

    Args:
        database: Where staged tables lie.
        value: What was handed over, in any form; inline rows know their origin in the form of :func:`with_origin`.
    """
    found: list[Dataset] = []
    items = items_of(value)
    if items is not None:
        for item in items:
            found += handed_over(database, item)
    elif is_reference(value):
        found.append(staged(database, value if isinstance(value, Reference) else decode(value)))
    elif isinstance(value, Mapping) and MARKER in value:
        found += [Dataset(*origin) for origin in value.get(_READ_FROM, ())]
    return tuple(dict.fromkeys(found))


def with_origin(encoded: Any, inputs: Iterable[Dataset]) -> Any:
    """Encoded inline rows with what they were read from, which nothing else would tell the next task."""
    if isinstance(encoded, Mapping) and encoded.get(MARKER) == "rows":
        return {**encoded, _READ_FROM: [[one.namespace, one.name] for one in inputs]}
    return encoded


def place(database: Source) -> str:
    """A database for a line in a log: its URL, without secrets."""
    return masked(database.engine.url)


def staged(database: Database, reference: Reference) -> Dataset:
    """What a reference refers to.

    Args:
        database: Where staged tables lie.
        reference: The reference.
    """
    if reference.kind == "table":
        return table(database, reference.location)
    scheme, separator, rest = reference.location.partition("://")
    if not separator or scheme == "file":
        return Dataset("file", rest or reference.location)
    bucket, _, path = rest.partition("/")
    return Dataset(f"{scheme}://{bucket}", path)
