"""Stores that count consecutive failed runs across executions."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

import sqlalchemy as sa

from dq_core.adapters import flag, instance, mapping, string
from truthound_kestra.errors import OutputError, refuse
from truthound_kestra.kestra.handler import KestraOutputHandler, handler_of
from truthound_kestra.kestra.state import METADATA, SLA_STATE_ENV, SLA_STATE_OUTPUT, open_state, state_errors
from truthound_kestra.keywords import known_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moltres import Database

__all__ = ["KestraStateStore", "SQLStateStore", "StateStore"]

_RUNS = sa.Table(
    "truthound_kestra_sla_runs",
    METADATA,
    sa.Column("sla", sa.String(500), primary_key=True),
    sa.Column("run", sa.String(200), primary_key=True),
    sa.Column("failed", sa.Boolean, nullable=False),
    # Microseconds since 1970, of the first record: a retry keeps its place in the sequence.
    sa.Column("recorded_at", sa.BigInteger, nullable=False),
)
_KEPT: Final = 400 * 86_400 * 1_000_000


class StateStore(Protocol):
    """Stores which runs of an SLA failed."""

    def record(self, key: str, run: str, *, failed: bool) -> int:
        """Store a run, replacing an earlier record of the same run.

        Args:
            key: Key of the SLA: namespace, flow, task and name.
            run: Id of the execution.
            failed: Whether the run failed.

        Returns:
            Consecutive failed runs up to this one; 0 if it did not fail.
        """
        ...


def _check_run(key: object, run: object, failed: object) -> None:
    refuse([*string("key", key, empty=True), *string("run", run), *flag("failed", failed)])


@known_arguments
@dataclass(frozen=True)
class SQLStateStore:
    """A table in any database of SQLAlchemy; by default a SQLite file in the home directory.

    Args:
        url: URL of the database; None for the environment variable ``TRUTHOUND_KESTRA_STATE_URL``, else a SQLite file.
            In a container without a volume give a URL, or use :class:`KestraStateStore`.
    """

    url: str | sa.URL | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        refuse(() if self.url is None else instance("url", self.url, (str, sa.URL), "the URL of a database"))

    @cached_property
    def _database(self) -> Database:
        return open_state(self.url)

    def open(self) -> None:
        """Open the database, so that an error is known before there is anything to record.

        Raises:
            ConfigurationError: The database cannot be opened, or would be lost with the container.
        """
        _ = self._database

    def record(self, key: str, run: str, *, failed: bool) -> int:
        """Store a run; see :meth:`StateStore.record`."""
        _check_run(key, run, failed)
        mine = (_RUNS.c.sla == key) & (_RUNS.c.run == run)
        with state_errors(), self._database.transaction() as connection:
            if connection.execute(_RUNS.update().where(mine).values(failed=failed)).rowcount == 0:
                latest = sa.select(sa.func.max(_RUNS.c.recorded_at)).where(_RUNS.c.sla == key)
                now = max(time.time_ns() // 1000, (connection.execute(latest).scalar() or 0) + 1)
                connection.execute(_RUNS.insert().values(sla=key, run=run, failed=failed, recorded_at=now))
                connection.execute(_RUNS.delete().where(_RUNS.c.sla == key, _RUNS.c.recorded_at < now - _KEPT))
            if not failed:
                return 0
            until = sa.select(_RUNS.c.recorded_at).where(mine).scalar_subquery()
            last_good = (
                sa.select(sa.func.max(_RUNS.c.recorded_at))
                .where(_RUNS.c.sla == key, ~_RUNS.c.failed, _RUNS.c.recorded_at <= until)
                .scalar_subquery()
            )
            consecutive = sa.select(sa.func.count()).where(
                _RUNS.c.sla == key,
                _RUNS.c.failed,
                _RUNS.c.recorded_at <= until,
                sa.or_(last_good.is_(None), _RUNS.c.recorded_at > last_good),
            )
            return int(connection.execute(consecutive).scalar_one())

    def close(self) -> None:
        """Close the connections."""
        self._database.close()


@known_arguments
@dataclass(frozen=True)
class KestraStateStore:
    """Kestra's KV store, without its API: the flow passes the state to the task and stores the new state.

    Generated flows do both for a task with an SLA. Concurrent executions read the same state: limit the flow to one
    execution at a time (``concurrency: 1``) if the count must be exact. By hand::

        env:
          KESTRA_SLA_STATE: "{{ kv('sla_users', errorOnMissing=false) ?? '' }}"
        …
        finally:
          - id: remember
            type: io.kestra.plugin.core.kv.Set
            key: sla_users
            value: "{{ outputs.check.vars.sla_state }}"

    Args:
        handler: Sends the output ``sla_state``; None for standard output.
        env: The environment; None for that of the process.
    """

    handler: KestraOutputHandler | None = None
    env: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        kind = (KestraOutputHandler, type(None))
        handler = instance("handler", self.handler, kind, "a KestraOutputHandler")
        refuse([*handler, *(() if self.env is None else mapping("env", self.env))])

    def record(self, key: str, run: str, *, failed: bool) -> int:
        """Store a run; see :meth:`StateStore.record`."""
        _check_run(key, run, failed)
        state = self._state(key)
        earlier = state["before"] if state.get("run") == run else state["failures"]
        failures = earlier + 1 if failed else 0
        handler = handler_of(self.handler)
        document = {"key": key, "run": run, "before": earlier, "failures": failures}
        handler.send(SLA_STATE_OUTPUT, json.dumps(document))  # a string, which Kestra's expressions pass on unchanged
        return failures

    def _state(self, key: str) -> dict[str, Any]:
        text = (os.environ if self.env is None else self.env).get(SLA_STATE_ENV, "")
        if not text:
            return {"failures": 0}
        try:
            state = json.loads(text)
            good = isinstance(state, dict) and isinstance(state["failures"], int) and isinstance(state["before"], int)
        except (ValueError, KeyError):
            good = False
        if not good:
            raise OutputError(
                f"{SLA_STATE_ENV} does not contain the state of an SLA.",
                suggestion="Delete the key from Kestra's KV store; it was written by another program.",
            )
        return state if state.get("key") == key else {"failures": 0}
