"""The names of the tables and files that a task reads and writes, by the naming rules of OpenLineage.

https://openlineage.io/docs/spec/naming
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.sql.util import find_tables

from .._shared.databases.trino_urls import port_of
from .._shared.masking import masked
from ..database import connect
from ..frame.dataframe import DataFrame
from ..handoff import Reference, decode, is_reference
from ..handoff.reference import MARKER, STAGE_PREFIX, items_of
from ..read.files import files_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import URL

    from ..database import Database
    from ..frame.source import Source

_SCHEMES: Final = {"postgresql": "postgres", "mariadb": "mysql"}
_PORTS: Final = {"postgres": 5432, "mysql": 3306}
_CATALOGS: Final = frozenset({"trino"})
"""Servers whose URLs name a catalog and a schema in it: ``trino://host/catalog/schema``."""
_HOSTS: Final = ("host", "unix_socket")
"""Parameters of URLs that say where a server is."""
_FILES_SCHEMA: Final = "main"
"""What databases in a file call the schema of tables that are given none."""
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
    schema_name, _, table_name = name.rpartition(".")
    schema_name = schema_name or schema or ""
    server = _server(url, scheme)
    if server is None:
        in_memory = not url.database or url.database.startswith(":memory:")
        shown = schema_name not in {"", dialect.default_schema_name, _FILES_SCHEMA}
        return Dataset(
            f"{scheme}://{'memory' if in_memory else Path(str(url.database)).absolute()}",
            f"{schema_name}.{table_name}" if shown else table_name,
        )
    place, home = url.database, dialect.default_schema_name
    if scheme in _CATALOGS:
        place, _, home = str(url.database).partition("/")
    parts = [place, schema_name or home, table_name]
    if scheme == "mysql":
        parts = [schema_name or home or place, table_name]  # there a schema is a database
    return Dataset(f"{scheme}://{server}", ".".join(part for part in parts if part))


def compared(
    database: Database,
    target: Any,
    left: tuple[str | None, str | None],
    right: tuple[str | None, str | None],
    path: Any,
) -> Lineage:
    """What a comparison has read, as far as it is named (the text of a query is not parsed).

    Args:
        database: The database of the left side, with an open connection.
        target: That of the right side, as `connect` takes it; None for the same.
        left: Table and schema of the left side.
        right: Those of the right side.
        path: The files of the right side; None for a database.
    """
    read = [table(database, left[0], left[1])] if left[0] is not None else []
    if right[0] is not None and target is None:
        read.append(table(database, right[0], right[1]))
    elif right[0] is not None:
        with connect(target) as beside:
            with beside.connection():
                pass  # which tells the schema of names without one
            read.append(table(beside, right[0], right[1]))
    elif path is not None:
        read.append(file(path))
    return Lineage(inputs=tuple(dict.fromkeys(read)))


def _server(url: URL, scheme: str) -> str | None:
    """Host and port of a server, or the folder or path of its socket; None for a file, which has no server."""
    if scheme not in _PORTS and scheme not in _CATALOGS:
        return None if url.host is None else _with_port(url.host, url.port)
    given = next((value for name in _HOSTS if (value := url.query.get(name))), None)
    host = url.host or (given if isinstance(given, str) else ",".join(given or ())) or "localhost"
    if host.startswith("/"):
        return host
    named = url.query.get("port")
    port = url.port or (named if isinstance(named, str) else None)
    return _with_port(host, port or (port_of(url) if scheme in _CATALOGS else _PORTS.get(scheme)))


def _with_port(host: str, port: int | str | None) -> str:
    host = f"[{host}]" if ":" in host and "," not in host else host
    return host if port is None or (":" in host and not host.endswith("]")) else f"{host}:{port}"


def tables_in(frame: DataFrame) -> tuple[Dataset, ...]:
    """The tables and files that a frame reads."""
    found = {(one.name, getattr(one, "schema", None)) for one in find_tables(frame.statement, include_crud=True)}
    tables = [table(frame.database, name, schema) for name, schema in sorted(found, key=str)]
    return tuple(dict.fromkeys([*tables, *map(file, files_in(frame.statement))]))


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
    elif isinstance(value, DataFrame):
        found += [one for one in tables_in(value) if STAGE_PREFIX not in one.name]
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
    return file(reference.location)


def file(location: str) -> Dataset:
    """A file.

    Args:
        location: Its path or URI.
    """
    scheme, separator, rest = masked(location).partition("://")
    if not separator:
        return Dataset("file", str(Path(location).absolute()))
    if scheme == "file":
        return Dataset("file", rest)
    bucket, _, path = rest.partition("/")
    return Dataset(f"{scheme}://{bucket}", path)
