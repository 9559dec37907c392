"""The state database: what must outlive a task, such as failed runs and learned rules."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from dq_core.adapters import ProblemError, begin_immediate, database_url, make_engine
from truthound_kestra.errors import ConfigurationError

__all__ = ["METADATA", "STATE_URL_ENV", "open_state"]

#: URL of the state database, instead of the embedded default.
STATE_URL_ENV: Final = "TRUTHOUND_KESTRA_STATE_URL"
METADATA: Final = sa.MetaData()


def open_state(url: str | sa.URL | None = None) -> sa.Engine:
    """An engine for the state database; its tables are created if necessary.

    Args:
        url: URL of the database; None for the environment variable ``TRUTHOUND_KESTRA_STATE_URL``, else a SQLite file
            ``$XDG_STATE_HOME/truthound-kestra/state.sqlite``. That file is lost with the container if the home
            directory is not on a volume.

    Raises:
        ConfigurationError: The database cannot be opened.
    """
    try:
        engine = make_engine(database_url(url or _default_url()), core="dq-core")
        if engine.dialect.name == "sqlite":
            # The driver begins a transaction only at the first write, so two runs could read the same state.
            sa.event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
            sa.event.listen(engine, "begin", begin_immediate)
        METADATA.create_all(engine)
    except ProblemError as error:
        raise ConfigurationError(
            f"The state database cannot be opened. {error.message}", suggestion=error.suggestion
        ) from None
    except (sa.exc.OperationalError, OSError) as error:
        # The driver's message may repeat the password.
        raise ConfigurationError(
            f"The state database cannot be opened: {type(error).__name__}.",
            suggestion=f"Give the URL of a database in {STATE_URL_ENV}, for example sqlite:////var/lib/state.sqlite.",
        ) from None
    return engine


def _default_url() -> str | sa.URL:
    configured = os.environ.get(STATE_URL_ENV)
    if configured:
        return configured
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "truthound-kestra"
    home.mkdir(parents=True, exist_ok=True)
    return sa.URL.create("sqlite", database=str(home / "state.sqlite"))
