"""Inputs: values that an execution is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import choice, is_number, number
from truthound_kestra.flows.expressions import holds_expression
from truthound_kestra.flows.extra import extra_problems, merged
from truthound_kestra.flows.fields import (
    anything,
    field_problems,
    keyed,
    optional,
    shown,
    strings_of,
    text,
    yes_or_no,
)
from truthound_kestra.flows.input_values import Limits, pattern_problem, value_problem
from truthound_kestra.flows.names import pattern_problems
from truthound_kestra.flows.secrets import named_secret_problems, secret_problems
from truthound_kestra.flows.value_types import VALUE_TYPES, all_types, kestra_type
from truthound_kestra.flows.yaml import Folded, yaml_problems
from truthound_kestra.keywords import known_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from truthound_kestra.flows.fields import Kind

__all__ = [
    "InputConfig",
    "InputFacts",
    "input_block",
    "input_expressions",
    "input_facts",
    "input_name",
    "input_problems",
]

_DEFAULTS: Final[dict[str, tuple[type, ...]]] = {
    "BOOL": (bool,),
    "ARRAY": (list, tuple),
    "MULTISELECT": (list, tuple),
}
# Properties of Kestra's inputs that are values of the input.
_GIVEN: Final = ("defaults", "prefill")
# Options that are only supported for some types.
_OPTIONS: Final = {
    "values": ("SELECT", "MULTISELECT"),
    "item_type": ("ARRAY",),
    "validator": ("STRING",),
    "min": ("INT", "FLOAT"),
    "max": ("INT", "FLOAT"),
    "extensions": ("FILE",),
}


@known_arguments
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
        extra: Further properties of Kestra, merged last: ``{"displayName": "Rows"}``.
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
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kestra_type(self) -> str:
        """The name of the type that every version of Kestra supports."""
        return kestra_type(self.type)


_KINDS: Final[dict[str, Kind]] = {
    "type": text,
    "required": yes_or_no,
    "default": anything,
    "description": text,
    "values": strings_of,
    "item_type": optional(text),
    "validator": optional(text),
    "min": optional(number),
    "max": optional(number),
    "extensions": strings_of,
    "extra": keyed,
}


@dataclass(frozen=True)
class InputFacts:
    """What other parts of a flow ask of an input.

    Attributes:
        name: Its name.
        type: Its type, as every version of Kestra calls it.
        given: Whether every execution has a value: it is not required, or has a default.
        item_type: The type of the items of an ARRAY.
        limits: What else Kestra holds a value against.
    """

    name: str
    type: str
    given: bool
    item_type: str | None = None
    limits: Limits = field(default_factory=Limits)

    def problem(self, value: Any) -> str | None:
        """Why an execution would not start with a value, or would get another one; None if it gets this one."""
        return value_problem(self.type, value, self.item_type) or self.limits.problem(self.type, value)

    def default_problem(self, value: Any) -> str | None:
        """The same of a default, which cannot be a file of Kestra's own storage."""
        if self.type == "FILE" and isinstance(value, str) and value.startswith("kestra://"):
            return "the file of a default is one of a namespace, as in nsfile:///users.csv"
        return self.problem(value)


def input_name(config: InputConfig | Mapping[str, Any]) -> Any:
    """The name of an input, of whatever type."""
    return config.name if isinstance(config, InputConfig) else config.get("id")


def input_facts(config: InputConfig | Mapping[str, Any]) -> InputFacts:
    """The facts of an input, as far as it has any."""
    if isinstance(config, InputConfig):
        given = config.required is False or config.default is not None
        limits = Limits() if field_problems("", config, _KINDS) else _limits(config)
        return InputFacts(str(config.name), kestra_type(str(config.type)), given, config.item_type, limits)
    given = config.get("required") is False or config.get("defaults") is not None
    return InputFacts(str(config.get("id")), kestra_type(str(config.get("type"))), given, config.get("itemType"))


def _limits(config: InputConfig) -> Limits:
    values = () if config.extra.get("allowCustomValue") is True else config.values
    return Limits(values, config.min, config.max, config.validator)


def input_expressions(config: InputConfig | Mapping[str, Any]) -> Any:
    """The values whose expressions Kestra renders."""
    return [config.default, config.extra] if isinstance(config, InputConfig) else config


