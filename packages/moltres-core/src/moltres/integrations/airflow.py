"""The Airflow operators of ``moltres-airflow``, and the ETL pipeline."""

from ..errors import MissingDependencyError
from ..pipeline import ETLPipeline

try:
    from moltres_airflow import (
        Dsn,
        MoltresCompareOperator,
        MoltresDataQualityOperator,
        MoltresQueryOperator,
        MoltresToTableOperator,
    )
except ModuleNotFoundError as error:
    if error.name not in {"airflow", "moltres_airflow"}:
        raise
    raise MissingDependencyError.extra("moltres-airflow", "airflow", "moltres.integrations.airflow") from error

__all__ = [
    "Dsn",
    "ETLPipeline",
    "MoltresCompareOperator",
    "MoltresDataQualityOperator",
    "MoltresQueryOperator",
    "MoltresToTableOperator",
]
