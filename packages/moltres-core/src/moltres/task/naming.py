"""Queries that name the run that they belong to, on servers that show such things."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from .._shared.databases.trino_urls import Run, connect_as_meant, name_queries, shows_runs
from ..dialects.connections.binding import make_engine, parse_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Engine

__all__ = ["Run", "adopt", "name_queries", "named_target"]


@contextmanager
def named_target(url: str | URL, run: Run | None) -> Iterator[URL | Engine]:
    """What to connect to: the URL, or an engine whose queries name the run where the server shows it.

    The names are in no URL, so that errors, logs and references to rows stay as they are.

    Args:
        url: The URL of the database.
        run: The run; None if there is none.
    """
    parsed = parse_url(url)
    if run is None or not shows_runs(parsed):
        yield parsed
        return
    engine = make_engine(parsed, {})
    try:
        name_queries(engine, run)
        yield engine
    finally:
        engine.dispose()


def adopt(engine: Engine, run: Run | None) -> None:
    """Let an engine that others made, and nobody has connected yet, connect as one of ours, with the name of the run.

    Args:
        engine: The engine.
        run: The run; None if there is none.
    """
    connect_as_meant(engine)
    name_queries(engine, run)
