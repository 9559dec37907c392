"""Scripts of Kestra tasks on tables of Iceberg without a server."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from moltres import connect
from support.iceberg import append, load
from truthound_kestra.errors import SourceError
from truthound_kestra.outputs import KestraOutputHandler
from truthound_kestra.results.errors import CheckFailedError
from truthound_kestra.scripts import (
    CheckScriptConfig,
    check_quality_script,
    compare_data_script,
    learn_schema_script,
    profile_data_script,
)
from truthound_kestra.utils import load_data

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL

SECRET = "s3cr3t-Zq9"
RULES = [{"type": "not_null", "column": "id"}, {"type": "unique", "column": "id"}]


@pytest.fixture
def lake(pyiceberg_url: URL) -> str:
    append(pyiceberg_url, "users", pa.table({"id": [1, 2, 3], "zip": ["01234", "NA", None]}))
    return pyiceberg_url.render_as_string(hide_password=False)


@pytest.mark.usefixtures("in_kestra")
@pytest.mark.parametrize("engine", ["dq_core", "truthound"])
def test_every_script_reads_a_table(lake: str, engine: str) -> None:
    config = CheckScriptConfig(engine_name=engine, rules=RULES)
    handler = KestraOutputHandler(io.StringIO())
    result = check_quality_script(lake, config, table="users", handler=handler)
    assert (result.status, result.row_count) == ("passed", 3)
    with pytest.raises(CheckFailedError):
        check_quality_script(lake, config, rules=[{"type": "not_null", "column": "zip"}], table="users")
    assert profile_data_script(lake, table="users").row_count == 3
    assert learn_schema_script(lake, table="users").row_count == 3
    assert compare_data_script(lake, lake, table="users", copy_table="users").status == "passed"
    assert load_data(lake, query="SELECT zip FROM users WHERE id < 3")["zip"].tolist() == ["01234", "NA"]


def test_a_load_in_a_script_is_never_doubled(lake: str, pyiceberg_url: URL, duckdb_url: URL) -> None:
    with connect(duckdb_url) as shop:
        shop.write([{"id": number, "zip": "x"} for number in range(10, 15)]).save_as_table("users")
        for again in (False, True):
            with connect(lake) as db:
                written = db.write(shop.table("users")).save_as_table("users", mode="append", run_key="2026-11-26")
            assert written.skipped is again
            assert load(pyiceberg_url, "users").scan().to_arrow().num_rows == 8


def test_a_store_that_does_not_answer_is_told_without_a_secret(
    tmp_path: Path, lake: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    s3 = f"&s3.endpoint=http://127.0.0.1:9&s3.region=x&s3.access-key-id=me&s3.secret-access-key={SECRET}"
    url = f"iceberg+sqlite:///{tmp_path}/none/catalog.db?warehouse=s3://lake/w{s3}"
    with pytest.raises(SourceError) as caught:
        check_quality_script(url, CheckScriptConfig(rules=RULES), table="users")
    shown = f"{caught.value!r} {caught.value.__cause__!r} {json.dumps(caught.value.context)} {caplog.text}"
    assert SECRET not in shown + "".join(capfd.readouterr())
