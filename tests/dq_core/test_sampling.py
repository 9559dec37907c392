from __future__ import annotations

import collections
import itertools
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from dq_core.run.reader import Deadline, Reader
from dq_core.run.sampling import HASH_RANGE, HashedRows, hashed_rows, row_hash
from dq_core.sources import open_source
from support.check_conformance import DATABASES, QUICK, Place
from support.database_facts import facts_of

TYPES = {"n": sa.BigInteger(), "t": sa.Text()}


@pytest.mark.parametrize("place", DATABASES)
def test_the_hash_of_a_row_is_the_same_in_every_database_and_in_python(put: Callable[..., Place], place: str) -> None:
    numbers = [0, 1, 2, 1000, 2**31, 2**40, -5, 2**62]
    there = put(place, [{"n": number, "t": ""} for number in numbers], TYPES)
    with open_source(there.source, **there.options) as opened:
        value = opened.relation["n"]
        rows = opened.connection.execute(opened.relation.select(value, row_hash(value, 7))).all()
    # Databases round towards zero, Python downwards: the number of a row is never negative but in SQLite.
    assert {n: drawn for n, drawn in rows if n >= 0} == {n: row_hash(n, 7) for n in numbers if n >= 0}
    assert all(0 <= drawn < HASH_RANGE for _, drawn in rows)


@pytest.mark.parametrize("seed", [0, 1, 123456789])
def test_hashes_are_spread_evenly_whatever_the_step(seed: int) -> None:
    for step in (1, 2, 5, 10, 1000, 4096):
        drawn = [row_hash(number * step, seed) for number in range(20_000)]
        folds = collections.Counter(value % 5 for value in drawn)
        tenths = collections.Counter(value * 10 // HASH_RANGE for value in drawn)
        pairs = collections.Counter((a % 2, b % 2) for a, b in itertools.pairwise(drawn))
        # Six standard deviations of a binomial with 20 000 trials.
        assert all(abs(folds[fold] - 4000) < 340 for fold in range(5))
        assert all(abs(tenths[tenth] - 2000) < 255 for tenth in range(10))
        assert all(abs(count - 5000) < 370 for count in pairs.values())


@pytest.mark.parametrize("place", [*QUICK, "parquet", "csv", "arrow", "rows", "pandas"])
def test_the_same_row_draws_the_same_lot_whatever_is_read_with_it(put: Callable[..., Place], place: str) -> None:
    there = put(place, [{"n": number, "t": f"t{number % 3}"} for number in range(5000)], TYPES)
    if isinstance(there.source, sa.Engine):
        with there.source.begin() as connection:
            # An index that covers a query changes the order in which SQLite reads.
            table, text = there.options["table"], facts_of(there.source).indexed_string.format("t")
            connection.exec_driver_sql(f"CREATE INDEX i_{table} ON {table} ({text}, n)")
    with open_source(there.source, **there.options) as opened:
        drawn = hashed_rows(Reader(opened, Deadline(None)), opened.relation, 3)
        first = _hashes(opened.connection, drawn, drawn.relation["n"])
        second = _hashes(opened.connection, drawn, drawn.relation["n"], drawn.relation["t"] != "t9")
        part = _hashes(opened.connection, drawn, drawn.relation["n"], drawn.relation["t"] == "t1")
        sample = drawn.sample(0.25)
        sampled = {row[0] for row in opened.connection.execute(sample.select(sample["n"]))}
    assert first == second
    assert part == {n: value for n, value in first.items() if n % 3 == 1}
    assert sampled == {n for n, value in first.items() if value < int(0.25 * HASH_RANGE)}
    assert 1100 < len(sampled) < 1400


def _hashes(
    connection: sa.Connection, drawn: HashedRows, value: sa.ColumnElement[int], *conditions: sa.ColumnElement[bool]
) -> dict[int, int]:
    rows = connection.execute(drawn.relation.select(value, drawn.row_hash).where(*conditions)).all()
    return {int(row[0]): int(row[1]) for row in rows}


@pytest.mark.parametrize("place", DATABASES)
def test_views_and_queries_without_addresses(put: Callable[..., Place], place: str) -> None:
    there = put(place, [{"n": number, "t": "x"} for number in range(300)], TYPES)
    table = there.options["table"]
    with there.source.begin() as connection:
        connection.exec_driver_sql(f"CREATE VIEW v_{table} AS SELECT * FROM {table}")
    for options in ({"table": f"v_{table}"}, {"query": f"SELECT n FROM {table} ORDER BY n"}):
        _require_hashes_of_all(there.source, options)


def test_tables_without_addresses(put: Callable[..., Place]) -> None:
    there = put("sqlite", [{"n": number, "t": "x"} for number in range(300)], TYPES)
    with there.source.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE k (n INTEGER PRIMARY KEY, rowid_ TEXT) WITHOUT ROWID")
        connection.exec_driver_sql(f"INSERT INTO k SELECT n, t FROM {there.options['table']}")
    _require_hashes_of_all(there.source, {"table": "k"})


def _require_hashes_of_all(source: Any, options: dict[str, Any]) -> None:
    with open_source(source, **options) as opened:
        drawn = hashed_rows(Reader(opened, Deadline(None)), opened.relation, 0)
        hashes = _hashes(opened.connection, drawn, drawn.relation["n"])
    assert len(hashes) == 300
    assert len(set(hashes.values())) == 300
