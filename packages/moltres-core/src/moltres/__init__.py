"""Lazy DataFrames on SQLAlchemy: read, transform and write rows where they are.

::

    from moltres import col, connect

    db = connect("postgresql://user@localhost/shop")
    adults = db.table("users").select("id", "email").where(col("active") == True)
    adults.collect()
    adults.write.save_as_table("adults", mode="overwrite")

Names are imported when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moltres.database import Database, connect
    from moltres.dataframe import DataFrame
    from moltres.errors import MoltresError
    from moltres.expressions import col, func, lit, when
    from moltres.handoff import Reference, drop_staged, hand_over, pick_up
    from moltres.pipeline import ETLPipeline
    from moltres.records import Records

_HOMES = {
    "DataFrame": "moltres.dataframe",
    "Database": "moltres.database",
    "ETLPipeline": "moltres.pipeline",
    "MoltresError": "moltres.errors",
    "Records": "moltres.records",
    "Reference": "moltres.handoff",
    "col": "moltres.expressions",
    "connect": "moltres.database",
    "drop_staged": "moltres.handoff",
    "func": "moltres.expressions",
    "hand_over": "moltres.handoff",
    "lit": "moltres.expressions",
    "pick_up": "moltres.handoff",
    "when": "moltres.expressions",
}

__all__ = [
    "DataFrame",
    "Database",
    "ETLPipeline",
    "MoltresError",
    "Records",
    "Reference",
    "__version__",
    "col",
    "connect",
    "drop_staged",
    "func",
    "hand_over",
    "lit",
    "pick_up",
    "when",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("moltres-core")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
