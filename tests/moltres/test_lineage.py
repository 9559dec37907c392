"""Tables and files have the names by which OpenLineage's rules call them, whatever orchestrator asks."""

from collections import UserList
from types import SimpleNamespace

import pytest
from sqlalchemy import make_url

from moltres import Records, connect
from moltres.handoff import Reference, encode
from moltres.task import Dataset, handed_over, table, with_origin
from moltres.task.lineage import staged


@pytest.mark.parametrize(
    ("location", "dataset"),
    [
        ("/data/stage/a.parquet", Dataset("file", "/data/stage/a.parquet")),
        ("file:///data/a.parquet", Dataset("file", "/data/a.parquet")),
        ("s3://lake/stage/a.parquet", Dataset("s3://lake", "stage/a.parquet")),
    ],
)
def test_names_of_files(location, dataset):
    reference = Reference(kind="parquet", location=location, columns=("id",), row_count=1)
    assert staged(connect(), reference) == dataset


@pytest.mark.parametrize(
    ("dialect", "url", "name", "dataset"),
    [
        ("mysql", "mysql+pymysql://u@db/shop", "users", Dataset("mysql://db:3306", "shop.users")),
        ("trino", "trino://u@db/memory", "default.users", Dataset("trino://db:8080", "memory.default.users")),
        ("trino", "trino://u@db:1/ice/shop", "users", Dataset("trino://db:1", "ice.shop.users")),
        ("trino", "trino://u@db:1/ice/shop", "mart.users", Dataset("trino://db:1", "ice.mart.users")),
        ("postgresql", "postgresql://u@db:1/shop", "my.users", Dataset("postgres://db:1", "shop.my.users")),
    ],
)
def test_names_of_tables_on_servers(dialect, url, name, dataset):
    default = {"mysql": "shop", "trino": None, "postgresql": "public"}[dialect]
    engine = SimpleNamespace(url=make_url(url), dialect=SimpleNamespace(name=dialect, default_schema_name=default))
    assert table(SimpleNamespace(engine=engine), name) == dataset


@pytest.mark.parametrize("url", ["duckdb://", "duckdb:///:memory:", "sqlite://"])
def test_names_of_tables_in_memory(url):
    with connect(url) as db:
        assert table(db, "users") == Dataset(f"{make_url(url).get_backend_name()}://memory", "users")


def test_inline_rows_know_what_they_were_read_from():
    users = Dataset("postgres://db:5432", "shop.public.users")
    rows = Records([(1,)], ["id"])
    stored = with_origin(encode(rows), [users])
    assert handed_over(connect(), stored) == (users,)
    assert handed_over(connect(), [stored, [stored]]) == handed_over(connect(), UserList([(stored,)])) == (users,)
    assert handed_over(connect(), rows) == handed_over(connect(), encode(rows)) == ()
