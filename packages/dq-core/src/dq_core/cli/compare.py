"""``dq compare``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .._shared.command import arguments as shared
from ..comparing import Source, compare
from ..comparing.printed import verdict
from ..run.semantics import PORTABLE, SEMANTICS
from .arguments import add_timeout
from .output import FORMATS, SUFFIXES, add_output, planned_outputs, write
from .progress import shown_progress
from .status import FAILED, PASSED

if TYPE_CHECKING:
    import argparse

    from ..comparing import Comparison
    from .status import Run

__all__ = ["compare_command"]

_SOURCE = (
    "path or URI of Parquet, CSV or JSON files, or the URL of a database; env:NAME reads it from the environment "
    "variable NAME"
)


def compare_command(parser: argparse.ArgumentParser) -> Run:
    """Say whether two sources hold the same rows, and which rows differ."""
    parser.epilog = "Exit status: 0 equal, 1 different, 2 could not run."
    parser.add_argument("left", metavar="LEFT", help=f"what is right: {_SOURCE}")
    parser.add_argument("right", metavar="RIGHT", help="what is compared with it, likewise")
    parser.add_argument(
        "--keys", "--key", action="append", default=[], metavar="NAME", help="a column that identifies a row; "
        "repeatable, or several with commas",
    )  # fmt: skip
    parser.add_argument(
        "--columns", "--column", action="append", metavar="NAME", help="compare only this column; repeatable"
    )
    parser.add_argument("--where", metavar="SQL", help="only these rows of both sides")
    parser.add_argument(
        "--tolerance", type=float, metavar="NUMBER", help="how far numbers may be apart to count as equal"
    )
    parser.add_argument(
        "--relative-tolerance", type=float, metavar="SHARE", help="the same as a share of the greater magnitude"
    )
    for side in ("left", "right"):
        parser.add_argument(f"--{side}-table", metavar="NAME", help=f"the table of the {side} side")
        parser.add_argument(f"--{side}-query", metavar="SQL", help="a SELECT instead of a table")
        parser.add_argument(f"--{side}-schema", metavar="NAME", help="the table's schema")
        shared.add_as_of(parser, side=f"{side}-")
        shared.add_files(parser, side=f"{side}-")
    parser.add_argument("--table", metavar="NAME", help="the table of each side that is a database and names none")
    parser.add_argument("--samples", type=shared.count, default=20, metavar="N", help="rows of each kind to show (20)")
    parser.add_argument(
        "--mask", action="append", default=[], metavar="COLUMN", help="hide this column in samples; repeatable"
    )
    parser.add_argument(
        "--semantics", choices=SEMANTICS, default=PORTABLE, help="database: compare strings on a database that no "
        "conformance suite ran on as well",
    )  # fmt: skip
    add_timeout(parser)
    add_output(parser, FORMATS)
    return _run


def _run(arguments: argparse.Namespace) -> int:
    outputs = planned_outputs(arguments, SUFFIXES)
    # An option without a name is refused as one, and does not mean that there are no keys.
    keys = [name for one in arguments.keys for name in shared.names_of([one]) or [one]]
    with shown_progress("Comparing", quiet=arguments.quiet) as on_progress:
        found = compare(
            _side(arguments, "left"),
            _side(arguments, "right"),
            keys,
            columns=arguments.columns,
            where=arguments.where,
            tolerance=_tolerance(arguments),
            table=arguments.table,
            samples=arguments.samples,
            mask=arguments.mask,
            timeout_seconds=arguments.timeout_seconds,
            on_progress=on_progress,
            semantics=arguments.semantics,
        )
    for target, kind in outputs:
        write(target, found.to_json(indent=2) + "\n" if kind == "json" else getattr(found, f"to_{kind}")())
    _say(found, [str(target) for target, _ in outputs if target], quiet=arguments.quiet)
    return PASSED if found.equal else FAILED


def _side(arguments: argparse.Namespace, side: str) -> Any:
    given: dict[str, Any] = {
        name: getattr(arguments, f"{side}_{name}") for name in ("table", "query", "schema", "as_of")
    }
    stored, read = getattr(arguments, f"{side}_storage_options"), getattr(arguments, f"{side}_read_options")
    given["storage_options"] = shared.mapping_of(f"--{side}-storage-options", stored)
    given["read_options"] = shared.read_options_of(read, f"--{side}-read-options")
    source = shared.from_environment(getattr(arguments, side))
    return source if all(value is None for value in given.values()) else Source(source, **given)


def _tolerance(arguments: argparse.Namespace) -> dict[str, float] | None:
    given = {"absolute": arguments.tolerance, "relative": arguments.relative_tolerance}
    return {name: value for name, value in given.items() if value is not None} or None


def _say(found: Comparison, files: list[str], *, quiet: bool) -> None:
    if files and not quiet:
        print(f"dq: {verdict(found.to_dict())}. Written: {', '.join(files)}", file=sys.stderr)
