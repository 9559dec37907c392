"""Inputs: values that an execution is started with."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import choice
from truthound_kestra.flows.expressions import holds_expression
from truthound_kestra.flows.names import pattern_problems
from truthound_kestra.flows.secrets import named_secret_problems
from truthound_kestra.flows.value_types import VALUE_TYPES, kestra_type
from truthound_kestra.flows.yaml import Folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["InputConfig", "input_block", "input_problems"]

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
# Options that are only supported for some types.
_OPTIONS: Final = {
    "values": ("SELECT", "MULTISELECT"),
    "item_type": ("ARRAY",),
    "validator": ("STRING",),
    "min": ("INT", "FLOAT"),
    "max": ("INT", "FLOAT"),
    "extensions": ("FILE",),
}


@dataclass(frozen=True, kw_only=True)
class InputConfig:
    """A value that an execution is started with; expressions read it as ``{{ inputs.<name> }}``.

    Args:
        name: Name of the input.
        type: One of Kestra's types: STRING, INT, FLOAT, BOOL, DATE, DATETIME, TIME, DURATION, FILE, JSON, YAML, URI,
            EMAIL, SECRET, ARRAY, SELECT, MULTISELECT. BOOLEAN and ENUM, which Kestra 2 does not have, become BOOL and
            SELECT.
        required: Whether an execution requires it. Kestra requires an input with a default to be required.
        default: The value that is used if none is given.
        description: Shown in the UI.
        values: The values to choose from, for SELECT and MULTISELECT.
        item_type: Type of the items of an ARRAY.
        validator: Regular expression that a STRING must match.
        min: The smallest value of an INT or FLOAT.
        max: The largest value of an INT or FLOAT.
        extensions: File extensions that a FILE may have, with their dots.
    """

    name: str
    type: str = "STRING"
    required: bool = True
    default: Any = None
    description: str = ""
    values: Sequence[str] = ()
    item_type: str | None = None
    validator: str | None = None
    min: float | None = None
    max: float | None = None
    extensions: Sequence[str] = ()

    @property
    def kestra_type(self) -> str:
        """The name of the type that every version of Kestra supports."""
        return kestra_type(self.type)


def input_problems(config: InputConfig) -> Iterator[str]:
    """Yield the problems of an input, one sentence each."""
    label, kind = f"The input {config.name!r}", config.kestra_type
    yield from pattern_problems("input name", config.name)
    yield from choice(f"{label}: its type", kind, VALUE_TYPES)
    for option, kinds in _OPTIONS.items():
        if getattr(config, option) not in (None, ()) and kind not in kinds:
            yield f"{label} is of type {kind}; {option} is only supported for {' and '.join(kinds)}."
    if config.default is not None:
        yield from _default_problems(label, config)
    yield from _option_problems(label, config)


def _option_problems(label: str, config: InputConfig) -> Iterator[str]:
    kind = config.kestra_type
    if kind in _OPTIONS["values"] and not config.values:
        yield f"{label} is of type {kind} and requires values."
    if kind == "ARRAY":
        yield from choice(f"{label}: item_type", config.item_type, VALUE_TYPES)
    if config.validator is not None:
        try:
            re.compile(config.validator)
        except re.error as error:
            yield f"{label}: validator is not a regular expression: {error}."
    if config.min is not None and config.max is not None and config.min > config.max:
        yield f"{label}: min {config.min!r} is greater than max {config.max!r}."
    for extension in config.extensions:
        if not extension.startswith("."):
            yield f"{label}: an extension must begin with a dot: {'.' + extension!r}."


def _default_problems(label: str, config: InputConfig) -> Iterator[str]:
    default, kind = config.default, config.kestra_type
    if kind == "SECRET" and not holds_expression(default):
        yield f"{label} is of type SECRET; its default must be an expression such as {{{{ secret('NAME') }}}}."
    else:
        yield from named_secret_problems("The default of the input", {config.name: default})
    if not config.required:
        yield f"{label} has a default and must be required: Kestra always applies the default."
    if holds_expression(default):
        return
    wanted = _DEFAULTS.get(kind)
    if wanted and (not isinstance(default, wanted) or (isinstance(default, bool) and kind != "BOOL")):
        yield f"{label} is of type {kind}; its default must not be {default!r}."
    elif kind in _MOMENTS:
        try:
            _MOMENTS[kind](str(default))
        except ValueError as error:
            yield f"{label} is of type {kind}; its default must not be {default!r}: {error}."
    elif config.values:
        for value in default if kind == "MULTISELECT" else [default]:
            if value not in config.values:
                yield from choice(f"{label}: its default", value, config.values)


def input_block(config: InputConfig) -> dict[str, Any]:
    """An input as Kestra's own mapping."""
    block: dict[str, Any] = {"id": config.name, "type": config.kestra_type}
    if config.item_type is not None:
        block["itemType"] = config.item_type
    if config.values:
        block["values"] = list(config.values)
    if config.description:
        block["description"] = Folded(config.description)
    if config.default is not None:
        block["defaults"] = config.default
    if not config.required:
        block["required"] = False
    for key in ("validator", "min", "max"):
        if getattr(config, key) is not None:
            block[key] = getattr(config, key)
    if config.extensions:
        block["allowedFileExtensions"] = list(config.extensions)
    return block
