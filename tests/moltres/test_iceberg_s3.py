"""Tables of Iceberg in an object store: a server with the protocol of S3, reached by a socket."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

import dq_core
from moltres import ETLPipeline, col, connect
from moltres.errors import MoltresError
from support.iceberg import catalog_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import URL

KEY, SECRET = "key-of-a-test", uuid4().hex


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of the server, which has a bucket ``lake``."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    given = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
    store = boto3.client("s3", endpoint_url=address, **given)
    store.create_bucket(Bucket="lake")
    store.close()
    yield address
    server.stop()


def at(endpoint: str, folder: Path, **more: str) -> URL:
    query = {"warehouse": f"s3://lake/{uuid4().hex}", "s3.endpoint": endpoint, "s3.region": "us-east-1", **more}
    return catalog_url(folder).set(query=query)


@pytest.mark.parametrize("credentials", ["properties", "environment"])
def test_tables_in_an_object_store(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, credentials: str
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    if credentials == "properties":
        url = at(endpoint, tmp_path, **{"s3.access-key-id": KEY, "s3.secret-access-key": SECRET})
    else:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        url = at(endpoint, tmp_path)
    with connect(url) as db:
        rows = [{"id": number, "name": f"n{number}"} for number in range(50)]
        assert db.write(rows).save_as_table("t", run_key="k").rows_written == 50
        assert db.write(rows).save_as_table("t", mode="append", run_key="k").skipped
        first = int(db.table("t").explain().partition("default.t: snapshot ")[2].partition("\n")[0])
        merged = db.write([{"id": 1, "name": "merged"}, {"id": 50, "name": "new"}])
        assert merged.save_as_table("t", mode="merge", keys=["id"]).rows_updated == 1
        assert (db.table("t").count(), db.table("t", as_of=first).count()) == (51, 50)
        assert db.table("t").where(col("id") == 1).collect() == [{"id": 1, "name": "merged"}]
        pipeline = ETLPipeline(
            lambda: db.table("t", as_of=first),
            load=lambda frame: frame.write.save_as_table("u", mode="overwrite"),
            checks=[{"type": "unique", "column": "id"}],
        )
        assert pipeline.execute().rows == 50
        assert db.tables() == ["t", "u"]
        assert SECRET not in repr(db)
    assert dq_core.validate(url, [{"type": "row_count", "min": 51}], table="t").passed


def test_what_an_object_store_refuses(endpoint: str, tmp_path: Path) -> None:
    secret = {"s3.access-key-id": KEY, "s3.secret-access-key": SECRET}
    url = at(endpoint, tmp_path, **secret).update_query_dict({"warehouse": "s3://nowhere/w"})
    with connect(url) as db, pytest.raises(MoltresError) as caught:
        db.write([{"id": 1}]).save_as_table("t")
    assert "nowhere" in str(caught.value)
    _assert_hidden(caught.value)


def test_an_object_store_that_is_not_there(tmp_path: Path) -> None:
    more = {"s3.access-key-id": KEY, "s3.secret-access-key": SECRET, "s3.connect-timeout": "1"}
    with connect(at("http://127.0.0.1:9", tmp_path, **more)) as db, pytest.raises(MoltresError) as caught:
        db.write([{"id": 1}]).save_as_table("t")
    assert caught.value.retryable
    _assert_hidden(caught.value)


def _assert_hidden(error: BaseException | None) -> None:
    while error is not None:
        context: Any = getattr(error, "context", "")
        assert SECRET not in f"{error} {error!r} {context}"
        error = error.__cause__
