"""Scripts and state databases on servers that are broken."""

from __future__ import annotations

import io

from dq_core.errors import DataQualityError
from support.broken_conformance import BrokenServers
from truthound_kestra.outputs import KestraOutputHandler
from truthound_kestra.scripts import CheckScriptConfig, check_quality_script
from truthound_kestra.sla import SQLStateStore


class TestScripts(BrokenServers):
    ours = (DataQualityError,)

    def use(self, url: str, query: str) -> object:
        config = CheckScriptConfig(engine_name="dq_core", rules=[{"type": "row_count", "min": 1}])
        return check_quality_script(url, config, query=query, handler=KestraOutputHandler(io.StringIO()))


class TestStates(BrokenServers):
    """What must outlive a task."""

    ours = (DataQualityError,)

    def use(self, url: str, query: str) -> object:
        del query
        return SQLStateStore(url).record("key", "run", failed=True)

    # It runs no query that takes its time, in whose middle a connection could be killed.
    test_a_connection_that_is_killed_in_the_middle_of_a_query = None
    test_mariadb_kills_in_the_middle_of_a_query = None
