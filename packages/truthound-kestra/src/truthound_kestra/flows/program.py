"""The Python programs that tasks run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from os import PathLike, fspath
from textwrap import indent
from typing import Any

from dq_core.adapters import is_number, plain_number

__all__ = ["literal", "quality_program"]


def quality_program(config: str, function: str, arguments: Mapping[str, str], *, sla: bool) -> str:
    """The program of a check, profile, learn or compare task. Strings of the user only occur in it as Python literals.

    Args:
        config: Name of the script's config class.
        function: Name of the script's function.
        arguments: Arguments of the config, as Python code.
        sla: Whether the arguments contain an SLAConfig.
    """
    names = [config, function, "errors_in_log", *(["load_rules"] if "rules" in arguments else [])]
    imports = [f"from truthound_kestra.scripts import {', '.join(sorted(names, key=_isort))}"]
    if sla:
        imports.append("from truthound_kestra.sla import SLAConfig")
    imports.append("from truthound_kestra.utils import data_source")
    body = "".join(f"    {name}={value},\n" for name, value in arguments.items())
    header = "\n".join(imports) + "\n\n"
    work = f"config = {config}(\n{body})\n{function}(**data_source(), config=config)\n"
    return f"{header}with errors_in_log():\n{indent(work, '    ')}"


def _isort(name: str) -> tuple[bool, str]:
    return not name[0].isupper(), name


def literal(value: Any) -> str:
    """A value as a Python literal in which Kestra finds no expression.

    Args:
        value: None, bool, number, string, or lists, tuples and mappings of these.

    Raises:
        TypeError: The value is or contains anything else.
    """
    if isinstance(value, Mapping):
        items = ", ".join(f"{literal(str(key))}: {literal(item)}" for key, item in value.items())
        return f"dict({literal([[key, item] for key, item in value.items()])})" if "{" in items else f"{{{items}}}"
    if isinstance(value, list | tuple):
        items = ", ".join(map(literal, value))
        return f"[{items}]" if isinstance(value, list) else f"({items}{',' if len(value) == 1 else ''})"
    if value is None or isinstance(value, bool):
        return repr(value)
    if is_number(value):
        return repr(plain_number(value))
    if isinstance(value, float):
        return f'float("{value}")'
    value = fspath(value) if isinstance(value, PathLike) else value
    if not isinstance(value, str):
        raise TypeError(f"contains a value of type {type(value).__name__}, which a flow cannot contain")
    text = repr(str.__str__(value))
    if text[0] == "'" and '"' not in text:
        text = f'"{text[1:-1]}"'
    return re.sub(r"\{(?=[{%#])", r"\\x7b", text)
