"""The arguments of subcommands. They are called what the library calls them, in the command line's spelling.

Those of a write are made from the signature and the docstring of `Writer.save_as_table`: what it takes, the command
takes.
"""

from __future__ import annotations

import inspect
import json
import re
from typing import TYPE_CHECKING, Any, get_args

from .._shared.command.arguments import count, mapping_of, names_of, time_limit
from .._shared.command.running import PASSED
from .._shared.json_values import plain
from .._shared.wording import plain_context
from ..dialects.stopping import Stop
from ..frame.source import Mode
from ..task.work import run_stoppable
from ..write.writer import Writer

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Collection, Iterator

__all__ = ["DONE", "add_connecting", "add_target", "add_writing", "printed_json", "stoppable", "writing_of"]

DONE = "Exit status: 0 done, 2 could not run, 130 after Ctrl-C."

_NAMES, _PAIRS = "Sequence[str]", "Mapping[str, str]"
_ELSEWHERE = frozenset({"self", "name", "schema", "on_progress"})
"""Arguments of a write that no option of the same name gives."""

_HELP = {
    "mode": "what to do with rows that are in the target already (%(default)s)",
    "update": "for merge: of rows that are there, update only this column (all others than the keys)",
    "verify": "rows are proved on their way",
    "run_key": "what names this load: it is recorded with the rows, and done once",
}
"""Where the first sentence of the docstring says less."""


def add_connecting(parser: argparse.ArgumentParser) -> None:
    """The arguments about connections, and about what is shown."""
    parser.add_argument(
        "--query-timeout",
        type=time_limit,
        metavar="SECONDS",
        help="time limit of each statement, enforced by the database",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def add_target(parser: argparse.ArgumentParser) -> None:
    """The arguments about the database that is written to, and about the result."""
    parser.add_argument(
        "--stage-uri", metavar="FOLDER", help="for Trino: a folder that this process and the server reach"
    )
    parser.add_argument("--stage-location", metavar="FOLDER", help="for Trino: what the server calls that folder")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the result is printed (text)")
    add_connecting(parser)


def add_writing(
    parser: argparse.ArgumentParser,
    function: Callable[..., Any] = Writer.save_as_table,
    leave: Collection[str] = _ELSEWHERE,
) -> None:
    """An option for each argument of a function that writes.

    Args:
        parser: The parser of a subcommand.
        function: The function.
        leave: Its arguments that are no options.
    """
    said = dict(_documented(inspect.getdoc(function) or ""))
    for name, known in inspect.signature(function).parameters.items():
        if name not in leave:
            _add(parser, name, known, said.get(name, name))


def _add(parser: argparse.ArgumentParser, name: str, known: inspect.Parameter, said: str) -> None:
    option, help_ = f"--{name.replace('_', '-')}", _HELP.get(name, said.replace("%", "%%"))
    kinds = {kind.strip() for kind in str(known.annotation).split("|")}
    choices = _choices(str(known.annotation))
    if _NAMES in kinds:
        several = f"{help_}; repeatable, or several with commas"
        parser.add_argument(option, action="append", metavar="NAME", help=several)
        if "bool" in kinds:
            parser.add_argument(
                f"--no-{option[2:]}", dest=name, action="store_false", default=None, help="none: they stay as they are"
            )
    elif _PAIRS in kinds:
        parser.add_argument(option, action="append", metavar="NAME=VALUE", help=f"{help_}; repeatable")
    elif known.default is True:
        parser.add_argument(f"--no-{option[2:]}", dest=name, action="store_false", help=f"switch off: {help_}")
    elif "bool" in kinds:
        parser.add_argument(option, action="store_true", help=help_)
    elif choices:
        parser.add_argument(option, choices=choices, default=known.default, help=help_)
    else:
        kind, metavar = _kind(kinds - {"None"})
        shown = f" ({known.default})" if known.default not in (None, "") else ""
        parser.add_argument(option, type=kind, default=known.default, metavar=metavar, help=f"{help_}{shown}")


def _kind(kinds: set[str]) -> tuple[Callable[[str], Any], str]:
    """How a value of one of these types is read from a string, and what stands for it in the help."""
    if kinds == {"int"}:
        return count, "N"
    return (float, "NUMBER") if kinds == {"float"} else (str, "TEXT")


def _choices(annotation: str) -> tuple[str, ...]:
    """The strings that an annotation allows: those of `Mode`, or of a Literal."""
    literal = re.search(r"Literal\[(.*?)\]", annotation)
    if literal is not None:
        return tuple(re.findall(r"[\"'](.*?)[\"']", literal[1]))
    return get_args(Mode) if annotation == "Mode" else ()


def _documented(doc: str) -> Iterator[tuple[str, str]]:
    """What a docstring says of each argument: its first sentence, as the help of an option."""
    arguments = doc.partition("\nArgs:\n")[2].partition("\n\n")[0]
    for name, text in re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", arguments, re.MULTILINE):
        said = re.sub(r"\s+", " ", text).replace("`", "")
        first = re.split(r"(?<=[^.])\. ", said)[0].rstrip(".")
        yield name, first[:1].lower() + first[1:]


def writing_of(
    given: argparse.Namespace,
    function: Callable[..., Any] = Writer.save_as_table,
    leave: Collection[str] = _ELSEWHERE,
) -> dict[str, Any]:
    """The arguments of a write that were given, by name: those that differ from the defaults, and the mode."""
    found = {}
    for name, known in inspect.signature(function).parameters.items():
        if name in leave:
            continue
        value = getattr(given, name)
        if isinstance(value, list):
            pairs = _PAIRS in str(known.annotation)
            value = mapping_of(f"--{name.replace('_', '-')}", value) if pairs else names_of(value)
        if name == "mode" or value != known.default:
            found[name] = value
    return found


def stoppable(work: Callable[[], None]) -> int:
    """Run the work of a subcommand, so that Ctrl-C reaches the statement that runs in the database.

    Returns:
        The exit status.
    """
    run_stoppable(work, stop=Stop())
    return PASSED


def printed_json(value: Any) -> str:
    """A value as JSON, for programs; without secrets of URLs, which a name given by mistake can have."""
    shown = plain_context({"value": plain(value)})["value"]
    return json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
