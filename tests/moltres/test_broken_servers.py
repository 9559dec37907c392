"""moltres on servers that are broken."""

from moltres import connect
from moltres.errors import DatabaseConnectionError, MoltresError, QueryCancelledError
from support.broken_conformance import BrokenServers


class TestReading(BrokenServers):
    ours = (MoltresError,)

    def use(self, url: str, query: str) -> object:
        with connect(url) as db:
            return db.from_select(db.sql(query).statement).collect()


class TestTables(BrokenServers):
    """What looks a table up, or writes one."""

    ours = (DatabaseConnectionError, QueryCancelledError)

    def use(self, url: str, query: str) -> object:
        with connect(url) as db, connect() as rows:
            if query.startswith("SELECT 1"):
                return db.write(rows.sql(query)).save_as_table("t", run_key="k")
            return db.write(db.sql(query)).save_as_table("t")
