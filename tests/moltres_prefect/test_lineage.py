"""What Prefect is told about data: artifacts of reports, assets of tables."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from prefect import flow
from prefect.assets import Asset
from prefect.client.orchestration import get_client

from moltres import connect
from moltres.errors import ConfigurationError
from moltres.task import Dataset, table
from moltres_prefect import moltres_data_quality, moltres_query, moltres_to_table
from moltres_prefect.lineage import artifact_key_of, asset_key, slug
from support.adapter_conformance import SECRET
from support.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = [{"type": "not_null", "column": "email"}, {"type": "unique", "column": "id"}]


def artifacts(key: str) -> list[dict[str, Any]]:
    with get_client(sync_client=True) as client:
        found = client.request("POST", "/artifacts/filter", json={"artifacts": {"key": {"any_": [key]}}})
        return found.json()


def events(resource: str) -> list[dict[str, Any]]:
    with get_client(sync_client=True) as client:
        found = client.request(
            "POST", "/events/filter", json={"filter": {"any_resource": {"id": [resource]}}, "limit": 50}
        )
        return found.json()["events"]


def test_a_file_that_is_read_is_an_asset(dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "some users.csv"
    file.write_text("id\n1\n")

    def read(db: Any) -> Any:
        return db.read_csv(file)

    @flow
    def reads() -> Any:
        rows = moltres_query(dsn="duckdb://", query=read)
        assert moltres_data_quality(dsn="duckdb://", query=read, checks=CHECKS[1:]).passed
        moltres_to_table(dsn=dsn, table_name="copies", data=connect("duckdb://").read_csv(file))
        return rows

    assert reads() == [{"id": 1}]
    assert asset_key(Dataset("file", str(file))) == f"file://{tmp_path}/some_users.csv"


@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        ("file", "/data/a b/ü\n.csv"),
        ("S3://bucket", "x?y#z.parquet"),
        ("abfss://c@account", "x"),
        ("ibm_db_sa://h", "s.t"),
        ("postgres:///var/run", 'we"ird`|\\<>.t\0'),
        ("sqlite://memory", "t" * 600),
    ],
)
def test_every_name_in_lineage_is_a_key_that_prefect_takes(namespace: str, name: str) -> None:
    Asset(key=asset_key(Dataset(namespace, name)))


def test_a_report_is_left_as_a_markdown_artifact(dsn: str) -> None:
    @flow(name="Nightly users: check")
    def checks() -> Any:
        return moltres_data_quality(dsn=dsn, query=lambda db: db.table("users"), checks=CHECKS)

    checks()
    (artifact,) = artifacts("nightly-users-check-moltres-data-quality-1")
    assert artifact["type"] == "markdown"
    assert "not_null_email" in artifact["data"]
    assert "failed" in artifact["data"]


def test_an_artifact_shows_as_many_values_as_it_may() -> None:
    checks = [{"type": "in_range", "column": "pay", "max": 1}, {"type": "in_range", "column": "age", "max": 1}]

    @flow
    def checked(key: str, **options: Any) -> Any:
        rows = [{"pay": 4711, "age": 42}]
        return moltres_data_quality(data=rows, checks=checks, artifact_key=key, **options)

    shown = {"all": {}, "masked": {"mask": ["pay"]}, "none": {"samples": 0}}
    for key, options in shown.items():
        checked(f"shown-{key}", **options)
        (artifact,) = artifacts(f"shown-{key}")
        found = {value for value in ("4711", "42") if value in artifact["data"]}
        assert found == {"all": {"4711", "42"}, "masked": {"42"}, "none": set()}[key]


def test_the_artifact_has_the_key_that_was_given_and_comes_before_the_failure(dsn: str) -> None:
    @flow
    def checks() -> Any:
        return moltres_data_quality(
            dsn=dsn,
            query=lambda db: db.table("users"),
            checks=CHECKS,
            artifact_key="Users of_today",
            fail_on_error=True,
            retries=2,
        )

    with pytest.raises(Exception, match="email"):
        checks()
    assert len(artifacts("users-of-today")) == 1  # and it was tried once: trying again cannot help


def test_no_artifact_is_left_on_request(dsn: str) -> None:
    @flow
    def checks() -> Any:
        moltres_data_quality(
            dsn=dsn, query=lambda db: db.table("users"), checks=CHECKS, artifact=False, artifact_key="unwanted"
        )

    checks()
    assert artifacts("unwanted") == []


def test_a_written_table_is_an_asset_made_of_those_that_were_read(dsn: str) -> None:
    @flow
    def writes() -> Any:
        users = moltres_query(dsn=dsn, query=lambda db: db.table("users").join(db.table("numbers"), on="id"))
        return moltres_to_table(dsn=dsn, table_name="copies", data=users)

    writes()
    with connect(dsn) as db:
        key, users, numbers = (asset_key(table(db, name)) for name in ("copies", "users", "numbers"))
    # Events are sent from a thread.
    (event,) = until(lambda: [event for event in events(key) if "materialization" in event["event"]], "the event")
    assert event["event"] == "prefect.asset.materialization.succeeded"
    assert event["payload"] == {"mode": "append", "rows_written": 4, "created": True}
    related = {one["prefect.resource.id"] for one in event["related"]}
    assert {users, numbers, "moltres"} <= related


def test_a_frame_that_is_written_is_read_too_and_rejects_are_made(dsn: str) -> None:
    with connect(dsn) as db:
        with db.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE grown (id INTEGER NOT NULL, age INTEGER CHECK (age > 18))")

        @flow
        def writes() -> Any:
            return moltres_to_table(
                dsn=dsn,
                table_name="grown",
                data=db.table("users").select("id", "age"),
                rejects="table",
                rejects_at_most=1,
            )

        rejected = writes()["rejects"]["table"]
        users, grown, rejects = (asset_key(table(db, name)) for name in ("users", "grown", rejected))
    for key in (grown, rejects):
        (event,) = until(lambda key=key: [one for one in events(key) if "materialization" in one["event"]], "the event")
        assert users in {one["prefect.resource.id"] for one in event["related"]}


def test_the_key_of_a_table_is_its_name_in_lineage_and_holds_no_user_and_no_secret() -> None:
    url = f"postgresql+psycopg://me:{SECRET}@db.example:5432/shop?sslpassword={SECRET}"
    with connect(url) as db:
        for name in ("users", "public.users"):  # the same table, however it is written
            key = asset_key(table(db, name, "public"))
            assert key == "postgres://db.example:5432/shop.public.users"
            assert SECRET not in key
    with connect("sqlite:////data/my shop.db") as db:
        assert asset_key(table(db, "users")) == "sqlite:///data/my_shop.db/users"


def test_the_key_of_an_artifact_has_letters_digits_and_dashes() -> None:
    assert slug("Größe: Users_of 2026/11!") == "gr-e-users-of-2026-11"
    assert artifact_key_of("Users_of 2026/11!") == "users-of-2026-11"


def test_artifacts_of_other_names_have_other_keys(dsn: str) -> None:
    """Letters that no key has are what tells these names apart: their reports were versions of one artifact."""
    names = ["ÄÖ", "ÖÄ", "顧客", "商品", "顧客 check 1", "商品 check 1", "Größe", "Gröe", "!", "?"]
    keys = {artifact_key_of(name) for name in names}
    assert len(keys) == len(names)
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", key) for key in keys), keys
    moltres_data_quality(dsn=dsn, query="SELECT 1 AS email", checks=CHECKS[:1], artifact_key="ÄÖ")
    assert len(artifacts(artifact_key_of("ÄÖ"))) == 1
    for given in (5, ""):
        with pytest.raises(ConfigurationError, match="artifact_key must"):
            moltres_data_quality(data=[{"email": 1}], checks=CHECKS, artifact_key=given)


def test_markdown_cannot_be_broken_by_what_is_checked(dsn: str) -> None:
    @flow
    def checks() -> Any:
        return moltres_data_quality(
            data=[{"a|b": "<script>alert(1)</script>"}],
            checks=[{"type": "in_set", "column": "a|b", "values": ["x"], "name": "pipe | and <b>"}],
            artifact_key="hostile",
        )

    assert json.dumps(checks().to_dict())
    (artifact,) = artifacts("hostile")
    assert "<script>" not in artifact["data"]
