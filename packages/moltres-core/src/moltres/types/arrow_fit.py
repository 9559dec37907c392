"""Which values of an Arrow batch a column would change without an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import SchemaMismatchError
from .arrow import arrow
from .arrow_range import DECIMAL_DIGITS
from .values import unfit

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from .logical import LogicalType


def unfit_batch(batch: pa.RecordBatch, columns: Sequence[tuple[str, LogicalType]]) -> list[str]:
    """What of a batch a database would cut off without an error: long strings, short seconds.

    Args:
        batch: The rows.
        columns: What the columns of the target hold, in the order of the batch's.
    """
    return [
        f"column {name!r}: {reason}"
        for array, (name, kind) in zip(batch.columns, columns, strict=True)
        if (reason := _unfit_array(array, kind)) is not None
    ]


def require_characters(batch: pa.RecordBatch) -> None:
    """Make sure that strings are strings: Arrow itself does not look at their bytes, nor do its readers of files.

    Raises:
        SchemaMismatchError: With all columns that have others.
    """
    faults = []
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        try:
            if _has_text(arrow(), array.type):
                array.validate(full=True)
        except ValueError as error:
            faults.append(f"column {name!r}: {error}")
    if faults:
        raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)


def with_short_decimals(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same batch with decimals of 128 bits, for a database that knows no others.

    Raises:
        SchemaMismatchError: With all columns of which a value has more digits.
    """
    pa, faults = arrow(), []
    for place, (name, array) in enumerate(zip(batch.schema.names, batch.columns, strict=True)):
        if pa.types.is_decimal256(array.type):
            try:
                short = array.cast(pa.decimal128(DECIMAL_DIGITS, min(array.type.scale, DECIMAL_DIGITS)))
                batch = batch.set_column(place, name, short)
            except pa.ArrowInvalid as error:
                faults.append(f"column {name!r}: {error}")
    if faults:
        raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)
    return batch


def _has_text(pa: Any, type_: Any) -> bool:
    if isinstance(type_, pa.BaseExtensionType):
        return _has_text(pa, type_.storage_type)
    if pa.types.is_dictionary(type_):
        return _has_text(pa, type_.value_type)
    within = (type_.field(place).type for place in range(type_.num_fields))
    return _is_text(pa, type_) or pa.types.is_string_view(type_) or any(_has_text(pa, part) for part in within)


def _is_text(pa: Any, type_: Any) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


def _unfit_array(array: Any, kind: LogicalType) -> str | None:
    pa = arrow()
    import pyarrow.compute as pc

    if kind.name == "text" and kind.length is not None and _is_text(pa, array.type):
        least, most = extremes(pc.utf8_length(array))
        if most is not None and (most > kind.length or (kind.padded and least < kind.length)):
            wrong = pc.not_equal if kind.padded else pc.greater
            return unfit(kind, array.filter(wrong(pc.utf8_length(array), kind.length)).slice(0, 1).to_pylist())
    unit = _unit(kind)
    if unit > 1 and (
        pa.types.is_timestamp(array.type) or pa.types.is_time64(array.type) or pa.types.is_duration(array.type)
    ):
        numbers = array.cast(pa.int64())
        rest = pc.subtract(numbers, pc.multiply(pc.divide(numbers, unit), unit))
        return unfit(kind, array.filter(pc.not_equal(rest, 0)).slice(0, 1).to_pylist())
    return None


def _unit(kind: LogicalType) -> int:
    """The microseconds of which every moment or interval of a column is a multiple."""
    if kind.name == "interval":
        return kind.precision or 1
    short = kind.name in {"timestamp", "time"} and kind.scale is not None and kind.scale < 6
    return 10 ** (6 - (kind.scale or 0)) if short else 1


def extremes(array: Any) -> list[Any]:
    """The least and the greatest value of an Arrow array; None for one without values."""
    import pyarrow.compute as pc

    found = pc.min_max(array)
    return [found["min"].as_py(), found["max"].as_py()]
