"""Prefect tasks that query, check and publish rows inside the database."""

from importlib.metadata import version

from moltres.pipeline import ETLPipeline
from moltres_prefect.call import MoltresTask
from moltres_prefect.compare import moltres_compare
from moltres_prefect.data_quality import moltres_data_quality
from moltres_prefect.query import moltres_drop_staged, moltres_query
from moltres_prefect.results import RowsSerializer
from moltres_prefect.to_table import moltres_to_table

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
__version__ = version("moltres-prefect")
