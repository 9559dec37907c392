"""Replications that are killed at a random moment.

After each kill a reader must find the old rows of all tables or the new rows of all; the same call again must leave
exactly the new rows, copy no table or range again that had arrived, and leave nothing over.
`benchmarks/replicate_kills.py` does it hundreds of times, the tests a few times.
"""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, inspect, text

from moltres import connect, replicate
from support.kills import in_child, retried, waited

if TYPE_CHECKING:
    from collections.abc import Callable

TABLES = ("t_a", "t_b", "t_c", "t_d")
ROWS = 120
#: The tables of the target that have old rows before each way to replicate.
THERE = {"error_if_exists": (), "overwrite": TABLES[:2], "append": TABLES, "merge": TABLES, "cursor": TABLES}
#: The ids of these rows; the source has rows with the ids that are not negative.
OLD = {"merge": (-1, 0, 5)}
#: What a call takes besides the mode, which has the name of the way otherwise.
OPTIONS: dict[str, dict[str, Any]] = {
    "merge": {"keys": ["id"]},
    "cursor": {"mode": "merge", "keys": ["id"], "cursor": "id", "lag": 0},
}
BATCH = 50
#: The tables that are read in ranges, of so many rows.
IN_RANGES = TABLES[1:3]
RANGE = 40


@dataclass
class Tally:
    """What happened to the replications between two databases."""

    kills: int = 0
    before: int = 0
    after: int = 0
    resumed: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills ({self.before} before the publication, {self.after} after it; {self.resumed} tables"
            f" and ranges had arrived and were not copied again), {len(self.wrong)} wrong, {self.seconds:.0f} s"
        )


def fill(source: URL | str) -> None:
    """The tables of the source."""
    with connect(source) as db:
        for number, name in enumerate(TABLES):
            db.write([{"id": one, "v": value} for one, value in _rows(number)]).save_as_table(name, mode="overwrite")


def prepare(target: URL | str, mode: str) -> None:
    """The target before a replication."""
    with connect(target) as db, db.transaction() as connection:
        for name in inspect(connection).get_table_names():
            connection.execute(text(f"DROP TABLE {name}"))
        for name in THERE[mode]:
            connection.execute(text(f"CREATE TABLE {name} (id BIGINT, v VARCHAR(40))"))
            for one in OLD.get(mode, (-1,)):
                connection.execute(text(f"INSERT INTO {name} VALUES ({one}, 'old')"))


def run(source: URL | str, target: URL | str, mode: str, key: str) -> Any:
    """The replication under test."""
    return replicate(
        source,
        target,
        "t_*",
        run_key=key,
        connections=3,
        batch_rows=BATCH,
        range_rows=RANGE,
        range_keys=dict.fromkeys(IN_RANGES, "id"),
        **({"mode": mode} | OPTIONS.get(mode, {})),
    )


def _state(target: URL | str) -> dict[str, Any]:
    """What is in the target: rows of the tables (None: no table), and what else there is."""
    with connect(target) as db, db.connection() as connection:
        names = set(inspect(connection).get_table_names())
        counts = {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() if name in names else None
            for name in TABLES
        }
        staged = 0
        if "moltres_loads" in names:
            # Whole tables, and ranges of those that are not.
            kept = "SELECT table_name, run_key, mode FROM moltres_loads WHERE table_name LIKE 'moltres_replica_%'"
            entries: dict[str, set[str]] = {}
            for table, key, mode in connection.execute(text(kept)):
                entries.setdefault(table, set()).add(key if key.startswith("moltres range") else mode)
            staged = sum(1 if "append" in found else len(found - {"ranges"}) for found in entries.values())
        old = [
            name
            for name in TABLES
            if name in names and connection.execute(text(f"SELECT count(*) FROM {name} WHERE id = -1")).scalar_one()
        ]
    others = sorted(names - set(TABLES) - {"moltres_loads"})
    return {"counts": list(counts.values()), "others": others, "staged": staged, "old": old}


def _rows(number: int) -> list[tuple[int, str]]:
    """The rows of a table of the source."""
    return [(one, f"{TABLES[number]}-{one}") for one in range(ROWS + number)]


def _other_rows(target: URL | str, mode: str) -> list[str]:
    """The tables of the target that do not hold exactly the rows of the source, and those that no mode takes away."""
    with connect(target) as db, db.connection() as connection:
        found = {
            name: sorted(map(tuple, connection.execute(text(f"SELECT id, v FROM {name}")).all())) for name in TABLES
        }
    kept = () if mode == "overwrite" else THERE[mode]
    return [
        name
        for number, name in enumerate(TABLES)
        if found[name] != sorted(_rows(number) + ([(-1, "old")] if name in kept else []))
    ]


