"""Messages of the library in the words of the command line: ``table=`` is ``--table`` there."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

__all__ = ["spoken"]


def spoken(message: str, arguments: argparse.Namespace) -> str:
    """A message with the library's names of arguments as options, or as the help writes them where they are none.

    Args:
        message: What an error of the library says.
        arguments: The parsed arguments; only those that the subcommand has are renamed.
    """
    given = [name for name in vars(arguments) if name.islower()]
    positional = getattr(arguments, "POSITIONAL", ())
    # Where several sources are given, the message begins with the one that it is about.
    side = next((f"{name}_" for name in positional if message.startswith(f"{name}: ")), "")
    own = {name.removeprefix(side) for name in given if side and name.startswith(side)}
    known = "|".join(map(re.escape, sorted({*given, *own}, key=len, reverse=True)))

    def option(name: str) -> str:
        spelt = f"{side}{name}" if name in own else name
        return name.upper() if name in positional else f"--{spelt.replace('_', '-')}"

    # As keywords are written, or where a sentence or a line of a list begins with one.
    message = re.sub(rf"(?<![\w.'\"-])({known})=(?=[\s,.;:)]|$)", lambda found: option(found[1]), message)
    message = re.sub(rf"(?<![\w.'\"-])({known})=(?=')", lambda found: f"{option(found[1])} ", message)
    begins = rf"(?m)^(\s*(?:- )?)({known})(?=:? (?:must|has|is|requires)\b|: )"
    message = re.sub(begins, lambda found: found[1] + option(found[2]), message)
    message = re.sub(r"(?:read|storage)_options=\{\"(\w+)\": \"(.*?)\"(?:, \"(\w+)\": \"(.*?)\")?\}", _read, message)
    return re.sub(r"get_engine\(\"(\w+)\"\)", r"--engine \1", message)


def _read(found: re.Match[str]) -> str:
    options = [(found[1], found[2]), (found[3], found[4])]
    return " ".join(f"--read-options {name}={_quoted(value)}" for name, value in options if name)


def _quoted(value: str) -> str:
    """A value as a shell reads it, within quotes in any case."""
    return f"'{value}'" if "'" not in value else f'"{value}"' if value.strip("'") == "" else shlex.quote(value)
