"""Data quality in Kestra: scripts that check, profile and learn, flows that run them, outputs, and service levels.

The parts are imported from where they are: `truthound_kestra.scripts`, `truthound_kestra.flows`,
`truthound_kestra.outputs`, `truthound_kestra.sla`, `truthound_kestra.utils`. Each is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any

__all__ = ["__version__", "flows", "outputs", "scripts", "sla", "utils"]

__version__ = version("truthound-kestra")


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
