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
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from .former import MOVED, forward

if TYPE_CHECKING:
    from . import functions
    from .database import Database, connect
    from .errors import MoltresError
    from .frame.dataframe import DataFrame
    from .frame.expressions import col, func, lit, when
    from .handoff import Reference, drop_staged, hand_over, pick_up
    from .pipeline import ETLPipeline
    from .replicating import Replication, replicate
    from .types.receipt import Receipt, Verification
    from .types.records import Records
    from .write.receipt_log import receipts
    from .write.verification import verify

_HOMES = {
    "DataFrame": ".frame.dataframe",
    "Database": ".database",
    "ETLPipeline": ".pipeline",
    "MoltresError": ".errors",
    "Receipt": ".types.receipt",
    "Records": ".types.records",
    "Reference": ".handoff",
    "Replication": ".replicating",
    "Verification": ".types.receipt",
    "col": ".frame.expressions",
    "connect": ".database",
    "drop_staged": ".handoff",
    "func": ".frame.expressions",
    "functions": ".functions",
    "hand_over": ".handoff",
    "lit": ".frame.expressions",
    "pick_up": ".handoff",
    "receipts": ".write.receipt_log",
    "replicate": ".replicating",
    "verify": ".write.verification",
    "when": ".frame.expressions",
}

__all__ = [
    "DataFrame",
    "Database",
    "ETLPipeline",
    "MoltresError",
    "Receipt",
    "Records",
    "Reference",
    "Replication",
    "Verification",
    "__version__",
    "col",
    "connect",
    "drop_staged",
    "func",
    "functions",
    "hand_over",
    "lit",
    "pick_up",
    "receipts",
    "replicate",
    "verify",
    "when",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(_HOMES[name], __name__)
    value = home if name == "functions" else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _version() -> str:
    """The version of the distribution; of a copy in another package nothing is known."""
    if __name__ == "moltres":
        try:
            return version("moltres-core")
        except PackageNotFoundError:
            pass  # a source tree that is not installed
    return "0+unknown"


forward(__name__, MOVED)
