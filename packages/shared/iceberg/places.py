"""Catalogs of Iceberg tables: which one a URL means, and how it is opened."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL
from sqlalchemy.dialects import registry

from ..databases.urls import normalized, parse_url
from ..masking import scrubbed, secrets_of
from ..problems import InvalidURLError, UnreadableFileError
from ..wording import did_you_mean, missing_package

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyiceberg.catalog import Catalog

__all__ = [
    "DEFAULT_NAMESPACE",
    "STORES",
    "catalog_opener",
    "is_catalog",
    "is_iceberg",
    "local_path",
    "register",
    "url_problem",
]

DEFAULT_NAMESPACE = "default"
"""The namespace of tables that are named without one, unless the URL says ``namespace=``."""

STORES = ("sqlite", "postgresql", "postgres")
"""The databases that hold catalogs, as URLs name them."""
_OWN = ("namespace", "catalog")


def local_path(location: str) -> str:
    """A location of a file as DuckDB opens it."""
    if location.startswith("file:"):
        return "/" + location.removeprefix("file:").lstrip("/")
    return re.sub(r"^s3[an]://", "s3://", location)


def is_iceberg(url: URL) -> bool:
    """Whether a URL is that of a catalog of Iceberg tables."""
    return url.drivername.partition("+")[0].lower() == "iceberg"


def is_catalog(given: object) -> bool:
    """Whether something is a catalog of PyIceberg; does not import it."""
    return any(cls.__module__ == "pyiceberg.catalog" and cls.__name__ == "Catalog" for cls in type(given).__mro__)


def register(module: str, name: str, *, instead: bool) -> None:
    """Let `sqlalchemy.create_engine` know the URLs of catalogs.

    Args:
        module: The module with the dialect of their engines, which is imported for the first one.
        name: The class.
        instead: Whether it replaces one that is registered: what writes reads as well.
    """
    for url in ("iceberg", *(f"iceberg.{store}" for store in STORES)):
        if instead or url not in registry.impls:
            registry.register(url, module, name)


def url_problem(text: str) -> InvalidURLError | None:
    """Why nothing opens the URL of a database, as far as that is known without its packages; None if it is not."""
    try:
        url = parse_url(text)
        if is_iceberg(url):
            _require_catalog(url)
    except InvalidURLError as error:
        return error
    return None


def _require_catalog(url: URL) -> None:
    """What can be known of the URL of a catalog without PyIceberg.

    Raises:
        InvalidURLError: If the URL names no catalog.
    """
    _, plus, store = url.drivername.lower().partition("+")
    backend = store.partition("+")[0]
    if not plus:
        if not (url.host or url.database):
            raise InvalidURLError(
                "iceberg:// names no catalog.",
                suggestion="Write iceberg://name for a catalog in .pyiceberg.yaml or PYICEBERG_CATALOG__NAME__URI, or"
                " iceberg+sqlite:///catalog.db?warehouse=file:///folder.",
            )
    elif backend.partition(".")[0] not in STORES:
        raise InvalidURLError(
            f"A catalog of Iceberg tables is kept in SQLite or PostgreSQL, not in {store!r}.",
            suggestion=did_you_mean(backend, STORES)
            or "Write iceberg+sqlite:///catalog.db?warehouse=file:///folder, or iceberg+postgresql://… , or"
            " iceberg://name for a catalog that PyIceberg is configured for.",
        )
    elif not _query(url).get("warehouse"):
        raise InvalidURLError(
            "The URL of the catalog has no warehouse.",
            suggestion="Add where new tables go: ?warehouse=file:///folder or ?warehouse=s3://bucket/folder",
        )


def _query(url: URL) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}


def catalog_opener(url: URL, *, core: str) -> Callable[..., Catalog | None]:
    """What opens the catalog of a URL; None as long as its file does not exist, which only writing makes.

    Args:
        url: ``iceberg+sqlite:///file.db?warehouse=…``, ``iceberg+postgresql://host/db?warehouse=…``, or
            ``iceberg://name`` for a catalog of PyIceberg's own configuration.
        core: The distribution whose extra brings PyIceberg.

    Raises:
        InvalidURLError: If the URL names no catalog.
        MissingPackageError: If PyIceberg is not installed.
    """
    try:
        import pyiceberg.catalog  # noqa: F401 - told before any work
    except ImportError as error:
        raise missing_package("pyiceberg", "An iceberg URL", core=core, extra="iceberg") from error
    _require_catalog(url)
    _, plus, store = url.drivername.lower().partition("+")
    if not plus:
        return _configured(url)
    query = _query(url)
    warehouse = query["warehouse"]
    if "://" not in warehouse and not warehouse.startswith("file:"):
        query["warehouse"] = Path(warehouse).resolve().as_uri()
    if "py-io-impl" in query:
        _require_class(query["py-io-impl"])
    else:
        _require_known(warehouse.partition("://")[0] if "://" in warehouse else "file")
    properties = {name: value for name, value in query.items() if name not in _OWN}
    store_url = normalized(URL.create(store, url.username, url.password, url.host, url.port, url.database))
    name = query.get("catalog", "default")
    file = Path(url.database) if store_url.get_backend_name() == "sqlite" and url.database else None

    made: list[Any] = []

    def opened(*, make: bool = False) -> Catalog | None:
        if file is not None and not make and not file.exists():
            return None
        if made:
            made[0].look()
        else:
            made.append(_sql_catalog(name, store_url, properties))
        catalog: Catalog = made[0]
        return catalog

    return opened


def _require_known(scheme: str) -> None:
    from pyiceberg.io import SCHEMA_TO_FILE_IO

    if scheme not in SCHEMA_TO_FILE_IO:
        raise InvalidURLError(
            f"PyIceberg knows no files of the scheme {scheme!r}, in which the warehouse of the catalog is.",
            suggestion=did_you_mean(scheme, SCHEMA_TO_FILE_IO) or f"Known are {', '.join(sorted(SCHEMA_TO_FILE_IO))}.",
        )


def _require_class(name: str) -> None:
    module, _, made = name.rpartition(".")
    try:
        getattr(import_module(module), made)
    except (ImportError, AttributeError, ValueError):
        raise InvalidURLError(
            f"py-io-impl must name a class that can be imported, not {name!r}.",
            suggestion="Write module and class, as in pyiceberg.io.fsspec.FsspecFileIO, or leave it out.",
        ) from None


def _sql_catalog(name: str, store: URL, properties: dict[str, str]) -> Catalog:
    from . import sql as iceberg_sql

    try:
        return iceberg_sql.opened(name, store, properties)
    except ImportError as error:
        raise missing_package(error.name or "sqlalchemy", "A catalog in SQL", core="pyiceberg") from error


def _configured(url: URL) -> Callable[..., Catalog | None]:
    name = str(url.host or url.database)
    properties = {key: value for key, value in url.query.items() if key not in _OWN and isinstance(value, str)}

    def opened(*, make: bool = False) -> Catalog:
        del make
        from pyiceberg.catalog import load_catalog

        try:
            return load_catalog(name, **properties)
        except ValueError as error:
            raise UnreadableFileError(
                f"PyIceberg cannot open the catalog {name!r}: {scrubbed(str(error), secrets_of(url))}",
                suggestion="Configure it in .pyiceberg.yaml, or by PYICEBERG_CATALOG__… variables.",
            ) from None

    return opened


def namespace_of(url: URL) -> str:
    """The namespace of tables that are named without one."""
    given: Any = url.query.get("namespace") or DEFAULT_NAMESPACE
    return str(given if isinstance(given, str) else given[-1])
