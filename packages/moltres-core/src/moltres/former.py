"""The former names of modules, and where their names are now."""

from typing import Final

from ._shared.former import forward

__all__ = ["MOVED", "forward"]

MOVED: Final = {
    "arrow": (".types.arrow",),
    "catalog": (".dialects.catalog", "._shared.databases.tables"),
    "combine": (".frame.joins", ".frame.set_operations"),
    "dataframe": (".frame.dataframe",),
    "dialects.clock": ("._shared.statements",),
    "dialects.pgcopy": (".dialects.postgresql.copy_in",),
    "dialects.pgread": (".dialects.postgresql.copy_out",),
    "dialects.sqlite_types": (".dialects.sqlite.types",),
    "dml": (".write.dml",),
    "encoding": (".handoff.encoding",),
    "exports": (".write.export",),
    "expressions": (".frame.expressions",),
    "failures": (".dialects.error_translation",),
    "files": (".read.files",),
    "infer": (".types.infer",),
    "kinds": (".types.logical:Kind=LogicalType,kind_of=logical_type",),
    "loads": (".write.load_log",),
    "modes": (".write.modes", ".write.target", ".frame.source"),
    "reading": (".read.fetch", ".read.display", ".read.explain"),
    "records": (".types.records",),
    "reference": (".handoff.reference",),
    "shape": (".frame.select_state",),
    "sources": (".write.inputs", ".write.target"),
    "sqltext": (".read.sql_text",),
    "staging": (".handoff.staging",),
    "tabular": (".types.frames",),
    "targets": (".dialects.connections.binding", "._shared.masking"),
    "transfer": (".write.stream",),
    "verbs": (".frame.verbs",),
}
"""For `forward`, which other packages that build on this one use as well."""
