"""Catalogs of Iceberg tables for tests, of local files, and what PyIceberg itself sees of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

from support.shared import shared

if TYPE_CHECKING:
    import pyarrow as pa
    import pytest
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.table import Table

__all__ = ["append", "catalog_in", "catalog_url", "load", "opened", "unreferenced"]


def catalog_url(folder: Path) -> URL:
    """The URL of an empty catalog in a folder."""
    warehouse = (folder / "warehouse").as_uri()
    return URL.create("iceberg+sqlite", database=str(folder / "catalog.db"), query={"warehouse": warehouse})


def catalog_in(request: pytest.FixtureRequest, folder: Path) -> URL:
    """An empty catalog in the database that the parameter of a fixture names, ``sqlite`` or ``postgresql``."""
    store: URL = request.getfixturevalue(f"{request.param}_url")
    warehouse = (folder / "warehouse").as_uri()
    return store.set(drivername=f"iceberg+{store.get_backend_name()}", query={"warehouse": warehouse})


def opened(url: URL) -> SqlCatalog:
    """The catalog as PyIceberg opens it."""
    from pyiceberg.catalog.sql import SqlCatalog  # not in every environment that has the tests

    store = shared("databases.urls").normalized(url.set(drivername=url.drivername.partition("+")[2], query={}))
    query = dict(url.query)
    name = str(query.pop("catalog", "default"))
    query.pop("namespace", None)
    catalog = SqlCatalog(name, uri=store.render_as_string(hide_password=False), **query)
    catalog.engine.dispose()
    catalog.engine = create_engine(catalog.engine.url, poolclass=NullPool)  # leaves no connection open
    return catalog


def load(url: URL, name: str, namespace: str = "default") -> Table:
    """A table as PyIceberg loads it."""
    return opened(url).load_table((namespace, name))


def append(url: URL, name: str, rows: pa.Table, **options: Any) -> Table:
    """Append rows with PyIceberg to a table, which is made if it is not there."""
    catalog = opened(url)
    catalog.create_namespace_if_not_exists("default")
    place = ("default", name)
    if not catalog.table_exists(place):
        catalog.create_table(place, rows.schema, **options)
    table = catalog.load_table(place)
    if rows.num_rows:
        table.append(rows)
    return table


def unreferenced(url: URL) -> set[str]:
    """The files in the warehouse that no table refers to; none where there is no warehouse of local files."""
    warehouse = str(url.query.get("warehouse", ""))
    if not warehouse.startswith("file:"):
        return set()
    catalog = opened(url)
    used: set[str] = set()
    for namespace in catalog.list_namespaces():
        for name in catalog.list_tables(namespace):
            table = catalog.load_table(name)
            metadata = table.metadata
            used |= {table.metadata_location, *(one.metadata_file for one in metadata.metadata_log)}
            used |= {one.manifest_list for one in metadata.snapshots}
            used |= {one.manifest_path for snapshot in metadata.snapshots for one in snapshot.manifests(table.io)}
            used |= set(table.inspect.all_files()["file_path"].to_pylist())
    there = {str(path) for path in Path(warehouse.removeprefix("file://")).rglob("*") if path.is_file()}
    return there - {one.removeprefix("file://") for one in used} - {one for one in there if one.endswith("/SHARED")}
