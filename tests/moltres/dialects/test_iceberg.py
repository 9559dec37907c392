"""Iceberg tables without a server pass the suite for all dialects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moltres.errors import QueryError
from support.dialect_conformance import Computing, Keeping, receipt_faults
from support.iceberg import catalog_url, load

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL

    from moltres import Database


class OnIceberg:
    @pytest.fixture
    def url(self, tmp_path: Path) -> URL:
        return catalog_url(tmp_path)


class TestComputing(OnIceberg, Computing):
    """DuckDB computes, whose own suite has all of them."""

    examples = 4
    most_cases = 1
    quarters = frozenset({0})


class TestIceberg(OnIceberg, Keeping):
    faults = receipt_faults.ICEBERG
    examples = 4
    most_cases = 1
    numbered = ()
    retyped = None
    fires_delete_actions = None
    shows_indexes = False

    def test_a_column_that_is_not_there_is_no_string(self, db: Database, url: URL) -> None:
        db.write([{"n": 1}]).save_as_table("t")
        frame = db.table("t")
        with load(url, "t").update_schema() as schema:
            schema.rename_column("n", "m")
        with pytest.raises(QueryError):
            frame.select("n").collect()

    def test_what_was_loaded_is_on_record(self, db: Database, url: URL) -> None:
        db.write([{"n": 1}, {"n": 2}]).save_as_table("t", mode="append", run_key='it\'s a "key"')
        snapshot = load(url, "t").current_snapshot()
        assert snapshot is not None
        assert snapshot.summary is not None
        said = snapshot.summary.additional_properties
        assert (said["moltres.run-key"], said["moltres.mode"]) == ('it\'s a "key"', "append")
        assert said["moltres.rows-written"] == "2"
        assert db.tables() == ["t"]
