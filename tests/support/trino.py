"""A throw-away Trino server from Maven Central, whose Iceberg catalog PyIceberg can share."""

from __future__ import annotations

import base64
import fcntl
import itertools
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from support.guard import guarded
from support.maven import REPOSITORY, maven
from support.network import free_port, free_ports
from support.object_store import KEY, REGION, SECRET
from support.trino_security import Secured, secured
from support.waiting import pauses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["CATALOGS", "VERSION", "TrinoServer", "restartable_trino", "trino_server", "trino_worker"]

VERSION = "476"
CATALOGS = ("iceberg", "memory")
"""The catalogs that tests write to; ``tpch`` only has tables to read."""

_ARCHIVE = f"io.trino:trino-server:{VERSION}:tar.gz"
_PLUGINS = frozenset({"iceberg", "memory", "tpch", "password-authenticators", "spooling-filesystem"})
_LEAST_JAVA = 24
_SHORT_RUN = ("-XX:+UseSerialGC",)
_JVM = (
    "-XX:+ExitOnOutOfMemoryError",
    "-Djdk.attach.allowAttachSelf=true",
    "--add-modules=jdk.incubator.vector",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)
# The tables of a catalog in a database, as PyIceberg makes them; Trino expects to find them.
_CATALOG_TABLES = (
    """
    CREATE TABLE iceberg_tables (
        catalog_name varchar(255) NOT NULL, table_namespace varchar(255) NOT NULL, table_name varchar(255) NOT NULL,
        metadata_location varchar(1000), previous_metadata_location varchar(1000), iceberg_type varchar(5),
        PRIMARY KEY (catalog_name, table_namespace, table_name)
    )
    """,
    """
    CREATE TABLE iceberg_namespace_properties (
        catalog_name varchar(255) NOT NULL, namespace varchar(255) NOT NULL, property_key varchar(255) NOT NULL,
        property_value varchar(1000) NOT NULL, PRIMARY KEY (catalog_name, namespace, property_key)
    )
    """,
)
_numbers = itertools.count(1)
_OF_A_RUN = re.compile(r"test_\d+_\d+$")


@dataclass(frozen=True)
class TrinoServer:
    """A running server.

    Attributes:
        port: Where it listens.
        catalog: The database with the Iceberg catalog, for PyIceberg's SqlCatalog of the name ``iceberg``.
        folder: The folder that server and tests reach; the tables' files are under ``warehouse``.
        secured: The port of the same server that asks who comes.
        store_port: Where the Iceberg catalog looks for what is at ``s3://…``: a free port, on which a test may run a
            store of `support.object_store`.
    """

    port: int
    catalog: URL
    folder: Path
    secured: Secured
    store_port: int

    @property
    def warehouse(self) -> str:
        """Where the files of the Iceberg tables are, as a URI."""
        return (self.folder / "warehouse").as_uri()

    def url(self, catalog: str, schema: str | None = None) -> URL:
        """The URL of one catalog."""
        database = catalog if schema is None else f"{catalog}/{schema}"
        return URL.create("trino", "tester", host="127.0.0.1", port=self.port, database=database)

    @contextmanager
    def schema(self, catalog: str) -> Iterator[URL]:
        """An empty schema, which is dropped afterwards with what is in it and with what its test has made."""
        own = f"test_{os.getpid()}_"
        name = f"{own}{next(_numbers)}"
        admin = create_engine(self.url(catalog), poolclass=NullPool)
        with admin.connect() as connection:
            before = _schemas(connection)
            connection.execute(text(f"CREATE SCHEMA {name}"))
        yield self.url(catalog, name)
        with admin.connect() as connection:
            for schema in _schemas(connection) - before:
                if _OF_A_RUN.match(schema) and not schema.startswith(own):
                    continue  # another run uses this server too
                connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))


def _schemas(connection: Connection) -> set[str]:
    return set(connection.execute(text("SHOW SCHEMAS")).scalars())


def _java() -> Path:
    """The first Java that is new enough: TRINO_JAVA_HOME, JAVA_HOME, then what lies in /usr/lib/jvm."""
    named = [Path(home) for name in ("TRINO_JAVA_HOME", "JAVA_HOME") if (home := os.environ.get(name))]
    for home in [*named, *sorted(Path("/usr/lib/jvm").glob("*"))]:
        release = home / "release"
        if release.exists():
            found = re.search(r'JAVA_VERSION="(\d+)', release.read_text(encoding="utf-8"))
            if found and int(found.group(1)) >= _LEAST_JAVA:
                return home / "bin" / "java"
    raise FileNotFoundError(f"Trino needs a Java {_LEAST_JAVA} or newer: name one in TRINO_JAVA_HOME.")


