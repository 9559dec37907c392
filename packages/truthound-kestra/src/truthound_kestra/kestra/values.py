"""The file by which a task gets values: inputs and variables of the flow, what its trigger passes, and its data.

Kestra renders the environment of a script twice, so that a value in it could be an expression, and a name in it could
hide a variable of the system. It renders an input file once, and the names in it are nobody's variables.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from dq_core.adapters import mapping, masked
from truthound_kestra.errors import ScriptError, refuse

__all__ = [
    "VALUES_ENV",
    "VALUES_FILE",
    "TaskValues",
    "data_source",
    "environment",
    "no_value",
    "plain_code",
    "task_values",
    "text_of",
]

#: The environment variable that names the file, and the file's name in generated flows.
VALUES_ENV: Final = "KESTRA_VALUES"
VALUES_FILE: Final = "kestra.json"

_NO_VALUE: Final = re.compile(r"<<no value: (.*?)>>")
_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)
_INDEX: Final = re.compile(r"\[(\d+)\]", re.ASCII)
_NOTHING: Final = object()
_FIELDS: Final = {"data_uri": "input_uri", "file": "input_uri", "copy_file": "copy_uri"}


class _Number(float):
    """A number with a fraction, which keeps the digits that Kestra wrote."""

    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number


@dataclass(frozen=True)
class TaskValues:
    """What a task gets.

    Attributes:
        inputs: The inputs of the execution, by name; without those that were not given.
        vars: The variables of the flow, by name.
        trigger: What the trigger passes: ``body`` of a webhook, ``outputs`` of another flow.
        env: Names of the environment variables that the task sets itself.
        task: The data: ``data_uri``, ``table``, ``query``, and ``file`` for a file of Kestra's storage.
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    vars: Mapping[str, Any] = field(default_factory=dict)
    trigger: Any = None
    env: tuple[str, ...] = ()
    task: Mapping[str, str] = field(default_factory=dict, repr=False)

    def found(self, name: str) -> dict[str, Any]:
        """Every value that a name can mean, by the expression for it; a value of None was not given.

        Args:
            name: ``limit``, or with its place: ``inputs.limit``, ``vars.limit``, ``trigger.body.limit``; an item of a
                list by its number, ``trigger.body.rows.0`` or ``trigger.body.rows[0]``.
        """
        places = {"inputs": self.inputs, "vars": self.vars}
        exact = {f"{place}.{name}": values[name] for place, values in places.items() if name in values}
        if exact:
            return exact
        place, _, rest = name.partition(".")
        if place in places and rest in places[place]:
            return {name: places[place][rest]}
        if place == "trigger" and rest:
            return _along(self.trigger, rest, name)
        # Kestra has an input with dots in its name inside of mappings.
        nested = _along(self.inputs, rest if place == "inputs" else name, name) if rest else {}
        return nested or {
            f"{place}.{other}": value
            for place, values in places.items()
            for other, value in values.items()
            if _plain(other) == _plain(name)
        }

    @property
    def names(self) -> list[str]:
        """The names that `found` knows."""
        return [*self.inputs, *self.vars, *self.env]


def _along(value: Any, place: str, name: str) -> dict[str, Any]:
    # A key may have brackets itself.
    for path in dict.fromkeys((place, _INDEX.sub(r".\1", place))):
        found = _at(value, path.split("."))
        if found is not _NOTHING:
            return {name: found}
    return {}


def _at(value: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(value, list) and _NUMBER.fullmatch(step) and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, Mapping) and step in value:
            value = value[step]
        else:
            return _NOTHING
    return value


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", name).upper()


def text_of(value: Any) -> str:
    """A value as Kestra's expressions print it: a string as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    return value.text if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)


def environment(env: Mapping[str, str] | None) -> Mapping[str, str]:
    """The environment to read: the process's own, or what was given instead.

    Raises:
        ConfigurationError: What was given is no mapping of strings.
    """
    if env is None:
        return os.environ
    given: Mapping[Any, Any] = env
    problems = [*mapping("env", given)]
    if not problems:
        problems = [
            f"env must have strings as values; {name} is {type(value).__name__}."
            for name, value in given.items()
            if not isinstance(value, str)
        ]
    refuse(problems)
    return env


def task_values(env: Mapping[str, str] | None = None) -> TaskValues | None:
    """The values that the task gets; None if it passes no file (a task that is written by hand, or no task).

    Args:
        env: The environment; None for the process's own.

    Raises:
        ScriptError: The file is missing, or is not one of these.
    """
    name = environment(env).get(VALUES_ENV)
    if not name:
        return None
    path = Path(name)
    if not path.is_absolute() and not path.exists():
        # The script may have left the working directory of the task; it was started from there.
        path = Path(sys.argv[0]).parent / name
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_float=_Number)
    except OSError as error:
        raise ScriptError(
            f"The file {name}, which {VALUES_ENV} names, cannot be read: {error.strerror}.",
            suggestion=f"Keep {name} in the task's inputFiles.",
        ) from None
    except ValueError as error:
        raise ScriptError(f"The file {name}, which {VALUES_ENV} names, is not JSON: {error}.") from None
    if not isinstance(document, dict):
        raise ScriptError(f"The file {name}, which {VALUES_ENV} names, must contain an object.")
    return TaskValues(
        inputs=document.get("inputs") or {},
        vars=document.get("vars") or {},
        trigger=document.get("trigger"),
        env=tuple(document.get("env") or ()),
        task=document.get("task") or {},
    )


def no_value(expression: str) -> str:
    """What stands in the data of a task in place of an expression without a value, which would be an empty string."""
    return f"<<no value: {plain_code(expression)}>>"


def plain_code(expression: str) -> str:
    """An expression as a string in single quotes can contain it."""
    return re.sub(r"[^\w.,:()\[\]\"|?~=!+*/ -]", "", expression.replace("'", '"'))


def data_source(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The data of a generated check, profile, learn or compare task, as the scripts take it.

    Args:
        env: The environment; None for the process's own.

    Returns:
        ``data_uri``, and ``table`` or ``query`` if the task has one; of a compare task also ``copy_uri``, and
        ``copy_table`` or ``copy_query``.

    Raises:
        ScriptError: The task passes no data, an expression in it has no value, or Kestra could not hand in the file,
            because it is not in its storage.
    """
    values = task_values(env)
    if values is None or "data_uri" not in values.task:
        raise ScriptError(
            "The task does not pass its data.", suggestion="Call the script with data_uri in tasks written by hand."
        )
    source = dict(values.task)
    for name, text in source.items():
        if missing := _NO_VALUE.search(text):
            field_name, expression = _FIELDS.get(name, name), missing.group(1)
            raise ScriptError(
                f"{field_name} contains {{{{ {expression} }}}}, which has no value in this execution.",
                suggestion="Give the value, or say what is meant without it, as in {{ inputs.country ?? 'DE' }}.",
            )
    for side, file, option in (("data_uri", "file", "input_format"), ("copy_uri", "copy_file", "copy_format")):
        given = source.pop(file, None)
        if given is not None and _is_its_own_address(Path(source[side]), given):
            raise ScriptError(
                f"{masked(given)!r} is not a file of Kestra's storage, so Kestra cannot hand it in.",
                suggestion=f"{option} is for files of Kestra's storage (kestra:///…, FILE inputs, output files); "
                "leave it out for paths, URIs and databases.",
            )
    return source


def _is_its_own_address(file: Path, given: str) -> bool:
    """Whether Kestra wrote a URL as text into the file, as it does with any that is not its own."""
    try:
        return file.stat().st_size == len(given.encode()) and file.read_bytes() == given.encode()
    except OSError:
        return False
