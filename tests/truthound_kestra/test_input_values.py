"""Defaults of inputs, and what triggers pass: a value arrives as it is given, or the flow is refused."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.kestra_inputs import ARRIVE, REFUSED, input_of
from truthound_kestra.flows import FlowConfig, InputConfig, TaskConfig, TaskType, TriggerConfig

TASK = TaskConfig(id="task", task_type=TaskType.PYTHON_SCRIPT, script="print(1)")


def with_default(kind: str, value: Any, options: dict[str, Any]) -> FlowConfig:
    return FlowConfig(id="flow", tasks=(TASK,), inputs=(input_of(kind, options, value),))


def with_trigger(kind: str, value: Any, options: dict[str, Any]) -> FlowConfig:
    trigger = TriggerConfig(id="t", cron="@daily", inputs={"x": value})
    return FlowConfig(id="flow", tasks=(TASK,), inputs=(input_of(kind, options),), triggers=(trigger,))


@pytest.mark.parametrize(("kind", "value", "seen", "options"), ARRIVE)
def test_a_value_that_arrives_is_taken(kind: str, value: Any, seen: Any, options: dict[str, Any]) -> None:
    del seen
    assert with_default(kind, value, options).problems() == ()
    assert with_trigger(kind, value, options).problems() == ()


@pytest.mark.parametrize(("kind", "value", "options"), REFUSED)
def test_a_default_that_would_not_arrive_is_refused(kind: str, value: Any, options: dict[str, Any]) -> None:
    (problem,) = with_default(kind, value, options).problems()
    assert problem.startswith("The input 'x'")


@pytest.mark.parametrize(("kind", "value", "options"), REFUSED)
def test_what_a_trigger_passes_and_would_not_arrive_is_refused(kind: str, value: Any, options: dict[str, Any]) -> None:
    (problem,) = with_trigger(kind, value, options).problems()
    assert problem.startswith(f"The trigger 't': the input 'x' is of type {kind} and must not be")


def test_expressions_are_not_judged() -> None:
    for kind in ("INT", "DATE", "BOOL", "FILE", "EMAIL"):
        assert with_trigger(kind, "{{ trigger.date }}", {}).problems() == ()
    assert with_trigger("ARRAY", ["{{ trigger.date }}", 1], {"item_type": "INT"}).problems() == ()


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(16777217.0)
@example(3.4028234663852886e38)
@example(3.4028235677973366e38)
@example(1e-45)
def test_a_float_is_taken_if_32_bits_keep_it(number: float) -> None:
    """The oracle: the decimals of the number in 32 bits are those of the number."""
    try:
        kept = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        kept = math.inf
    digits = (f"{kept:.{places}g}" for places in range(1, 18))
    short = next(one for one in digits if _same_bits(one, kept))
    arrives = number in (float(short), kept)
    assert (with_default("FLOAT", number, {}).problems() == ()) is arrives


def _same_bits(written: str, kept: float) -> bool:
    try:
        return struct.pack("f", float(written)) == struct.pack("f", kept)
    except OverflowError:
        return False


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_numbers_that_kestra_reads_nowhere(number: float) -> None:
    places: list[dict[str, Any]] = [
        {"variables": {"x": [number]}},
        {"extra": {"x": number}},
        {"inputs": ({"id": "x", "type": "FLOAT", "defaults": number},)},
        {"tasks": (TASK, {"id": "a", "type": "io.kestra.plugin.core.debug.Return", "format": number})},
        {"triggers": ({"id": "t", "type": "io.kestra.plugin.core.trigger.Schedule", "cron": "@daily", "x": number},)},
    ]
    for place in places:
        (problem,) = FlowConfig(id="flow", **{"tasks": (TASK,), **place}).problems()
        assert problem.endswith(f"Kestra reads no number {number!r} from YAML. Give it as a string.")


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_strings_that_kestra_reads_nowhere(text: str) -> None:
    script = {"id": "s", "task_type": "python_script", "script": "print(1)"}
    places: list[dict[str, Any]] = [
        {"description": text},
        {"labels": {"a": text}},
        {"variables": {"x": [text]}},
        {"variables": {"x": {text: 1}}},
        {"variables": {text: 1}},
        {"extra": {"x": text}},
        {"inputs": (InputConfig(name="x", default=text),)},
        {"inputs": (InputConfig(name="x", type="SELECT", values=(text,)),)},
        {"tasks": (TASK, {"id": "a", "type": "io.kestra.plugin.core.debug.Return", "format": text})},
        *({"tasks": (TaskConfig(**script, **more),)} for more in ({"env": {"A": text}}, {"output_files": (text,)})),
    ]
    for place in places:
        (problem,) = FlowConfig(id="flow", **{"tasks": (TASK,), **place}).problems()
        assert "NUL" in problem or "surrogate" in problem
