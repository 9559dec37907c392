"""Every call that the package was described with works as it was written: names, parameters, results."""

# ruff: noqa: T201 - the examples print

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import yaml

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _data(tmp_path: Path) -> None:
    """What the examples find in the bucket, as local files."""
    rows = {"id": range(200), "email": [f"u{n}@x.org" for n in range(200)], "amount": [n / 2 for n in range(200)]}
    for name in ("data", "users", "baseline"):
        pd.DataFrame(rows).to_parquet(tmp_path / f"{name}.parquet")


def test_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    from truthound_kestra.scripts import (
        CheckScriptConfig,
        LearnScriptConfig,
        ProfileScriptConfig,
        check_quality_script,
        learn_schema_script,
        profile_data_script,
    )

    check = check_quality_script(
        data_uri="data.parquet",
        config=CheckScriptConfig(engine_name="truthound", fail_on_error=True, auto_schema=True, parallel=True),
    )
    print(f"Status: {check.status}")
    print(f"Passed: {check.passed_count}, Failed: {check.failed_count}")
    profile = profile_data_script(
        data_uri="data.parquet", config=ProfileScriptConfig(include_stats=True, sample_size=10000)
    )
    for column in profile.columns:
        print(f"{column.name}: {column.dtype}, null_rate={column.null_rate}")
    learned = learn_schema_script(
        data_uri="baseline.parquet", config=LearnScriptConfig(min_confidence=0.8, include_patterns=True)
    )
    for rule in learned.rules:
        print(f"{rule.column}: {rule.type} (confidence={rule.confidence})")
    out = capsys.readouterr().out
    assert "Status: passed" in out
    assert "null_rate=0.0" in out
    assert "id: not_null (confidence=0.9" in out


def test_flows(tmp_path: Path) -> None:
    from truthound_kestra.flows import (
        generate_check_flow,
        generate_learn_flow,
        generate_profile_flow,
        generate_quality_pipeline,
    )

    (tmp_path / "flows").mkdir()
    yaml_content = generate_check_flow(
        flow_id="validate_users",
        namespace="production",
        input_uri="s3://bucket/users.parquet",
        rules=[{"type": "not_null", "column": "id"}, {"type": "unique", "column": "email"}],
        fail_on_error=True,
        schedule="0 0 * * *",
    )
    with open("flows/validate_users.yaml", "w") as f:  # noqa: PTH123 - as documented
        f.write(yaml_content)
    texts = [
        yaml_content,
        generate_profile_flow(
            flow_id="profile_users",
            namespace="production",
            input_uri="s3://bucket/users.parquet",
            schedule="0 6 * * 0",
        ),
        generate_learn_flow(
            flow_id="learn_schema", namespace="production", input_uri="s3://bucket/baseline.parquet", min_confidence=0.8
        ),
        generate_quality_pipeline(
            flow_id="data_quality_pipeline",
            namespace="production",
            input_uri="s3://bucket/data.parquet",
            rules=[
                {"type": "not_null", "column": "id"},
                {"type": "in_range", "column": "amount", "min": 0},
            ],
            include_profile=True,
            include_learn=False,
            fail_on_error=True,
            schedule="0 6 * * *",
        ),
    ]
    flows: list[dict[str, Any]] = [yaml.safe_load(text) for text in texts]
    assert [[task["id"] for task in flow["tasks"]] for flow in flows] == [
        ["check"],
        ["profile"],
        ["learn"],
        ["profile", "check"],
    ]
    assert [output["id"] for output in flows[3]["outputs"]] == ["profile_result", "check_result"]
    assert flows[3]["description"] == "Data quality pipeline"
    assert flows[3]["tasks"][0]["type"] == "io.kestra.plugin.scripts.python.Script"


def test_custom_flow() -> None:
    from truthound_kestra.flows import (
        FlowConfig,
        FlowGenerator,
        InputConfig,
        OutputConfig,
        RetryConfig,
        RetryPolicy,
        TaskConfig,
        TaskType,
        TriggerConfig,
        TriggerType,
    )

    config = FlowConfig(
        id="custom_flow",
        namespace="production",
        description="Custom data quality flow",
        inputs=(InputConfig(name="data_uri", type="STRING", required=True),),
        tasks=(
            TaskConfig(
                id="validate",
                task_type=TaskType.CHECK,
                input_uri="{{ inputs.data_uri }}",
                rules=({"type": "not_null", "column": "id"},),
                fail_on_error=True,
            ),
        ),
        triggers=(TriggerConfig(id="schedule", type=TriggerType.SCHEDULE, cron="0 */6 * * *"),),
        retry=RetryConfig(max_attempts=3, initial_delay_seconds=30.0, policy=RetryPolicy.EXPONENTIAL),
    )
    flow = yaml.safe_load(FlowGenerator(python_version="3.11").generate(config))
    assert flow["inputs"] == [{"id": "data_uri", "type": "STRING"}]
    assert flow["triggers"][0]["cron"] == "0 */6 * * *"
    assert flow["retry"]["interval"] == "PT30S"
    assert OutputConfig(name="o", value="x").name == "o"


def test_outputs(capsys: pytest.CaptureFixture[str]) -> None:
    from truthound_kestra.outputs import KestraOutputHandler, send_check_result, send_outputs, send_profile_result
    from truthound_kestra.scripts import STRICT_SCRIPT_CONFIG, check_quality_script, profile_data_script

    result = check_quality_script(data_uri="data.parquet", config=STRICT_SCRIPT_CONFIG)
    send_check_result(result)
    send_profile_result(profile_data_script("data.parquet"))
    send_outputs({"status": result.status, "passed_count": result.passed_count, "failed_count": result.failed_count})
    handler = KestraOutputHandler()
    handler.send("custom_metric", 42)
    assert '::{"outputs":{"custom_metric":42}}::' in capsys.readouterr().out


