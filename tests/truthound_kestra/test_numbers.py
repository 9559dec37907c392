"""Integers and floats of NumPy, and decimals, are numbers: accepted everywhere and kept as Python's own."""

from __future__ import annotations

import io
import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from truthound_kestra.flows import generate_check_flow
from truthound_kestra.outputs import KestraOutputHandler
from truthound_kestra.scripts import CheckScriptConfig, LearnScriptConfig, check_quality_script, load_rules
from truthound_kestra.sla import SLAConfig, SLAMetrics, SLAMonitor, to_kestra_sla
from truthound_kestra.utils.exceptions import ConfigurationError, FlowError, OutputError
from truthound_kestra.utils.serialization import JsonSerializer

RULES = [{"type": "row_count", "min": 1}]
HALVES = [0.5, np.float64(0.5), np.float32(0.5), Decimal("0.5")]
SEVENS = [7, np.int64(7), np.int32(7), np.uint8(7), Decimal(7)]


@pytest.mark.parametrize("half", HALVES, ids=repr)
def test_rates_and_seconds(half: Any) -> None:
    config = SLAConfig(min_pass_rate=half, max_failure_rate=half, max_execution_time_seconds=half)
    assert config == SLAConfig(min_pass_rate=0.5, max_failure_rate=0.5, max_execution_time_seconds=0.5)
    assert JsonSerializer().deserialize(JsonSerializer().serialize(config)) == config
    assert to_kestra_sla(config)[1]["assert"] == "{{ (outputs.check.vars.failure_rate ?? 0.5) <= 0.5 }}"
    assert type(LearnScriptConfig(min_confidence=half, timeout_seconds=half).min_confidence) is float


@pytest.mark.parametrize("seven", SEVENS, ids=repr)
def test_counts(seven: Any) -> None:
    config = CheckScriptConfig(sample_failures=seven, parallel=True, max_workers=seven)
    assert type(config.sample_failures) is type(config.max_workers) is int
    metrics = SLAMetrics(passed_count=seven, failed_count=seven, row_count=seven, execution_time_seconds=seven)
    result = SLAMonitor(SLAConfig(min_row_count=seven)).evaluate(metrics)
    assert json.loads(JsonSerializer().serialize(result))["metrics"]["passed_count"] == 7


@pytest.mark.parametrize("number", [*HALVES, *SEVENS], ids=repr)
def test_metrics_of_kestra(number: Any) -> None:
    lines = io.StringIO()
    KestraOutputHandler(lines).gauge("g", number)
    (metric,) = json.loads(lines.getvalue()[2:-3])["metrics"]
    assert metric["value"] in (0.5, 7)


@pytest.mark.parametrize("engine_name", ["dq_core", "truthound"])
@pytest.mark.parametrize("source", ["x.csv", "x.json"])
@pytest.mark.parametrize(
    ("rule", "passes"),
    [
        ({"type": "in_range", "column": "x", "min": Decimal("0.1"), "max": Decimal("1E+2")}, True),
        ({"type": "in_range", "column": "x", "min": Decimal("0.10000000000000000000001")}, False),
        ({"type": "in_set", "column": "x", "values": {Decimal("0.1"), Decimal("2.0")}}, True),
        ({"type": "not_in_set", "column": "x", "values": [Decimal("0.1")]}, False),
        ({"type": "row_count", "min": Decimal(2)}, True),
    ],
)
def test_decimals_in_the_rules_of_a_flow_are_numbers(
    rule: Any, passes: bool, source: str, engine_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text("x\n0.1\n2\n")
    Path("x.json").write_text('[{"x": 0.1}, {"x": 2}]')
    (task,) = yaml.safe_load(generate_check_flow("a", "b", input_uri=source, rules=[rule]))["tasks"]
    Path("rules.yaml").write_text(task["inputFiles"]["rules.yaml"])
    config = CheckScriptConfig(rules=load_rules("rules.yaml"), engine_name=engine_name, fail_on_error=False)
    result = check_quality_script(source, config)
    assert (result.is_success, result.error_count) == (passes, 0)


def test_a_decimal_is_the_number_of_its_digits() -> None:
    given = {"a": Decimal("0.1"), "b": Decimal("1E-7"), "c": [Decimal(10)]}
    flow = yaml.safe_load(generate_check_flow("a", "b", input_uri="x.csv", rules=RULES, variables=given))
    assert flow["variables"] == {"a": 0.1, "b": 1e-7, "c": [10]}


def test_a_decimal_that_a_number_of_kestra_would_round_is_refused() -> None:
    with pytest.raises(FlowError, match="more digits than a number of YAML keeps"):
        generate_check_flow("a", "b", input_uri="x.csv", rules=RULES, variables={"third": Decimal(1) / 3})


@pytest.mark.parametrize(
    "other", [True, math.nan, np.float64("nan"), np.bool_(True), "7", Decimal("Infinity")], ids=repr
)
def test_what_is_no_number(other: Any) -> None:
    with pytest.raises(ConfigurationError):
        CheckScriptConfig(sample_failures=other)
    with pytest.raises(ConfigurationError):
        SLAMetrics(passed_count=other)
    with pytest.raises(ConfigurationError):
        SLAConfig(min_pass_rate=other)
    with pytest.raises(OutputError):
        KestraOutputHandler(io.StringIO()).counter("c", other)
