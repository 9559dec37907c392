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
        needed = module if error.name in (None, module) else f"{module} (which lacks {error.name})"
        raise MissingDependencyError(
            f"The engine {extra.replace('-', '_')} needs {needed}, which is not installed.",
            suggestion=f'pip install "dq-core[{extra}]", or use the engine dq_core, which needs nothing else.',
            context={"module": module, "extra": extra},
        ) from error


def attribute(module: str, name: str) -> Any:
    """An attribute of an installed module that may be imported only now."""
    with _unwarned():
        return getattr(import_module(module), name)


@contextlib.contextmanager
def _unwarned() -> Iterator[None]:
    """Invalid escapes in a library's sources are no business of its users, not even of those with ``-W error``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
