"""CSV files as strings in DuckDB: equal to the file, line by line, with nothing guessed."""

from __future__ import annotations

import codecs
import csv
import gzip
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..duckdb_literals import literal
from ..problems import UnreadableFileError
from .compressed import refuse_cut
from .readers import delimiter_of, reader_call, resolved
from .text_copies import decoded, original_of, place_of_copy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .read_options import ReadOptions
    from .readers import Paths

__all__ = ["csv_query", "identifier", "line_fault", "other_line_end", "refuse_twins"]

_HEADER_LINES = 20
#: A string that no file has.
_NO_VALUE = "\ufdd0\ufdd1"
_BATCH = 10_000
_DELIMITERS = (",", ";", "\t", "|")


def identifier(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def csv_query(raw: Any, paths: Paths, options: ReadOptions, *, empty_strings: bool = False) -> tuple[str, list[str]]:
    """A query for the lines of CSV files as columns of text, matched by name.

    Args:
        raw: The DuckDB connection, which knows the file systems of the paths.
        paths: A path, URI or pattern, or several.
        options: How the files are written.
        empty_strings: Whether an empty field within quotes is an empty string instead of NULL.

    Returns:
        The query, and the names of its columns.

    Raises:
        UnreadableFileError: A file is empty, or its header is none.
    """
    common = {
        "auto_detect": False, "quote": options.quote,
        "escape": options.quote, "strict_mode": True, "null_padding": False,
    }  # fmt: skip
    # What is NULL is said in SQL: DuckDB ignores a field too many that is.
    null = options.null
    if empty_strings:
        common["allow_quoted_nulls"] = False
    else:
        common["nullstr"] = _NO_VALUE
        null = ("", *null)
    by_header: dict[tuple[str, bool, str, tuple[str, ...]], list[str]] = {}
    every = resolved(raw, paths)
    refuse_cut(raw, every)
    for path, encoding in decoded(raw, every, options.encoding):
        lines = _first_lines(raw, path, encoding, options)
        try:
            delimiter = options.delimiter or _delimiter(lines, delimiter_of(paths), options)
            first = next(_rows(lines, delimiter, options), [])
        except csv.Error as error:
            raise UnreadableFileError(f"The first line of {original_of(path)} cannot be read: {error}.") from None
        if options.header and (count := _fields_beside_blanks(lines[0], delimiter, options)):
            how = {**common, "encoding": encoding, "header": False, "delim": delimiter}
            first = _first_row(raw, path, how, count)
        if any("\n" in field for field in first):
            path_or_copy, has_header, names = _with_plain_header(raw, path, delimiter, options)
            by_header.setdefault((encoding, has_header, delimiter, tuple(names)), []).append(path_or_copy)
        else:
            names = _names(first, path, options)
            by_header.setdefault((encoding, options.header, delimiter, tuple(names)), []).append(path)
    names = list(dict.fromkeys(name for *_, header in by_header for name in header))
    refuse_twins(names, "The files have")
    queries = []
    for (encoding, has_header, delimiter, header), alike in by_header.items():
        columns = dict.fromkeys(header, "VARCHAR")
        how = {**common, "encoding": encoding, "header": has_header, "delim": delimiter}
        if len(header) == 1:
            # An empty line is a row then, which DuckDB leaves out where another string means NULL.
            how.pop("nullstr", None)
        _refuse_odd_lines(raw, alike, how, header, options)
        call = reader_call("read_csv", alike, {**how, "columns": columns})
        known = set(header)
        selected = ", ".join(_field(name, null) if name in known else _missing(name) for name in names)
        queries.append(f"SELECT {selected} FROM {call}")  # noqa: S608 (names are quoted, the rest are literals)
    return " UNION ALL ".join(queries), names


def other_line_end(path: str) -> str | None:
    """Where a CSV file has another line break than its first line, which DuckDB does not read; None if nowhere.

    Args:
        path: The file; what is elsewhere or compressed is not looked at.
    """
    if not Path(path).is_file() or path.endswith((".gz", ".zst")):
        return None
    last: list[str] = []
    # Bytes as characters: in every encoding that is told apart here, line breaks and quotes are themselves.
    with Path(path).open(encoding="latin-1", newline="") as file:
        rows = csv.reader(_kept(file, last))
        end = None
        with suppress(csv.Error):  # a field that is too long for Python's reader
            for _ in rows:
                own = last[0][len(last[0].rstrip("\r\n")) :]
                end = own if end is None else end
                if own and own != end:
                    return f"line {rows.line_num} ends with {own!r}, and the lines before with {end!r}"
    return None


def _kept(lines: Iterable[str], last: list[str]) -> Iterator[str]:
    """The lines; `last` holds the one that was taken last."""
    for line in lines:
        last[:] = [line]
        yield line


def _missing(name: str) -> str:
    return f"NULL::VARCHAR AS {identifier(name)}"


def _field(name: str, null: Sequence[str]) -> str:
    """A column, in which some strings are NULL."""
    if not null:
        return identifier(name)
    texts = ", ".join(map(literal, null))
    return f"CASE WHEN {identifier(name)} NOT IN ({texts}) THEN {identifier(name)} END AS {identifier(name)}"


def _refuse_odd_lines(
    raw: Any, paths: list[str], how: Mapping[str, Any], header: Sequence[str], options: ReadOptions
) -> None:
    """Refuse lines that DuckDB reads as others: empty ones, and empty fields behind the last column."""
    delimiter = re.escape(how["delim"])
    quoted = f"({re.escape(options.quote * 2)})?" if options.quote else ""
    several = len(header) > 1
    for path in paths:
        if _has_line(raw, path, how["encoding"], options, "^$"):
            if several:
                _refuse_empty_lines(raw, path, how, options)
            elif (fault := other_line_end(path)) is not None:
                given = original_of(path)
                raise UnreadableFileError(f"{given} cannot be read: {fault}.", context={"path": given})
        if _has_line(raw, path, how["encoding"], options, f"{delimiter}{quoted}$"):
            _refuse_empty_fields_too_many(raw, path, how, len(header), options)


def _refuse_empty_lines(raw: Any, path: str, how: Mapping[str, Any], options: ReadOptions) -> None:
    """Refuse an empty line before others, which DuckDB leaves out; those at the end of a file are no rows."""
    empty = 0
    with suppress(csv.Error):  # a field that is too long for Python's reader
        lines = _lines(raw, path, how["encoding"], options)
        for row in (rows := csv.reader(lines, **_quoting(how["delim"], options))):
            if row and empty:
                raise UnreadableFileError(
                    f"{original_of(path)}: line {empty} is empty, and lines follow.",
                    suggestion="Remove it, or write the fields of a row without values.",
                    context={"path": original_of(path)},
                )
            empty = empty or (0 if row else rows.line_num)


def _refuse_empty_fields_too_many(
    raw: Any, path: str, how: Mapping[str, Any], columns: int, options: ReadOptions
) -> None:
    """Refuse lines with empty fields behind the last column, which DuckDB ignores."""
    # A field that a line lacks is NULL, one that it has is not.
    kinds = {**{f"c{place}": "VARCHAR" for place in range(columns)}, "more": "VARCHAR"}
    padded = {**how, "null_padding": True, "parallel": False, "nullstr": _NO_VALUE, "columns": kinds}
    found = raw.execute(
        f"SELECT row FROM (SELECT more, row_number() OVER () AS row FROM {reader_call('read_csv', path, padded)}) "  # noqa: S608 (literals only)
        "WHERE more IS NOT NULL LIMIT 1"
    ).fetchone()
    if found is not None:
        lines = _lines(raw, path, how["encoding"], options)
        line = _first_line_with_others(lines, columns, _quoting(how["delim"], options))
        given, where = original_of(path), f"row {found[0]}" if line is None else f"line {line}"
        raise UnreadableFileError(
            f"{given}: {where} has more fields than the {columns} columns; those behind the last are empty.",
            suggestion="Name the further columns in the header, or remove the delimiter at the end of the lines.",
            context={"path": given},
        )


def _first_line_with_others(lines: Iterable[str], columns: int, quoting: Mapping[str, Any]) -> int | None:
    """The line in the file where the first row with another number of fields begins; None if there is none."""
    last = 0
    with suppress(csv.Error):  # a field that is too long for Python's reader
        for row in (rows := csv.reader(lines, **quoting)):
            if row and len(row) != columns:
                return last + 1
            last = rows.line_num
    return None


def line_fault(message: str) -> str | None:
    """What is wrong with a line of a CSV file with another number of fields, or with JSON; None for any other error.

    DuckDB counts rows of CSV, of which one can have several lines, and one JSON document more than there are.

    Args:
        message: DuckDB's message.
    """
    document = re.search(r"Malformed JSON in file \"(.*)\", at byte (\d+) in [a-z/]+ (\d+): (.+?)\.?$", message)
    if document is not None:
        file_, byte, number, reason = document.groups()
        return f"document {int(number) - 1} is no JSON, from its byte {byte} on: {reason} (file {file_})"
    counts = re.search(
        r"CSV Error on Line: (\d+)\n.*Expected Number of Columns: (\d+) Found: (\d+)", message, re.DOTALL
    )
    file = re.search(r"^\s*file = (\S.*)$", message, re.MULTILINE)
    if counts is None or file is None:
        return None
    row, columns, found = map(int, counts.groups())
    given = dict(re.findall(r"^\s*(delimiter|quote) = (.+) \((?:Set By User|Auto-Detected)\)$", message, re.MULTILINE))
    mark, quote = (given.get(name, "").replace("\\t", "\t") for name in ("delimiter", "quote"))
    line = None
    if len(mark) == 1 and Path(file[1]).is_file() and not file[1].endswith(".zst"):
        quoting: dict[str, Any] = {"quotechar": quote} if len(quote) == 1 else {"quoting": csv.QUOTE_NONE}
        # Bytes as characters: in every encoding that is told apart here, line breaks and quotes are themselves.
        open_ = gzip.open if file[1].endswith(".gz") else open
        with suppress(OSError), open_(file[1], "rt", encoding="latin-1", newline="") as lines:
            line = _first_line_with_others(lines, columns, {"delimiter": mark, **quoting})
    fields = "1 field" if found == 1 else f"{found} fields"
    return f"line {line or row} has {fields}, and the first line has {columns} (file {original_of(file[1])})"


def _has_line(raw: Any, path: str, encoding: str, options: ReadOptions, pattern: str) -> bool:
    call = _lines_call(path, encoding, options)
    query = f"SELECT 1 FROM {call} WHERE regexp_matches(coalesce(line, ''), {literal(pattern)}) LIMIT 1"  # noqa: S608 (literals only)
    return raw.execute(query).fetchone() is not None


def _lines(raw: Any, path: str, encoding: str, options: ReadOptions) -> Iterator[str]:
    """The lines of a file, as they come."""
    reading = raw.cursor()
    reading.execute(f"SELECT line FROM {_lines_call(path, encoding, options)}")  # noqa: S608 (literals only)
    while batch := reading.fetchmany(_BATCH):
        for (line,) in batch:
            yield (line or "") + "\n"


def _lines_call(path: str, encoding: str, options: ReadOptions) -> str:
    """The lines of a file, as they are."""
    # A character that no text has, so that a line is one field.
    delimiter = "\x1e" if options.delimiter == "\x1f" else "\x1f"
    return reader_call(
        "read_csv",
        path,
        {
            "auto_detect": False, "header": False, "delim": delimiter, "quote": "", "escape": "", "strict_mode": False,
            "columns": {"line": "VARCHAR"}, "encoding": encoding, "null_padding": True,
        },
    )  # fmt: skip


def _first_lines(raw: Any, path: str, encoding: str, options: ReadOptions) -> list[str]:
    """The first lines of a file, as they are."""
    call = _lines_call(path, encoding, options)
    found = raw.execute(f"SELECT line FROM {call} LIMIT {_HEADER_LINES}").fetchall()  # noqa: S608 (literals only)
    if not found:
        raise UnreadableFileError(
            f"The file {original_of(path)} is empty: it has not even a line with the names of columns."
        )
    return [(line or "").removeprefix("\ufeff") + "\n" for (line,) in found]


def _rows(lines: Iterable[str], delimiter: str, options: ReadOptions) -> Iterator[list[str]]:
    return csv.reader(lines, **_quoting(delimiter, options))


def _quoting(delimiter: str, options: ReadOptions) -> dict[str, Any]:
    """How Python's reader of CSV separates fields."""
    quote = {"quotechar": options.quote} if options.quote else {"quoting": csv.QUOTE_NONE, "quotechar": None}
    return {"delimiter": delimiter, "strict": False, **quote}


def _delimiter(lines: Sequence[str], usual: str, options: ReadOptions) -> str:
    """What separates the fields: the usual delimiter, or the one that the first line has instead and others have too.

    A line that does not agree is an error of the reader, which names it.
    """
    if len(next(_rows(lines, usual, options), [])) > 1:
        return usual
    # Python's reader has no fields of more than 131 072 characters.
    ordinary = re.compile(f"[^{re.escape(''.join((*_DELIMITERS, options.quote or '')))}\r\n]{{100,}}")
    short = [ordinary.sub("x", line) for line in lines]
    found = []
    for other in _DELIMITERS:
        counts: list[int] = []
        with suppress(csv.Error):  # a field that is too long for Python's reader
            counts.extend(len(row) for row in _rows(short, other, options))
        if other != usual and counts[0] > 1 and max(counts[1:], default=0) > 1:
            found.append(other)
    return found[0] if len(found) == 1 else usual


def _fields_beside_blanks(line: str, delimiter: str, options: ReadOptions) -> int:
    """How many fields a line has if blanks stand beside its quotes, which belong to no value; 0 if none do."""
    if not options.quote:
        return 0
    quote, between = re.escape(options.quote), re.escape(delimiter)
    plain = re.sub(f"(?:(^|{between}) ({quote}))|(?:({quote}) +(?={between}|[\r\n]|$))", r"\1\2\3", line)
    return 0 if plain == line else len(next(_rows([plain], delimiter, options)))


def _first_row(raw: Any, path: str, how: Mapping[str, Any], count: int) -> list[str]:
    """The fields of the first line as DuckDB reads them, which reads the lines behind it as well."""
    columns = {f"column{place}": "VARCHAR" for place in range(count)}
    call = reader_call("read_csv", path, {**how, "columns": columns})
    found = raw.execute(f"SELECT * FROM {call} LIMIT 1").fetchone()  # noqa: S608 (literals only)
    return [name or "" for name in found or ()]


def _names(first: Sequence[str], path: str, options: ReadOptions) -> list[str]:
    """The names of the columns by the fields of the first line."""
    if not options.header:
        return [f"column{place}" for place in range(max(len(first), 1))]
    if not any(first):
        raise UnreadableFileError(
            f"The first line of {original_of(path)} is empty, and should have the names of columns."
        )
    # By its place, as where there is no header: the index of a frame of pandas is written without a name.
    names = [name or f"column{place}" for place, name in enumerate(first)]
    by_place = "" if all(first) else " (with those without a name by their place)"
    refuse_twins(names, f"The header of {original_of(path)} has{by_place}")
    return names


def _with_plain_header(raw: Any, path: str, delimiter: str, options: ReadOptions) -> tuple[str, bool, list[str]]:
    """A file whose first line has a line break within quotes, as one that DuckDB reads.

    DuckDB takes the first line break of a file, also one within quotes, for the end of every line, and finds no row;
    and behind a byte order mark it takes that for the end of the header.

    Returns:
        The file, or a copy with another header if its line breaks differ or it has the mark; whether that has a header;
        the names of the columns.
    """
    if not Path(path).is_file() or path.endswith((".gz", ".zst")):
        raise UnreadableFileError(f"The first line of {path} has a line break within quotes: copy it to a plain file.")
    taken: list[str] = []
    with Path(path).open("rb") as source:
        marked = source.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    with Path(path).open(encoding="utf-8-sig", newline="") as source:
        rows = csv.reader(_noted(source, taken), **_quoting(delimiter, options) | {"strict": True})
        try:
            first = next(rows)
        except csv.Error as error:
            raise UnreadableFileError(
                f"The first line of {original_of(path)} cannot be read (is a quote not closed?): {error}."
            ) from None
        names = _names(first, path, options)
        ends = [line[len(line.rstrip("\r\n")) :] for line in taken]
        if len(set(ends)) == 1 and not marked:
            return path, options.header, names
        copy = place_of_copy(raw, original_of(path))
        with copy.open("w", encoding="utf-8", newline="") as to:
            to.write(delimiter.join(f"column{place}" for place in range(len(names))) + (ends[-1] or "\n"))
            to.writelines([] if options.header else taken)
            shutil.copyfileobj(source, to)
    return str(copy), True, names


def _noted(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    """The lines, each noted before it is used."""
    for line in lines:
        taken.append(line)
        yield line


def refuse_twins(names: Sequence[str], where: str) -> None:
    """Refuse names that differ in nothing but case.

    Args:
        names: The names of columns.
        where: What has them, as the beginning of a sentence.
    """
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other is not name or names.count(name) > 1:
            raise UnreadableFileError(
                f"{where} two columns of one name: {other!r} and {name!r} (case does not matter)."
            )
