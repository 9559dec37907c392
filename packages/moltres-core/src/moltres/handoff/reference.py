"""What one task hands to the next instead of rows: where the rows are, never the rows, never a password."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Never

from .._shared import arguments
from .._shared.masking import masked
from .._shared.wording import plural, repr_of
from ..dialects.sql.names import STAGE_PREFIX
from ..errors import HandoffError
from ..types.records import Records

__all__ = ["MARKER", "STAGE_PREFIX", "Reference"]

MARKER: Final = "__moltres__"
"""The key by which a stored object of this package is known; its value says what the object is."""

_KINDS: Final = ("table", "parquet")

_PACKED: Final = "zlib"
_READABLE: Final = 1000
_LONGEST: Final = 1 << 24
"""Bytes of JSON with the names of columns: up to where they are stored as they are, and how many are ever unpacked."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Rows that stay where they are.

    Attributes:
        kind: ``"table"`` or ``"parquet"``.
        location: Name of the table (``schema.table`` where a schema was asked for), or path or URI of the file.
        columns: Names of the columns, in order.
        row_count: Rows at the time of the hand-over.
        staged: Whether the rows were put there for the hand-over, so that clean-up may remove them.
        database: The database that holds the table, without password; for people and messages, not for connecting.
        fingerprint: What the rows are compared with when they are read; None if only their number and columns are.
    """

    kind: Literal["table", "parquet"]
    location: str
    columns: tuple[str, ...]
    row_count: int
    staged: bool = True
    database: str | None = None
    fingerprint: str | None = None

    def __post_init__(self) -> None:
        problems = [*arguments.choice("kind", self.kind, _KINDS), *arguments.string("location", self.location)]
        problems += arguments.strings("columns", self.columns)
        problems += arguments.whole("row_count", self.row_count)
        problems += arguments.flag("staged", self.staged)
        for name in ("database", "fingerprint"):
            if getattr(self, name) is not None:
                problems += arguments.string(name, getattr(self, name))
        if problems:
            raise HandoffError(f"This is not a reference: {' '.join(problems)}")

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in {**asdict(self), "location": masked(self.location)}.items())
        return f"{type(self).__name__}({', '.join(shown)})"

    def __bool__(self) -> bool:
        return self.row_count > 0

    def __iter__(self) -> Never:
        raise self._not_rows()

    def __len__(self) -> Never:
        raise self._not_rows()

    def __getitem__(self, index: object) -> Never:
        raise self._not_rows()

    def _not_rows(self) -> HandoffError:
        return HandoffError(
            f"This is a reference to {plural(self.row_count, 'row')} in {masked(self.location)!r}, not the rows.",
            suggestion="Read them with rows_of(value, dsn=...) of moltres.handoff, which also takes rows as they are.",
        )

    def to_dict(self) -> dict[str, Any]:
        """The reference as plain JSON, known by its marker key; many names of columns are packed."""
        return {MARKER: "reference", **asdict(self), "columns": _packed(self.columns)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Reference:
        """The reference that :meth:`to_dict` wrote.

        Args:
            stored: The dict.

        Raises:
            HandoffError: If this is not the dict of a reference.
        """
        if not isinstance(stored, Mapping):
            raise HandoffError(f"A stored reference is a mapping, not {repr_of(stored, 80)}.")
        names = {"kind", "location", "columns", "row_count", "staged", "database"}
        fields = {name: value for name, value in stored.items() if name != MARKER}
        # One that an earlier version stored has no fingerprint.
        if not is_reference(stored) or set(fields) - {"fingerprint"} != names:
            raise HandoffError(
                f"This is not a stored reference: {sorted(map(repr_of, stored))}.",
                suggestion="Pass on what hand_over gave, or Reference.to_dict() of it, as it is.",
            )
        columns = _unpacked(fields["columns"])
        return cls(**{**fields, "columns": tuple(columns) if isinstance(columns, list) else columns})


def _packed(columns: tuple[str, ...]) -> list[str] | dict[str, str]:
    """Names as a list that people can read, or compressed: a store of hand-overs takes a few kilobytes at most."""
    names = json.dumps(columns, separators=(",", ":")).encode()
    if len(names) <= _READABLE:
        return list(columns)
    return {_PACKED: base64.b64encode(zlib.compress(names, 9)).decode("ascii")}


def _unpacked(columns: Any) -> Any:
    """The names that `_packed` wrote; anything else as it is."""
    if not isinstance(columns, Mapping) or set(columns) != {_PACKED}:
        return columns
    try:
        unpacking = zlib.decompressobj()
        names = unpacking.decompress(base64.b64decode(columns[_PACKED], validate=True), _LONGEST)
        return json.loads(names) if unpacking.eof else columns
    except (TypeError, ValueError, RecursionError, zlib.error):
        return columns


def is_reference(value: object) -> bool:
    """Whether this is a reference, or the stored form of one.

    Args:
        value: Any value.
    """
    return isinstance(value, Reference) or (isinstance(value, Mapping) and value.get(MARKER) == "reference")


def items_of(value: object) -> Sequence[Any] | None:
    """What a sequence of hand-overs holds; None for a single value, as Records, a string or a mapping is.

    Airflow gives a task what a mapped one has returned as a sequence that reads an item each time it is asked: each is
    asked for once.
    """
    if isinstance(value, list | tuple):
        return value
    single = str | bytes | bytearray | memoryview | Records | Reference
    return list(value) if isinstance(value, Sequence) and not isinstance(value, single) else None