def test_sla(capsys: pytest.CaptureFixture[str]) -> None:
    from truthound_kestra.sla import (
        DEFAULT_SLA_CONFIG,
        LENIENT_SLA_CONFIG,
        PRODUCTION_SLA_CONFIG,
        STRICT_SLA_CONFIG,
        CallbackSLAHook,
        CompositeSLAHook,
        KestraNotificationHook,
        LoggingSLAHook,
        MetricsSLAHook,
        SLAConfig,
        SLAMetrics,
        SLAMonitor,
        evaluate_sla,
        get_sla_registry,
        register_sla,
    )

    config = SLAConfig(
        enabled=True,
        max_failure_rate=0.05,
        min_pass_rate=0.95,
        max_execution_time_seconds=300.0,
        max_consecutive_failures=3,
    )
    metrics = SLAMetrics(
        passed_count=950,
        failed_count=50,
        execution_time_seconds=120.5,
        row_count=1000,
        flow_id="validate_users",
        task_id="check_quality",
    )
    result = SLAMonitor(config=config).evaluate(metrics)
    assert result.is_compliant
    for preset in (DEFAULT_SLA_CONFIG, STRICT_SLA_CONFIG, LENIENT_SLA_CONFIG, PRODUCTION_SLA_CONFIG):
        for violation in SLAMonitor(config=preset).evaluate(metrics).violations:
            print(f"{violation.violation_type.value}: {violation.message}")
    assert "failure_rate_exceeded: 5.00% failed; the maximum is 1.00%" in capsys.readouterr().out

    register_sla("users_check", SLAConfig(min_pass_rate=0.95))
    register_sla("orders_check", SLAConfig(min_pass_rate=0.99))
    assert evaluate_sla("users_check", metrics, raise_on_violation=False).is_compliant
    registry = get_sla_registry()
    assert list(registry.get_all_results()) == ["users_check"]

    callback_hook = CallbackSLAHook(
        on_pass=lambda r: print("SLA passed"),
        on_violation=lambda r: print(f"SLA violated: {len(r.violations)} violations"),
    )
    composite = CompositeSLAHook([LoggingSLAHook(), MetricsSLAHook(), KestraNotificationHook(), callback_hook])
    SLAMonitor(config=config, hooks=[composite]).evaluate(metrics)
    assert "SLA passed" in capsys.readouterr().out


def test_presets_and_engines() -> None:
    from truthound_kestra.scripts import (
        DEFAULT_SCRIPT_CONFIG,
        LENIENT_SCRIPT_CONFIG,
        PRODUCTION_SCRIPT_CONFIG,
        STRICT_SCRIPT_CONFIG,
        check_quality_script,
        get_engine,
    )

    assert check_quality_script(data_uri="data.parquet", config=STRICT_SCRIPT_CONFIG).status == "passed"
    assert check_quality_script(data_uri="data.parquet", config=PRODUCTION_SCRIPT_CONFIG).status == "passed"
    assert check_quality_script(data_uri="data.parquet", config=LENIENT_SCRIPT_CONFIG).status == "passed"
    assert not DEFAULT_SCRIPT_CONFIG.auto_schema
    assert get_engine("truthound").name == "truthound"
    assert get_engine("pandera").name == "pandera"


def test_utilities(file_server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from truthound_kestra.utils import (
        DataSourceType,
        create_kestra_output,
        detect_data_source_type,
        get_execution_context,
        get_kestra_variable,
        load_data,
    )

    pd.DataFrame({"id": [1]}).to_csv(tmp_path / "file.csv", index=False)
    pd.DataFrame({"id": [1]}).to_json(tmp_path / "data.json", orient="records")
    for uri in ("data.parquet", str(tmp_path / "file.csv"), f"{file_server}/data.json"):
        assert "id" in load_data(uri).columns
    assert detect_data_source_type("s3://bucket/data.parquet") == DataSourceType.S3
    assert get_kestra_variable("data_uri", default="s3://default/path") == "s3://default/path"
    context = get_execution_context()
    print(f"Flow: {context['flow_id']}, Execution: {context['execution_id']}")
    assert capsys.readouterr().out == "Flow: None, Execution: None\n"
    assert create_kestra_output("result", {"status": "passed"}) == {"result": {"status": "passed"}}


def test_exceptions(capsys: pytest.CaptureFixture[str]) -> None:
    from truthound_kestra.scripts import check_quality_script
    from truthound_kestra.utils.exceptions import (
        ConfigurationError,
        DataQualityError,
        EngineError,
        FlowError,
        OutputError,
        ScriptError,
        SLAViolationError,
    )

    try:
        check_quality_script(data_uri="data.parquet")
    except EngineError as e:
        print(f"Engine error: {e}")
    except SLAViolationError as e:
        print(f"SLA violated: {e.violations}")
    except DataQualityError as e:
        print(f"Data quality error: {e}")
    assert capsys.readouterr().out == ""  # without rules, the first run learns
    for error in (ConfigurationError, EngineError, ScriptError, FlowError, OutputError, SLAViolationError):
        assert issubclass(error, DataQualityError)


def test_serialization() -> None:
    from truthound_kestra.scripts import STRICT_SCRIPT_CONFIG, check_quality_script
    from truthound_kestra.utils.serialization import JsonSerializer, MarkdownSerializer, YamlSerializer

    result = check_quality_script(data_uri="data.parquet", config=STRICT_SCRIPT_CONFIG)
    serializer = JsonSerializer()
    json_str = serializer.serialize(result)
    restored = serializer.deserialize(json_str)
    assert restored == result
    assert "status: passed" in YamlSerializer().serialize(result)
    assert "not_null_id" in MarkdownSerializer().serialize(result)
