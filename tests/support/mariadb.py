"""A throw-away MariaDB server from Debian's package ``mariadb-server``, or whatever ``mariadbd`` is on the PATH."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

from support.guard import guarded, wait_for_server
from support.network import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class MariaDBServer:
    """A running server: where it listens, and how to get an empty database in it."""

    port: int

    def url(self, database: str | None = None) -> URL:
        """The URL of one database of this server, for PyMySQL."""
        return URL.create("mariadb+pymysql", "tester", "secret", host="127.0.0.1", port=self.port, database=database)

    @contextmanager
    def database(self, name: str) -> Iterator[URL]:
        """An empty database which is dropped afterwards."""
        admin = create_engine(self.url(), poolclass=NullPool)
        with admin.begin() as connection:
            connection.execute(text(f"CREATE DATABASE `{name}`"))
        yield self.url(name)
        with admin.begin() as connection:
            connection.execute(text(f"DROP DATABASE `{name}`"))


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is not installed: apt-get install mariadb-server")
    return found


@contextmanager
def mariadb_server() -> Iterator[MariaDBServer]:
    """Initialise and start a server on a free port of the loopback interface; stop and remove it afterwards."""
    user = pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() != 0 else "mysql"
    data = Path(tempfile.mkdtemp(prefix="mariadb-"))
    if os.geteuid() == 0:
        shutil.chown(data, user)
    init = data / "init.sql"
    # One statement a line: that is how the server reads this file.
    init.write_text(
        "CREATE USER tester@'127.0.0.1' IDENTIFIED BY 'secret';\n"
        "GRANT ALL ON *.* TO tester@'127.0.0.1' WITH GRANT OPTION;\n"
    )
    init.chmod(0o644)
    folder = data / "data"
    scratch = data / "tmp"
    scratch.mkdir()
    shutil.chown(scratch, user)
    port = free_port()
    common = ["--no-defaults", f"--user={user}", f"--datadir={folder}"]
    command = [
        _program("mariadbd"),
        *common,
        f"--port={port}",
        "--bind-address=127.0.0.1",
        f"--socket={data / 'socket'}",
        f"--pid-file={data / 'pid'}",
        f"--tmpdir={scratch}",  # at its start a server removes the temporary tables that lie there, also another's
        f"--init-file={init}",
        "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-lock-wait-timeout=5",
    ]
    running = MariaDBServer(port)
    try:
        with (data / "log").open("w") as log:
            subprocess.run(
                [_program("mariadb-install-db"), *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
                check=True,
                stdout=log,
                stderr=log,
            )
            with guarded(command, folder=data, signal="KILL", log=log):
                wait_for_server(running.url(), "MariaDB", data / "log")
                yield running
    finally:
        shutil.rmtree(data, ignore_errors=True)
