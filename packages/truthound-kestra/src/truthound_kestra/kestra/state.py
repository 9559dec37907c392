"""State: what must outlive a task, such as failed runs and learned rules.

It is kept in Kestra's KV store, which the flow reads and writes, or in a state database.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from dq_core.errors import DataQualityError, SourceConnectionError
from moltres import Database, connect
from moltres.errors import MoltresError, QueryError
from truthound_kestra.errors import ConfigurationError
from truthound_kestra.kestra.context import get_execution_context

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "LEARNED_FILE",
    "METADATA",
    "SCHEMA_ENV",
    "SLA_STATE_ENV",
    "SLA_STATE_OUTPUT",
    "STATE_URL_ENV",
    "open_state",
    "state_errors",
]

#: The environment variable that passes consecutive failures from the KV store, and the output with the new count.
SLA_STATE_ENV: Final = "KESTRA_SLA_STATE"
SLA_STATE_OUTPUT: Final = "sla_state"
#: The environment variable with the name of the file with learned rules from the KV store (empty if there are none),
#: and the file that a run writes which has learned some.
SCHEMA_ENV: Final = "KESTRA_SCHEMA_STATE"
LEARNED_FILE: Final = "learned_rules.json"
#: URL of the state database, instead of the embedded default.
STATE_URL_ENV: Final = "TRUTHOUND_KESTRA_STATE_URL"
METADATA: Final = sa.MetaData()


@contextmanager
def state_errors(done: str = "used") -> Iterator[None]:
    """A block that uses the state database, whose errors become those of this package.

    Args:
        done: What cannot be done with it.

    Raises:
        ConfigurationError: The database cannot be used.
        SourceConnectionError: It cannot be used now; a retry can help.
    """
    try:
        yield
    except MoltresError as error:
        message = f"The state database cannot be {done}: {error.message}"
        hint = error.suggestion or f"Check the URL in {STATE_URL_ENV}, for example sqlite:////var/state.sqlite."
        if error.retryable:
            raise SourceConnectionError(message, suggestion=hint) from None
        raise ConfigurationError(message, suggestion=hint) from None


def open_state(url: str | sa.URL | None = None) -> Database:
    """The state database; its tables are created if necessary.

    Args:
        url: URL of the database; None for the environment variable ``TRUTHOUND_KESTRA_STATE_URL``, else a SQLite file
            ``$XDG_STATE_HOME/truthound-kestra/state.sqlite``. In Kestra one of the two variables must be set: a home
            directory is lost with the container.

    Raises:
        ConfigurationError: The database cannot be opened, or would be lost with the container.
        SourceConnectionError: It cannot be reached; a retry can help.
    """
    try:
        with state_errors("opened"):
            database = connect(url or _default_url())
            _create_tables(database)
    except DataQualityError:
        raise
    except OSError as error:
        raise ConfigurationError(
            f"The state database cannot be opened: {error.strerror}.",
            suggestion=f"Give the URL of a database in {STATE_URL_ENV}, for example sqlite:////var/state.sqlite.",
        ) from None
    return database


def _create_tables(database: Database) -> None:
    try:
        with database.transaction() as connection:
            METADATA.create_all(connection)
    except QueryError:
        # Another process may have created them at the same moment: only what is still missing is created now.
        with database.transaction() as connection:
            METADATA.create_all(connection)


def _default_url() -> str | sa.URL:
    configured = os.environ.get(STATE_URL_ENV)
    if configured:
        return configured
    named = os.environ.get("XDG_STATE_HOME")
    if not named and get_execution_context().in_kestra:
        raise ConfigurationError(
            "What this run must remember (learned rules, consecutive failures) would be lost with its container.",
            suggestion="Check tasks of generated flows keep it in Kestra's KV store. In a task of your own, set "
            f"{STATE_URL_ENV} to the URL of a database, or XDG_STATE_HOME to a directory on a volume; or give "
            "baseline_uri, and max_consecutive_failures=None.",
        )
    home = Path(named or Path.home() / ".local" / "state") / "truthound-kestra"
    home.mkdir(parents=True, exist_ok=True)
    return sa.URL.create("sqlite", database=str(home / "state.sqlite"))
