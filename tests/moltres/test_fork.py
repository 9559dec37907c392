"""A Database that was used before `fork()` gives each process connections of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from moltres import connect

if TYPE_CHECKING:
    from sqlalchemy import URL

# In a process without other threads: those of pytest's plugins make a fork unsafe, and Python warns of it.
SCRIPT = """
import os, sys, traceback
from moltres import connect

db = connect(sys.argv[1])
db.table("t").collect()

backend = sys.argv[2]  # what tells connections of the server apart
reading = db.table("t").iter_batches(1) if backend else iter([[1], [2]])
next(reading)  # a write of a child must not touch what its parent reads
own = backend and db.sql(f"SELECT {backend} AS own").collect()
gates = [os.pipe() for _ in range(4)]  # those who stand at the other end ask at once

def ask(number):
    me = os.getpid()
    for other in {0, 1, 2, 3} - {number}:
        os.write(gates[other][1], b".")
    for _ in range(3):
        os.read(gates[number][0], 1)
    answers = [db.sql(f"SELECT {me} AS me, (SELECT count(*) FROM t) AS n").collect() for _ in range(10)]
    if number:
        db.write([{"id": me}]).save_as_table(f"made_{number}")
    is_own = not backend or (db.sql(f"SELECT {backend} AS own").collect() == own) == (number == 0)
    return is_own and all(answer == [{"me": me, "n": 2}] for answer in answers)

children = []
for number in (1, 2, 3):
    child = os.fork()
    if child == 0:
        try:
            right = ask(number)
        except BaseException:
            traceback.print_exc()
            right = False
        os._exit(0 if right else 1)
    children.append(child)
right = ask(0)
verdicts = [os.waitpid(child, 0)[1] for child in children]
right = right and len(list(reading)) == 1
sys.exit(0 if right and verdicts == [0, 0, 0] else f"parent {right}, children {verdicts}")
"""


ONE_PROCESS = """
import os, signal, sys
from moltres import connect
from moltres.errors import ConfigurationError

db = connect(sys.argv[1])
db.table("t").collect()
child = os.fork()
if child == 0:
    signal.alarm(120)
    refused = 0
    for one in (db, connect(sys.argv[1])):
        for call in (one.tables, lambda: one.write([{"id": 3}]).save_as_table("u")):
            try:
                call()
            except ConfigurationError as error:
                refused += "fork" in str(error) and not error.retryable
    connect().sql("SELECT 1 AS a").collect()
    os._exit(0 if refused == 4 else 1)
verdict = os.waitpid(child, 0)[1]
db.close()
child = os.fork()
if child == 0:
    signal.alarm(120)
    os._exit(0 if connect(sys.argv[1]).table("t").count() == 2 else 1)
sys.exit(f"{verdict}" if (verdict, os.waitpid(child, 0)[1]) != (0, 0) else 0)
"""


def test_a_file_of_one_process_is_refused_in_its_children(duckdb_url: URL) -> None:
    with connect(duckdb_url) as db:
        db.write([{"id": 1}, {"id": 2}]).save_as_table("t")
    command = [sys.executable, "-c", ONE_PROCESS, duckdb_url.render_as_string(hide_password=False)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("kind", "backend"), [("sqlite", ""), ("postgresql", "pg_backend_pid()")])
def test_parent_and_children_get_their_own_answers(kind: str, backend: str, request: pytest.FixtureRequest) -> None:
    url: URL = request.getfixturevalue(f"{kind}_url")
    with connect(url) as db:
        db.write([{"id": 1}, {"id": 2}]).save_as_table("t")
    address = url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", SCRIPT, address, backend]
    # The test has a limit of its own; on a machine with much else to do 60 seconds were too few.
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr


READING = """
import os, signal, sys
from moltres import connect
from moltres.errors import ConfigurationError

