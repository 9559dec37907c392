"""The scripts on the command line: ``python -m truthound_kestra check data.parquet --rules rules.yaml``.

Exit codes: 0 if everything passed, 1 if checks failed, rows differ or an SLA is violated, 2 if it could not run.
Options have the names of the fields of the scripts' configs.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import re
import sys
from typing import TYPE_CHECKING, Any, get_type_hints

from dq_core.adapters import InvalidOptionError, Parser, add_read_options, read_options_of
from truthound_kestra import __version__
from truthound_kestra.errors import DataQualityError
from truthound_kestra.kestra.handler import KestraOutputHandler
from truthound_kestra.outputs.serialization import JsonSerializer, MarkdownSerializer, YamlSerializer
from truthound_kestra.results.errors import CheckFailedError, ComparisonFailedError
from truthound_kestra.scripts import (
    CheckScriptConfig,
    CompareScriptConfig,
    LearnScriptConfig,
    ProfileScriptConfig,
    check_quality_script,
    compare_data_script,
    learn_schema_script,
    load_rules,
    profile_data_script,
)
from truthound_kestra.sla.errors import SLAViolationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from truthound_kestra.results import ScriptResult
    from truthound_kestra.scripts import ScriptConfig

__all__ = ["main"]

PASSED, FAILED, COULD_NOT_RUN = 0, 1, 2

_COMMANDS: dict[str, tuple[str, type[ScriptConfig], Callable[..., ScriptResult]]] = {
    "check": ("Check data against rules.", CheckScriptConfig, check_quality_script),
    "profile": ("Profile data.", ProfileScriptConfig, profile_data_script),
    "learn": ("Learn rules from data.", LearnScriptConfig, learn_schema_script),
    "compare": ("Compare data with its copy.", CompareScriptConfig, compare_data_script),
}
_SERIALIZERS: dict[str, MarkdownSerializer | JsonSerializer | YamlSerializer] = {
    "markdown": MarkdownSerializer(),
    "json": JsonSerializer(indent=2),
    "yaml": YamlSerializer(),
}
# Fields of the configs that are not options, or have an option of their own.
_SIDES = ("table", "query", "copy_uri", "copy_table", "copy_query")
_SEVERAL = ("keys", "columns", "mask")
_NO_OPTIONS = (
    "rules", "sla", "metadata", "enabled", "tags", "description", "fail_on_error", "fail_on_difference", "read_options",
    "copy_read_options", "tolerance", *_SEVERAL,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a script.

    Args:
        arguments: Command-line arguments; None for those of the process.

    Returns:
        0 if everything passed, 1 if checks failed or an SLA is violated, 2 if the script could not run.
    """
    parsed = vars(_parser().parse_args(arguments))
    options = {name: value for name, value in parsed.items() if not name.isupper()}  # those are the parser's own
    _, config_type, function = _COMMANDS[options.pop("command")]
    output, kestra = options.pop("output"), options.pop("kestra")
    sides = {name: options.pop(name) for name in _SIDES if name in options}
    source, rules, read_options = options.pop("source"), options.pop("rules", None), options.pop("read_options")
    handler = KestraOutputHandler() if kestra else None
    try:
        options["read_options"] = read_options_of(read_options)
        for name in _SEVERAL:
            if options.get(name) is not None:
                options[name] = [one for given in options[name] for one in given.split(",") if one]
        if options.get("copy_read_options") is not None:
            options["copy_read_options"] = read_options_of(options["copy_read_options"])
        if rules is not None:
            options["rules"] = load_rules(rules)
        config = config_type(**{name: value for name, value in options.items() if value is not None})
        result = function(source, config=config, handler=handler, **sides)
    except (CheckFailedError, ComparisonFailedError) as error:
        print(_SERIALIZERS[output].serialize(error.result))
        return FAILED
    except SLAViolationError as error:
        print(error, file=sys.stderr)
        return FAILED
    except (DataQualityError, InvalidOptionError) as error:
        print(f"truthound_kestra: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    print(_SERIALIZERS[output].serialize(result))
    return PASSED


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m truthound_kestra", description=__doc__)
    parser.add_argument("--version", action="version", version=f"truthound-kestra {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (what, config, _) in _COMMANDS.items():
        command = commands.add_parser(name, help=what, description=what)
        command.add_argument("source", help="path, URI, or URL of a database")
        command.add_argument("--table", help="table, if the source is a database")
        command.add_argument("--query", help="SELECT statement instead of a table")
        if config is CompareScriptConfig:
            _add_copy(command)
        if config is CheckScriptConfig:
            command.add_argument("--rules", metavar="FILE", help="file with rules, YAML or JSON")
        command.add_argument("--output", choices=sorted(_SERIALIZERS), default="markdown", help="format of the result")
        command.add_argument("--kestra", action="store_true", help="also print the lines of Kestra's output protocol")
        add_read_options(command, "--read-options")
        _add_options(command, config)
    return parser


def _add_copy(command: argparse.ArgumentParser) -> None:
    """Add the arguments that only a comparison has."""
    command.add_argument("copy_uri", metavar="copy", help="what is compared with it, likewise")
    command.add_argument("--copy-table", help="table of the copy, if it is in a database (the same name)")
    command.add_argument("--copy-query", help="SELECT statement instead of a table")
    described = _descriptions(CompareScriptConfig)
    for name in _SEVERAL:
        what = f"{described[name]} Repeatable, or several with commas."
        command.add_argument(f"--{name}", action="append", metavar="NAME", help=what)
    command.add_argument("--tolerance", type=float, help="How far numbers may be apart.")
    add_read_options(command, "--copy-read-options")


def _add_options(command: argparse.ArgumentParser, config: type[ScriptConfig]) -> None:
    """Add an option for each field of a config that is a number, a string or a flag."""
    hints = get_type_hints(config, localns={"Check": Any, "SLAConfig": Any})
    descriptions = _descriptions(config)
    for field in dataclasses.fields(config):
        if field.name in _NO_OPTIONS:
            continue
        flag = "--" + field.name.replace("_", "-")
        kind = next(one for one in (bool, int, float, str) if hints[field.name] in (one, one | None))
        shown = f"{descriptions.get(field.name, '')} Default: {field.default}.".strip()
        if kind is bool:
            command.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=shown)
        else:
            choices = list(config.engines) if field.name == "engine_name" else None
            command.add_argument(flag, type=kind, choices=choices, default=None, help=shown)


def _descriptions(config: type[ScriptConfig]) -> dict[str, str]:
    """What the docstrings of a config and its bases say about each field, for argparse."""
    found: dict[str, str] = {}
    for one in reversed(config.__mro__):
        arguments = inspect.cleandoc(one.__doc__ or "").partition("Args:\n")[2].partition("\n\n")[0]
        for name, text in re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", arguments, re.MULTILINE):
            found[name] = " ".join(text.split()).replace("``", "").replace("%", "%%")
    return found
