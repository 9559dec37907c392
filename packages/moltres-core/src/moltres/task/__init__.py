"""What a task of an orchestrator is, once for all orchestrators: adapters translate to it and back, nothing else."""

from .._shared.files.readers import meant_url
from .._shared.masking import masked, secrets_of
from .._shared.wording import with_hint
from ..dialects.connections.binding import make_engine, parse_url
from .identity import refuse_unknown_coordinates, run_name
from .lineage import Dataset, Lineage, compared, handed_over, table, tables_in, with_origin
from .naming import Run, adopt, name_queries, named_target
from .options import HandoffOptions, WriteOptions, refuse
from .query import Query, QueryOutcome, numeric_columns, rows_to_check, run_query
from .work import BEAT, Stop, run_stoppable
from .write import WriteOutcome, run_write

__all__ = [
    "BEAT",
    "Dataset",
    "HandoffOptions",
    "Lineage",
    "Query",
    "QueryOutcome",
    "Run",
    "Stop",
    "WriteOptions",
    "WriteOutcome",
    "adopt",
    "compared",
    "handed_over",
    "make_engine",
    "masked",
    "meant_url",
    "name_queries",
    "named_target",
    "numeric_columns",
    "parse_url",
    "refuse",
    "refuse_unknown_coordinates",
    "rows_to_check",
    "run_name",
    "run_query",
    "run_stoppable",
    "run_write",
    "secrets_of",
    "table",
    "tables_in",
    "with_hint",
    "with_origin",
]
