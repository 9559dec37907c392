"""Statements that SQLAlchemy has no construct for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement, Executable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.selectable import SelectBase


class CreateTableAs(Executable, ClauseElement):
    """``CREATE TABLE … AS SELECT …``, whose values stay bind parameters.

    Args:
        table: The table to create; only its name and schema count.
        select: The rows, with the columns' names and types.
        temporary: Whether the table goes with the connection.
        declarations: What to declare before the rows, as an index; within parentheses, in SQL.
    """

    inherit_cache = False

    def __init__(
        self, table: Table, select: SelectBase, *, temporary: bool = False, declarations: str | None = None
    ) -> None:
        self.table = table
        self.select = select
        self.temporary = temporary
        self.declarations = declarations


@compiles(CreateTableAs)
def _create_table_as(element: CreateTableAs, compiler: SQLCompiler, **options: Any) -> str:
    kind = "TEMPORARY TABLE" if element.temporary else "TABLE"
    name = compiler.preparer.format_table(element.table)
    declared = f" ({element.declarations})" if element.declarations else ""
    return f"CREATE {kind} {name}{declared} AS {compiler.process(element.select, **options)}"


class InsertSelect(Executable, ClauseElement):
    """``INSERT INTO … SELECT …``, which may give values to columns that the database numbers by itself.

    Args:
        table: The table.
        names: Its columns, in the order of the query's.
        select: The rows.
        overriding: Whether values are given to identity columns that are ``GENERATED ALWAYS``.
    """

    inherit_cache = False

    def __init__(self, table: Table, names: Sequence[str], select: SelectBase, *, overriding: bool = False) -> None:
        self.table = table
        self.names = names
        self.select = select
        self.overriding = overriding


@compiles(InsertSelect)
def _insert_select(element: InsertSelect, compiler: SQLCompiler, **options: Any) -> str:
    names = ", ".join(compiler.preparer.quote(name) for name in element.names)
    overriding = " OVERRIDING SYSTEM VALUE" if element.overriding else ""
    into = f"INSERT INTO {compiler.preparer.format_table(element.table)} ({names})"
    return f"{into}{overriding} {compiler.process(element.select, **options)}"


class Explain(Executable, ClauseElement):
    """``EXPLAIN`` of a query, whose values stay bind parameters.

    Args:
        select: The query.
        keywords: ``EXPLAIN``, as the database spells it.
    """

    inherit_cache = False

    def __init__(self, select: SelectBase, keywords: str) -> None:
        self.select = select
        self.keywords = keywords


@compiles(Explain)
def _explain(element: Explain, compiler: SQLCompiler, **options: Any) -> str:
    return f"{element.keywords} {compiler.process(element.select, **options)}"


class RenameTable(Executable, ClauseElement):
    """``ALTER TABLE … RENAME TO …``, within its schema.

    Args:
        table: The table.
        name: Its new name.
    """

    inherit_cache = False

    def __init__(self, table: Table, name: str) -> None:
        self.table = table
        self.name = name


@compiles(RenameTable)
def _rename_table(element: RenameTable, compiler: SQLCompiler, **_: Any) -> str:
    return (
        f"ALTER TABLE {compiler.preparer.format_table(element.table)} RENAME TO {compiler.preparer.quote(element.name)}"
    )


@compiles(RenameTable, "mysql", "mariadb")
def _rename_table_of_mariadb(element: RenameTable, compiler: SQLCompiler, **_: Any) -> str:
    # A name without a schema would move the table into the database of the connection.
    preparer = compiler.preparer
    schema = f"{preparer.quote_schema(element.table.schema)}." if element.table.schema else ""
    return f"ALTER TABLE {preparer.format_table(element.table)} RENAME TO {schema}{preparer.quote(element.name)}"


class SwapTables(Executable, ClauseElement):
    """MariaDB's ``RENAME TABLE`` of two tables at once.

    Args:
        old: The table to replace.
        new: The table that gets its name.
        aside: The new name of the old table.
    """

    inherit_cache = False

    def __init__(self, old: Table, new: Table, aside: Table) -> None:
        self.old = old
        self.new = new
        self.aside = aside


@compiles(SwapTables)
def _swap_tables(element: SwapTables, compiler: SQLCompiler, **_: Any) -> str:
    old, new, aside = (compiler.preparer.format_table(table) for table in (element.old, element.new, element.aside))
    return f"RENAME TABLE {old} TO {aside}, {new} TO {old}"
