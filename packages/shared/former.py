"""Former names of modules: importing one gives the names from where they are now, and warns."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.abc import Loader
    from types import ModuleType

__all__ = ["forward"]


def forward(package: str, moved: Mapping[str, Sequence[str]]) -> None:
    """Let the former names of modules be imported.

    Args:
        package: The package, which may be a copy under another one.
        moved: For each former name below the package, the modules that have its names now, absolute or relative
            (``.new.module``). ``.new.module:Old=New`` has a name that changed as well.
    """
    sys.meta_path.append(_Finder(package, moved))


class _Finder:
    """Finds the modules that no file has any more; it stands behind the finders of files."""

    def __init__(self, package: str, moved: Mapping[str, Sequence[str]]) -> None:
        self._prefix = f"{package}."
        self._moved = moved

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The spec of a former name."""
        del path, target
        former = name.removeprefix(self._prefix)
        if former == name or former not in self._moved:
            return None
        has_parts = any(other.startswith(f"{former}.") for other in self._moved)
        return ModuleSpec(name, cast("Loader", self), is_package=has_parts)

    def create_module(self, spec: ModuleSpec) -> None:
        """Nothing of its own: an empty module."""

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module, and warn."""
        homes = self._moved[module.__name__.removeprefix(self._prefix)]
        named = [home.partition(":")[0] for home in homes]
        found = [import_module(home, self._prefix.removesuffix(".")) for home in named]
        renamed = {
            old: new
            for home in homes
            for old, _, new in [pair.partition("=") for pair in home.partition(":")[2].split(",") if pair]
        }

        def look_up(name: str) -> Any:
            for home in found:
                if hasattr(home, renamed.get(name, name)):
                    return getattr(home, renamed.get(name, name))
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

        vars(module)["__getattr__"] = look_up
        vars(module)["__all__"] = sorted({name for home in found for name in dir(home) if not name.startswith("_")})
        places = ", ".join(home.__name__ for home in found)
        message = f"{module.__name__} is deprecated: its names are in {places}."
        warnings.warn(message, DeprecationWarning, stacklevel=2)
