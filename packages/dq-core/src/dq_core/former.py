"""The former names of modules, and where their names are now."""

from typing import Final

from ._shared.former import forward

__all__ = ["MOVED", "forward"]

_KINDS = (
    "completeness", "custom", "distinct_count", "expression", "foreign_key", "freshness", "in_range", "in_set",
    "length", "not_in_set", "not_null", "not_regex", "null", "regex", "row_count", "schema", "statistic", "type",
    "unique",
)  # fmt: skip

MOVED: Final = {
    **{f"checks.{kind}": (f".checks.kinds.{kind}",) for kind in _KINDS},
    "check": (".checks", ".relation.selection"),
    "dialects": (".relation.dialects", ".relation.dialects.base"),
    "dialects.base": (".relation.dialects.base", ".relation.selection"),
    "dialects.duckdb": (".relation.dialects.duckdb",),
    "dialects.postgresql": (".relation.dialects.postgresql",),
    "dialects.sqlite": (".relation.dialects.sqlite",),
    "durations": ("._shared.durations:duration_text=duration_for_people",),
    "engines.rows": (".engines.arrow",),
    "engines.subject": (".engines.rule_input:Subject=RuleInput",),
    "execute": (".run.validate", ".run.reader"),
    "factory": (".checks.factory",),
    "families": (".relation.type_family", "._shared.infer"),
    "jsonable": (".report.jsonable", "._shared.json_values"),
    "learning.model": (".learning.result",),
    "learning.render": (".report",),
    "options": (".checks.options", "._shared.arguments"),
    "patterns": (".relation.pattern",),
    "plan": (".run.plan",),
    "profiling.model": (".profiling.result",),
    "profiling.render": (".report",),
    "progress": (".cli.progress",),
    "reading": (".run.reader", "._shared.statements"),
    "render": (".report",),
    "render.elements": (".report.elements",),
    "render.html": (".report.html",),
    "render.markdown": (".report.markdown",),
    "render.tables": (".report.tables",),
    "render.text": (".report.text",),
    "render.view": (".report.view", ".report"),
    "sampling": (".run.sampling:Lots=HashedRows,lot=row_hash",),
    "shapes": (".profiling.shapes",),
    "suite": (".run.suite",),
}
"""For `forward`, which other packages that build on this one use as well."""
