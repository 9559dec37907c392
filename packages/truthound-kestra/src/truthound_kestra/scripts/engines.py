"""The engines of the scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import choice, pip_line
from dq_core.engines import get_engine as dq_get_engine
from truthound_kestra.errors import EngineError, MissingDependencyError

if TYPE_CHECKING:
    from dq_core.engines import Engine

__all__ = ["ENGINES", "get_engine"]

#: The name of each engine, and the extra that installs its library; None if it requires none.
ENGINES: Final[dict[str, str | None]] = {
    "truthound": "truthound",
    "dq_core": None,
    "great_expectations": "great-expectations",
    "pandera": "pandera",
}


def get_engine(name: str = "truthound", **options: Any) -> Engine:
    """An engine by name.

    Args:
        name: truthound, dq_core, great_expectations or pandera.
        **options: Options of that engine.

    Returns:
        An engine with the methods ``check``, ``profile`` and ``learn``.

    Raises:
        EngineError: The engine does not exist, or its library is not installed; the hint says how to install it.
    """
    for problem in choice("engine_name", name, ENGINES):
        raise EngineError(problem)
    try:
        return dq_get_engine(name, **options)
    except MissingDependencyError as error:
        extra = ENGINES.get(name)
        install = pip_line(extra or name, core="truthound-kestra", extra=extra)
        raise EngineError(
            f"The engine {name!r} is not installed: {error.message}",
            suggestion=f'{install}, or use engine_name="dq_core".',
            context={"engine": name},
        ) from error
