"""The Airflow operators of ``moltres-airflow``, and the ETL pipeline."""

from moltres.errors import MissingDependencyError
from moltres.pipeline import ETLPipeline

try:
    from moltres_airflow import MoltresDataQualityOperator, MoltresQueryOperator, MoltresToTableOperator
except ModuleNotFoundError as error:
    if error.name not in {"airflow", "moltres_airflow"}:
        raise
    raise MissingDependencyError.extra("moltres-airflow", "airflow", "moltres.integrations.airflow") from error

__all__ = ["ETLPipeline", "MoltresDataQualityOperator", "MoltresQueryOperator", "MoltresToTableOperator"]