def input_problems(config: InputConfig | Mapping[str, Any], major: int) -> Iterator[str]:
    """Yield the problems of an input, one sentence each."""
    if not isinstance(config, InputConfig):
        yield from _mapping_problems(config, major)
        return
    label = f"The input {shown(config.name)}"
    wrong = field_problems(label, config, _KINDS)
    if wrong:
        yield from pattern_problems("input name", config.name)
        yield from wrong
        return
    yield from _config_problems(label, config)
    yield from extra_problems(label, config.extra, ("id",))


def _mapping_problems(config: Mapping[str, Any], major: int) -> Iterator[str]:
    """Problems of an input that is written as Kestra's own mapping."""
    label = f"The input {shown(config.get('id'))}"
    yield from pattern_problems("input name", config.get("id"))
    yield from choice(f"{label}: its type", config.get("type"), all_types(major))
    yield from yaml_problems(label, config)
    yield from secret_problems(label, config)
    default = config.get("defaults")
    if default is not None and isinstance(config.get("id"), str):
        yield from named_secret_problems("The default of the input", {config["id"]: default})
        facts = input_facts(config)
        if not list(yaml_problems(label, config)) and (why := facts.default_problem(default)) is not None:
            yield f"{label} is of type {facts.type}; its default must not be {shown(default)}: {why}."


def _config_problems(label: str, config: InputConfig) -> Iterator[str]:
    kind = config.kestra_type
    yield from pattern_problems("input name", config.name)
    yield from choice(f"{label}: its type", kind, VALUE_TYPES)
    for option, kinds in _OPTIONS.items():
        given = getattr(config, option)
        if given is not None and (is_number(given) or len(given) > 0) and kind not in kinds:
            yield f"{label} is of type {kind}; {option} is only supported for {' and '.join(kinds)}."
    if config.default is not None:
        yield from _default_problems(label, config)
    given = {f"{config.name}: {key}": config.extra[key] for key in _GIVEN if key in config.extra}
    yield from named_secret_problems("The input", given)
    yield from _option_problems(label, config)


def _option_problems(label: str, config: InputConfig) -> Iterator[str]:
    kind = config.kestra_type
    if kind in _OPTIONS["values"] and not config.values:
        yield f"{label} is of type {kind} and requires values."
    for value in config.values:
        if (why := pattern_problem(value)) is not None:
            yield f"{label}: Kestra takes values for regular expressions, and {value!r} is none: {why}."
    if kind == "ARRAY":
        yield from choice(f"{label}: item_type", config.item_type, VALUE_TYPES)
    if config.validator is not None and (why := pattern_problem(config.validator)) is not None:
        yield f"{label}: validator is not a regular expression: {why}."
    yield from _limit_problems(label, config)
    for extension in config.extensions:
        if not extension.startswith("."):
            yield f"{label}: an extension must begin with a dot: {'.' + extension!r}."
    if kind not in ("INT", "FLOAT"):  # numbers are looked at by themselves
        yield from yaml_problems(f"{label}: its default", config.default)


def _default_problems(label: str, config: InputConfig) -> Iterator[str]:
    default, kind = config.default, config.kestra_type
    if kind == "SECRET" and not holds_expression(default):
        yield f"{label} is of type SECRET; its default must be an expression such as {{{{ secret('NAME') }}}}."
    else:
        yield from named_secret_problems("The default of the input", {str(config.name): default})
    if not config.required:
        yield f"{label} has a default and must be required: Kestra always applies the default."
    if holds_expression(default):
        return
    wanted = _DEFAULTS.get(kind)
    if (wanted and not isinstance(default, wanted)) or (kind in ("INT", "FLOAT") and not is_number(default)):
        yield f"{label} is of type {kind}; its default must not be {shown(default)}."
    elif (why := input_facts(config).default_problem(default)) is not None:
        yield f"{label} is of type {kind}; its default must not be {shown(default)}: {why}."


def _limit_problems(label: str, config: InputConfig) -> Iterator[str]:
    """Problems of the limits of a number."""
    kind = config.kestra_type
    for name in ("min", "max"):
        limit = getattr(config, name)
        if limit is not None and kind in _OPTIONS[name] and (why := value_problem(kind, limit)) is not None:
            yield f"{label} is of type {kind}; its {name} must not be {limit!r}: {why}."
    if config.min is not None and config.max is not None and config.min > config.max:
        yield f"{label}: min {config.min!r} is greater than max {config.max!r}."


def input_block(config: InputConfig | Mapping[str, Any]) -> dict[str, Any]:
    """An input as Kestra's own mapping."""
    if not isinstance(config, InputConfig):
        return dict(config)
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
    return merged(block, config.extra)
