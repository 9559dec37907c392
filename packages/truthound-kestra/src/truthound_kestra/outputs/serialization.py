"""Results as JSON and YAML, which are deserialized without loss, and as Markdown."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import yaml

from dq_core import Comparison
from dq_core.adapters import string, whole
from dq_core.learning import LearnedSuite
from dq_core.profiling import Profile
from dq_core.report import Report
from moltres.errors import MoltresError
from moltres.handoff.encoding import decode, encode
from truthound_kestra.errors import DataQualityError, OutputError, refuse
from truthound_kestra.keywords import known_arguments
from truthound_kestra.outputs.markdown import to_markdown
from truthound_kestra.results import (
    CheckScriptResult,
    CompareScriptResult,
    LearnScriptResult,
    ProfileScriptResult,
    ScriptResult,
)
from truthound_kestra.sla.config import SLAConfig
from truthound_kestra.sla.metrics import AlertLevel, SLAMetrics, SLAResult, SLAViolation, SLAViolationType

__all__ = ["JsonSerializer", "MarkdownSerializer", "YamlSerializer"]

_TYPE: Final = "$type"


# What a string that another program wrote can lead to.
_NOT_OURS: Final = (ValueError, TypeError, KeyError, AttributeError, RecursionError, MoltresError, DataQualityError)

#: The dataclasses and enums that are deserialized as the same type, by name.
_KINDS: Final[dict[str, type]] = {
    kind.__name__: kind
    for kind in (
        ScriptResult,
        CheckScriptResult,
        CompareScriptResult,
        ProfileScriptResult,
        LearnScriptResult,
        SLAConfig,
        SLAMetrics,
        SLAResult,
        SLAViolation,
        SLAViolationType,
        AlertLevel,
    )
}
#: The classes of dq_core that have ``to_dict`` and ``from_dict``, by name.
_DOCUMENTS: Final[dict[str, type[Comparison | Report | Profile | LearnedSuite]]] = {
    kind.__name__: kind for kind in (Comparison, Report, Profile, LearnedSuite)
}


def _pack(value: Any) -> Any:  # noqa: PLR0911 - one return for each form
    kind = type(value)
    if _DOCUMENTS.get(kind.__name__) is kind:
        return {_TYPE: kind.__name__, "value": encode(value.to_dict())}
    if _KINDS.get(kind.__name__) is kind:
        if isinstance(value, Enum):
            return {_TYPE: kind.__name__, "value": value.value}
        fields = {field.name: _pack(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {_TYPE: kind.__name__, **fields}
    if kind is list:
        return [_pack(item) for item in value]
    if kind is tuple:
        return {"$tuple": [_pack(item) for item in value]}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: _pack(item) for key, item in value.items()}
        return {"$dict": [[_pack(key), _pack(item)] for key, item in value.items()]}
    try:
        return encode(value)
    except MoltresError as error:
        raise OutputError(
            f"A value of type {kind.__module__}.{kind.__qualname__} cannot be stored without loss.",
            suggestion="Leave it out of metadata, or convert it to a string.",
        ) from error


def _unpack(stored: Any) -> Any:  # noqa: PLR0911 - as above
    if isinstance(stored, list):
        return [_unpack(item) for item in stored]
    if not isinstance(stored, dict):
        return stored
    if _TYPE in stored:
        return _rebuild(stored)
    if len(stored) == 1:
        tag, content = next(iter(stored.items()))
        if tag == "$tuple":
            return tuple(_unpack(item) for item in content)
        if tag == "$dict":
            return {_unpack(key): _unpack(item) for key, item in content}
        if tag.startswith("$"):
            return decode(stored)
    return {key: _unpack(item) for key, item in stored.items()}


def _rebuild(stored: dict[str, Any]) -> Any:
    name = stored[_TYPE]
    if name in _DOCUMENTS:
        return _DOCUMENTS[name].from_dict(decode(stored["value"]))
    kind: Callable[..., Any] | None = _KINDS.get(name)
    if kind is None:
        raise OutputError(f"Results of type {name!r} do not exist; the string was written by another program.")
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(stored["value"])
    return kind(**{key: _unpack(value) for key, value in stored.items() if key != _TYPE})


@known_arguments
@dataclass(frozen=True)
class JsonSerializer:
    """Results as JSON; :meth:`deserialize` returns an equal object of the same type.

    Values that JSON does not have (NaN, Decimal, dates, tuples …) are objects with a single key that begins with ``$``.

    Args:
        indent: Spaces per level; None for a single line.
    """

    indent: int | None = None

    def __post_init__(self) -> None:
        refuse(() if self.indent is None else whole("indent", self.indent))

    def serialize(self, result: Any) -> str:
        """A result, or any nesting of mappings, lists and values, as JSON.

        Args:
            result: What to write.

        Raises:
            OutputError: A value cannot be stored without loss.
        """
        return json.dumps(_pack(result), indent=self.indent, ensure_ascii=False, allow_nan=False)

    def deserialize(self, text: str) -> Any:
        """The object of which :meth:`serialize` wrote the string.

        Args:
            text: The string.

        Raises:
            OutputError: The string is not JSON, or was written by another program.
        """
        for problem in string("What is deserialized", text, empty=True):
            raise OutputError(problem)
        try:
            return _unpack(json.loads(text))
        except _NOT_OURS as error:
            raise OutputError(f"The string is not a serialized result: {error}") from error


@known_arguments
@dataclass(frozen=True)
class YamlSerializer:
    """Results as YAML, with the same marks as in JSON; :meth:`deserialize` returns an equal object."""

    def serialize(self, result: Any) -> str:
        """A result as YAML.

        Args:
            result: What to write.

        Raises:
            OutputError: A value cannot be stored without loss.
        """
        return yaml.safe_dump(_pack(result), sort_keys=False, allow_unicode=True, width=120)

    def deserialize(self, text: str) -> Any:
        """The object of which :meth:`serialize` wrote the string.

        Args:
            text: The string.

        Raises:
            OutputError: The string is not YAML, or was written by another program.
        """
        for problem in string("What is deserialized", text, empty=True):
            raise OutputError(problem)
        try:
            return _unpack(yaml.safe_load(text))
        except (yaml.YAMLError, *_NOT_OURS) as error:
            raise OutputError(f"The string is not a serialized result: {error}") from error


@known_arguments
@dataclass(frozen=True)
class MarkdownSerializer:
    """Results as Markdown, as Kestra's UI, pull requests and chats show it."""

    def serialize(self, result: Any) -> str:
        """A result of a script or of an SLA as Markdown.

        Args:
            result: The result.

        Raises:
            OutputError: It is neither.
        """
        return to_markdown(result)
