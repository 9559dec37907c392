"""Data in S3, on moto's server: the S3 API over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

from truthound_kestra.scripts import (
    CheckScriptConfig,
    LearnScriptConfig,
    ProfileScriptConfig,
    check_quality_script,
    learn_schema_script,
    profile_data_script,
)
from truthound_kestra.utils import load_data
from truthound_kestra.utils.exceptions import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, users: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket with users.parquet, reached as a task of Kestra would: by its environment."""
    import s3fs

    for name, value in {
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "topsecret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3_server,
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    client.put_object(Bucket="bucket", Key="users.parquet", Body=users.read_bytes())
    return "s3://bucket"


def test_load(bucket: str) -> None:
    assert load_data(f"{bucket}/users.parquet")["id"].tolist() == [1, 2, 3, 4]
    with pytest.raises(SourceError, match=r"The file .* does not exist"):
        load_data(f"{bucket}/missing.parquet")


@pytest.mark.parametrize("engine", ["truthound", "dq_core"])
def test_scripts(bucket: str, engine: str) -> None:
    uri = f"{bucket}/users.parquet"
    rules = [{"type": "not_null", "column": "email"}]
    check = check_quality_script(uri, CheckScriptConfig(engine_name=engine, rules=rules, fail_on_error=False))
    assert (check.status, check.data_uri, check.row_count) == ("failed", uri, 4)
    assert len(profile_data_script(uri, ProfileScriptConfig(engine_name=engine)).columns) == 3
    assert learn_schema_script(uri, LearnScriptConfig(engine_name=engine, min_confidence=0)).rules
