"""``dq profile``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._shared.command.arguments import count
from ..engines import engine_names
from .arguments import add_columns, add_engine, add_source, add_timeout
from .describe import describe
from .output import FORMATS, SUFFIXES, add_output
from .status import WRITTEN

if TYPE_CHECKING:
    import argparse

    from .status import Run

__all__ = ["profile"]


def profile(parser: argparse.ArgumentParser) -> Run:
    """Describe a source column by column."""
    parser.epilog = WRITTEN
    add_source(parser)
    add_columns(parser)
    parser.add_argument(
        "--top-n", "--top", type=count, default=10, metavar="N", help="most frequent values to keep (10)"
    )
    parser.add_argument(
        "--no-include-stats", "--no-stats", dest="include_stats", action="store_false", help="no means, deviations, "
        "quantiles and shapes of strings",
    )  # fmt: skip
    parser.add_argument(
        "--include-histograms", "--histograms", action="store_true", help="count numbers in bins of equal width"
    )
    parser.add_argument("--histogram-bins", type=count, metavar="N", help="how many bins (10)")
    parser.add_argument(
        "--quantiles", action="append", type=float, metavar="SHARE", help="a quantile, from 0 to 1; repeatable (0.05, "
        "0.25, 0.5, 0.75, 0.95)",
    )  # fmt: skip
    parser.add_argument("--mask", action="append", default=[], metavar="COLUMN", help="show only counts; repeatable")
    add_engine(parser, engine_names("profile"), "describes the source")
    add_timeout(parser)
    add_output(parser, FORMATS)

    def run(arguments: argparse.Namespace) -> int:
        names = ("include_stats", "include_histograms", "histogram_bins", "quantiles", "top_n", "mask")
        options = {name: getattr(arguments, name) for name in names}
        # An engine refuses what it has not, so it gets only what was given.
        given = {name: value for name, value in options.items() if value is not None}
        return describe(arguments, "profile", SUFFIXES, given)

    return run
