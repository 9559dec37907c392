"""What every dialect of moltres must do. A dialect from elsewhere subclasses `DialectConformance` and gives it a `url`.

What a database cannot do is a capability of its `Dialect` (`transactional_ddl`, `arrays`, `nan`, `statement_timeout`,
`cancellation`, or a `column_type` that is None), never a name in here: each test then asserts the refusal instead, or
runs up to it (`refusals`).
"""

from __future__ import annotations

from support.dialect_conformance.all_or_nothing import AllOrNothing, LostConnections
from support.dialect_conformance.binds import Binds
from support.dialect_conformance.casts import Casts
from support.dialect_conformance.expressions import Expressions
from support.dialect_conformance.handoff import HandOff
from support.dialect_conformance.history import Histories
from support.dialect_conformance.incremental import IncrementalLoads
from support.dialect_conformance.merge import Merge
from support.dialect_conformance.missing_rows import MissingRows
from support.dialect_conformance.modes import Modes
from support.dialect_conformance.moments import Moments
from support.dialect_conformance.names import Names
from support.dialect_conformance.order import Order
from support.dialect_conformance.overwrite import Overwrite
from support.dialect_conformance.partitions import Partitions
from support.dialect_conformance.queries import Queries
from support.dialect_conformance.receipts import Receipts
from support.dialect_conformance.rejects import RejectedRows
from support.dialect_conformance.run_keys import RunKeys
from support.dialect_conformance.schema_changes import SchemaChanges
from support.dialect_conformance.sequences import Sequences
from support.dialect_conformance.sql_text import SqlText
from support.dialect_conformance.statements import Statements
from support.dialect_conformance.targets import Targets
from support.dialect_conformance.together import Together
from support.dialect_conformance.transactions import Transactions
from support.dialect_conformance.values import Values
from support.dialect_conformance.verbs import Verbs
from support.dialect_conformance.waits import Waits

__all__ = ["Computing", "DialectConformance", "Keeping", "LostConnections"]


class Keeping(
    Values,
    Modes,
    Overwrite,
    Merge,
    Partitions,
    RunKeys,
    Sequences,
    Receipts,
    IncrementalLoads,
    MissingRows,
    Histories,
    RejectedRows,
    SchemaChanges,
    AllOrNothing,
    Transactions,
    Statements,
    Targets,
    Names,
    HandOff,
    Queries,
    Order,
    Waits,
):
    """What whoever keeps the rows does with them."""


class Computing(SqlText, Binds, Casts, Expressions, Moments, Together, Verbs):
    """What the engine does with rows, whoever keeps them."""


class DialectConformance(Keeping, Computing):
    """All suites. A database behind a server subclasses `LostConnections` as well."""
