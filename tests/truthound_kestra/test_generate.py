"""The usual flows, each in one call."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from truthound_kestra.flows import (
    FlowGenerator,
    InputConfig,
    OutputConfig,
    TriggerConfig,
    TriggerType,
    generate_check_flow,
    generate_learn_flow,
    generate_profile_flow,
    generate_quality_pipeline,
)
from truthound_kestra.sla import SLAConfig
from truthound_kestra.utils.exceptions import FlowError

RULES = [{"type": "not_null", "column": "id"}, {"type": "unique", "column": "email"}]
URI = "s3://bucket/users.parquet"


def load(text: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def test_check_flow() -> None:
    flow = load(generate_check_flow("users", "production", input_uri=URI, rules=RULES, schedule="0 0 * * *"))
    assert (flow["id"], flow["namespace"]) == ("users", "production")
    assert [task["id"] for task in flow["tasks"]] == ["check"]
    assert yaml.safe_load(flow["tasks"][0]["inputFiles"]["rules.yaml"]) == RULES
    assert flow["outputs"] == [
        {
            "id": "check_result",
            "type": "JSON",
            "value": "{{ outputs.check.vars.result ?? null }}",
            "required": False,
        }
    ]
    assert flow["triggers"] == [
        {"id": "schedule", "type": "io.kestra.plugin.core.trigger.Schedule", "cron": "0 0 * * *"}
    ]


def test_profile_and_learn_flows() -> None:
    profile = load(generate_profile_flow("users", input_uri=URI, sample_size=1000, schedule="@weekly", timezone="UTC"))
    assert "sample_size=1000" in profile["tasks"][0]["script"]
    assert profile["triggers"][0]["timezone"] == "UTC"
    assert profile["outputs"][0]["id"] == "profile_result"
    learn = load(generate_learn_flow("users", input_uri=URI, min_confidence=0.9))
    assert "min_confidence=0.9" in learn["tasks"][0]["script"]
    assert "triggers" not in learn


@pytest.mark.parametrize(
    ("options", "tasks"),
    [
        ({}, ["profile", "check"]),
        ({"include_learn": True}, ["profile", "check", "learn"]),
        ({"include_profile": False}, ["check"]),
        ({"include_check": False, "rules": []}, ["profile"]),
    ],
)
def test_the_pipeline(options: dict[str, Any], tasks: list[str]) -> None:
    flow = load(generate_quality_pipeline("pipeline", input_uri=URI, **{"rules": RULES, **options}))
    assert [task["id"] for task in flow["tasks"]] == tasks
    assert [output["id"] for output in flow["outputs"]] == [f"{task}_result" for task in tasks]
    assert flow["description"] == "Data quality pipeline"


def test_a_pipeline_of_nothing() -> None:
    with pytest.raises(FlowError, match="no tasks"):
        generate_quality_pipeline("pipeline", input_uri=URI, include_profile=False, include_check=False)


def test_options_go_where_they_belong() -> None:
    flow = load(
        generate_quality_pipeline(
            "pipeline",
            input_uri="{{ inputs.data_uri }}",
            rules=RULES,
            inputs=(InputConfig(name="data_uri"),),
            labels={"team": "data"},
            sla=SLAConfig(max_execution_time_seconds=60),
            triggers=(TriggerConfig(id="hook", type=TriggerType.WEBHOOK, key="k"),),
            outputs=(OutputConfig(name="uri", value="{{ inputs.data_uri }}"),),
            engine_name="dq_core",
            sample_failures=7,
            top_n=3,
            schedule="@daily",
            generator=FlowGenerator(task_runner="process"),
        )
    )
    profile, check = flow["tasks"]
    assert "top_n=3" in profile["script"]
    assert "sample_failures" not in profile["script"]
    assert "sample_failures=7" in check["script"]
    assert "top_n" not in check["script"]
    assert 'engine_name="dq_core"' in check["script"]
    assert check["taskRunner"]["type"].endswith("Process")
    assert [trigger["id"] for trigger in flow["triggers"]] == ["schedule", "hook"]
    assert [output["id"] for output in flow["outputs"]] == ["profile_result", "check_result", "uri"]
    assert flow["sla"][0]["duration"] == "PT1M"


def test_an_option_that_nothing_knows() -> None:
    with pytest.raises(FlowError, match="Did you mean 'engine_name'"):
        generate_check_flow("users", input_uri=URI, rules=RULES, engine_nam="dq_core")


def test_a_time_zone_without_a_schedule() -> None:
    with pytest.raises(FlowError, match="timezone requires schedule"):
        generate_check_flow("users", input_uri=URI, rules=RULES, timezone="UTC")


def test_fail_on_error_both_ways() -> None:
    scripts = [
        load(generate_check_flow("users", input_uri=URI, rules=RULES, fail_on_error=fail))["tasks"][0]["script"]
        for fail in (True, False)
    ]
    assert "fail_on_error=True" in scripts[0]
    assert "fail_on_error=False" in scripts[1]
