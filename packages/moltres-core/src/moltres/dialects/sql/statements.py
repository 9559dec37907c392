"""Statements that SQLAlchemy has no construct for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement, Executable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, ColumnElement, FromClause, Table
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.selectable import SelectBase


class CreateTableAs(Executable, ClauseElement):
    """``CREATE TABLE … AS SELECT …``, whose values stay bind parameters.

    Args:
        table: The table to create; only its name and schema count.
        select: The rows, with the columns' names and types.
        temporary: Whether the table goes with the connection.
        declarations: What to declare before the rows, as an index; within parentheses, in SQL.
        replaces: Whether a table of this name is replaced.
        properties: What the catalog is told of the table, in SQL.
    """

    inherit_cache = False

    def __init__(
        self,
        table: Table,
        select: SelectBase,
        *,
        temporary: bool = False,
        declarations: str | None = None,
        replaces: bool = False,
        properties: str = "",
    ) -> None:
        self.table = table
        self.select = select
        self.temporary = temporary
        self.declarations = declarations
        self.replaces = replaces
        self.properties = properties


@compiles(CreateTableAs)
def _create_table_as(element: CreateTableAs, compiler: SQLCompiler, **options: Any) -> str:
    kind = "TEMPORARY TABLE" if element.temporary else "TABLE"
    name = compiler.preparer.format_table(element.table)
    declared = f" ({element.declarations})" if element.declarations else ""
    create = "CREATE OR REPLACE" if element.replaces else "CREATE"
    properties = f" {element.properties}" if element.properties else ""
    return f"{create} {kind} {name}{declared}{properties} AS {compiler.process(element.select, **options)}"


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
    written = f"{element.keywords} {compiler.process(element.select, **options)}"
    compiler._result_columns.clear()  # noqa: SLF001 - the rows of a plan have not the types of the query's
    return written


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


class AlterTable(Executable, ClauseElement):
    """``ALTER TABLE``: what a subclass does to one column.

    Args:
        table: The table.
        column: The column with its type.
    """

    inherit_cache = False
    action = ""

    def __init__(self, table: Table, column: Column[Any]) -> None:
        self.table = table
        self.column = column


class AddColumn(AlterTable):
    """``ALTER TABLE … ADD COLUMN``: of a column that may be NULL."""

    inherit_cache = False
    action = "ADD COLUMN {name} {type}"


class AlterType(AlterTable):
    """``ALTER TABLE … ALTER COLUMN … TYPE``: the column has its new type."""

    inherit_cache = False
    action = "ALTER COLUMN {name} TYPE {type}"


@compiles(AlterTable)
def _alter_table(element: AlterTable, compiler: SQLCompiler, **_: Any) -> str:
    name = compiler.preparer.quote(element.column.name)
    type_ = compiler.dialect.type_compiler_instance.process(element.column.type, type_expression=element.column)
    return f"ALTER TABLE {compiler.preparer.format_table(element.table)} {element.action.format(name=name, type=type_)}"


class RenameTables(Executable, ClauseElement):
    """MariaDB's ``RENAME TABLE`` of many tables at once: all get their names, or none.

    Args:
        pairs: Each table and its new name, within its schema.
    """

    inherit_cache = False

    def __init__(self, pairs: Sequence[tuple[Table, str]]) -> None:
        self.pairs = pairs


@compiles(RenameTables)
def _rename_tables(element: RenameTables, compiler: SQLCompiler, **_: Any) -> str:
    preparer, parts = compiler.preparer, []
    for table, name in element.pairs:
        schema = "" if table.schema is None else f"{preparer.quote_schema(table.schema)}."
        parts.append(f"{preparer.format_table(table)} TO {schema}{preparer.quote(name)}")
    return f"RENAME TABLE {', '.join(parts)}"


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


class MergeInto(Executable, ClauseElement):
    """``MERGE INTO``: one statement that changes, deletes and adds rows.

    Args:
        table: The table to change.
        source: The rows that it is compared with, under an alias.
        on: Which of them belong together.
        deletes: Whether rows of the table that have one are deleted.
        update: The columns that are set to those of the source instead.
        insert: The columns of rows that are added for rows of the source without one.
        unless: What keeps a row of the source from being added.
    """

    inherit_cache = False

    def __init__(
        self,
        table: Table,
        source: FromClause,
        on: ColumnElement[bool],
        *,
        deletes: bool = False,
        update: Sequence[str] = (),
        insert: Sequence[str] = (),
        unless: ColumnElement[bool] | None = None,
    ) -> None:
        self.table = table
        self.source = source
        self.on = on
        self.deletes = deletes
        self.update = update
        self.insert = insert
        self.unless = unless


@compiles(MergeInto)
def _merge_into(element: MergeInto, compiler: SQLCompiler, **options: Any) -> str:
    quote = compiler.preparer.quote

    def given(name: str) -> str:
        return compiler.process(element.source.columns[name], **options)

    source = compiler.process(element.source, asfrom=True, **options)
    parts = [
        f"MERGE INTO {compiler.preparer.format_table(element.table)} USING {source}",
        f"ON {compiler.process(element.on, **options)}",
    ]
    if element.deletes:
        parts.append("WHEN MATCHED THEN DELETE")
    if element.update:
        parts.append(
            f"WHEN MATCHED THEN UPDATE SET {', '.join(f'{quote(name)} = {given(name)}' for name in element.update)}"
        )
    if element.insert:
        unless = "" if element.unless is None else f" AND NOT {compiler.process(element.unless, **options)}"
        names, values = ", ".join(map(quote, element.insert)), ", ".join(map(given, element.insert))
        parts.append(f"WHEN NOT MATCHED{unless} THEN INSERT ({names}) VALUES ({values})")  # noqa: S608 - quoted
    return " ".join(parts)
