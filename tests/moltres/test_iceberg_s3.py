"""Tables of Iceberg in an object store: a server with the protocol of S3, reached by a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

import dq_core
from moltres import ETLPipeline, col, connect
from moltres.errors import MoltresError
from support.iceberg import catalog_in, catalog_url
from support.object_store import KEY, SECRET, object_store, properties

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import URL


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of the store, which has a bucket ``lake``."""
    with object_store("lake") as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """An empty catalog, once in each database that it can be in."""
    return catalog_in(request, tmp_path)


def at(catalog: URL, endpoint: str, **more: str) -> URL:
    known = {name: value for name, value in properties(endpoint).items() if "key" not in name}
    return catalog.set(query={"warehouse": f"s3://lake/{uuid4().hex}", **known, **more})


@pytest.mark.most_cases(2)
@pytest.mark.parametrize("credentials", ["properties", "environment"])
def test_tables_in_an_object_store(
    endpoint: str, catalog: URL, monkeypatch: pytest.MonkeyPatch, credentials: str
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    if credentials == "properties":
        url = at(catalog, endpoint, **properties(endpoint))
    else:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        url = at(catalog, endpoint)
    with connect(url) as db:
        rows = [{"id": number, "name": f"n{number}"} for number in range(50)]
        assert db.write(rows).save_as_table("t", run_key="k").rows_written == 50
        assert db.write(rows).save_as_table("t", mode="append", run_key="k").skipped
        first = int(db.table("t").explain().partition("default.t: snapshot ")[2].partition("\n")[0])
        merged = db.write([{"id": 1, "name": "merged"}, {"id": 50, "name": "new"}])
        assert merged.save_as_table("t", mode="merge", keys=["id"]).rows_updated == 1
        assert (db.table("t").count(), db.table("t", as_of=first).count()) == (51, 50)
        assert db.table("t").where(col("id") == 1).collect() == [{"id": 1, "name": "merged"}]
        days = [{"id": number, "day": number % 2} for number in range(4)]
        for replaced in (days, [{"id": 9, "day": 1}]):
            db.write(replaced).save_as_table(
                "p", mode="overwrite_partitions", partition_by=["day"], run_key=str(replaced)
            )
        assert sorted(row["id"] for row in db.table("p").collect()) == [0, 2, 9]
        for replaced in (days, rows[:2]):
            db.write(replaced).save_as_table("o", mode="overwrite", run_key=str(replaced))
        assert db.table("o").columns == ("id", "name")
        pipeline = ETLPipeline(
            lambda: db.table("t", as_of=first),
            load=lambda frame: frame.write.save_as_table("u", mode="overwrite"),
            checks=[{"type": "unique", "column": "id"}],
        )
        assert pipeline.execute().rows == 50
        assert db.tables() == ["o", "p", "t", "u"]
        assert SECRET not in repr(db)
    rules = [{"type": "row_count", "min": 51}, {"type": "in_set", "column": "name", "values": ["merged"]}]
    now = dq_core.validate(url, rules, table="t")
    assert [one.failed_rows for one in now.results] == [None, 50]
    before = dq_core.validate(url, rules, table="t", as_of=first)
    assert [one.status for one in before.results] == ["failed", "failed"]
    assert dq_core.profile(url, table="t", as_of=first).row_count == 50


def test_what_an_object_store_refuses(endpoint: str, tmp_path: Path) -> None:
    url = at(catalog_url(tmp_path), endpoint, **properties(endpoint), warehouse="s3://nowhere/w")
    with connect(url) as db, pytest.raises(MoltresError) as caught:
        db.write([{"id": 1}]).save_as_table("t")
    assert "nowhere" in str(caught.value)
    _assert_hidden(caught.value)


def test_an_object_store_that_is_not_there(tmp_path: Path) -> None:
    more = {**properties("http://127.0.0.1:9"), "s3.connect-timeout": "1"}
    with connect(at(catalog_url(tmp_path), "http://127.0.0.1:9", **more)) as db, pytest.raises(MoltresError) as caught:
        db.write([{"id": 1}]).save_as_table("t")
    assert caught.value.retryable
    _assert_hidden(caught.value)


def _assert_hidden(error: BaseException | None) -> None:
    while error is not None:
        context: Any = getattr(error, "context", "")
        assert SECRET not in f"{error} {error!r} {context}"
        error = error.__cause__
