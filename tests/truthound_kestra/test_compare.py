"""Comparing two tables in Kestra: a check task with the rule `same_rows`, as a script and in a flow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from truthound_kestra.flows import generate_check_flow
from truthound_kestra.results.errors import CheckFailedError
from truthound_kestra.scripts import CheckScriptConfig, check_quality_script

RULE = {"type": "same_rows", "source": "env:SHOP_FILE", "keys": ["id"]}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    shop, copy = tmp_path / "shop.csv", tmp_path / "copy.csv"
    shop.write_text("id,amount\n1,1.5\n2,2.5\n")
    copy.write_text("id,amount\n2,2.6\n1,1.5\n")
    monkeypatch.setenv("SHOP_FILE", str(shop))
    return str(shop), str(copy)


def test_the_script_passes_for_the_same_rows_and_fails_for_others(files: tuple[str, str]) -> None:
    config = CheckScriptConfig(engine_name="dq_core", rules=[RULE])
    assert check_quality_script(files[0], config).is_success
    with pytest.raises(CheckFailedError) as failed:
        check_quality_script(files[1], config)
    (check,) = failed.value.result.report.results
    assert check.message.endswith("1 changed (in amount 1).")
    assert failed.value.result.summary()["checks"][0]["status"] == "failed"
    json.dumps(failed.value.result.to_dict())


def test_a_flow_holds_the_comparison_as_a_rule() -> None:
    flow = generate_check_flow("prove", "company.data", input_uri="copy.csv", rules=[RULE], engine_name="dq_core")
    assert "same_rows" in flow
    assert "env:SHOP_FILE" in flow
