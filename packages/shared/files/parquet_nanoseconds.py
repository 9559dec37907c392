"""Nanoseconds of instants in Parquet files, which DuckDB cuts off: whether there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .readers import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["with_nanoseconds"]


def with_nanoseconds(raw: Any, path: str, columns: set[str]) -> Iterator[tuple[str, str]]:
    """Those of the columns that have instants with nanoseconds, each with the reason why it cannot be read.

    Args:
        raw: A connection of DuckDB that can read the file.
        path: The file.
        columns: Columns whose instants may have them.
    """
    try:
        import pyarrow.parquet as pq
    except ImportError:
        reason = (
            "has instants in nanoseconds, of which DuckDB reads the microseconds;"
            " where pyarrow is installed, its values show whether that changes them"
        )
        yield from ((name, reason) for name in sorted(columns))
        return
    with opened(raw, path) as file, opened(raw, path) as again:
        left = sorted(columns)
        exact = pq.ParquetFile(file).iter_batches(columns=list(left))
        short = pq.ParquetFile(again, coerce_int96_timestamp_unit="us").iter_batches(columns=list(left))
        for batch, other in zip(exact, short, strict=True):
            for name in [one for one in left if _is_cut(batch.column(one), other.column(one))]:
                left.remove(name)
                yield name, "has instants with nanoseconds, which DuckDB cuts off"
            if not left:
                return


def _is_cut(exact: Any, short: Any) -> bool:
    """Whether an array has nanoseconds beyond its microseconds.

    Args:
        exact: The array.
        short: The same with time stamps of 96 bits in microseconds: in nanoseconds those of other centuries overflow,
            and so does the product here.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = exact.type
    if pa.types.is_map(kind):
        return _is_cut(exact.keys, short.keys) or _is_cut(exact.items, short.items)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _is_cut(exact.flatten(), short.flatten())
    if pa.types.is_struct(kind):
        return any(_is_cut(one, other) for one, other in zip(exact.flatten(), short.flatten(), strict=True))
    if not (pa.types.is_timestamp(kind) or pa.types.is_time64(kind)) or kind.unit != "ns":
        return False
    number = exact.cast(pa.int64())
    whole = pc.divide(number, 1000) if short.type == kind else short.cast(pa.int64())
    return pc.any(pc.not_equal(number, pc.multiply(whole, 1000))).as_py() is True
