"""The engines that the scripts can work with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dq_core.engines import get_engine as dq_get_engine
from truthound_kestra.errors import EngineError, MissingDependencyError

if TYPE_CHECKING:
    from dq_core.engines import Engine

__all__ = ["ENGINES", "get_engine"]

#: Name of each engine, and the extra that brings its library; None where nothing is needed.
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
        **options: Of that engine.

    Returns:
        An engine with the methods ``check``, ``profile`` and ``learn``.

    Raises:
        EngineError: There is no such engine, or its library is not installed; says how to install it, and which engine
            needs none.
    """
    try:
        return dq_get_engine(name, **options)
    except MissingDependencyError as error:
        extra = ENGINES.get(name)
        raise EngineError(
            f"The engine {name!r} is not installed: {error.message}",
            suggestion=f'pip install "truthound-kestra[{extra}]", or use engine_name="dq_core", which needs nothing.',
            context={"engine": name},
        ) from error
