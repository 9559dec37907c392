"""An object store for tests: a server with the protocol of S3 (moto), reached by a socket."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["KEY", "REGION", "SECRET", "fsspec_options", "keys_in", "object_store", "properties"]

KEY, SECRET, REGION = "key-of-a-test", "c0ffee-secret-of-a-test", "us-east-1"


def _client(endpoint: str) -> Any:
    import boto3  # not in every environment that has the tests

    given = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": REGION}
    return boto3.client("s3", endpoint_url=endpoint, **given)


@contextmanager
def object_store(*buckets: str, port: int = 0) -> Iterator[str]:
    """Run a store on the loopback interface; gives its address.

    Args:
        *buckets: The buckets that it has.
        port: Where it listens; a free port by default.
    """
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    client = _client(endpoint)
    for bucket in buckets:
        client.create_bucket(Bucket=bucket)
    client.close()
    yield endpoint
    server.stop()


def keys_in(endpoint: str, bucket: str) -> list[str]:
    """The names of the objects in a bucket."""
    client = _client(endpoint)
    found = [one["Key"] for one in client.list_objects_v2(Bucket=bucket).get("Contents", ())]
    client.close()
    return found


def properties(endpoint: str) -> dict[str, str]:
    """What PyIceberg must know of the store."""
    return {
        "s3.endpoint": endpoint, "s3.region": REGION, "s3.access-key-id": KEY, "s3.secret-access-key": SECRET
    }  # fmt: skip


def fsspec_options(endpoint: str) -> Mapping[str, Any]:
    """What fsspec must know of the store."""
    return {"endpoint_url": endpoint, "key": KEY, "secret": SECRET, "client_kwargs": {"region_name": REGION}}
