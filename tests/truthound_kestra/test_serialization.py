"""Results as JSON, YAML and Markdown."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from truthound_kestra.results import CheckScriptResult
from truthound_kestra.scripts import (
    CheckScriptConfig,
    LearnScriptConfig,
    ProfileScriptConfig,
    check_quality_script,
    learn_schema_script,
    profile_data_script,
)
from truthound_kestra.sla import (
    PRODUCTION_SLA_CONFIG,
    AlertLevel,
    SLAConfig,
    SLAMetrics,
    SLAMonitor,
    SLAViolationType,
)
from truthound_kestra.utils.exceptions import OutputError
from truthound_kestra.utils.serialization import JsonSerializer, MarkdownSerializer, YamlSerializer

if TYPE_CHECKING:
    from pathlib import Path

RULES = [{"type": "not_null", "column": "email"}, {"type": "in_range", "column": "age", "min": 0, "severity": "low"}]
METADATA = {"day": dt.date(2024, 2, 29), "share": Decimal("1.10"), "nan": "x", 3: (1, 2), "$odd": {"$type": "x"}}


@pytest.fixture
def results(users: Path) -> dict[str, Any]:
    """One of every type that can be stored."""
    shared: dict[str, Any] = {"engine_name": "dq_core", "tags": ("a", "b"), "metadata": METADATA}
    sla = SLAConfig(min_pass_rate=0.9, max_execution_time_seconds=1e-9, metadata={"owner": "data"})
    check = check_quality_script(users, CheckScriptConfig(rules=RULES, fail_on_error=False, description="x", **shared))
    evaluated = SLAMonitor(sla, name="daily").evaluate(SLAMetrics.from_result(check, flow_id="f"))
    return {
        "check": check,
        "profile": profile_data_script(users, ProfileScriptConfig(include_histograms=True, **shared)),
        "learn": learn_schema_script(users, LearnScriptConfig(min_confidence=0.1, **shared)),
        "skipped": check_quality_script(users, CheckScriptConfig(enabled=False)),
        "sla": evaluated,
        "with sla": CheckScriptResult(
            status="failed", data_uri="x", engine_name="dq_core", report=check.report, sla=evaluated
        ),
        "config": PRODUCTION_SLA_CONFIG,
        "metrics": SLAMetrics(passed_count=1, measured_at=dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
        "enum": SLAViolationType.CONSECUTIVE_FAILURES,
        "level": AlertLevel.ERROR,
        "nested": {"results": [check], "tuple": (evaluated,)},
    }


@pytest.mark.parametrize("serializer", [JsonSerializer(), JsonSerializer(indent=2), YamlSerializer()])
def test_every_result_comes_back_equal_and_of_its_type(results: dict[str, Any], serializer: Any) -> None:
    for name, result in results.items():
        restored = serializer.deserialize(serializer.serialize(result))
        assert restored == result, name
        assert type(restored) is type(result), name


def test_what_comes_back_works_as_before(results: dict[str, Any]) -> None:
    check = JsonSerializer().deserialize(JsonSerializer().serialize(results["check"]))
    assert check.failed_checks == ("not_null_email", "in_range_age")
    assert check.report.passed is False
    assert check.metadata == METADATA
    profile = JsonSerializer().deserialize(JsonSerializer().serialize(results["profile"]))
    assert profile.columns[1].name == "email"
    assert profile.profile.to_markdown() == results["profile"].profile.to_markdown()
    learned = JsonSerializer().deserialize(JsonSerializer().serialize(results["learn"]))
    assert learned.suite.to_yaml() == results["learn"].suite.to_yaml()


def test_json_is_strict(results: dict[str, Any]) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    for result in results.values():
        json.loads(JsonSerializer().serialize(result), parse_constant=refuse)


leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.decimals(allow_nan=False)
    | st.dates() | st.datetimes() | st.times() | st.timedeltas() | st.binary() | st.uuids()
)  # fmt: skip
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.sampled_from(["$type", "$tuple", "$decimal"]), inner, max_size=3)
    ),
)


@given(values)
def test_any_metadata_comes_back_equal(value: Any) -> None:
    result = CheckScriptResult(status="passed", data_uri="x", engine_name="dq_core", metadata={"value": value})
    assert JsonSerializer().deserialize(JsonSerializer().serialize(result)) == result


def test_nan_stays_nan() -> None:
    (restored,) = JsonSerializer().deserialize(JsonSerializer().serialize([math.nan]))
    assert math.isnan(restored)


def test_what_cannot_be_stored_is_refused() -> None:
    result = CheckScriptResult(status="passed", data_uri="x", engine_name="dq_core", metadata={"a": object()})
    with pytest.raises(OutputError, match=r"type builtins\.object cannot be stored"):
        JsonSerializer().serialize(result)


@pytest.mark.parametrize("text", ["nonsense", '{"$type": "Other"}', '{"$type": "SLAMetrics", "unknown": 1}', "[1"])
def test_what_something_else_wrote_is_refused(text: str) -> None:
    with pytest.raises(OutputError):
        JsonSerializer().deserialize(text)


def test_yaml_is_plain_yaml(results: dict[str, Any]) -> None:
    document = yaml.safe_load(YamlSerializer().serialize(results["check"]))
    assert document["$type"] == "CheckScriptResult"
    assert document["failed_count"] == 1
    with pytest.raises(OutputError):
        YamlSerializer().deserialize("a: [")


def test_markdown(results: dict[str, Any]) -> None:
    to_markdown = MarkdownSerializer().serialize
    assert "not_null_email" in to_markdown(results["check"])
    assert "email" in to_markdown(results["profile"])
    assert "not_null" in to_markdown(results["learn"])
    assert to_markdown(results["skipped"]) == "# Quality check: skipped\n\nNothing was checked.\n"
    sla = to_markdown(results["sla"])
    assert sla.startswith("# SLA daily violated\n\n| Level | Limit | Message |\n")
    assert "| error | pass_rate_below_minimum | 0.00% passed; the minimum is 90.00% |" in sla
    assert sla in to_markdown(results["with sla"])
    good = SLAMonitor(SLAConfig()).evaluate(SLAMetrics(passed_count=2))
    assert to_markdown(good) == "# SLA met\n\n100.00% of 2 passed.\n"


def test_markdown_of_something_else() -> None:
    with pytest.raises(OutputError, match="not dict"):
        MarkdownSerializer().serialize({})
