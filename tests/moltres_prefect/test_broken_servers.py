"""Tasks on servers that are broken: Prefect tries again where that can help, and only there."""

from moltres.errors import MoltresError
from moltres_prefect import moltres_query
from support.broken_conformance import BrokenServers


class TestTasks(BrokenServers):
    ours = (MoltresError,)

    def use(self, url: str, query: str) -> object:
        return moltres_query.fn(dsn=url, query=query)
