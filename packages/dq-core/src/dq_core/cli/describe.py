"""What ``dq profile`` and ``dq learn`` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..engines import get_engine
from .arguments import options_of, source_of
from .output import planned_outputs, say_written, write
from .status import PASSED

if TYPE_CHECKING:
    import argparse

__all__ = ["describe"]


def describe(arguments: argparse.Namespace, verb: str, suffixes: dict[str, str], options: dict[str, Any]) -> int:
    """Run a verb of an engine that gives something to write."""
    outputs = planned_outputs(arguments, suffixes)
    shared = options_of(arguments, "columns", "sample_size", "seed", "timeout_seconds")
    found = getattr(get_engine(arguments.engine), verb)(source_of(arguments), **shared, **options)
    for target, kind in outputs:
        write(target, found.to_json(indent=2) + "\n" if kind == "json" else getattr(found, f"to_{kind}")())
    say_written([target for target, _ in outputs if target], quiet=arguments.quiet)
    return PASSED
