"""Prefect for tests: its settings before it is imported, and one temporary server for the whole run."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

_HOME = Path(tempfile.mkdtemp(prefix="prefect-home-"))
os.environ.update(
    PREFECT_HOME=str(_HOME),
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    DO_NOT_TRACK="1",
    PREFECT_LOGGING_LEVEL="INFO",
)

from prefect.testing.utilities import prefect_test_harness  # noqa: E402 - reads the settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def prefect_server() -> Iterator[None]:
    """A temporary Prefect server with a database of its own."""
    with prefect_test_harness(server_startup_timeout=90):
        yield
