"""Refusing inputs and retries that Kestra would refuse."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Final

from truthound_kestra.arguments import is_whole
from truthound_kestra.flows.expressions import holds_expression
from truthound_kestra.flows.input import RetryConfig, RetryPolicy
from truthound_kestra.flows.names import INPUT_TYPES, member, one_of, pattern_problems, positive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from truthound_kestra.flows.input import InputConfig

__all__ = ["input_problems", "retry_problems"]

_DEFAULTS: Final[dict[str, tuple[type, ...]]] = {
    "INT": (int,),
    "FLOAT": (int, float),
    "BOOL": (bool,),
    "ARRAY": (list, tuple),
    "MULTISELECT": (list, tuple),
}
_MOMENTS: Final[dict[str, Callable[[str], object]]] = {
    "DATE": dt.date.fromisoformat,
    "DATETIME": dt.datetime.fromisoformat,
    "TIME": dt.time.fromisoformat,
}
# Options that only inputs of some types have.
_OPTIONS: Final = {
    "values": ("SELECT", "MULTISELECT"),
    "item_type": ("ARRAY",),
    "validator": ("STRING",),
    "min": ("INT", "FLOAT"),
    "max": ("INT", "FLOAT"),
    "extensions": ("FILE",),
}


def input_problems(config: InputConfig) -> Iterator[str]:
    """What is wrong with an input, a sentence each."""
    label, kind = f"The input {config.name!r}", config.kestra_type
    yield from pattern_problems("input name", config.name)
    yield from one_of(f"{label}: its type", kind, INPUT_TYPES)
    for option, kinds in _OPTIONS.items():
        if getattr(config, option) not in (None, ()) and kind not in kinds:
            yield f"{label} is of type {kind}: only {' and '.join(kinds)} take {option}."
    if config.default is not None:
        yield from _default_problems(label, config)
    yield from _option_problems(label, config)


def _option_problems(label: str, config: InputConfig) -> Iterator[str]:
    kind = config.kestra_type
    if kind in _OPTIONS["values"] and not config.values:
        yield f"{label} is of type {kind}: it needs values to choose from."
    if kind == "ARRAY":
        yield from one_of(f"{label}: item_type", config.item_type, INPUT_TYPES)
    if config.validator is not None:
        try:
            re.compile(config.validator)
        except re.error as error:
            yield f"{label} has a validator that is no regular expression: {error}."
    if config.min is not None and config.max is not None and config.min > config.max:
        yield f"{label} has a min {config.min!r} above its max {config.max!r}."
    for extension in config.extensions:
        if not extension.startswith("."):
            yield f"{label}: an extension begins with a dot: {'.' + extension!r}."


def _default_problems(label: str, config: InputConfig) -> Iterator[str]:
    default, kind = config.default, config.kestra_type
    if not config.required:
        yield f"{label} has a default, so it must be required: Kestra always applies the default."
    if holds_expression(default):
        return
    wanted = _DEFAULTS.get(kind)
    if wanted and (not isinstance(default, wanted) or (isinstance(default, bool) and kind != "BOOL")):
        yield f"{label} is of type {kind}: its default must not be {default!r}."
    elif kind in _MOMENTS:
        try:
            _MOMENTS[kind](str(default))
        except ValueError as error:
            yield f"{label} is of type {kind}: its default must not be {default!r}: {error}."
    elif config.values:
        for value in default if kind == "MULTISELECT" else [default]:
            if value not in config.values:
                yield from one_of(f"{label}: its default", value, config.values)


def retry_problems(label: str, retry: RetryConfig, major: int) -> Iterator[str]:
    """What is wrong with a retry, for a major version of Kestra."""
    policy = member(RetryPolicy, retry.policy)
    if policy is None:
        yield from one_of(f"{label}: policy", retry.policy, [one.value for one in RetryPolicy])
        return
    if policy is RetryPolicy.NONE:
        return
    if not is_whole(retry.max_attempts, 1):
        yield f"{label}: max_attempts must be a whole number from 1, not {retry.max_attempts!r}."
    numbers = list(positive(f"{label}: initial_delay_seconds", retry.initial_delay_seconds))
    numbers += positive(f"{label}: max_delay_seconds", retry.max_delay_seconds)
    numbers += positive(f"{label}: max_duration_seconds", retry.max_duration_seconds)
    numbers += positive(f"{label}: backoff_factor", retry.backoff_factor, unit="number")
    yield from numbers
    if numbers:
        return
    longest = retry.max_delay_seconds
    if policy is not RetryPolicy.CONSTANT and longest is not None and longest <= retry.initial_delay_seconds:
        first = retry.initial_delay_seconds
        yield f"{label}: max_delay_seconds {longest:g} must be above initial_delay_seconds {first:g}."
    if retry.max_duration_seconds is not None and retry.max_duration_seconds <= retry.initial_delay_seconds:
        yield (
            f"{label}: max_duration_seconds {retry.max_duration_seconds:g} must be above "
            f"initial_delay_seconds {retry.initial_delay_seconds:g}."
        )
    if policy is RetryPolicy.LINEAR and major == 2:
        yield f"{label}: Kestra 2 has no linear retry: use RetryPolicy.CONSTANT, EXPONENTIAL or RANDOM."
    if policy is RetryPolicy.EXPONENTIAL and major == 1 and retry.backoff_factor != int(retry.backoff_factor):
        yield f"{label}: Kestra 1 takes only whole numbers for backoff_factor, not {retry.backoff_factor!r}."