def _installation() -> Path:
    """The unpacked server without the plugins that no test needs; made once for all checkouts of this machine."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "moltres-tests"
    cache.mkdir(parents=True, exist_ok=True)
    ready = cache / f"trino-server-{VERSION}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            part = Path(tempfile.mkdtemp(prefix="part-", dir=cache))
            try:
                # Files of several plugins are links to one file of the archive: all are unpacked, then removed.
                subprocess.run(["tar", "-xzf", str(_archive()), "-C", str(part)], check=True)
                unpacked = part / f"trino-server-{VERSION}"
                for plugin in (unpacked / "plugin").iterdir():
                    if plugin.name not in _PLUGINS:
                        shutil.rmtree(plugin)
                unpacked.rename(ready)
            finally:
                shutil.rmtree(part, ignore_errors=True)
    return ready


def _archive() -> Path:
    group, artifact, version, kind = _ARCHIVE.split(":")
    found = REPOSITORY / group.replace(".", "/") / artifact / version / f"{artifact}-{version}.{kind}"
    if not found.exists():
        maven("dependency:get", f"-Dartifact={_ARCHIVE}", "-Dtransitive=false")
    return found


def _write(file: Path, properties: Mapping[str, object]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{name}={value}\n" for name, value in properties.items()), encoding="utf-8")


def _spooling(folder: Path, endpoint: str) -> dict[str, object]:
    """What lets results be spooled to the bucket ``spool`` of a store with the protocol of S3."""
    _write(
        folder / "etc" / "spooling-manager.properties",
        {
            "spooling-manager.name": "filesystem",
            "fs.location": "s3://spool/",
            "fs.s3.enabled": "true",
            "fs.segment.encryption": "false",
            **_store(endpoint),
        },
    )
    secret = base64.b64encode(secrets.token_bytes(32)).decode()
    return {"protocol.spooling.enabled": "true", "protocol.spooling.shared-secret-key": secret}


def _store(endpoint: str) -> dict[str, object]:
    """What a file system of the server must know of a store with the protocol of S3."""
    return {
        "s3.endpoint": endpoint,
        "s3.region": REGION,
        "s3.path-style-access": "true",
        "s3.aws-access-key": KEY,
        "s3.aws-secret-key": SECRET,
    }


def _configure(server: TrinoServer, heap_mb: int, asking: Mapping[str, object]) -> None:
    folder, port, catalog = server.folder, server.port, server.catalog
    _write(
        folder / "etc" / "config.properties",
        {
            "coordinator": "true",
            "node-scheduler.include-coordinator": "true",
            "http-server.http.port": port,
            "discovery.uri": f"http://127.0.0.1:{port}",
            "query.max-memory-per-node": f"{heap_mb * 4 // 10}MB",
            "memory.heap-headroom-per-node": f"{heap_mb * 2 // 10}MB",
            "http-server.log.enabled": "false",
            "query.min-expire-age": "2m",  # thousands of queries in a quarter of an hour would fill the heap
            **asking,
        },
    )
    _write(folder / "etc" / "catalog" / "memory.properties", {"connector.name": "memory"})
    _write(folder / "etc" / "catalog" / "tpch.properties", {"connector.name": "tpch"})
    _write(
        folder / "etc" / "catalog" / "iceberg.properties",
        {
            "connector.name": "iceberg",
            "iceberg.catalog.type": "jdbc",
            "iceberg.jdbc-catalog.catalog-name": "iceberg",
            "iceberg.jdbc-catalog.driver-class": "org.postgresql.Driver",
            "iceberg.jdbc-catalog.connection-url": f"jdbc:postgresql://{catalog.host}:{catalog.port}/{catalog.database}",
            "iceberg.jdbc-catalog.connection-user": catalog.username,
            "iceberg.jdbc-catalog.connection-password": catalog.password or "",
            "iceberg.jdbc-catalog.default-warehouse-dir": (folder / "warehouse").as_uri(),
            "iceberg.add-files-procedure.enabled": "true",
            "iceberg.register-table-procedure.enabled": "true",
            "fs.native-local.enabled": "true",
            "local.location": "/",
            "fs.native-s3.enabled": "true",
            **_store(f"http://127.0.0.1:{server.store_port}"),
        },
    )


def _create_catalog(catalog: URL) -> None:
    engine = create_engine(catalog, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in _CATALOG_TABLES:
            connection.execute(text(statement))


@contextmanager
def trino_worker(server: TrinoServer, *, heap_mb: int = 1536, short_run: bool = True) -> Iterator[None]:
    """A second node of a server, in a process of its own; the other arguments are those of `trino_server`."""
    folder = Path(tempfile.mkdtemp(prefix="trino-worker-"))
    port = free_port()
    try:
        shutil.copytree(server.folder / "etc", folder / "etc")
        config = (folder / "etc" / "config.properties").read_text(encoding="utf-8").splitlines()
        # A worker asks nobody but its coordinator, which knows the same secret.
        own = ("include-coordinator", "http-server.https", "http-server.authentication", "password-authenticator")
        given = dict(line.split("=", 1) for line in config if not any(part in line for part in own))
        _write(folder / "etc" / "config.properties", {**given, "coordinator": "false", "http-server.http.port": port})
        with (folder / "log").open("w") as log:
            command = _command(folder, heap_mb, short_run=short_run)
            command = [one.replace("-Dnode.id=test", "-Dnode.id=worker") for one in command]
            with guarded(command, folder=folder, signal="KILL", log=log):
                _wait(port, folder / "log")
                yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _command(folder: Path, heap_mb: int, *, short_run: bool) -> list[str]:
    installation = _installation()
    settings = {
        "config": folder / "etc" / "config.properties",
        "catalog.config-dir": folder / "etc" / "catalog",
        "node.environment": "test",
        "node.id": "test",
        "node.data-dir": folder / "data",
        "plugin.dir": installation / "plugin",
    }
    defined = [f"-D{name}={value}" for name, value in settings.items()]
    classes = str(installation / "lib" / "*")
    options = [*(_SHORT_RUN if short_run else ()), *_JVM]
    return [str(_java()), f"-Xmx{heap_mb}M", *options, *defined, "-cp", classes, "io.trino.server.TrinoServer"]


def _wait(port: int, log: Path) -> None:
    for _ in pauses(within=600):
        try:
            with urlopen(f"http://127.0.0.1:{port}/v1/info", timeout=5) as answer:
                if not json.load(answer)["starting"]:
                    return
        except (URLError, OSError, ValueError):
            continue
    raise RuntimeError(f"Trino does not start:\n{log.read_text()[-3000:]}")


def _wait_for_nodes(url: URL) -> None:
    """Wait until the server reads rows: a moment after its start it still knows of no node, not even itself."""
    engine = create_engine(url, poolclass=NullPool)
    last: Exception | None = None
    for _ in pauses(within=120):
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT count(*) FROM nation")).scalar_one()
                return
        except DBAPIError as error:
            last = error
    raise RuntimeError("Trino does not find its own node.") from last


@contextmanager
def trino_server(
    catalog: URL, *, heap_mb: int = 1536, short_run: bool = True, spool: str | None = None
) -> Iterator[TrinoServer]:
    """Start a server on a free port of the loopback interface; stop it and remove its files afterwards.

    Args:
        catalog: An empty database of PostgreSQL, for the Iceberg catalog.
        heap_mb: The memory of the Java process, in megabytes.
        short_run: Whether the server starts fast and compiles little, for tests; timings are those of a server that
            compiles as it does by default.
        spool: The URL of a store with the protocol of S3, for results; None for the plain protocol.
    """
    with _prepared(catalog, heap_mb, spool) as server, _running(server, heap_mb, short_run, server.folder):
        yield server


@contextmanager
def restartable_trino(catalog: URL, *, heap_mb: int = 1536) -> Iterator[tuple[TrinoServer, Callable[[], None]]]:
    """The same, with a function that kills the server and starts it again, with the same tables."""
    with _prepared(catalog, heap_mb) as server, ExitStack() as running:

        def start() -> None:
            running.enter_context(_running(server, heap_mb, True, server.folder / "data"))

        def restart() -> None:
            running.close()
            start()

        start()
        yield server, restart


@contextmanager
def _prepared(catalog: URL, heap_mb: int, spool: str | None = None) -> Iterator[TrinoServer]:
    folder = Path(tempfile.mkdtemp(prefix="trino-"))
    try:
        ports = free_ports(3)
        asked, asking = secured(folder / "etc" / "security", ports[1])
        if spool is not None:
            asking = {**asking, **_spooling(folder, spool)}
        server = TrinoServer(ports[0], catalog, folder, asked, ports[2])
        (folder / "warehouse").mkdir()
        _create_catalog(catalog)
        _configure(server, heap_mb, asking)
        yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(server: TrinoServer, heap_mb: int, short_run: bool, removed: Path) -> Iterator[None]:
    log = server.folder / "log"
    command = _command(server.folder, heap_mb, short_run=short_run)
    with log.open("a") as output, guarded(command, folder=removed, signal="KILL", log=output, cwd=server.folder):
        _wait(server.port, log)
        _wait_for_nodes(server.url("tpch", "tiny"))
        yield
