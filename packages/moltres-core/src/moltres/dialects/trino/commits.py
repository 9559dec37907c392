"""What a write needs of Trino: rows within a statement, and what became of a query."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, literal_column, select, text
from sqlalchemy import cast as sql_cast
from sqlalchemy.exc import DBAPIError

from ...errors import ConfigurationError, SchemaMismatchError
from ...types.logical import is_known, logical_type
from ..base.publishing import Publishing, Snapshot
from ..sql.statements import CreateTableAs
from . import types
from .errors import is_missing
from .watch import ENDED, watch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, FromClause
    from sqlalchemy.sql.selectable import SelectBase
    from sqlalchemy.types import TypeEngine

    from ...types.arrow import Named

MOST_CHARACTERS = 700_000
"""Of the rows in one statement: `query.max-length` of the server is a million by default."""

_UNKNOWN = "Cannot determine whether the commit was successful"
"""What Iceberg's CommitStateUnknownException says."""

# A query that is stopped while it commits has FAILED at once; its tasks are ABORTING until the commit is made.
# See decision 0142.
_STATES = text(
    "SELECT state FROM system.runtime.queries WHERE query_id = :query"
    " UNION SELECT state FROM system.runtime.tasks WHERE query_id = :query"
)


class Commits(Publishing):
    """How a write that is one statement is made, and found again."""

    takes_files = True

    def fitted(
        self, columns: Sequence[Named], query: SelectBase, declared: Mapping[str, TypeEngine[Any]] | None = None
    ) -> SelectBase:
        """With casts where a type would change."""
        rows = query.subquery()
        made = []
        for (name, given), element in zip(columns, rows.columns, strict=True):
            kept = (declared or {}).get(name) or self.column_type(given)
            if kept is None:
                raise _unheld(name, given)
            same = not is_known(given) or types.spelled(kept) == types.spelled(given)
            made.append(element if same and is_known(given) else sql_cast(element, kept).label(name))
        if all(new is old for new, old in zip(made, rows.columns, strict=True)):
            return query
        return select(*made)

    def parts(self, encoded: Iterable[str]) -> Iterator[list[str]]:
        """By their length in the statement."""
        part: list[str] = []
        size = 0
        for row in encoded:
            length = self.length(row)
            if part and size + length > MOST_CHARACTERS:
                yield part
                part, size = [], 0
            part.append(row)
            size += length
        if part:
            yield part

    def length(self, row: str) -> int:
        """The characters of a row in a statement."""
        return len(row) + row.count("'") + 1

    def fits(self, characters: int) -> bool:
        """Whether rows of so many characters fit into one statement."""
        return characters <= MOST_CHARACTERS

    def inline(self, connection: Connection, columns: Sequence[Named], encoded: Sequence[str]) -> FromClause:
        """Rows as a part of a statement: one string, which the server takes apart."""
        del connection
        made = [
            literal_column(types.from_text(f"moltres[{place}]", type_), type_).label(name)
            for place, (name, type_) in enumerate(columns, start=1)
        ]
        rows = text("UNNEST(CAST(json_parse(:moltres_rows) AS ARRAY(ARRAY(VARCHAR)))) AS rows (moltres)")
        given = rows.bindparams(moltres_rows=f"[{','.join(encoded)}]")
        return select(*made).select_from(given).subquery("given")

    def add_files(self, connection: Connection, table: Table, location: str) -> None:
        """By the procedure of Iceberg; dropping the table removes the files."""
        name = connection.dialect.identifier_preparer.format_table(table)
        place = location.replace("'", "''")
        connection.exec_driver_sql(f"ALTER TABLE {name} EXECUTE add_files(location => '{place}', format => 'PARQUET')")

    def replace_as(
        self,
        connection: Connection,
        table: Table,
        columns: Sequence[Named],
        query: SelectBase,
        declared: Mapping[str, TypeEngine[Any]] | None = None,
    ) -> CreateTableAs | None:
        """CREATE OR REPLACE TABLE, with the properties of the table that is there."""
        name = connection.dialect.identifier_preparer.format_table(table)
        shown = str(connection.exec_driver_sql(f"SHOW CREATE TABLE {name}").scalar_one())
        listed, _, rest = shown.partition("\n)")
        comment, _, with_ = rest.partition("WITH (")
        if re.search(r" NOT NULL,?$| COMMENT '", listed, re.MULTILINE) or "COMMENT" in comment:
            return None
        layout = re.findall(r"^ +(?:partitioning|sorted_by) = ARRAY\[(.*)\],?$", with_, re.MULTILINE)
        names = {given for given, _ in columns}
        gone = [
            one.name
            for one in table.columns
            if one.name not in names and any(re.search(rf"\b{re.escape(one.name)}\b", part) for part in layout)
        ]
        if gone:
            raise ConfigurationError(
                f"The new rows have no column {gone[0]!r}, by which the table {table.name!r} is partitioned or sorted.",
                suggestion="Drop the table first, or write to another name.",
            )
        kept = [
            line.strip().rstrip(",")
            for line in with_.splitlines()
            if re.match(r" +\w+ = ", line) and not line.strip().startswith("location")
        ]
        properties = f"WITH ({', '.join(kept)})" if kept else ""
        return CreateTableAs(table, self.fitted(columns, query, declared), replaces=True, properties=properties)

    # -- queries

    def announced(self, connection: Connection, started: Callable[[str], None]) -> AbstractContextManager[None]:
        """By the driver, which is told the id before it asks the server to run the query."""
        return watch_of(connection).announced(started)

    def is_running(self, connection: Connection, query: str) -> bool:
        """As the coordinator says of it and its tasks.

        A query whose results nobody asks for is given up after `query.client.timeout`.
        """
        return not ENDED.issuperset(connection.execute(_STATES, {"query": query}).scalars())

    def has_lost(self, error: BaseException) -> bool:
        """As Iceberg says, unless its catalog cannot tell whether it has committed."""
        return getattr(error, "error_name", None) == "ICEBERG_COMMIT_ERROR" and _UNKNOWN not in str(error)

    def fingerprint(self, connection: Connection, table: Table) -> str | None:
        """The snapshot that is current."""
        if not self.capabilities.replaces_rows:
            return None
        found = self.snapshots(connection, table)
        return str(found[-1].number) if found else None

    def snapshots(self, connection: Connection, table: Table) -> list[Snapshot]:
        """Those of Iceberg, whose summary names the query."""
        preparer = connection.dialect.identifier_preparer
        schema = f"{preparer.quote_schema(table.schema)}." if table.schema else ""
        name = f"{schema}{preparer.quote(f'{table.name}$snapshots')}"
        listed = f"SELECT snapshot_id, parent_id, summary FROM {name} ORDER BY committed_at"  # noqa: S608 - quoted
        try:
            found = connection.exec_driver_sql(listed).all()
        except DBAPIError as error:
            if error.orig is not None and is_missing(error.orig):
                return []
            raise
        return [
            Snapshot(number, parent, summary.get("trino_query_id"), dict(summary)) for number, parent, summary in found
        ]


def _unheld(name: str, type_: Any) -> SchemaMismatchError:
    return SchemaMismatchError(
        "trino has no type that keeps these values.",
        mismatches=[f"column {name!r} is {logical_type(type_)}"],
        suggestion="Cast the columns before writing, to a string for example.",
    )
