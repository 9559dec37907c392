r"""Regular expressions that mean the same in every database.

A pattern is written in the common part of Python's, RE2's (DuckDB) and PostgreSQL's languages, and is read
with one meaning: it is searched for (not matched in full), ``\d \w \s \b`` are ASCII, ``.`` is anything but a line
feed, ``^`` and ``$`` are the two ends of the text. What one of the languages lacks — looking around, back references,
possessive quantifiers — is refused when the rule is read, so that a rule never works in one place only.
"""

from __future__ import annotations

import re
import string
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Pattern"]

_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": r" \t\n\r\f\v"}
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
_SPECIAL = frozenset(r".^$*+?{}[]()|\-&~#/")
_MOST_REPEATS = 255
_MOST_CHARACTERS = 100_000
_TOKEN = re.compile(
    r"""(?P<escape>\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.))
      | (?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])
      | (?P<group>\((?:\?(?:P<\w+>|<\w+>|P=\w+\)|P>\w+\)|<?[=!]|[a-zA-Z-]*[:)]|.))?)
      | (?P<repeat>(?:[*+?]|\{\d*,?\d*\})[+?]?)
      | (?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
_CLASS_ITEM = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|.", re.DOTALL)


class UnsupportedPatternError(ValueError):
    """A pattern that does not work, or does not mean the same, in every database."""


@dataclass(frozen=True)
class _Language:
    """How a language writes what the languages write differently."""

    start: str
    end: str
    boundary: str
    no_boundary: str
    code_point: Callable[[int], str]
    #: The first code point of its strings.
    least: int = 0
    #: Whether parts are written so that no reader takes them for others: see `_kept_apart`.
    rewritten: bool = False


# Until 3.14, Python's \B is not found in an empty text.
_PYTHON = _Language(r"\A", r"\Z", r"\b", r"(?:\B|\A\Z)", lambda code: f"\\U{code:08x}")
_RE2 = _Language(r"\A", r"\z", r"\b", r"\B", lambda code: f"\\x{{{code:x}}}", rewritten=True)
# Rust's \b knows the letters of all scripts unless it is told otherwise, which its \B cannot be.
_RUST = replace(_RE2, boundary=r"(?-u:\b)", no_boundary="")
# PCRE's own \b knows the letters of all scripts where the database asks it to.
_WORD = "[A-Za-z0-9_]"
_PCRE = _Language(
    r"\A",
    r"\z",
    f"(?:(?<!{_WORD})(?={_WORD})|(?<={_WORD})(?!{_WORD}))",
    f"(?:(?<!{_WORD})(?!{_WORD})|(?<={_WORD})(?={_WORD}))",
    lambda code: f"\\x{{{code:x}}}",
)
# Joni's own \b knows the letters of all scripts.
_JONI = _Language(r"\A", r"\z", _PCRE.boundary, _PCRE.no_boundary, lambda code: f"\\x{{{code:x}}}")
_POSTGRESQL = _Language(r"\A", r"\Z", r"\y", r"\Y", lambda code: f"\\U{code:08x}", least=1)


@dataclass(frozen=True)
class Pattern:
    """A regular expression, checked to be in the common part.

    Args:
        source: The pattern as the user wrote it.

    Raises:
        ValueError: It is not a regular expression, or uses syntax that not every database supports.
    """

    source: str

    def __post_init__(self) -> None:
        if len(self.source) > _MOST_CHARACTERS:
            raise ValueError(f"has more than {_MOST_CHARACTERS:,} characters")
        try:
            with warnings.catch_warnings():
                # Python warns of [[:alpha:]] and the like, which it reads in another way than the others.
                warnings.simplefilter("error", FutureWarning)
                re.compile(self.source)
        except (re.error, OverflowError) as error:
            raise ValueError(f"is not a valid regular expression: {error}") from None
        except RecursionError:
            raise ValueError("is not a valid regular expression: its groups are nested too deeply") from None
        except FutureWarning as warning:
            raise UnsupportedPatternError(f"is read in different ways by different databases: {warning}") from None
        for language in (_PYTHON, _RE2, _PCRE, _POSTGRESQL):
            _translate(self.source, language)

    def for_python(self) -> str:
        """The pattern for ``re.search``; SQLite uses it too."""
        return "(?a)" + _translate(self.source, _PYTHON)

    def for_re2(self) -> str:
        """The pattern for RE2, which DuckDB uses."""
        return _translate(self.source, _RE2)

    def for_rust(self) -> str:
        """The pattern for Rust's regex, which polars uses.

        Raises:
            ValueError: It asks that there be no boundary of a word, which that language has for all scripts only.
        """
        return _translate(self.source, _RUST)

    def for_pcre(self) -> str:
        """The pattern for PCRE, which MariaDB uses."""
        return _translate(self.source, _PCRE)

    def for_joni(self) -> str:
        """The pattern for Joni, which Trino uses unless it is told to use RE2."""
        return _translate(self.source, _JONI)

    def for_postgresql(self) -> str:
        """The pattern for PostgreSQL's ``~``."""
        return _translate(self.source, _POSTGRESQL)


def _translate(source: str, language: _Language) -> str:
    flags, body = re.match(r"(?:\(\?([a-zA-Z]+)\))?(.*)\Z", source, re.DOTALL).groups()  # type: ignore[union-attr]
    flags = flags or ""
    if set(flags) - {"i", "s"}:
        raise UnsupportedPatternError(f"uses the flags (?{flags}); only i and s mean the same in every database")
    anything = r"(?:.|\n)" if "s" in flags else "."
    if language in (_PCRE, _POSTGRESQL):
        anything = r"(?:[^\n]|\n)" if "s" in flags else r"[^\n]"
    # The languages do not agree on the case of other letters, so the two cases of those of ASCII are written out.
    part = _folded if "i" in flags else _part
    written = [part(token, language, anything) for token in _TOKEN.finditer(body)]
    if not language.rewritten:
        return "".join(written)
    apart = "".join(_kept_apart(written, place, language) for place in range(len(written)))
    # DuckDB and Arrow begin to search within characters of several bytes, too, where they find no boundary.
    return rf"\A(?:.|\n)*?(?:{apart})" if language.no_boundary in written else apart


def _kept_apart(parts: Sequence[str], place: int, language: _Language) -> str:
    """A part for RE2 and DuckDB, whose rewritings of patterns change what is matched.

    RE2 takes ``[kK]`` for a K of any case: as an alternative beside one other character it is then also the Kelvin
    sign, or loses one of its cases where the other is there already (``[sk]|[kK]``). DuckDB looks for a literal string
    where a pattern is nothing else, and misses anchors and empty groups that stand within it (``a$b``, ``a()``). What
    is repeated once, or never, is left as it is.
    """
    part = parts[place]
    if part == ")" and parts[place - 1] == "(?:":
        return ".{0})"
    within = (part == language.start and place > 0) or (part == language.end and place < len(parts) - 1)
    return f"(?:{part}{{1}})" if within or _is_letter_of_any_case(part) else part


def _is_letter_of_any_case(written: str) -> bool:
    if not written.startswith("[") or written.startswith("[^"):
        return False
    try:
        ascii_ = re.compile(re.sub(r"\\x\{([0-9a-f]+)\}", lambda code: f"\\U{int(code[1], 16):08x}", written))
    except re.error:
        return False
    found = [chr(code) for code in range(128) if ascii_.match(chr(code))]
    return len(found) == 2 and found[0].swapcase() == found[1]


def _folded(token: re.Match[str], language: _Language, anything: str) -> str:
    """A part of a pattern that ignores the case of ASCII letters."""
    text = token.group()
    if token.lastgroup == "class":
        written = _class(text, language)
        return written[:-1] + "".join(_other_cases(text[2 if text.startswith("[^") else 1 : -1])) + "]"
    written = _part(token, language, anything)
    letter = token.lastgroup in ("other", "escape") and len(written) == 1 and written.isascii() and written.isalpha()
    return f"[{written}{written.swapcase()}]" if letter else written


def _other_cases(body: str) -> Iterator[str]:
    """The other cases of the ASCII letters that the inside of brackets names, alone or in a range."""
    items = _CLASS_ITEM.findall(body)
    known = [None if len(one) > 1 and one[1] in "dwsb" else _character(one) if len(one) > 1 else one for one in items]
    for place, character in enumerate(known):
        ends = (character, character)
        if items[place] == "-" and 0 < place < len(items) - 1:
            ends = (known[place - 1], known[place + 1])
        low, high = ends
        if low is not None and high is not None:
            yield from (one.swapcase() for one in string.ascii_letters if low <= one <= high)


def _part(token: re.Match[str], language: _Language, anything: str) -> str:
    text = token.group()
    match token.lastgroup:
        case "escape":
            return _escape(text, language)
        case "class":
            return _class(text, language)
        case "group":
            return _group(text)
        case "repeat":
            return _repeat(text)
        case _:
            plain = {".": anything, "^": language.start, "$": language.end}
            return plain.get(text) or (text if text in "()|" else _literal(text, language))


def _escape(text: str, language: _Language) -> str:
    letter = text[1]
    if letter in _CLASSES:
        return f"[{_class_body(letter, language)}]"
    if letter.lower() in _CLASSES:
        return f"[^{_class_body(letter.lower(), language)}]"
    if letter == "B" and not language.no_boundary:
        raise UnsupportedPatternError(r"uses \B, which the language of polars has for letters of all scripts only")
    anchors = {"b": language.boundary, "B": language.no_boundary, "A": language.start, "Z": language.end}
    if letter in anchors:
        return anchors[letter]
    return _literal(_character(text), language)


def _character(escape: str) -> str:
    """The character that an escape denotes."""
    letter = escape[1]
    digits = escape[2:]
    if letter in "xuU" and digits:
        return chr(int(digits, base=16))
    if letter in _CONTROL:
        return _CONTROL[letter]
    if letter.isdigit():
        raise UnsupportedPatternError(f"uses the back reference {escape}, which not every database has")
    if letter.isalpha():
        raise UnsupportedPatternError(f"uses {escape}, which not every database has")
    return letter


def _literal(character: str, language: _Language) -> str:
    if character in _SPECIAL:
        return "\\" + character
    if character.isprintable():
        return character
    if character == "\0":
        raise UnsupportedPatternError("contains the character NUL, which not every database can hold")
    return language.code_point(ord(character))


def _class_body(letter: str, language: _Language) -> str:
    if letter != "s":
        return _CLASSES[letter]
    return "".join(_literal(character, language) for character in " \t\n\r\f\v")


def _class(text: str, language: _Language) -> str:
    negated = text.startswith("[^")
    return ("[^" if negated else "[") + "".join(_class_items(text[2 if negated else 1 : -1], language)) + "]"


def _class_items(body: str, language: _Language) -> Iterator[str]:
    items = _CLASS_ITEM.findall(body)
    for place, item in enumerate(items):
        if len(item) > 1 and item[1] in _CLASSES:
            yield _class_body(item[1], language)
        elif len(item) > 1 and item[1] in "DWS":
            raise UnsupportedPatternError(f"uses {item} within brackets, which not every database has")
        elif item == r"\b":
            yield language.code_point(8)
        elif place < len(items) - 2 and items[place + 1] == "-" and _denotes_nul(item):
            # PostgreSQL's strings hold no NUL, and so its ranges begin after it.
            yield language.code_point(language.least)
        elif item == "-" and 0 < place < len(items) - 1:
            yield "-"
        else:
            yield _literal(_character(item) if len(item) > 1 else item, language)


def _denotes_nul(item: str) -> bool:
    return item == "\0" or (item[:1] == "\\" and item[1:2] in ("x", "u", "U", "0") and _character(item) == "\0")


def _group(text: str) -> str:
    if text == "(":
        return "(?:"
    if text == "(?:" or (text.startswith(("(?P<", "(?<")) and text[3:4].isalpha()) or text.startswith("(?P<"):
        return "(?:"
    raise UnsupportedPatternError(f"uses {text}, which not every database has")


def _repeat(text: str) -> str:
    if text.endswith("+") and len(text) > 1:
        raise UnsupportedPatternError(f"uses the possessive quantifier {text}, which not every database has")
    if text.startswith("{"):
        numbers = [int(number) for number in re.findall(r"\d+", text)]
        if not re.match(r"\{(?:\d+(?:,\d*)?|,\d+)\}", text):
            return "".join("\\" + character if character in _SPECIAL else character for character in text)
        if max(numbers) > _MOST_REPEATS:
            raise UnsupportedPatternError(f"repeats more than {_MOST_REPEATS} times: {text}; the length check may help")
        if text.startswith("{,"):
            text = "{0" + text[1:]
    # Whether a quantifier is lazy changes what is matched, never whether something is.
    return text.rstrip("?") if len(text) > 1 else text
