"""Runs of tests at once share a server of Trino and leave each other's schemas alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from support.shared_trino import OWNER

if TYPE_CHECKING:
    from support.trino import TrinoServer

pytestmark = pytest.mark.engines

ASKS = """
import sys
from support.shared_trino import shared_trino
with shared_trino(int(sys.argv[1])) as server:
    print(server.port, server.secured.port, server.folder)
"""


def test_another_run_of_the_same_make_gets_the_same_server(trino: TrinoServer) -> None:
    owner = os.environ.get(OWNER)
    if owner is None:
        pytest.skip("this run has a server of its own")
    asked = subprocess.run(
        [sys.executable, "-c", ASKS, owner],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.split() == [str(trino.port), str(trino.secured.port), str(trino.folder)]


def test_a_run_drops_what_it_has_made_and_nothing_of_another(trino: TrinoServer) -> None:
    engine = create_engine(trino.url("memory"), poolclass=NullPool)
    others = "test_1_1"
    with engine.connect() as connection:
        with trino.schema("memory") as url:
            own = str(url.database).partition("/")[2]
            for name in (others, "made_by_a_test"):
                connection.execute(text(f"CREATE SCHEMA {name}"))
        left = set(connection.execute(text("SHOW SCHEMAS")).scalars())
        connection.execute(text(f"DROP SCHEMA {others}"))
    assert others in left
    assert not left & {own, "made_by_a_test"}
