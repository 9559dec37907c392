"""``dq learn``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._shared.command.arguments import count
from ..engines import engine_names
from ..learning import KINDS
from .arguments import add_columns, add_engine, add_source, add_timeout
from .describe import describe
from .output import FORMATS, SUFFIXES, add_output
from .status import WRITTEN

if TYPE_CHECKING:
    import argparse

    from .status import Run

__all__ = ["learn"]

_INCLUDED = {
    "patterns": "no rules about patterns and lengths",
    "ranges": "no rules about ranges and freshness",
    "categories": "no rules about sets of values",
}


def learn(parser: argparse.ArgumentParser) -> Run:
    """Learn rules from a source, each with a confidence."""
    parser.epilog = WRITTEN
    add_source(parser)
    add_columns(parser)
    parser.add_argument(
        "--false-alarm-rate",
        type=float,
        default=0.05,
        metavar="RATE",
        help="the probability, at most, that a fresh sample of the same process and size fails any rule (0.05)",
    )
    parser.add_argument(
        "--min-confidence",
        type=float,
        default=0.8,
        metavar="SHARE",
        help="the probability, at least, that a fresh sample passes each single rule (0.8)",
    )
    parser.add_argument(
        "--kinds", "--kind", action="append", choices=KINDS, help="learn only this kind of rule; repeatable"
    )
    for name, help_ in _INCLUDED.items():
        parser.add_argument(f"--no-include-{name}", dest=f"include_{name}", action="store_false", help=help_)
    parser.add_argument(
        "--categorical-threshold", type=count, default=50, metavar="N", help="the most values of a set (50)"
    )
    parser.add_argument(
        "--references", action="append", default=[], metavar="TABLE", help="a table to refer to; repeatable"
    )
    add_engine(parser, engine_names("learn"), "proposes the rules")
    add_timeout(parser)
    add_output(parser, ("yaml", *FORMATS))

    def run(arguments: argparse.Namespace) -> int:
        included = [f"include_{name}" for name in _INCLUDED]
        names = ("false_alarm_rate", "min_confidence", "kinds", *included, "categorical_threshold", "references")
        options = {name: getattr(arguments, name) for name in names}
        return describe(arguments, "learn", {**SUFFIXES, ".yaml": "yaml", ".yml": "yaml"}, options)

    return run
