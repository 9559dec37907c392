"""Copies of CSV files that DuckDB does not read as they are."""

from __future__ import annotations

import re
import shutil
import uuid
from pathlib import Path
from typing import Any

from ..problems import UnreadableFileError

__all__ = ["decoded", "original_of", "place_of_copy", "with_originals"]

#: What DuckDB reads as it is.
_UTF_8 = ("utf-8", "utf-8-sig", "ascii")
#: What DuckDB reads besides; but it refuses the controls of latin-1 and some characters of two units in UTF-16.
_ELSEWHERE = {"iso8859-1": "latin-1", "utf-16": "utf-16"}


def decoded(raw: Any, every: list[str], encoding: str) -> list[tuple[str, str]]:
    """Files as DuckDB reads them: copies in UTF-8, in its temporary folder, of those that are written otherwise.

    Args:
        raw: The DuckDB connection.
        every: The paths.
        encoding: How the files are written.

    Returns:
        Each file, or its copy, with DuckDB's name of its encoding.

    Raises:
        UnreadableFileError: A file is not written so, or is elsewhere, where DuckDB does not read the encoding.
    """
    if encoding in _UTF_8:
        return [(path, "utf-8") for path in every]
    files = []
    for path in every:
        if Path(path).is_file() and not path.endswith((".gz", ".zst")):
            files.append((str(_copy_in_utf_8(raw, path, encoding)), "utf-8"))
        elif encoding in _ELSEWHERE:
            files.append((path, _ELSEWHERE[encoding]))
        else:
            raise UnreadableFileError(
                f"{path} is no local plain file: files elsewhere are read in utf-8, utf-16 and latin-1, not {encoding}."
            )
    return files


def _copy_in_utf_8(raw: Any, path: str, encoding: str) -> Path:
    copy = place_of_copy(raw, path)
    try:
        with (
            Path(path).open(encoding=encoding, newline="") as source,
            copy.open("w", encoding="utf-8", newline="") as to,
        ):
            shutil.copyfileobj(source, to)
    except UnicodeError as error:
        reason = getattr(error, "reason", error)
        raise UnreadableFileError(
            f"{path} is not written in {encoding}: {reason}.",
            suggestion="Give the encoding that it is written in.",
            context={"path": path},
        ) from None
    return copy


def place_of_copy(raw: Any, path: str) -> Path:
    """Where a copy of a file is written, in DuckDB's temporary folder: its path says of what (`original_of`).

    Args:
        raw: The DuckDB connection.
        path: The file.
    """
    ((folder,),) = raw.execute("SELECT current_setting('temp_directory')").fetchall()
    given = Path(path).resolve() if ".." in Path(path).parts else Path(path)
    start = "absolute" if given.is_absolute() else "relative"
    place = Path(folder) / uuid.uuid4().hex / start / given.relative_to(given.anchor)
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def original_of(path: str) -> str:
    """The file that a copy is of; any other path as it is.

    Args:
        path: A path as DuckDB has it.
    """
    found = re.search("/[0-9a-f]{32}/(absolute|relative)/(.*)$", path, re.DOTALL)
    return path if found is None else f"{'/' if found[1] == 'absolute' else ''}{found[2]}"


def with_originals(sql: str) -> str:
    """SQL with the files that copies are of, which are gone afterwards, and a comment before it that says so.

    Args:
        sql: SQL of DuckDB with paths as literals.
    """
    if "/absolute/" not in sql and "/relative/" not in sql:
        return sql
    names: dict[str, None] = {}

    def original(found: re.Match[str]) -> str:
        path = original_of(found[1])
        names.setdefault(path)
        return f"'{path}'"

    written = re.sub("'((?:[^']|'')*/[0-9a-f]{32}/(?:absolute|relative)/(?:[^']|'')*)'", original, sql)
    notes = (
        f"-- {name!r} stands for a copy of it in UTF-8, with the names of the columns in one line.\n" for name in names
    )
    return "".join(notes) + written
