"""Tables and files have the names by which OpenLineage's rules call them, whatever orchestrator asks."""

from collections import UserList
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import make_url

from moltres import Records, col, connect
from moltres.handoff import Reference, encode
from moltres.task import Dataset, handed_over, table, tables_in, with_origin
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
        ("postgresql", "postgresql://u@[::1]:1/shop", "users", Dataset("postgres://[::1]:1", "shop.public.users")),
        ("postgresql", "postgresql:///shop?host=db&port=1", "users", Dataset("postgres://db:1", "shop.public.users")),
        ("postgresql", "postgresql:///shop?host=/run/pg", "users", Dataset("postgres:///run/pg", "shop.public.users")),
        ("postgresql", "postgresql:///shop", "users", Dataset("postgres://localhost:5432", "shop.public.users")),
        ("mysql", "mysql+pymysql:///shop?unix_socket=/run/my", "users", Dataset("mysql:///run/my", "shop.users")),
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


def test_tables_of_other_schemas_of_a_file_are_others(tmp_path):
    with connect(f"duckdb:///{tmp_path}/shop.duckdb") as db:
        with db.engine.begin() as connection:
            for statement in ("CREATE SCHEMA app", "CREATE TABLE app.users (id INT)", "CREATE TABLE users (id INT)"):
                connection.exec_driver_sql(statement)
        names = [[one.name for one in tables_in(db.table(name))] for name in ("users", "main.users", "app.users")]
        assert names == [["users"], ["users"], ["app.users"]]
        assert [one.name for one in tables_in(db.table("users").union(db.table("app.users")))] == ["app.users", "users"]


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_a_frame_of_files_names_them_however_it_is_changed(tmp_path, kind):
    paths = [str(tmp_path / f"{name}.{kind}") for name in "ab"]
    with connect() as db:
        for path in paths:
            if kind == "parquet":
                db.write([{"id": 1}]).parquet(path)
            else:
                Path(path).write_text({"csv": "id\n1\n", "json": '{"id": 1}\n'}[kind])
        frame = getattr(db, f"read_{kind}")(paths)
        files = tuple(Dataset("file", path) for path in paths)
        for changed in (
            frame,
            frame.where(col("id") > 0).select((col("id") + 1).label("n")).limit(3),
            frame.union(frame).distinct(),
            frame.join(db.sql("SELECT 1 AS id"), on="id", how="semi"),
        ):
            assert [one for one in tables_in(changed) if one.namespace == "file"] == list(files)
        assert handed_over(db, frame) == handed_over(db, [frame]) == files


def test_inline_rows_know_what_they_were_read_from():
    users = Dataset("postgres://db:5432", "shop.public.users")
    rows = Records([(1,)], ["id"])
    stored = with_origin(encode(rows), [users])
    assert handed_over(connect(), stored) == (users,)
    assert handed_over(connect(), [stored, [stored]]) == handed_over(connect(), UserList([(stored,)])) == (users,)
    assert handed_over(connect(), rows) == handed_over(connect(), encode(rows)) == ()
