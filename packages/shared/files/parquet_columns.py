"""Columns of Parquet files that DuckDB reads otherwise than the files say, and what is read in their place.

DuckDB cuts the nanoseconds of instants (``isAdjustedToUTC``) and of time stamps of 96 bits, makes doubles of the first
bytes of decimals with more than 38 digits, and knows nothing of Arrow's durations, which stand in a file as numbers.
Of several files it casts columns to the types of the first, or to common ones, and with that 1.5 to 2.
It takes the name of a folder, such as ``land=DE``, for the values of a column ``land`` that the files have themselves.
Names that differ only in case are one to it, and it gives the second column another.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ..duckdb_literals import literal, names_of_files
from ..duckdb_names import without_case
from ..problems import UnreadableFileError
from .parquet_nanoseconds import with_nanoseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Misread", "exactly", "without_type"]

_DIGITS = 38
"""Of DuckDB's longest decimals."""


@dataclass(frozen=True)
class Misread:
    """A column that is not read as it is.

    Attributes:
        name: What it is called.
        reason: Why it cannot be read; empty for durations, which are read as intervals.
        unit: The unit of a duration: ``s``, ``ms``, ``us`` or ``ns``.
        rounded: Why numbers from 2^53 on are refused; empty if they are not.
    """

    name: str
    reason: str = ""
    unit: str = ""
    rounded: str = ""

    def instead(self, said: Callable[[str, str], str]) -> str:
        """An expression of DuckDB for the column, with its name.

        Args:
            said: The text of an error, of the column and what is wrong with it.
        """
        name = '"' + self.name.replace('"', '""') + '"'
        if self.reason:
            value = f"CASE WHEN {name} IS NULL THEN {name} ELSE error({literal(said(self.name, self.reason))}) END"
        elif self.rounded:
            fault = literal(said(self.name, self.rounded))
            value = f"CASE WHEN isfinite({name}) AND abs({name}) >= {2**53} THEN error({fault}) ELSE {name} END"
        elif self.unit != "ns":
            value = f"to_microseconds({name} * {_MICROSECONDS[self.unit]})"
        else:
            reason = literal(said(self.name, "has durations with nanoseconds, and intervals have none"))
            value = f"to_microseconds(CASE WHEN {name} % 1000 <> 0 THEN error({reason}) ELSE {name} // 1000 END)"
        return f"{value} AS {name}"


_NO_TYPE = "NullType()"
"""The logical type of a column of nothing but NULL."""
_OF_FOLDERS = "hive_partitioning"
_UNITS = ("s", "ms", "us", "ns")
_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}


def _misread(raw: Any, paths: list[str], leaves: Sequence[tuple[str, _Leaf]], call: str) -> list[Misread]:
    """The columns of files that DuckDB would read otherwise than they are.

    Whether instants have nanoseconds is looked up in their values, by pyarrow.

    Args:
        raw: The DuckDB connection, which knows the file systems of the paths.
        paths: The files, without patterns, each once.
        leaves: What their footers say.
        call: The call of ``read_parquet`` that reads them.

    Raises:
        UnreadableFileError: A file says what its columns are in a way that is not understood.
    """
    durations = _durations(raw, paths)
    kinds: dict[str, set[Misread | None]] = {}
    cut: dict[str, set[str]] = {}
    forms: dict[str, dict[str, list[object]]] = {}
    for path, leaf in leaves:
        key = leaf.column.casefold()  # as DuckDB joins the columns of several files
        kind = durations.get(path, {}).get(leaf.column)
        if leaf.is_long_decimal:
            kind = Misread(leaf.column, f"has decimals of more than {_DIGITS} digits, which DuckDB cannot read")
        kinds.setdefault(key, set()).add(kind)
        if leaf.logical != _NO_TYPE:
            forms.setdefault(key, {}).setdefault(path, []).append(leaf.form)
        if leaf.is_cut:
            cut.setdefault(path, set()).add(leaf.column)
    found = {key: _one_of(several) for key, several in kinds.items() if several != {None}}
    found |= {key: one for key, one in _cast(raw, forms, call).items() if key not in found}
    for path, columns in cut.items():
        left = {name for name in columns if name.casefold() not in found}
        if left:
            found |= {name.casefold(): Misread(name, why) for name, why in with_nanoseconds(raw, path, left)}
    return list(found.values())


