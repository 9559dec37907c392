"""Values that are not of the type of their column, on their way back into a table that has the same column."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ..types.infer import infer
from ..types.logical import logical_type, misfit
from .stream import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.types import TypeEngine

    from .request import WriteRequest
    from .stream import Keeps
    from .target import Target


def keeps_of(target: Target, request: WriteRequest) -> Keeps | None:
    """How a table that is overwritten keeps values which are not of the type that is told of their column.

    A database that does not hold values to the type of their column gives such rows. They go back into the same
    column, and the table stays as it is.

    Args:
        target: The table.
        request: What was asked for.

    Returns:
        What says so of each column; None where no such rows are taken.
    """
    table = target.table
    if table is None or request.mode != "overwrite":
        return None
    types = {column.key: column.type for column in table.columns}

    def keeps(name: str, told: TypeEngine[Any], values: Sequence[Any]) -> Kept | None:
        type_, fault = types.get(name), None
        if type_ is None or logical_type(told).name != logical_type(type_).name:
            return None
        try:
            if misfit(logical_type(infer(values)), logical_type(type_), checked=True) is None:
                return None  # other values of its type
        except TypeError as error:
            fault = str(error)
        stored = partial(target.dialect.kept, target.connection, type_)
        return None if stored(values) is None else Kept(stored, fault)

    return keeps
