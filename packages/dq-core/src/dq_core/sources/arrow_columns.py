"""Columns of Arrow that DuckDB cannot read, or not with all digits: converted exactly, or given as values.

It reads only the microseconds of instants and intervals, and no half floats, long decimals, unions and structures
without fields, also within lists, structures, maps and dictionaries. It breaks down at dictionaries and runs of
decimals, lists and structures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["arrow_column", "arrow_columns", "is_odd"]


def arrow_columns(table: Any) -> tuple[Any, dict[str, list[Any]]]:
    """An Arrow table as DuckDB reads it, and the columns that it cannot read, as values."""
    odd: dict[str, list[Any]] = {}
    for place, field in reversed(list(enumerate(table.schema))):
        column = table.column(place)
        native, values = arrow_column(column)
        if values is not None:
            odd[field.name] = values
            table = table.remove_column(place)
        elif native is not column:
            table = table.set_column(place, field.name, native)
    return table, odd


def arrow_column(column: Any) -> tuple[Any, list[Any] | None]:
    """A column of Arrow in chunks as DuckDB reads it, or the values one by one if it cannot be read as it is."""
    import pyarrow as pa

    if not is_odd(column.type):
        return column, None
    column = _decoded(column)
    kind = column.type
    if not is_odd(kind):
        return column, None
    if pa.types.is_float16(kind):
        return column.cast(pa.float32()), None
    if pa.types.is_timestamp(kind):
        return column.cast(pa.int64()).cast(pa.timestamp("ns")) if _is_cut(column) else column, None
    if all(map(_may_be_cut, _parts(kind))) and not _is_cut(column):
        return column, None
    return None, _values(column)


def _decoded(column: Any) -> Any:
    """A column without dictionaries and runs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        taken = [one.dictionary.take(one.indices) for one in column.chunks]
    elif pa.types.is_run_end_encoded(kind):
        taken = []
        for one in column.chunks:
            places = pa.array(range(len(one.values)), pa.int64())
            runs = pa.RunEndEncodedArray.from_arrays(one.run_ends, places).slice(one.offset, len(one))
            taken.append(one.values.take(pc.run_end_decode(runs)))
    else:
        return column
    return _decoded(pa.chunked_array(taken, kind.value_type))


def _values(column: Any) -> list[Any]:
    """The values as Python's own, or as Arrow's where Python's would have fewer digits."""
    if not _may_be_cut(column.type):
        try:
            return list(column.to_pylist())
        except ValueError:  # Python has no nanoseconds, unless pandas is installed
            pass
    return [one if one.is_valid else None for one in column]


def _is_cut(column: Any) -> bool:
    """Whether DuckDB would cut nanoseconds off in a column in chunks."""
    return any(map(_has_nanoseconds, column.chunks))


def _has_nanoseconds(array: Any) -> bool:
    """Whether an array has moments or intervals, also within others, with more than microseconds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if not any(map(_may_be_cut, _parts(kind))):
        return False
    if not _may_be_cut(kind):
        return any(map(_has_nanoseconds, _within(array)))
    if pa.types.is_interval(kind):
        return any(one.is_valid and one.value.nanoseconds % 1000 for one in array)
    number = array.cast(pa.int64())
    return bool(pc.any(pc.not_equal(number, pc.multiply(pc.divide(number, 1000), 1000))).as_py())


def _within(array: Any) -> list[Any]:
    """The arrays of which an array consists."""
    import pyarrow as pa
    import pyarrow.compute as pc

    types = pa.types
    if types.is_dictionary(array.type):
        return [array.dictionary]
    if types.is_run_end_encoded(array.type):
        return [array.values]
    if types.is_map(array.type):
        return [array.keys, array.items]
    return list(array.flatten()) if types.is_struct(array.type) else [pc.list_flatten(array)]


def is_odd(kind: Any) -> bool:
    """Whether DuckDB may not read an Arrow type as it is."""
    return _is_encoded(kind) or any(_may_be_cut(part) or _is_unread(part) for part in _parts(kind))


def _is_encoded(kind: Any) -> bool:
    """Whether a type has, somewhere within, dictionaries or runs of values at which DuckDB breaks down."""
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        value = kind.value_type
        return bool(types.is_decimal(value) or types.is_nested(value) or _is_encoded(value))
    return any(_is_encoded(kind.field(place).type) for place in range(kind.num_fields))


def _parts(kind: Any) -> Iterator[Any]:
    """The types of the values that a value of an Arrow type consists of."""
    import pyarrow as pa

    types = pa.types
    if types.is_map(kind):
        yield from _parts(kind.key_type)
        yield from _parts(kind.item_type)
    elif types.is_struct(kind) and kind.num_fields:
        for field in kind:
            yield from _parts(field.type)
    elif hasattr(kind, "value_type"):  # a list of some sort, a dictionary, or runs
        yield from _parts(kind.value_type)
    else:
        yield kind


def _may_be_cut(kind: Any) -> bool:
    """Whether DuckDB reads only the microseconds of an Arrow type."""
    import pyarrow as pa

    types = pa.types
    zoned = types.is_timestamp(kind) and kind.unit == "ns" and kind.tz is not None
    return zoned or types.is_interval(kind) or (types.is_duration(kind) and kind.unit == "ns")


def _is_unread(kind: Any) -> bool:
    """Whether DuckDB cannot read an Arrow type."""
    import pyarrow as pa

    types = pa.types
    long = types.is_decimal(kind) and (types.is_decimal256(kind) or kind.scale < 0)
    # A struct is a part only if it has no fields.
    return bool(long or types.is_float16(kind) or types.is_union(kind) or types.is_struct(kind))
