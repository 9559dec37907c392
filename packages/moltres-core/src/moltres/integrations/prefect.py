"""The Prefect tasks of ``moltres-prefect``, and the ETL pipeline."""

from ..errors import MissingDependencyError
from ..pipeline import ETLPipeline

try:
    from moltres_prefect import (
        MoltresTask,
        RowsSerializer,
        moltres_compare,
        moltres_data_quality,
        moltres_drop_staged,
        moltres_query,
        moltres_to_table,
    )
except ModuleNotFoundError as error:
    if error.name not in {"prefect", "moltres_prefect"}:
        raise
    raise MissingDependencyError.extra("moltres-prefect", "prefect", "moltres.integrations.prefect") from error

__all__ = [
    "ETLPipeline",
    "MoltresTask",
    "RowsSerializer",
    "moltres_compare",
    "moltres_data_quality",
    "moltres_drop_staged",
    "moltres_query",
    "moltres_to_table",
]
