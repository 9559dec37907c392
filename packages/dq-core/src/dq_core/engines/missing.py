"""Importing the library of an engine."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from dq_core.errors import MissingDependencyError

__all__ = ["imported"]


def imported(module: str, extra: str) -> Any:
    """The module of a library.

    Args:
        module: Its name.
        extra: The extra of dq-core that brings it.

    Raises:
        MissingDependencyError: It, or something that it needs, is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        needed = module if error.name in (None, module) else f"{module} (which lacks {error.name})"
        raise MissingDependencyError(
            f"The engine {extra.replace('-', '_')} needs {needed}, which is not installed.",
            suggestion=f'pip install "dq-core[{extra}]", or use the engine dq_core, which needs nothing else.',
            context={"module": module, "extra": extra},
        ) from error
