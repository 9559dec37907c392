"""Running the shared scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import SourceError
from .plan import halves, scan_of
from .reader import StatementError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..checks.base import EvaluationError
    from .plan import Scan
    from .reader import Reader

__all__ = ["Measured", "run_scans"]

#: What is known of each check, by its place: the measurements of the scans, or why there are none.
Measured = dict[int, "dict[str, Any] | StatementError | EvaluationError"]


def run_scans(scans: Sequence[Scan], reader: Reader) -> tuple[Measured, int]:
    """Run the scans.

    Returns:
        What they say about each check, and the number of rows.

    Raises:
        SourceError: Not even the rows can be counted.
    """
    measured: Measured = {}
    total_rows = 0
    reader.expect(len(scans))
    for scan in scans:
        total_rows = _run(scan, reader, measured)
        reader.step(f"scanned for {len(scan.checks)} checks")
    return measured, total_rows


def _run(scan: Scan, reader: Reader, measured: Measured) -> int:
    """Run one scan; if the database refuses it, find the check that causes it by halving."""
    relation = reader.opened.relation
    try:
        row = reader.one_row(scan.statement)
    except StatementError as error:
        match scan.checks:
            case ():
                raise SourceError(f"{reader.opened.description} cannot be read: {error.reason}") from None
            case (only,):
                measured[only.place] = error
                return _run(scan_of((), relation), reader, measured)
        first, second = halves(scan, relation)
        _run(first, reader, measured)
        return _run(second, reader, measured)
    measured.update((one.place, scan.measured(one, row)) for one in scan.checks)
    return int(row[0])
