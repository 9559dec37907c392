"""Other columns for a table that stays the same table."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table, Transaction
    from pyiceberg.table.metadata import TableMetadata


def evolved_schema(metadata: TableMetadata, new: Schema) -> Schema:
    """New columns with the ids that they have in a table: those of columns of the same name and type, else new ones.

    Args:
        metadata: The table.
        new: The columns, with ids of their own.
    """
    from pyiceberg.schema import Schema, assign_fresh_schema_ids

    old = {one.name: one for one in metadata.schema().fields}
    numbers = count(metadata.last_column_id + 1)
    fields = []
    for one in new.fields:
        known = old.get(one.name)
        if known is not None and known.field_type == one.field_type:
            fields.append(known)
        else:
            optional = one.model_copy(update={"required": False})
            fields.append(assign_fresh_schema_ids(Schema(optional), lambda: next(numbers)).fields[0])
    return Schema(*fields, schema_id=max(known.schema_id for known in metadata.schemas) + 1)


def evolve(transaction: Transaction, schema: Schema) -> None:
    """Give a table other columns, unless somebody else has done so."""
    from pyiceberg.table.update import AddSchemaUpdate, AssertCurrentSchemaId, SetCurrentSchemaUpdate

    current = transaction.table_metadata.current_schema_id
    transaction._apply(  # noqa: SLF001 - update_schema() finds columns by names, of which two can be the same here
        (AddSchemaUpdate(schema=schema), SetCurrentSchemaUpdate.model_validate({"schema-id": -1})),
        (AssertCurrentSchemaId.model_validate({"current-schema-id": current}),),
    )


def evolved(table: Table, new: Schema) -> TableMetadata:
    """The metadata of a table as it will be with other columns."""
    transaction = table.transaction()
    evolve(transaction, evolved_schema(table.metadata, new))
    return transaction.table_metadata


def partitions_without(metadata: TableMetadata, new: Schema) -> list[str]:
    """The columns that partitions are made of, and that new columns do not have with the same type."""
    kept = {one.field_id for one in evolved_schema(metadata, new).fields}
    sources: dict[Any, str | None] = {
        one.source_id: metadata.schema().find_column_name(one.source_id)
        for one in metadata.spec().fields
        if one.source_id not in kept
    }
    return [name for name in sources.values() if name is not None]
