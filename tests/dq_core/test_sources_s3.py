"""Files on S3, served by moto over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import s3fs
from moto.server import ThreadedMotoServer

from dq_core import TableNotFoundError, validate

ROWS = [{"id": 1, "name": "a"}, {"id": 2, "name": None}]
RULES: list[dict[str, Any]] = [{"type": "not_null", "column": "name"}, {"type": "row_count", "min": 2, "max": 2}]


@pytest.fixture(scope="module")
def options() -> Iterator[dict[str, Any]]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    options = {"key": "someone", "secret": "topsecret", "client_kwargs": {"endpoint_url": f"http://{host}:{port}"}}
    system = s3fs.S3FileSystem(**options)
    system.mkdir("bucket")
    table = pa.Table.from_pylist(ROWS)
    for number in range(2):
        with system.open(f"bucket/people/part-{number}.parquet", "wb") as file:
            pq.write_table(table.slice(number, 1), file)
    system.pipe_file("bucket/people.csv", b"id,name\n1,a\n2,\n")
    yield options
    server.stop()
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.mark.parametrize(
    "uri",
    [
        "s3://bucket/people/part-*.parquet",
        "s3://bucket/people.csv",
        ["s3://bucket/people/part-0.parquet", "s3://bucket/people/part-1.parquet"],
    ],
)
def test_files_on_s3(options: dict[str, Any], uri: Any) -> None:
    report = validate(uri, RULES, storage_options=options)
    assert [result.failed_rows for result in report.results] == [1, None]
    assert report.results[0].samples == [{"id": 2, "name": None}]
    assert "topsecret" not in report.to_json()


def test_what_is_not_there(options: dict[str, Any]) -> None:
    with pytest.raises(TableNotFoundError, match=r"The file s3://bucket/nope\.parquet does not exist") as caught:
        validate("s3://bucket/nope.parquet", RULES, storage_options=options)
    assert "topsecret" not in str(caught.value)
