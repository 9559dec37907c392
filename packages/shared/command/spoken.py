"""Messages of the library in the words of the command line: ``table=`` is ``--table`` there."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

__all__ = ["spoken"]


def spoken(message: str, arguments: argparse.Namespace) -> str:
    """A message with the library's names of arguments as options.

    Args:
        message: What an error of the library says.
        arguments: The parsed arguments; only those that the subcommand has are renamed.
    """
    names = sorted((name for name in vars(arguments) if name.islower()), key=len, reverse=True)
    known = "|".join(map(re.escape, names))
    # As keywords are written, or where a sentence or a line of a list begins with one.
    message = re.sub(rf"(?<![\w.'\"-])({known})=(?=[\s,.;:)]|$)", _option, message)
    message = re.sub(rf"(?<![\w.'\"-])({known})=(?=')", lambda found: f"{_option(found)} ", message)
    message = re.sub(rf"(?m)^(\s*(?:- )?)({known})(?=:? (?:must|has|is|requires)\b|: )", _begins, message)
    message = re.sub(r"(?:read|storage)_options=\{\"(\w+)\": \"(.*?)\"(?:, \"(\w+)\": \"(.*?)\")?\}", _read, message)
    return re.sub(r"get_engine\(\"(\w+)\"\)", r"--engine \1", message)


def _option(found: re.Match[str]) -> str:
    return f"--{found[1].replace('_', '-')}"


def _begins(found: re.Match[str]) -> str:
    return f"{found[1]}--{found[2].replace('_', '-')}"


def _read(found: re.Match[str]) -> str:
    options = [(found[1], found[2]), (found[3], found[4])]
    return " ".join(f"--read-options {name}={_quoted(value)}" for name, value in options if name)


def _quoted(value: str) -> str:
    """A value as a shell reads it, within quotes in any case."""
    return f"'{value}'" if "'" not in value else f'"{value}"' if value.strip("'") == "" else shlex.quote(value)