db = connect(sys.argv[1])
for ends, puts_aside in ((list, False), (lambda rows: rows.close(), False), (list, True)):
    rows = db.table("t").iter_batches(100)
    next(rows)
    if puts_aside:
        db.write([{"id": 1}]).save_as_table("other", mode="append")
    child = os.fork()
    if child == 0:
        signal.alarm(120)
        try:
            ends(rows)
            refused = ends is not list
        except ConfigurationError as error:
            refused = "forked" in str(error) and not error.retryable
        os._exit(0 if refused else 1)
    verdict = os.waitpid(child, 0)[1]
    assert (verdict, sum(map(len, rows))) == (0, 4_900), verdict
"""


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgresql"])
def test_a_child_leaves_the_open_read_of_its_parent_alone(kind: str, request: pytest.FixtureRequest) -> None:
    url: URL = request.getfixturevalue(f"{kind}_url")
    with connect(url) as db:
        db.write([{"id": number} for number in range(5_000)]).save_as_table("t")
    command = [sys.executable, "-c", READING, url.render_as_string(hide_password=False)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr


GIVEN = """
import os, signal, sys
from moltres import connect
from moltres.errors import ConfigurationError

db = connect(sys.argv[1])
with db.engine.connect() as given, db.transaction() as own:
    outer, inner = connect(given), connect(own)
    outer.table("t").collect()
    child = os.fork()
    if child == 0:
        signal.alarm(120)
        refused = 0
        for one in (outer, inner, connect(given), connect(own)):
            for call in (one.tables, lambda: one.write([{"id": 3}]).save_as_table("t", mode="append")):
                try:
                    call()
                except ConfigurationError as error:
                    refused += "forked" in str(error) and not error.retryable
        try:
            found = db.table("t").count()
        except ConfigurationError as error:
            # The locks of SQLite are those of a process: it would read without one what its parent is writing.
            found = 2 if own.dialect.name == "sqlite" and "forked" in str(error) else 0
        os._exit(0 if (refused, found) == (8, 2) else 1)
    answers = [one.table("t").count() for one in (outer, inner) for _ in range(20)]
    verdict = os.waitpid(child, 0)[1]
sys.exit(0 if (verdict, answers) == (0, [2] * 40) else f"child {verdict}, parent {answers}")
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_connection_of_the_parent_is_refused_in_its_children(kind: str, request: pytest.FixtureRequest) -> None:
    url: URL = request.getfixturevalue(f"{kind}_url")
    with connect(url) as db:
        db.write([{"id": 1}, {"id": 2}]).save_as_table("t")
    command = [sys.executable, "-c", GIVEN, url.render_as_string(hide_password=False)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr


LEFT = """
import os, signal, sys
from moltres import connect
from moltres.errors import ConfigurationError

db = connect(sys.argv[1])
parent = os.getpid()
for ending in (lambda: None, lambda: sys.exit("left"), lambda: 1 / 0):
    try:
        with db.transaction() as connection:
            connection.exec_driver_sql("DELETE FROM t")
            connection.exec_driver_sql("INSERT INTO t VALUES (7)")
            child = os.fork()
            if child == 0:
                signal.alarm(120)
                ending()
            else:
                verdict = os.waitpid(child, 0)[1]
            connection.exec_driver_sql("INSERT INTO t VALUES (8)")
    except BaseException as error:
        if os.getpid() == parent:
            raise
        right = isinstance(error, ConfigurationError) and "forked" in str(error)
        os._exit(0 if right or isinstance(error, SystemExit | ZeroDivisionError) else 1)
    if os.getpid() != parent:
        os._exit(1)  # a block that commits nothing has ended without an error
    assert (verdict, sorted(db.table("t").collect().column("id"))) == (0, [7, 8]), verdict
"""


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_child_that_leaves_a_block_of_its_parent_changes_nothing(kind: str, request: pytest.FixtureRequest) -> None:
    url: URL = request.getfixturevalue(f"{kind}_url")
    with connect(url) as db:
        db.write([{"id": 1}]).save_as_table("t")
    command = [sys.executable, "-c", LEFT, url.render_as_string(hide_password=False)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
