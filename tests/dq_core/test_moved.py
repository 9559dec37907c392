"""What moved or was renamed works by its former name, and warns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from dq_core import validate
from dq_core.checks import ColumnMetricCheck, Outcome
from dq_core.former import MOVED
from support.moved import require_forwarding

NAMES = {
    "checks.completeness": ("Completeness", "checks.kinds.completeness"),
    "checks.custom": ("Custom", "checks.kinds.custom"),
    "checks.distinct_count": ("DistinctCount", "checks.kinds.distinct_count"),
    "checks.expression": ("Expression", "checks.kinds.expression"),
    "checks.foreign_key": ("ForeignKey", "checks.kinds.foreign_key"),
    "checks.freshness": ("Freshness", "checks.kinds.freshness"),
    "checks.in_range": ("InRange", "checks.kinds.in_range"),
    "checks.in_set": ("InSet", "checks.kinds.in_set"),
    "checks.length": ("Length", "checks.kinds.length"),
    "checks.not_in_set": ("NotInSet", "checks.kinds.not_in_set"),
    "checks.not_null": ("NotNull", "checks.kinds.not_null"),
    "checks.not_regex": ("NotRegex", "checks.kinds.not_regex"),
    "checks.null": ("Null", "checks.kinds.null"),
    "checks.regex": ("Regex", "checks.kinds.regex"),
    "checks.row_count": ("RowCount", "checks.kinds.row_count"),
    "checks.schema": ("Schema", "checks.kinds.schema"),
    "checks.statistic": ("Statistic", "checks.kinds.statistic"),
    "checks.type": ("Type", "checks.kinds.type"),
    "checks.unique": ("Unique", "checks.kinds.unique"),
    "check": ("ColumnCheck", "checks"),
    "dialects": ("dialect_for", "relation.dialects"),
    "dialects.base": ("Dialect", "relation.dialects.base"),
    "dialects.duckdb": ("DuckDB", "relation.dialects.duckdb"),
    "dialects.postgresql": ("PostgreSQL", "relation.dialects.postgresql"),
    "dialects.sqlite": ("SQLite", "relation.dialects.sqlite"),
    "durations": ("duration_text", "_shared.durations", "duration_for_people"),
    "engines.rows": ("is_held", "engines.arrow"),
    "engines.subject": ("Subject", "engines.rule_input", "RuleInput"),
    "execute": ("validate", "run.validate"),
    "factory": ("DataQualityCheck", "checks.factory"),
    "families": ("canonical", "relation.type_family"),
    "jsonable": ("plain", "report.jsonable"),
    "learning.model": ("LearnedRule", "learning.result"),
    "learning.render": ("to_text", "report"),
    "options": ("question", "checks.options"),
    "patterns": ("UnsupportedPatternError", "relation.pattern"),
    "plan": ("Scan", "run.plan"),
    "profiling.model": ("ValueCount", "profiling.result"),
    "profiling.render": ("to_text", "report"),
    "progress": ("shown_progress", "cli.progress"),
    "reading": ("Deadline", "run.reader"),
    "render": ("to_html", "report"),
    "render.elements": ("Markup", "report.elements"),
    "render.html": ("to_html", "report.html"),
    "render.markdown": ("to_markdown", "report.markdown"),
    "render.tables": ("Table", "report.tables"),
    "render.text": ("to_text", "report.text"),
    "render.view": ("CheckView", "report.view"),
    "sampling": ("Lots", "run.sampling", "HashedRows"),
    "shapes": ("shape", "profiling.shapes"),
    "suite": ("Suite", "run.suite"),
}


@pytest.mark.parametrize("former", MOVED)
def test_a_former_module_forwards_and_warns(former: str) -> None:
    name, home, *now = NAMES[former]
    require_forwarding(f"dq_core.{former}", name, f"dq_core.{home}", *now)


def test_a_kind_of_check_with_former_names_works_and_warns() -> None:
    with pytest.warns(DeprecationWarning, match="is now called") as caught:

        @dataclass(frozen=True, kw_only=True)
        class Newest(ColumnMetricCheck):
            kind = "newest"
            reveals = True

            def work(self, relation: Any, measured: Any) -> Any:
                del measured
                rows = yield relation.select(sa.func.max(relation[self.column]))
                return {"newest": rows[0][0]}

            def outcome(self, relation: Any, measured: Any) -> Outcome:
                del relation
                return Outcome(True, f"The newest is {measured['newest']}.", observed=measured["newest"])

    assert [str(warning.message) for warning in caught] == [
        "Newest.work is now called follow_up.",
        "Newest.reveals is now called exposes_values.",
    ]
    rows = [{"x": 1}, {"x": 7}]
    (shown,) = validate(rows, [Newest(column="x")]).results
    (masked,) = validate(rows, [Newest(column="x")], mask=["x"]).results
    assert (shown.observed, masked.observed) == (7, "***")
    assert masked.message == "The newest of a masked column is within bounds."