def _one_of(kinds: set[Misread | None]) -> Misread:
    """What several files, or several parts of a column, make of it together."""
    known = sorted((kind for kind in kinds if kind is not None), key=lambda kind: (not kind.reason, kind.name))
    if known[0].reason or len({kind and kind.unit for kind in kinds}) == 1:
        return known[0]
    return Misread(known[0].name, "has durations, and in other files numbers or durations in another unit")


def exactly(raw: Any, call: str, paths: Sequence[str], said: Callable[[str, str], str]) -> tuple[str, list[Misread]]:
    """What to read instead of a call of ``read_parquet``, and the columns that it reads otherwise.

    Args:
        raw: The DuckDB connection.
        call: The call.
        paths: Its files, without patterns.
        said: The text of an error, of a column and what is wrong with it.
    """
    paths = list(dict.fromkeys(paths))  # one that is given twice has its columns once
    leaves = list(_leaves(raw, paths))
    call, in_folders = _without_folders(paths, leaves, call)
    known = {one.name for one in in_folders}
    found = in_folders + [one for one in _misread(raw, paths, leaves, call) if one.name not in known]
    if not found:
        return call, found
    instead = ", ".join(one.instead(said) for one in found)
    return f"(SELECT * REPLACE ({instead}) FROM {call})", found  # noqa: S608 - literals and quoted names


def _without_folders(paths: Sequence[str], leaves: Sequence[tuple[str, _Leaf]], call: str) -> tuple[str, list[Misread]]:
    """A call that reads no column from the names of folders, if the files have all of these columns themselves.

    Returns:
        The call, and the columns of the files that stand in names of folders where others stand there only.
    """
    folders = {path: _keys(path) for path in paths}
    if not any(folders.values()) or _OF_FOLDERS in call:
        return call, []
    own: dict[str, dict[str, str]] = {path: {} for path in paths}
    for path, leaf in leaves:
        own[path].setdefault(leaf.column.casefold(), leaf.column)
    both = {own[path][key] for path, keys in folders.items() for key in keys if key in own[path]}
    if both and all(key in own[path] for path, keys in folders.items() for key in keys):
        return f"{call[:-1]}, {_OF_FOLDERS} = false)", []
    reason = "has values in the files, and others in the names of their folders"
    return call, [Misread(name, reason) for name in sorted(both)]


def _keys(path: str) -> set[str]:
    """The columns that DuckDB finds in the names of the folders of a file, such as ``year`` in ``year=2026``."""
    names = (unquote(part.partition("=")[0]) for part in path.split("/")[:-1] if "=" in part)
    return {name.casefold() for name in names}


def _cast(raw: Any, forms: dict[str, dict[str, list[object]]], call: str) -> dict[str, Misread]:
    """The columns that several files have of several types, of which the type that DuckDB reads does not hold one.

    Args:
        raw: The DuckDB connection.
        forms: By column and file how its values are stored.
        call: The call that reads them.
    """
    examples = {key: {repr(form): path for path, form in of.items()} for key, of in forms.items()}
    mixed = {key: list(of.values()) for key, of in examples.items() if len(of) > 1}
    if not mixed:
        return {}
    files = dict.fromkeys(path for of in mixed.values() for path in of)
    types = {path: _types(raw, f"read_parquet({names_of_files([path])}, {_OF_FOLDERS} = false)") for path in files}
    found = {}
    for key, (name, made) in _types(raw, call).items():
        given = [types[path][key][1] for path in mixed.get(key, ())]
        lost = [one for one in given if not _holds_all(raw.type(made), raw.type(one))]
        if not lost:
            continue
        other = next(one for one in [made, *given] if one != lost[0])
        reason = f"is {lost[0]} in some of the files and {other} in others"
        if made == "DOUBLE" and set(lost) <= {"BIGINT", "UBIGINT"}:
            found[key] = Misread(name, rounded=f"{reason}, and from 2^53 on may be another integer, rounded")
            continue
        common = "" if "union_by_name" in call else "; union_by_name=True takes a common type"
        found[key] = Misread(name, f"{reason}, and would be read as {made}{common}")
    return found


def _types(raw: Any, call: str) -> dict[str, tuple[str, str]]:
    """Names and types of the columns of a call."""
    rows = raw.execute(f"DESCRIBE SELECT * FROM {call}").fetchall()  # noqa: S608 - literals
    return {name.casefold(): (name, type_) for name, type_, *_ in rows}


