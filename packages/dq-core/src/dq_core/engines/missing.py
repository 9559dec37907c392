"""Importing the library of an engine."""

from __future__ import annotations

import contextlib
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["attribute", "imported"]


def imported(module: str, extra: str) -> Any:
    """The module of a library.

    Args:
        module: Its name.
        extra: The extra of dq-core that brings it.

    Raises:
        MissingDependencyError: It, or something that it needs, is not installed.
    """
    try:
        with _unwarned():
            return import_module(module)
    except ImportError as error:
        engine = extra.replace("-", "_")
        missing = (error.name or module).partition(".")[0]
        package = extra if missing == module.partition(".")[0] else missing
        found = MissingDependencyError.extra(package, extra, f"The engine {engine}")
        found.suggestion = f"{found.suggestion}, or use the engine dq_core, which requires nothing else."
        raise found from error


def attribute(module: str, name: str) -> Any:
    """An attribute of an installed module that may be imported only now."""
    with _unwarned():
        return getattr(import_module(module), name)


@contextlib.contextmanager
def _unwarned() -> Iterator[None]:
    """Ignore warnings about a library's own sources, also under ``-W error``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
