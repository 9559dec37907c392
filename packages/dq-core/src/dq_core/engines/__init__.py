"""Engines: other libraries that evaluate the same rules and give the same report.

>>> from dq_core.engines import get_engine
>>> report = get_engine("dq_core").check([{"id": 1}, {"id": None}], [{"type": "not_null", "column": "id"}])
>>> report.overall_status, report.results[0].failed_rows
('failed', 1)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from .._shared.wording import did_you_mean, repr_of
from ..errors import EngineError
from .protocol import Capabilities, Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Any

    from ..checks.base import Check

__all__ = ["Capabilities", "Engine", "engine_names", "get_engine", "refusals"]

#: The module of each engine; its function ``engine`` makes one.
_MODULES = {
    "dq_core": f"{__package__}.native",
    "truthound": f"{__package__}.truthound",
    "great_expectations": f"{__package__}.great_expectations",
    "pandera": f"{__package__}.pandera",
}


#: Those that profile and learn as well.
_DESCRIBING = ("dq_core", "truthound")


def engine_names(able_to: str = "check") -> tuple[str, ...]:
    """The names that `get_engine` knows, whether or not their libraries are installed.

    Args:
        able_to: Only engines that can do this: check, profile or learn.
    """
    return _DESCRIBING if able_to in ("profile", "learn") else tuple(_MODULES)


def get_engine(name: str) -> Engine:
    """An engine by its name.

    Args:
        name: One of dq_core (requires no library), truthound, great_expectations, pandera. Dashes work as underscores.

    Raises:
        EngineError: There is no engine with this name.
        MissingDependencyError: Its library is not installed; the suggestion says how to install it.
    """
    make = cast("Callable[[], Engine]", _module(name).engine)
    return make()


def refusals(name: str, verb: str = "check", checks: Sequence[Check] = (), **options: Any) -> tuple[str, ...]:
    """What an engine refuses whatever the data is, without its library and without data.

    Args:
        name: The name of the engine.
        verb: check, profile or learn.
        checks: The rules, for check.
        **options: Options that the engine would get: ``parallel``, ``max_workers``, ``include_histograms``,
            ``semantics``.

    Returns:
        One sentence for each problem; with none, the engine may still refuse the columns that it meets.

    Raises:
        EngineError: There is no engine with this name.
    """
    found = cast("Callable[..., tuple[str, ...]]", _module(name).refusals)
    return found(verb, checks, options)


def _module(name: str) -> ModuleType:
    given: object = name
    known = name.replace("-", "_") if isinstance(given, str) else ""
    if known not in _MODULES:
        hint = did_you_mean(name, _MODULES)
        raise EngineError(
            f"The engine {repr_of(name)} does not exist. The engines are: {', '.join(_MODULES)}.",
            suggestion=hint or "dq_core requires no other library.",
            context={"engine": name if isinstance(given, str) else repr_of(name)},
        )
    return import_module(_MODULES[known])