_NESTED = frozenset({"list", "array", "struct", "map"})
_BITS = {
    "TINYINT": 8, "UTINYINT": 9, "SMALLINT": 16, "USMALLINT": 17, "INTEGER": 32, "UINTEGER": 33, "BIGINT": 64,
    "UBIGINT": 65, "HUGEINT": 128,
}  # fmt: skip
"""Integers, by the bits that they need with a sign."""
_EXACT_BITS = {"FLOAT": 25, "DOUBLE": 54}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_HELD = frozenset({
    ("DATE", "TIMESTAMP"), ("FLOAT", "DOUBLE"), ("TIMESTAMP_S", "TIMESTAMP"), ("TIMESTAMP_MS", "TIMESTAMP"),
    ("TIMESTAMP_S", "TIMESTAMP_MS"),
})  # fmt: skip


def _holds_all(made: Any, given: Any) -> bool:
    """Whether all values of one type of DuckDB, and what they consist of, are equal ones of another."""
    if made.id not in _NESTED or given.id not in _NESTED:
        return _holds(str(made), str(given))
    if made.id != given.id:
        return False
    parts = {name.casefold(): part for name, part in made.children}
    others = [(part, parts.get(name.casefold())) for name, part in given.children]
    # The length of an array is no type.
    return all(
        other is not None and (_holds_all(other, part) if hasattr(part, "id") else other == part)
        for part, other in others
    )


def _holds(made: str, given: str) -> bool:
    """Whether all values of one type of DuckDB are equal ones of another."""
    if made == given or (given, made) in _HELD:
        return True
    bits, longer, shorter = _BITS.get(given), _DECIMAL.fullmatch(made), _DECIMAL.fullmatch(given)
    if bits is not None and longer is None:
        signed_of_unsigned = made.startswith("U") and not given.startswith("U")
        return not signed_of_unsigned and bits <= max(_BITS.get(made, 0), _EXACT_BITS.get(made, 0))
    if longer is None:
        return False
    digits, scale = map(int, longer.groups())
    if bits is not None:
        return digits - scale >= len(str(2**bits))
    before = tuple(map(int, shorter.groups())) if shorter is not None else (_DIGITS + 1, 0)
    return digits - scale >= before[0] - before[1] and scale >= before[1]


def without_type(raw: Any, path: str) -> set[str]:
    """The columns of a file of Arrow's type of nothing but NULL, which DuckDB takes for integers.

    Args:
        raw: The DuckDB connection.
        path: The file.
    """
    return {leaf.column for _, leaf in _leaves(raw, [path]) if leaf.is_column and leaf.logical == _NO_TYPE}


# -- what the footers say


@dataclass(frozen=True)
class _Leaf:
    """A column of values, as the file has it.

    Attributes:
        column: The column of the table that it is, or is a part of.
        physical: How its values are stored.
        logical: What they mean, in DuckDB's words.
        converted: The same in an older form.
        precision: The digits of a decimal.
        scale: Those behind its point.
        is_column: Whether it is the column itself.
    """

    column: str
    physical: str
    logical: str
    converted: str
    precision: int
    scale: int
    is_column: bool

    @property
    def form(self) -> tuple[object, ...]:
        """What tells columns of several types apart, and some of one type that files store in several ways."""
        return self.physical, self.logical, self.converted, self.precision, self.scale, self.is_column

    @property
    def is_cut(self) -> bool:
        """Whether DuckDB cuts nanoseconds off."""
        return self.physical == "INT96" or ("isAdjustedToUTC=1" in self.logical and "NANOS=Nano" in self.logical)

    @property
    def is_long_decimal(self) -> bool:
        """Whether DuckDB reads a decimal as another number."""
        return self.precision > _DIGITS


class _Group:
    """A group of columns of which some are to come.

    Args:
        left: How many.
    """

    def __init__(self, left: int) -> None:
        self.left = left
        self._names: dict[str, str] = {}

    def add(self, name: str) -> str | None:
        """Count the next one; the name of another one that DuckDB takes for the same, and calls ``a_1``."""
        self.left -= 1
        key = without_case(name)
        other = self._names.get(key)
        self._names[key] = name
        return other


