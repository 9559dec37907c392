"""The shared modules as the core under test carries them: that of the distribution whose environment this is."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def _core() -> str:
    try:
        distribution("moltres-core")
    except PackageNotFoundError:
        return "dq_core"
    return "moltres"


CORE = _core()
"""Whose copy is tested: the leg of dq-core tests that of dq_core, the leg of moltres-core that of moltres."""


def shared(name: str) -> ModuleType:
    """A shared module, as ``dq_core._shared.databases.urls`` or ``moltres._shared.databases.urls``."""
    return import_module(f"{CORE}._shared.{name}")
