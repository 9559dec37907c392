"""Documented names for data and Kestra's variables; they forward to the modules that define them."""

from truthound_kestra.kestra.context import (
    ExecutionContext,
    create_kestra_output,
    get_execution_context,
    get_kestra_variable,
)
from truthound_kestra.kestra.values import data_source
from truthound_kestra.scripts.data import load_data
from truthound_kestra.scripts.sources import DataSourceType, detect_data_source_type

__all__ = [
    "DataSourceType",
    "ExecutionContext",
    "create_kestra_output",
    "data_source",
    "detect_data_source_type",
    "get_execution_context",
    "get_kestra_variable",
    "load_data",
]
