"""What we say of values of inputs is what Kestra makes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from support.kestra_inputs import ARRIVE, REFUSED, input_of
from truthound_kestra.flows import FlowConfig, FlowGenerator, TriggerConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.kestra_engine import Engine, Run

    Names = Callable[[str], str]

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may build it

SHOWS = {"id": "shows", "type": "io.kestra.plugin.core.debug.Return", "format": "{{ inputs | toJson }}"}


def flow_of(name: str, *inputs: Any, **passed: Any) -> FlowConfig:
    triggers = (TriggerConfig(id="t", cron="@daily", inputs=passed),) if passed else ()
    return FlowConfig(id=name, namespace="tests", tasks=(SHOWS,), inputs=inputs, triggers=triggers)


def in_spite(flow: FlowConfig) -> str:
    with mock.patch.object(FlowConfig, "problems", return_value=()):
        return FlowGenerator().generate(flow)


def shown(result: Run) -> dict[str, Any]:
    assert result.state == "SUCCESS", result.logs or result.document.get("error")
    values: dict[str, Any] = json.loads(result.task("shows")["outputs"]["value"])
    return values


def same(seen: Any, given: Any) -> bool:
    return type(seen) is type(given) and bool(seen == given)


def test_values_arrive_as_they_are_given(kestra: Engine, flow_id: Names) -> None:
    expected = {f"x{number}": seen for number, (_, _, seen, _) in enumerate(ARRIVE)}
    inputs = [input_of(kind, options, value, f"x{n}") for n, (kind, value, _, options) in enumerate(ARRIVE)]
    assert shown(kestra.run(FlowGenerator().generate(flow_of(flow_id("defaults"), *inputs)))) == expected
    inputs = [input_of(kind, options, None, f"x{n}") for n, (kind, _, _, options) in enumerate(ARRIVE)]
    passed = {f"x{n}": value for n, (_, value, _, _) in enumerate(ARRIVE)}
    flow = FlowGenerator().generate(flow_of(flow_id("passed"), *inputs, **passed))
    assert shown(kestra.run(flow, trigger="t")) == expected


def test_what_is_refused_would_not_arrive(kestra: Engine, flow_id: Names) -> None:
    arrived = []
    for number, (kind, value, options) in enumerate(REFUSED):
        result = kestra.run(in_spite(flow_of(flow_id(f"default{number}"), input_of(kind, options, value))))
        if result.state != "REFUSED" and same(shown(result)["x"], value):
            arrived.append(("default", kind, value, options))
    for number, (kind, value, options) in enumerate(REFUSED):
        result = kestra.run(in_spite(flow_of(flow_id(f"given{number}"), input_of(kind, options), x=value)), trigger="t")
        if result.state != "REFUSED" and same(shown(result)["x"], value):
            arrived.append(("given", kind, value, options))
    assert arrived == []
