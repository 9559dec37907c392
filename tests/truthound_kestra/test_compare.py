"""Comparing two tables in Kestra: a compare task, and a check task with the rule `same_rows`, as script and flow."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from truthound_kestra import ConfigurationError, FlowError
from truthound_kestra.cli import main
from truthound_kestra.flows import (
    FlowConfig,
    InputConfig,
    TaskConfig,
    TaskType,
    generate_check_flow,
    generate_compare_flow,
)
from truthound_kestra.kestra.handler import KestraOutputHandler
from truthound_kestra.results.errors import CheckFailedError, ComparisonFailedError
from truthound_kestra.scripts import (
    CheckScriptConfig,
    CompareScriptConfig,
    CompareScriptResult,
    check_quality_script,
    compare_data_script,
)

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


def test_the_script_compares_and_tells_what_differs(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    shop, copy = files
    handler = KestraOutputHandler()
    same = compare_data_script(shop, shop, CompareScriptConfig(keys=["id"]), handler=handler)
    assert (same.status, same.equal, same.row_count, same.copy_row_count) == ("passed", True, 2, 2)
    capsys.readouterr()
    with pytest.raises(ComparisonFailedError, match="1 changed") as failed:
        compare_data_script(shop, copy, CompareScriptConfig(keys=["id"], report="proof"), handler=handler)
    lines = [json.loads(line[2:-2]) for line in capsys.readouterr().out.splitlines() if line.startswith("::")]
    outputs = next(line["outputs"] for line in lines if "outputs" in line)
    assert (outputs["equal"], outputs["changed_count"], outputs["missing_count"]) == (False, 1, 0)
    assert outputs["result"]["changed_columns"] == {"amount": 1}
    names = [metric["name"] for line in lines for metric in line.get("metrics", ())]
    assert names == ["rows", "compare.duration", "compare.missing", "compare.extra", "compare.changed"]
    assert "2.6" in Path("proof.html").read_text()
    assert CompareScriptResult.from_dict(failed.value.result.to_dict()).changed_count == 1
    lenient = CompareScriptConfig(keys=["id"], tolerance=0.5)
    assert compare_data_script(shop, copy, lenient).equal
    told = compare_data_script(shop, copy, CompareScriptConfig(fail_on_difference=False))
    assert (told.status, told.missing_count, told.extra_count) == ("failed", 1, 1)
    assert compare_data_script(shop, copy, CompareScriptConfig(enabled=False)).status == "skipped"
    with pytest.raises(ConfigurationError, match="must be one of 'dq_core', not"):
        CompareScriptConfig(engine_name="truthound")


def test_the_command(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    shop, copy = files
    assert main(["compare", shop, shop, "--keys", "id"]) == 0
    assert main(["compare", shop, copy, "--keys", "id", "--output", "json"]) == 1
    assert '"changed": 1' in capsys.readouterr().out
    assert main(["compare", shop, copy, "--keys", "id", "--tolerance", "0.5"]) == 0
    assert main(["compare", shop, copy, "--keys", "nope"]) == 2


def test_a_flow_with_a_compare_task(files: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its program runs with what the flow hands to it, for files of Kestra's storage and for others."""
    shop, copy = files
    text = generate_compare_flow(
        "prove",
        "company.data",
        input_uri="{{ inputs.shop }}",
        copy_uri=copy,
        input_format="csv",
        inputs=[InputConfig(name="shop", type="FILE")],
        keys=["id"],
    )
    (task,) = yaml.safe_load(text)["tasks"]
    assert set(task["inputFiles"]) == {"data.csv", "kestra.json"}
    values = json.loads(re.sub(r"{% filter toJson %}(.*?){% endfilter %}", '"x"', task["inputFiles"]["kestra.json"]))
    assert values["task"] == {"data_uri": "data.csv", "file": "x", "copy_uri": copy}
    Path("data.csv").write_bytes(Path(shop).read_bytes())
    Path("kestra.json").write_text(json.dumps(values))
    monkeypatch.setenv("KESTRA_VALUES", "kestra.json")
    with pytest.raises(SystemExit, match="1"):
        exec(compile(task["script"], "script", "exec"), {})
    with pytest.raises(FlowError) as refused:
        generate_compare_flow("a", "b", input_uri=copy, copy_uri="postgresql://h/d", engine_name="pandera")
    assert "a database requires table or query" in str(refused.value)
    assert "must be one of 'dq_core', not" in str(refused.value)
    compares = TaskConfig(id="compare", task_type=TaskType.COMPARE, input_uri=shop, copy_uri=copy)
    assert 'engine_name="dq_core"' in FlowConfig(id="a", tasks=(compares,)).to_yaml()
    with pytest.raises(FlowError, match="only supported for comparisons"):
        generate_check_flow("a", "b", input_uri=copy, rules=[RULE], engine_name="dq_core", copy_uri=copy)
