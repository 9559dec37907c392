"""The state database: what must outlive a task, such as failed runs and learned rules."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from moltres import Database, connect
from moltres.errors import MoltresError, QueryError
from truthound_kestra.errors import ConfigurationError

__all__ = ["METADATA", "STATE_URL_ENV", "open_state"]

#: URL of the state database, instead of the embedded default.
STATE_URL_ENV: Final = "TRUTHOUND_KESTRA_STATE_URL"
METADATA: Final = sa.MetaData()


def open_state(url: str | sa.URL | None = None) -> Database:
    """The state database; its tables are created if necessary.

    Args:
        url: URL of the database; None for the environment variable ``TRUTHOUND_KESTRA_STATE_URL``, else a SQLite file
            ``$XDG_STATE_HOME/truthound-kestra/state.sqlite``. That file is lost with the container if the home
            directory is not on a volume.

    Raises:
        ConfigurationError: The database cannot be opened.
    """
    try:
        database = connect(url or _default_url())
        _create_tables(database)
    except MoltresError as error:
        raise ConfigurationError(
            f"The state database cannot be opened: {error.message}",
            suggestion=error.suggestion
            or f"Check the URL in {STATE_URL_ENV}, for example sqlite:////var/state.sqlite.",
        ) from None
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
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "truthound-kestra"
    home.mkdir(parents=True, exist_ok=True)
    return sa.URL.create("sqlite", database=str(home / "state.sqlite"))
