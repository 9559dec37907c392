"""Airflow operators that query, check, compare and publish rows inside the database.

:class:`MoltresQueryOperator` hands rows over, :class:`MoltresDataQualityOperator` judges them,
:class:`MoltresCompareOperator` compares two tables, :class:`MoltresToTableOperator` publishes rows.
``docs/guides/airflow.md`` is the guide.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from moltres.former import forward

if TYPE_CHECKING:
    from moltres import ETLPipeline
    from moltres_airflow.compare import MoltresCompareOperator
    from moltres_airflow.dsn import Dsn
    from moltres_airflow.quality import MoltresDataQualityOperator
    from moltres_airflow.query import MoltresQueryOperator
    from moltres_airflow.to_table import MoltresToTableOperator

__all__ = [
    "Dsn",
    "ETLPipeline",
    "MoltresCompareOperator",
    "MoltresDataQualityOperator",
    "MoltresQueryOperator",
    "MoltresToTableOperator",
]

__version__ = version("moltres-airflow")

_HOME = {
    "Dsn": "moltres_airflow.dsn",
    "ETLPipeline": "moltres",
    "MoltresCompareOperator": "moltres_airflow.compare",
    "MoltresDataQualityOperator": "moltres_airflow.quality",
    "MoltresQueryOperator": "moltres_airflow.query",
    "MoltresToTableOperator": "moltres_airflow.to_table",
}


def __getattr__(name: str) -> Any:
    # Airflow imports this package for its entry point while Airflow itself is half imported: operators only on demand.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


forward(__name__, {"database": (".connections", ".errors")})
