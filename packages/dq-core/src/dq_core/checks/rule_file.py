"""Rules as YAML or JSON: the one place that reads and writes them.

The reader is strict: a key that is given twice is refused, so that no rule and no option is dropped, and the limits on
size, depth, values and numbers keep a stranger's file from costing time or memory.
"""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import yaml

from .._shared.arguments import plain_number
from .._shared.files.readers import near_file
from .._shared.wording import question, repr_of
from ..errors import RuleError, SourceError
from .strict_yaml import MOST_CHARACTERS, is_twofold, read_yaml, size_problem

__all__ = ["RuleFile", "dump_rules", "load_rules", "rules_of"]

_KEYS = ("name", "checks", "rules")


@dataclass(frozen=True)
class RuleFile:
    """What a rule file says.

    Attributes:
        rules: The rules as they are written; `dq_core.checks.parse` reads them.
        name: What they are called, or None.
        places: Where each rule is written (``rules.yaml:4``), in the order of the rules.
    """

    rules: Any
    name: str | None = None
    places: tuple[str, ...] = ()


def load_rules(source: str | PathLike[str], *, origin: str | None = None) -> RuleFile:
    """The rules in YAML (or JSON): a list of rules, or a mapping as `rules_of` reads it.

    Args:
        source: The YAML itself, or a `Path` to a file that holds it.
        origin: What errors call the source; default: the path, or nothing.

    Raises:
        SourceError: The file cannot be read.
        RuleError: It is not YAML, a key is given twice, it exceeds a limit, or it is a mapping with wrong keys.
    """
    if isinstance(source, PathLike):
        path = Path(source)
        text, origin = _read(path), origin or str(path)
    elif isinstance(source, str):
        text = source
    else:
        raise RuleError([f"Rules must be a string of YAML or a Path, not {type(source).__name__}."])
    document = read_yaml(text, origin)
    if not isinstance(document.data, Mapping):
        return RuleFile(document.data, places=document.places(document.data))
    found = rules_of(document.data)
    return RuleFile(found.rules, found.name, document.places(found.rules))


def rules_of(data: Mapping[str, Any]) -> RuleFile:
    """The rules in a mapping with the keys ``name`` (optional) and ``checks`` (or ``rules``).

    Raises:
        RuleError: It has other keys, not exactly one of ``checks`` and ``rules``, or a name that is not a string.
    """
    if not isinstance(data, Mapping):
        raise RuleError([f"A suite must be a mapping with the keys 'name' and 'checks', not {repr_of(data, 80)}."])
    problems = [f"A suite has no key {repr_of(key)}.{question(key, _KEYS)}" for key in data if key not in _KEYS]
    if ("checks" in data) == ("rules" in data):
        problems.append("A suite requires exactly one of the keys 'checks' and 'rules'.")
    name = data.get("name")
    if name is not None and not isinstance(name, str):
        problems.append(f"The name of a suite must be a string, not {repr_of(name, 80)}.")
    if problems:
        raise RuleError(problems)
    return RuleFile(data["checks"] if "checks" in data else data["rules"], name)


def dump_rules(data: Mapping[str, Any]) -> str:
    """A mapping that `rules_of` reads, as YAML."""
    plain = yamlable(data)
    text = yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    # Some line breaks of Unicode (U+0085) do not survive unescaped.
    return text if read_yaml(text, None).data == plain else yaml.dump(plain, Dumper=_Dumper, sort_keys=False)


class _Dumper(yaml.SafeDumper):
    """Writes a decimal with all its digits, which the strict reader keeps, and in quotes what is a number for some."""


def written_decimal(dumper: yaml.SafeDumper, value: decimal.Decimal) -> yaml.Node:
    """A decimal with all its digits, as a number."""
    return dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:f}")


def _quoted(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="'" if is_twofold(value) else None)


_Dumper.add_representer(decimal.Decimal, written_decimal)
_Dumper.add_representer(str, _quoted)


def yamlable(value: Any) -> Any:
    """A value of a rule in types that YAML has.

    Dates and bytes are among them, but neither times nor UUIDs, which checks understand as strings. Decimals that a
    float would round stay decimals, for `written_decimal`.
    """
    match value:
        case decimal.Decimal():
            number = plain_number(value)
            return number if decimal.Decimal(repr(number)) == value else value
        case dt.time():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case Mapping():
            return {key: yamlable(item) for key, item in value.items()}
        case list():
            return [yamlable(item) for item in value]
        case _:
            return value


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            # A character has at most four bytes; what is longer is not read to its end.
            content = file.read(4 * MOST_CHARACTERS + 1)
        if len(content) > 4 * MOST_CHARACTERS:
            raise RuleError([size_problem(str(path))])
        return content.decode()
    except FileNotFoundError:
        raise SourceError(f"The rules file {path} does not exist.", suggestion=near_file(path)) from None
    except (OSError, ValueError) as error:
        if isinstance(error, RuleError):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise SourceError(f"The rules in {path} cannot be read: {reason}.") from None
