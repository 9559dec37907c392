"""How a text file is written: what readers are told instead of guessing it."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from ..arguments import is_unicode
from ..problems import InvalidOptionError
from ..wording import question, repr_of

__all__ = ["ReadOptions", "read_options_problems"]

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class ReadOptions:
    """How a CSV file is written. What is left out follows from the file's name and its first line.

    Attributes:
        delimiter: What separates fields, one character; default: a comma, for ``.tsv`` a tab; or the ``;``, tab or
            ``|`` that the first line has instead, if further lines have it too.
        quote: What stands around a field with delimiters in it, one character of ASCII, or "" for nothing.
        encoding: How characters are written as bytes; any name that Python knows.
        null: The strings that mean NULL, besides an empty field.
        decimal: What stands before the fraction of a number, one character.
        header: Whether the first line has the names of the columns; otherwise they are ``column0``, ``column1`` …
        types: Types of columns, by name, where they do not follow from the values; "text" keeps digits as text.
    """

    delimiter: str | None = None
    quote: str = '"'
    encoding: str = "utf-8"
    null: tuple[str, ...] = ()
    decimal: str = "."
    header: bool = True
    types: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> ReadOptions:
        """The options that a caller gives by name.

        Raises:
            InvalidOptionError: Some do not exist or have a wrong value; tells all of them.
        """
        if given is None:
            return cls()
        if not isinstance(given, Mapping):
            raise InvalidOptionError(f"read_options must be a mapping of options to values, not {repr_of(given)}.")
        names = [one.name for one in fields(cls)]
        problems = [
            f"read_options has no option {repr_of(name)}.{question(str(name), names)} It has {', '.join(names)}."
            for name in given
            if name not in names
        ]
        read: dict[str, Any] = {}
        for name, value in given.items():
            if name in names:
                try:
                    read[name] = _READ[name](value)
                except (TypeError, ValueError) as error:
                    problems.append(f"read_options: {name} {error}, not {repr_of(value)}.")
        for name, default in (("decimal", "."), ("quote", '"')):
            if read.get(name, default) == read.get("delimiter"):
                problems.append(f"read_options: delimiter and {name} are both {read['delimiter']!r}.")
        if "delimiter" not in read and read.get("quote") in (",", ";", "\t", "|"):
            problems.append(f"read_options: quote {read['quote']!r} may be the delimiter, which is not given.")
        if problems:
            raise InvalidOptionError(" ".join(problems))
        return cls(**read)


def read_options_problems(given: Any) -> Iterator[str]:
    """What is wrong with options for reading text files, as one sentence or none; see `ReadOptions.of`."""
    try:
        ReadOptions.of(given)
    except InvalidOptionError as problem:
        yield problem.message


def _character(value: object) -> str:
    if value in ("\\t", "tab"):
        return "\t"
    if not isinstance(value, str) or len(value) != 1 or value in "\r\n":
        raise ValueError("must be one character")
    return value


def _quote(value: object) -> str:
    if value == "":
        return ""
    found = _character(value)
    if not found.isascii():
        raise ValueError("must be one character of ASCII, or empty for none")
    return found


def _encoding(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("must be the name of an encoding")
    try:
        "".encode(value)  # codecs has others too, which are not of text
        return codecs.lookup(value).name
    except (LookupError, ValueError):
        raise ValueError("must be the name of an encoding, such as latin-1") from None


def _null(value: object) -> tuple[str, ...]:
    texts = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else (value,)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("must be a string or a list of strings")
    if not all(is_unicode(text) and "\0" not in text for text in texts):
        raise ValueError("must have no NUL and no half of a surrogate pair")
    return tuple(dict.fromkeys(str(text) for text in texts))


def _decimal(value: object) -> str:
    if value not in (".", ","):
        raise ValueError("must be '.' or ','")
    return str(value)


def _header(value: object) -> bool:
    if isinstance(value, str) and value.lower() in _FLAGS:
        return _FLAGS[value.lower()]
    if not isinstance(value, bool):
        raise TypeError("must be True or False")
    return value


def _types(value: object) -> Mapping[str, str]:
    """A mapping, or ``name:type`` as a string or a list of strings, as a command line gives it."""
    if isinstance(value, str | Sequence):
        parts = (
            value.split(",")
            if isinstance(value, str)
            else [one if isinstance(one, str) else repr_of(one) for one in value]
        )
        pairs = [part.rpartition(":") for part in parts]
        if not all(name and kind for name, _, kind in pairs):
            raise ValueError("must map columns to types")
        return {name.strip(): kind.strip() for name, _, kind in pairs}
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for pair in value.items() for one in pair):
        raise ValueError("must map columns to types")
    return dict(value)


_READ = {
    "delimiter": _character, "quote": _quote, "encoding": _encoding, "null": _null, "decimal": _decimal,
    "header": _header, "types": _types,
}  # fmt: skip
