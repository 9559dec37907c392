"""``dq profile``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .arguments import add_columns, add_limits, add_source, count
from .describe import describe
from .output import FORMATS, SUFFIXES, add_output

if TYPE_CHECKING:
    import argparse

    from .status import Run

__all__ = ["profile"]


def profile(parser: argparse.ArgumentParser) -> Run:
    """Describe a source column by column."""
    add_source(parser)
    add_columns(parser)
    parser.add_argument("--top", type=count, default=10, metavar="N", help="most frequent values to keep (10)")
    parser.add_argument("--no-stats", action="store_true", help="no means, deviations, quantiles and shapes of strings")
    parser.add_argument("--histograms", action="store_true", help="count numbers in bins of equal width")
    parser.add_argument("--mask", action="append", default=[], metavar="COLUMN", help="show only counts; repeatable")
    add_limits(parser)
    add_output(parser, FORMATS)

    def run(arguments: argparse.Namespace) -> int:
        options = {
            "include_stats": not arguments.no_stats,
            "include_histograms": arguments.histograms,
            "top_n": arguments.top,
            "mask": arguments.mask,
        }
        return describe(arguments, "profile", SUFFIXES, options)

    return run