def _leaves(raw: Any, paths: list[str]) -> Iterator[tuple[str, _Leaf]]:
    """Every column of values in files, with the file."""
    rows = raw.execute(
        "SELECT file_name, name, type, num_children, logical_type, converted_type, precision, scale"  # noqa: S608 (a literal)
        f" FROM parquet_schema({names_of_files(paths)})"
    ).fetchall()
    open_: list[_Group] = []  # the root and each group within
    file = column = ""
    for name_of_file, name, physical, children, logical, converted, precision, scale in rows:
        if name_of_file != file:
            file, open_ = name_of_file, [_Group(children or 0)]
            continue
        while open_ and not open_[-1].left:
            open_.pop()
        if not open_:
            raise UnreadableFileError(f"The columns of the file {file} cannot be read.", context={"path": file})
        column = name if len(open_) == 1 else column
        other = open_[-1].add(name)
        if other is not None:
            where = "Columns" if len(open_) == 1 else f"Parts of the column {column!r}"
            raise UnreadableFileError(
                f"{where} of the file {file} have one name to DuckDB: {other!r} and {name!r}.",
                suggestion="Rename one of them where the file is written.",
                context={"path": file, "column": column},
            )
        if children:
            open_.append(_Group(children))
        else:
            means = logical or "", converted or "", precision or 0, scale or 0
            yield file, _Leaf(column, physical or "", *means, len(open_) == 1)


def _durations(raw: Any, paths: list[str]) -> dict[str, dict[str, Misread]]:
    """The columns of durations of each file, from the schema that Arrow has put into it."""
    rows = raw.execute(
        "SELECT file_name, value"  # noqa: S608 (a literal)
        f" FROM parquet_kv_metadata({names_of_files(paths)}) WHERE key = 'ARROW:schema'::BLOB"
    ).fetchall()
    found: dict[str, dict[str, Misread]] = {}
    known: dict[bytes, dict[str, Misread]] = {}
    for file, value in rows:
        if value not in known:
            try:
                known[value] = {one.name: one for one in _durations_of(value)}
            except (struct.error, IndexError, binascii.Error, UnicodeDecodeError, RecursionError) as error:
                raise UnreadableFileError(
                    f"The schema of Arrow in the file {file} is damaged.", context={"path": file}
                ) from error
        found[file] = known[value]
    return found


_DURATION = 18
_ENCAPSULATED = 0xFFFFFFFF


class _Table:
    """A table of a flatbuffer (https://flatbuffers.dev/internals/).

    Args:
        data: The buffer.
        place: Where the table begins.
    """

    def __init__(self, data: bytes, place: int) -> None:
        self._data = data
        self._place = place
        self._fields = place - _number(data, place, "i")

    def _at(self, number: int) -> int:
        """Where a field is; 0 if it has its default."""
        offset = 4 + 2 * number
        if offset >= _number(self._data, self._fields, "H"):
            return 0
        relative = _number(self._data, self._fields + offset, "H")
        return self._place + relative if relative else 0

    def number(self, number: int, form: str, default: int) -> int:
        """A field of a number."""
        place = self._at(number)
        return _number(self._data, place, form) if place else default

    def table(self, number: int) -> _Table:
        """A field that is a table."""
        place = self._at(number)
        return _Table(self._data, place + _number(self._data, place, "I"))

    def tables(self, number: int) -> Iterator[_Table]:
        """A field that is a list of tables."""
        place = self._at(number)
        if not place:
            return
        start = place + _number(self._data, place, "I")
        for item in range(start + 4, start + 4 + 4 * _number(self._data, start, "I"), 4):
            yield _Table(self._data, item + _number(self._data, item, "I"))

    def string(self, number: int) -> str:
        """A field of text."""
        place = self._at(number)
        if not place:
            return ""
        start = place + _number(self._data, place, "I")
        return self._data[start + 4 : start + 4 + _number(self._data, start, "I")].decode()


def _number(data: bytes, place: int, form: str) -> int:
    if place < 0:
        raise IndexError(place)
    return int(struct.unpack_from(f"<{form}", data, place)[0])


def _durations_of(encoded: bytes) -> Iterator[Misread]:
    """The columns of durations of a schema of Arrow: the message that its format begins with, in base64."""
    data = base64.b64decode(encoded)
    start = 8 if _number(data, 0, "I") == _ENCAPSULATED else 4
    data = data[start:]
    schema = _Table(data, _number(data, 0, "I")).table(2)
    for field in schema.tables(1):
        if field.number(2, "B", 0) == _DURATION:
            yield Misread(field.string(0), unit=_UNITS[field.table(3).number(0, "h", 1)])
        elif any(map(_holds_durations, field.tables(5))):
            yield Misread(field.string(0), "has durations within other values, which DuckDB reads as numbers")


def _holds_durations(field: _Table) -> bool:
    return field.number(2, "B", 0) == _DURATION or any(map(_holds_durations, field.tables(5)))
