"""What must come out where a server is broken, as tests which a subclass runs on what it uses a database with.

The error is one of ours, it says rightly whether a retry can help, shows no password, and comes within the time limit.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from support.broken_servers import BROKEN, broken_server
from support.waiting import until

if TYPE_CHECKING:
    from support.mariadb import MariaDBServer
    from support.postgresql import PostgreSQLServer

SECRET = "hunter2-of-a-broken-server"
#: The beginning of a URL, and the driver that it needs. A password for Trino is refused before anything is sent.
DRIVERS = {
    "postgresql+psycopg": (f"postgresql+psycopg://u:{SECRET}@", "psycopg"),
    "mariadb+pymysql": (f"mariadb+pymysql://u:{SECRET}@", "pymysql"),
    "mysql+pymysql": (f"mysql+pymysql://u:{SECRET}@", "pymysql"),
    "trino": ("trino://u@", "trino"),
}
#: Whether a retry can help: nobody may be there yet, or be too busy, but what is no database stays none.
RETRY_HELPS = {"closed": True, "hangs up": True, "waits": True, "babbles": False}
SECONDS = 30
"""Far more than any of this takes, and far less than drivers wait by themselves."""


class BrokenServers:
    """The tests. A subclass says how it uses a database, and what its errors are."""

    ours: ClassVar[tuple[type[BaseException], ...]]
    """The errors that may come out."""

    def use(self, url: str, query: str) -> object:
        """Run a query in the database of a URL."""
        raise NotImplementedError

    def retry_can_help(self, error: BaseException) -> bool:
        """What the error says of a retry."""
        return bool(getattr(error, "retryable", False))

    def _failure(self, url: str, query: str = "SELECT 1 AS id") -> BaseException:
        started = time.monotonic()
        with pytest.raises(BaseException) as caught:  # noqa: PT011 (its class is what is looked at)
            self.use(url, query)
        error = caught.value
        assert time.monotonic() - started < SECONDS
        assert isinstance(error, self.ours), repr(error)
        chain = [error, error.__cause__, None if error.__suppress_context__ else error.__context__]
        shown = "".join(f"{one!r}{one}{getattr(one, 'context', '')}" for one in chain if one is not None)
        assert SECRET not in shown
        return error

    @pytest.mark.parametrize("driver", DRIVERS)
    @pytest.mark.parametrize("how", BROKEN)
    def test_a_server_that_is_broken(self, how: str, driver: str) -> None:
        begins, module = DRIVERS[driver]
        pytest.importorskip(module)
        with broken_server(how) as port:
            error = self._failure(f"{begins}127.0.0.1:{port}/x?connect_timeout=2")
        assert self.retry_can_help(error) is RETRY_HELPS[how], str(error)

    def test_a_host_without_an_address(self) -> None:
        error = self._failure(f"postgresql+psycopg://u:{SECRET}@nobody.invalid/x?connect_timeout=2")
        assert self.retry_can_help(error)

    def test_a_user_and_a_database_that_do_not_exist(self, postgresql: PostgreSQLServer) -> None:
        url = postgresql.url().set(password=SECRET)
        for wrong in (url.set(username="nobody"), url.set(database="nowhere")):
            error = self._failure(wrong.render_as_string(hide_password=False))
            assert not self.retry_can_help(error), str(error)

    def test_a_connection_that_is_killed_in_the_middle_of_a_query(self, postgresql: PostgreSQLServer) -> None:
        with postgresql.empty() as url:
            killing = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND query ~ :what"
            query = "SELECT pg_sleep(600) IS NULL AS forever"
            error = self._killed(url, killing, url.set(database="postgres"), query)
        assert self.retry_can_help(error), str(error)

    @pytest.mark.engines
    @pytest.mark.parametrize(("what", "again"), [("CONNECTION", True), ("QUERY", False)])
    def test_mariadb_kills_in_the_middle_of_a_query(self, what: str, again: bool, mariadb: MariaDBServer) -> None:
        """A lost connection can be retried; who kills a query wants it to end."""
        with mariadb.database(f"killed_{what.lower()}") as url:
            listed = (
                f"SELECT concat('KILL {what} ', id) FROM information_schema.processlist "
                "WHERE db = :name AND info LIKE concat('%', :what, '%') AND id <> connection_id()"
            )
            query = "SELECT count(*) AS forever FROM seq_1_to_100000000 AS a, seq_1_to_100000000 AS b"
            error = self._killed(url, listed, url.set(database=None), query)
        assert self.retry_can_help(error) is again, str(error)

    @pytest.mark.engines
    def test_a_password_that_mariadb_refuses(self, mariadb: MariaDBServer) -> None:
        for wrong in (mariadb.url().set(password=SECRET), mariadb.url("nowhere")):
            error = self._failure(wrong.render_as_string(hide_password=False))
            assert not self.retry_can_help(error), str(error)

    def _killed(self, url: sa.URL, killing: str, admin_url: sa.URL, query: str) -> BaseException:
        """The failure of a query that never ends, which another thread kills.

        Args:
            url: The database.
            killing: What kills it, or lists statements that do.
            admin_url: Where that is run.
            query: The query, with the word ``forever``.
        """
        admin = sa.create_engine(admin_url, poolclass=NullPool)

        def killed() -> Any:
            with admin.connect() as connection:
                found = connection.execute(sa.text(killing), {"name": url.database, "what": "forever"}).scalars().all()
                for statement in found:
                    if isinstance(statement, str):
                        connection.exec_driver_sql(statement)
            return found

        thread = threading.Thread(target=until, args=(killed, "the query that is to be killed"))
        thread.start()
        try:
            return self._failure(self.secret(url).render_as_string(hide_password=False), query)
        finally:
            thread.join()

    @staticmethod
    def secret(url: sa.URL) -> sa.URL:
        """The URL with the secret as its password, if its server asks for none."""
        return url if url.password else url.set(password=SECRET)
