"""What ``dq profile`` and ``dq learn`` have in common."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..engines import get_engine
from .arguments import read_options_of, source_of
from .output import planned_outputs, write
from .status import PASSED

if TYPE_CHECKING:
    import argparse

__all__ = ["describe"]


def describe(arguments: argparse.Namespace, verb: str, suffixes: dict[str, str], options: dict[str, Any]) -> int:
    """Run a verb of an engine that gives something to write."""
    outputs = planned_outputs(arguments, suffixes)
    found = getattr(get_engine(arguments.engine), verb)(
        source_of(arguments),
        table=arguments.table,
        query=arguments.query,
        schema=arguments.schema,
        columns=arguments.column or None,
        sample_size=arguments.sample,
        timeout_seconds=arguments.timeout,
        read_options=read_options_of(arguments),
        **options,
    )
    for target, kind in outputs:
        write(target, found.to_json(indent=2) + "\n" if kind == "json" else getattr(found, f"to_{kind}")())
    files = [str(target) for target, _ in outputs if target]
    if files and not arguments.quiet:
        print(f"dq: written: {', '.join(files)}", file=sys.stderr)
    return PASSED
