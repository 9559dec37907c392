"""``dq learn``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..learning import KINDS
from .arguments import add_columns, add_limits, add_source
from .describe import describe
from .output import FORMATS, SUFFIXES, add_output

if TYPE_CHECKING:
    import argparse

    from .status import Run

__all__ = ["learn"]


def learn(parser: argparse.ArgumentParser) -> Run:
    """Learn rules from a source, each with a confidence."""
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
    parser.add_argument("--kind", action="append", choices=KINDS, help="learn only this kind of rule; repeatable")
    parser.add_argument(
        "--references", action="append", default=[], metavar="TABLE", help="a table to refer to; repeatable"
    )
    add_limits(parser)
    add_output(parser, ("yaml", *FORMATS))

    def run(arguments: argparse.Namespace) -> int:
        options = {
            "false_alarm_rate": arguments.false_alarm_rate,
            "min_confidence": arguments.min_confidence,
            "kinds": arguments.kind,
            "references": arguments.references,
        }
        return describe(arguments, "learn", {**SUFFIXES, ".yaml": "yaml", ".yml": "yaml"}, options)

    return run
