"""Results that are persisted come back as they were."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from prefect import flow
from prefect.filesystems import LocalFileSystem
from prefect.serializers import Serializer

from dq_core import Report
from moltres import Records, Reference
from moltres_prefect import RowsSerializer, moltres_compare, moltres_data_quality, moltres_query

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> LocalFileSystem:
    block = LocalFileSystem(basepath=str(tmp_path / "results"))
    block.save("moltres-test-results", overwrite=True)
    return block


def test_rows_and_references_are_kept_as_json(dsn: str, store: LocalFileSystem, tmp_path: Path) -> None:
    options: dict[str, Any] = {"result_storage": store, "result_serializer": RowsSerializer(), "persist_result": True}

    @flow
    def queries() -> Any:
        users = moltres_query(
            dsn=dsn, query=lambda db: db.table("users"), result_storage_key="users.json", return_state=True, **options
        )
        numbers = moltres_query(
            dsn=dsn, query=lambda db: db.table("numbers"), max_inline_rows=5, return_state=True, **options
        )
        report = moltres_data_quality(
            data=[{"id": 1}], checks=[{"type": "row_count", "min": 1}], return_state=True, **options
        )
        both = {"dsn": dsn, "table": "users", "right_dsn": dsn, "right_table": "users", "keys": ["id"]}
        compared = moltres_compare(artifact=False, return_state=True, **both, **options)
        return users.result(), numbers.result(), report.result(), compared.result()

    users, numbers, report, compared = queries()
    assert isinstance(users, Records)
    assert (users[0]["balance"], users[0]["born"]) == (Decimal("10.10"), dt.date(1815, 12, 10))
    assert isinstance(numbers, Reference)
    assert isinstance(report, Report)
    for found in (report, compared):
        assert RowsSerializer().loads(RowsSerializer().dumps(found)).to_json() == found.to_json()
    stored = json.loads((tmp_path / "results" / "users.json").read_text())
    kept = json.loads(stored["result"])
    assert kept["columns"][:2] == ["id", "name"]
    assert {"$date": "1815-12-10"} in kept["rows"][0]
    assert RowsSerializer().loads(stored["result"].encode()) == users


def test_the_serializer_is_known_by_its_name() -> None:
    assert isinstance(Serializer(type="moltres-rows"), RowsSerializer)


def test_a_report_comes_back_as_a_report() -> None:
    @flow
    def checks() -> Any:
        return moltres_data_quality(data=[{"id": 1}], checks=[{"type": "row_count", "min": 2}])

    report = checks()
    back = RowsSerializer().loads(RowsSerializer().dumps(report))
    assert isinstance(back, Report)
    assert back.to_dict() == report.to_dict()


def test_a_failure_is_kept_as_well(dsn: str, store: LocalFileSystem) -> None:
    @flow
    def queries() -> Any:
        return moltres_query(
            dsn=dsn,
            query=lambda db: db.table("nothing"),
            result_storage=store,
            result_serializer=RowsSerializer(),
            persist_result=True,
        )

    with pytest.raises(LookupError, match="nothing"):
        queries()
