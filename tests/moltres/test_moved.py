"""Every module that moved works by its former name, and warns."""

from __future__ import annotations

import pytest

from moltres.former import MOVED
from support.moved import require_forwarding

NAMES = {
    "arrow": ("to_rows", "types.arrow"),
    "catalog": ("reflect", "dialects.catalog"),
    "combine": ("join", "frame.joins"),
    "dataframe": ("DataFrame", "frame.dataframe"),
    "dialects.clock": ("Clock", "_shared.statements"),
    "dialects.pgcopy": ("encode", "dialects.postgresql.copy_in"),
    "dialects.pgread": ("copy_statement", "dialects.postgresql.copy_out"),
    "dialects.sqlite_types": ("ExactNumeric", "dialects.sqlite.types"),
    "dml": ("delete", "write.dml"),
    "encoding": ("encode", "handoff.encoding"),
    "exports": ("export", "write.export"),
    "expressions": ("col", "frame.expressions"),
    "failures": ("translated", "dialects.error_translation"),
    "files": ("register_filesystem", "read.files"),
    "infer": ("infer", "types.infer"),
    "kinds": ("Kind", "types.logical", "LogicalType"),
    "loads": ("Load", "write.load_log"),
    "modes": ("Target", "write.target"),
    "reading": ("collect", "read.fetch"),
    "records": ("Records", "types.records"),
    "reference": ("Reference", "handoff.reference"),
    "shape": ("Seal", "frame.select_state"),
    "sources": ("same_database", "write.inputs"),
    "sqltext": ("statement", "read.sql_text"),
    "staging": ("stage_name", "handoff.staging"),
    "tabular": ("arrow_to_pandas", "types.frames"),
    "targets": ("masked", "_shared.masking"),
    "transfer": ("Stream", "write.stream"),
    "verbs": ("named", "frame.verbs"),
}


@pytest.mark.parametrize("former", MOVED)
def test_a_former_module_forwards_and_warns(former: str) -> None:
    name, home, *now = NAMES[former]
    require_forwarding(f"moltres.{former}", name, f"moltres.{home}", *now)
