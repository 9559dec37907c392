"""Every public function and class refuses what it does not take, with an error of ours that names the argument."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import importlib
import io
import itertools
import pickle
from decimal import Decimal
from typing import Any

import pytest

from support.hostile import public_names
from truthound_kestra import outputs, scripts, utils
from truthound_kestra.outputs import KestraOutputHandler
from truthound_kestra.scripts import CheckScriptConfig, CheckScriptResult
from truthound_kestra.sla import (
    AlertLevel,
    CompositeSLAHook,
    KestraNotificationHook,
    LoggingSLAHook,
    MetricsSLAHook,
    SLAConfig,
    SLAMetrics,
    SLAMonitor,
    evaluate_sla,
)
from truthound_kestra.utils.exceptions import ConfigurationError, OutputError

MODULES = (
    "truthound_kestra.flows", "truthound_kestra.outputs", "truthound_kestra.scripts", "truthound_kestra.sla",
    "truthound_kestra.utils", "truthound_kestra.utils.serialization",
)  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        lambda: SLAMonitor(SLAConfig(), hooks=[LoggingSLAHook]),  # type: ignore[list-item]
        lambda: SLAMonitor(SLAConfig(), hooks="x"),  # type: ignore[arg-type]
        lambda: SLAMonitor({"min_pass_rate": 1}),  # type: ignore[arg-type]
        lambda: CompositeSLAHook([print]),  # type: ignore[list-item]
        lambda: CheckScriptConfig(sla={"min_pass_rate": 1}),  # type: ignore[arg-type]
        lambda: CheckScriptConfig(fail_on_error="no"),  # type: ignore[arg-type]
        lambda: SLAConfig().with_changes(min_pas_rate=1),
        lambda: utils.detect_data_source_type(5),  # type: ignore[arg-type]
        lambda: scripts.check_quality_script("x.csv", {"rules": []}),  # type: ignore[arg-type]
        lambda: scripts.check_quality_script("x.csv", rules="not_null"),  # type: ignore[arg-type]
        lambda: SLAMetrics(measured_at=dt.datetime(2026, 1, 1)),  # noqa: DTZ001 - without a zone
    ],
)
def test_what_would_have_no_effect_is_refused(make: Any) -> None:
    with pytest.raises(ConfigurationError):
        make()


def test_a_single_hook_is_taken_as_one() -> None:
    hook = MetricsSLAHook()
    config = SLAConfig(min_pass_rate=0.9, max_consecutive_failures=None)
    SLAMonitor(config, hooks=hook).evaluate(SLAMetrics(failed_count=1))  # type: ignore[arg-type]
    assert hook.counts["violated"] == 1


def _configs() -> list[type]:
    names = (name.rpartition(".") for name in public_names(*MODULES))
    found = (getattr(importlib.import_module(module), name) for module, _, name in names if module in MODULES)
    return [one for one in found if dataclasses.is_dataclass(one)]


@pytest.mark.parametrize("config", _configs())
def test_an_argument_that_does_not_exist_gets_the_closest_one(config: type) -> None:
    fields = [field for field in dataclasses.fields(config) if field.init and not field.name.startswith("_")]
    wrong = {f"{fields[0].name}z": 1} if fields else {"more": 1}
    with pytest.raises(ConfigurationError) as caught:
        config(**wrong)
    (first, *missing) = caught.value.problems
    assert f"has no argument {next(iter(wrong))!r}" in first
    assert not fields or f"Did you mean {fields[0].name!r}?" in first
    required = (f for f in fields if f.default is f.default_factory is dataclasses.MISSING)
    assert [problem.rpartition(" ")[2] for problem in missing] == [f"{field.name}." for field in required]


def test_what_can_be_given_by_name_only_is_not_given_by_position() -> None:
    with pytest.raises(ConfigurationError, match="no arguments by position"):
        SLAConfig(0.9)  # type: ignore[misc]
    config = SLAConfig(min_pass_rate=0.5)
    assert copy.deepcopy(config) == config == pickle.loads(pickle.dumps(config))


def test_an_sla_is_evaluated_by_its_name() -> None:
    with pytest.raises(ConfigurationError, match=r"evaluate_sla\(name, metrics\)"):
        evaluate_sla(SLAMetrics())  # type: ignore[arg-type]


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        CheckScriptConfig(enabled="yes", parallel=1, description=None, metadata=[])  # type: ignore[arg-type]
    assert len(caught.value.problems) == 4


def test_a_webhooks_key_is_in_no_message() -> None:
    with pytest.raises(ConfigurationError) as caught:
        KestraNotificationHook("ftp://kestra/S3CR3T", timeout_seconds=0)
    assert len(caught.value.problems) == 2
    assert "S3CR3T" not in str(caught.value)


# to_dict, from_dict

METADATA = {"owner": "data", "share": Decimal("0.10"), "since": dt.date(2026, 1, 1), "tags": ["a"]}


def documents() -> list[Any]:
    rows = [{"id": 1, "at": dt.date(2026, 1, 1)}, {"id": None, "at": None}]
    config = {"engine_name": "dq_core", "tags": ["a"], "metadata": METADATA}
    rules = [{"type": "not_null", "column": "id"}]
    check = CheckScriptConfig(**config, rules=rules, fail_on_error=False, sla=SLAConfig(max_execution_time_seconds=600))
    violated = SLAMonitor(SLAConfig(min_pass_rate=1, max_consecutive_failures=None), name="n").evaluate(
        SLAMetrics(failed_count=1, measured_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    )
    return [
        scripts.check_quality_script(rows, check),
        scripts.profile_data_script(rows, scripts.ProfileScriptConfig(**config)),
        scripts.learn_schema_script([{"id": n} for n in range(50)], scripts.LearnScriptConfig(**config)),
        violated,
        violated.violations[0],
        violated.metrics,
        SLAConfig(min_pass_rate=0.5, metadata=METADATA),
    ]


def test_a_result_is_stored_and_made_again() -> None:
    import json

    for document in documents():
        stored = json.loads(json.dumps(document.to_dict(), allow_nan=False))
        assert type(document).from_dict(stored) == document


def test_what_is_sent_may_be_a_stored_result() -> None:
    senders = [
        outputs.send_check_result,
        outputs.send_profile_result,
        outputs.send_learn_result,
        outputs.send_sla_result,
    ]
    for send, document in zip(senders, documents(), strict=False):
        lines = []
        for form in (document, document.to_dict()):
            out = io.StringIO()
            send(form, KestraOutputHandler(out))
            lines.append(out.getvalue().splitlines()[0])
        assert lines[0] == lines[1]


@pytest.mark.parametrize(
    "stored",
    [None, [], {"status": "passed"}, {"statsu": "passed"}, {"status": "p", "data_uri": "x", "report": {"a": 1}}],
)
def test_what_is_no_stored_result(stored: Any) -> None:
    with pytest.raises(OutputError):
        CheckScriptResult.from_dict(stored)


def test_levels_compare_with_levels_only() -> None:
    for one, other in itertools.pairwise(AlertLevel):
        assert one < other
        assert other >= one
    with pytest.raises(TypeError):
        _ = AlertLevel.INFO < 3
