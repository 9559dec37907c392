"""Our verdicts are Kestra's: what it refuses we refuse, what it takes we take, and all that we write it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

import pytest

from support.kestra_cases import REFUSED, TAKEN
from truthound_kestra.flows import (
    FlowConfig,
    FlowGenerator,
    generate_check_flow,
    generate_learn_flow,
    generate_profile_flow,
    generate_quality_pipeline,
)
from truthound_kestra.sla import SLAConfig

if TYPE_CHECKING:
    from support.kestra_engine import Engine

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may build it

RULES = [{"type": "not_null", "column": "id"}, {"type": "regex", "column": "code", "pattern": "^[A-Z]{2}{{3}}$"}]
URI = "s3://bucket/users.parquet"


def in_spite(flow: FlowConfig, generator: FlowGenerator) -> str:
    """The flow as it is written without validation."""
    with mock.patch.object(FlowConfig, "problems", return_value=()):
        return generator.generate(flow)


def test_kestra_refuses_what_we_refuse(kestra: Engine) -> None:
    written = {name: in_spite(flow, FlowGenerator()) for name, flow in REFUSED.items()}
    verdicts = kestra.validate(written)
    assert [name for name, error in verdicts.items() if error is None] == []


@pytest.mark.parametrize("runner", ["docker", "process"])
def test_kestra_1_takes_what_we_write(kestra: Engine, runner: str) -> None:
    generator = FlowGenerator(task_runner=runner)
    verdicts = kestra.validate({name: generator.generate(flow) for name, flow in TAKEN.items()})
    assert {name: error for name, error in verdicts.items() if error is not None} == {}


@pytest.mark.parametrize("runner", ["docker", "process"])
def test_kestra_2_takes_what_we_write(kestra_2: Engine, runner: str) -> None:
    generator = FlowGenerator(task_runner=runner, kestra_version="2.0")
    verdicts = kestra_2.validate({name: generator.generate(flow) for name, flow in TAKEN.items()})
    assert {name: error for name, error in verdicts.items() if error is not None} == {}


def usual(generator: FlowGenerator) -> dict[str, str]:
    """The four usual flows, with all that can go along."""
    sla = SLAConfig(max_failure_rate=0.05, min_pass_rate=0.95, max_execution_time_seconds=300, min_row_count=1)
    duration = SLAConfig(max_execution_time_seconds=300)
    common = {"input_uri": URI, "schedule": "0 6 * * *", "sla": sla, "labels": {"team": "data"}, "generator": generator}
    return {
        "check": generate_check_flow("users", "production", rules=RULES, **common),
        "profile": generate_profile_flow("users", "production", **common | {"sla": duration}),
        "learn": generate_learn_flow("users", "production", **common | {"sla": duration}),
        "pipeline": generate_quality_pipeline("users", "production", rules=RULES, include_learn=True, **common),
    }


def test_kestra_1_takes_the_usual_flows(kestra: Engine) -> None:
    assert kestra.validate(usual(FlowGenerator())) == dict.fromkeys(["check", "profile", "learn", "pipeline"])


def test_kestra_2_takes_the_usual_flows(kestra_2: Engine) -> None:
    generator = FlowGenerator(kestra_version="2.0")
    assert kestra_2.validate(usual(generator)) == dict.fromkeys(["check", "profile", "learn", "pipeline"])
