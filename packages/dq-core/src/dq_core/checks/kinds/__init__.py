"""The kinds of check, one module each."""

from importlib import import_module
from pkgutil import iter_modules

__all__ = ["load"]


def load() -> None:
    """Import every module of this folder; each registers its kind."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