def expected(mode: str, *, new: bool) -> list[int | None]:
    """The number of rows of each table."""
    if not new:
        return [len(OLD.get(mode, (-1,))) if name in THERE[mode] else None for name in TABLES]
    kept = () if mode == "overwrite" else THERE[mode]
    return [ROWS + number + (name in kept) for number, name in enumerate(TABLES)]


def judge(source: URL | str, target: URL | str, mode: str, key: str) -> dict[str, Any]:
    """Look at what a kill has left, replicate again, and look again."""
    state, wrong = _state(target), []
    # Where CREATE TABLE commits, tables that an overwrite makes are there before their rows are.
    found = [None if rows == 0 else rows for rows in state["counts"]]
    before, after = expected(mode, new=False), expected(mode, new=True)
    published = state["counts"] == after
    if found != before and not published:
        wrong.append(f"{key}: after the kill {state}")
    result = retried(lambda: run(source, target, mode, key), times=100, pause=0.1)
    resumed = sum(table.ranges_resumed or table.resumed for table in result.tables)
    if not published and resumed != state["staged"] and not all(table.skipped for table in result.tables):
        wrong.append(f"{key}: {resumed} tables and ranges resumed, {state['staged']} had arrived")
    again = run(source, target, mode, key)
    if not all(table.skipped for table in again.tables):
        wrong.append(f"{key}: done twice: {again}")
    if mode == "cursor":
        run(source, target, mode, f"{key}, later")  # what is new since: nothing
    end = _state(target)
    if end["counts"] != after or end["others"] or end["staged"] or (mode == "overwrite" and end["old"]):
        wrong.append(f"{key}: at the end {end}")
    elif other := _other_rows(target, mode):
        wrong.append(f"{key}: other rows in {', '.join(other)}")
    return {"wrong": wrong, "published": published, "resumed": resumed}


def apart(work: Callable[[], Any]) -> Any:
    """Do something in a process of its own, because one at a time can open a file of DuckDB."""
    read, written = os.pipe()

    def told() -> None:
        os.write(written, json.dumps(work()).encode())

    child, pipe = in_child(told)
    os.close(written)
    with os.fdopen(read, "rb") as answer:
        found = answer.read()
    os.waitpid(child, 0)
    os.close(pipe)
    if not found:
        raise AssertionError("the process has failed; see its error above")
    return json.loads(found)


def killed(source: URL | str, target: URL | str, mode: str, key: str, seconds: float) -> bool:
    """Replicate in a process that is killed after some seconds; whether it was killed before its end."""
    child, pipe = in_child(lambda: run(source, target, mode, key))
    ended = waited(child, pipe, seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(pipe)
    return not ended


def campaign(
    source: URL | str,
    target: URL | str,
    kills: int,
    *,
    seed: int,
    modes: tuple[str, ...],
    tell: Callable[[Tally], object] = lambda _: None,
) -> Tally:
    """Kill replications between two databases many times.

    Args:
        source: A database that is filled already.
        target: An empty database.
        kills: How many kills that hit a running replication.
        seed: Of the moments.
        modes: The modes, in turn.
        tell: Called after each kill.
    """
    tally, random, started, number = Tally(), Random(seed), time.monotonic(), 0
    lengths = {}
    for mode in modes:
        apart(lambda mode=mode: prepare(target, mode))  # type: ignore[misc]
        begun = time.monotonic()
        killed(source, target, mode, "whole", 120)
        lengths[mode] = time.monotonic() - begun
    while tally.kills < kills:
        mode, key = modes[number % len(modes)], f"key{number}"
        number += 1
        apart(lambda mode=mode: prepare(target, mode))  # type: ignore[misc]
        moment, begun = random.uniform(0.02, lengths[mode] * 1.1), time.monotonic()
        hit = killed(source, target, mode, key, moment)
        if not hit:
            lengths[mode] = time.monotonic() - begun
        tally.kills += hit
        found = apart(lambda mode=mode, key=key: judge(source, target, mode, key))  # type: ignore[misc]
        tally.wrong += [f"{mode}: {one}" for one in found["wrong"]]
        tally.after += hit and found["published"]
        tally.before += hit and not found["published"]
        if hit and not found["published"] and moment > 0.9 * lengths[mode]:
            lengths[mode] *= 1.2  # others need the machine, too: it takes longer than it did
        tally.resumed += found["resumed"]
        tally.seconds = time.monotonic() - started
        tell(tally)
    return tally
