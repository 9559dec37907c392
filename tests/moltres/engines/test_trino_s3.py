"""Trino and an object store: rows staged there, and tables there that are written with and without the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fsspec
import pytest
from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

import dq_core
from moltres import col, connect, hand_over
from moltres.errors import MoltresError
from moltres.handoff import pick_up
from support.object_store import SECRET, fsspec_options, keys_in, object_store, properties

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.trino import TrinoServer

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may fetch it


@pytest.fixture(scope="module")
def store(trino: TrinoServer) -> Iterator[str]:
    """The store that the server's Iceberg catalog knows, with the buckets ``lake`` and ``stage``."""
    with object_store("lake", "stage", port=trino.store_port) as endpoint:
        yield endpoint


@pytest.fixture
def configured(store: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The store, as fsspec's own configuration says it."""
    monkeypatch.setitem(fsspec.config.conf, "s3", dict(fsspec_options(store)))
    return store


@pytest.fixture
def lake(trino: TrinoServer, store: str, request: pytest.FixtureRequest) -> Iterator[tuple[URL, URL]]:
    """A schema whose tables lie in the store: as the server has it, and as the catalog has it without a server."""
    del store
    name = f"lake_{abs(hash(request.node.name)) % 10**8}"
    engine = create_engine(trino.url("iceberg"), poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name} WITH (location = 's3://lake/{name}')"))
    endpoint = f"http://127.0.0.1:{trino.store_port}"
    query = {"warehouse": "s3://lake/tables", "catalog": "iceberg", "namespace": name, **properties(endpoint)}
    yield trino.url("iceberg", name), trino.catalog.set(drivername="iceberg+postgresql", query=query)
    with engine.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))


MODES: list[tuple[Any, dict[str, Any]]] = [
    ("append", {}),
    ("overwrite", {}),
    ("merge", {"keys": ["id"]}),
    ("overwrite_partitions", {"partition_by": ["id"]}),
]


@pytest.mark.parametrize("place", ["files", "store"])
def test_rows_are_staged_in_the_store(configured: str, iceberg_url: URL, lake: tuple[URL, URL], place: str) -> None:
    """For tables in files, and for tables in the store."""
    url = iceberg_url if place == "files" else lake[0]
    data = [{"id": number, "s": f"it's {number}"} for number in range(25_000)]
    with connect(url, stage_uri="s3://stage/moltres") as db:
        assert db.write(data).save_as_table("t", batch_rows=5000, run_key="first").rows_written == len(data)
        assert db.write(data).save_as_table("t", mode="append", run_key="first").skipped
        for mode, options in MODES:
            written = db.write(data).save_as_table("t", mode=mode, batch_rows=5000, run_key=mode, **options)
            assert written.rows_written == len(data), mode
            assert db.table("t").count() == (2 if mode == "append" else 1) * len(data), mode
            assert keys_in(configured, "stage") == [], mode
        assert db.table("t").where(col("id") == 24_999).first() == data[-1]
        assert set(db.tables()) == {"t", "moltres_loads"}


def test_a_store_that_refuses_is_an_error_without_its_secret(configured: str, iceberg_url: URL) -> None:
    del configured
    rows = [{"id": number} for number in range(25_000)]
    with connect(iceberg_url, stage_uri="s3://nowhere/moltres") as db:
        with pytest.raises(MoltresError, match="nowhere") as caught:
            db.write(rows).save_as_table("t", batch_rows=5000)
        assert db.tables() == []
    assert SECRET not in f"{caught.value} {caught.value!r}"


def test_tables_in_the_store_are_written_with_and_without_the_server(lake: tuple[URL, URL]) -> None:
    served, alone = lake
    rows = [{"id": number, "s": f"n{number}"} for number in range(100)]
    with connect(served) as by_trino, connect(alone) as embedded:
        assert by_trino.write(rows).save_as_table("t", run_key="k").rows_written == 100
        assert embedded.table("t").order_by("id").collect() == rows
        merged = embedded.write([{"id": 1, "s": "merged"}, {"id": 100, "s": "new"}])
        assert merged.save_as_table("t", mode="merge", keys=["id"], run_key="m").rows_updated == 1
        assert merged.save_as_table("t", mode="merge", keys=["id"], run_key="m").skipped
        embedded.write(rows[:3]).save_as_table("made_without", run_key="w")
        expected = [rows[0], {"id": 1, "s": "merged"}, *rows[2:], {"id": 100, "s": "new"}]
        assert by_trino.table("t").order_by("id").collect() == expected
        assert by_trino.table("made_without").order_by("id").collect() == rows[:3]
        by_trino.delete("t", where=col("id") > 50)  # the files stay, and rows of them are gone
        assert embedded.table("t").order_by("id").collect() == expected[:51]
        given = hand_over(by_trino.table("t"), name="dag/task/run", mode="table")
        assert pick_up(by_trino, given).count() == 51
    rules = [{"type": "unique", "column": "id"}, {"type": "in_set", "column": "s", "values": ["merged"]}]
    for url in lake:
        assert [one.failed_rows for one in dq_core.validate(url, rules, table="t").results] == [0, 50], url
