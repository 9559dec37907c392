"""Catalogs of Iceberg tables for tests, in SQLite and local files, and what PyIceberg itself sees of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.table import Table

__all__ = ["append", "catalog_url", "load", "opened", "unreferenced"]


def catalog_url(folder: Path) -> URL:
    """The URL of an empty catalog in a folder."""
    warehouse = (folder / "warehouse").as_uri()
    return URL.create("iceberg+sqlite", database=str(folder / "catalog.db"), query={"warehouse": warehouse})


def opened(url: URL) -> SqlCatalog:
    """The catalog as PyIceberg opens it."""
    from pyiceberg.catalog.sql import SqlCatalog  # not in every environment that has the tests

    catalog = SqlCatalog("default", uri=f"sqlite:///{url.database}", warehouse=str(url.query["warehouse"]))
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
    table = catalog.create_table_if_not_exists(("default", name), rows.schema, **options)
    if rows.num_rows:
        table.append(rows)
    return table


def unreferenced(url: URL) -> set[str]:
    """The data files in the warehouse that no snapshot of any table has; none where there is no warehouse."""
    if "warehouse" not in url.query:
        return set()
    catalog = opened(url)
    used = {
        str(file).removeprefix("file://")
        for namespace in catalog.list_namespaces()
        for name in catalog.list_tables(namespace)
        for file in catalog.load_table(name).inspect.all_files()["file_path"].to_pylist()
    }
    warehouse = Path(str(url.query["warehouse"]).removeprefix("file://"))
    return {str(file) for file in warehouse.rglob("*.parquet")} - used
