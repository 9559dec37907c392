"""Fragments of SQL in rules: what a database's own parser does not say is read from the words of the fragment.

A fragment is compared with what is allowed, never with what is forbidden: a construct that is not known is refused. A
parser without a way to ask it about functions (MariaDB, MySQL, and every database without a dialect of its own) is
helped by a list of the functions that only compute.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ..sql_text import Lexis, Token

__all__ = [
    "COMPUTING", "calls", "locks", "misread", "no_expression", "of_the_server", "parts", "refused_by_list",
    "with_backquotes",
]  # fmt: skip

#: Functions that only compute, under names that more than one database knows.
COMPUTING = frozenset({
    "abs", "acos", "ascii", "asin", "atan", "atan2", "avg", "bit_length", "ceil", "ceiling", "char_length",
    "character_length", "coalesce", "concat", "concat_ws", "cos", "cot", "count", "cume_dist", "date", "datediff",
    "day", "degrees", "dense_rank", "exp", "extract", "first_value", "floor", "greatest", "hour", "ifnull", "instr",
    "isnull", "lag", "last_value", "lcase", "lead", "least", "left", "length", "ln", "locate", "log", "log10", "log2",
    "lower", "lpad", "ltrim", "max", "md5", "min", "minute", "mod", "month", "now", "nth_value", "ntile", "nullif",
    "nvl", "octet_length", "percent_rank", "pi", "position", "pow", "power", "quarter", "radians", "rank", "replace",
    "reverse", "right", "round", "row_number", "rpad", "rtrim", "second", "sign", "sin", "sqrt", "stddev", "stddev_pop",
    "stddev_samp", "strftime", "substr", "substring", "sum", "tan", "time", "timestamp", "trim", "trunc", "truncate",
    "ucase", "unicode", "upper", "var_pop", "var_samp", "variance", "week", "year",
})  # fmt: skip
_OF_THE_SERVER = frozenset({"information_schema", "mysql", "performance_schema", "pg_catalog", "sys", "system"})
#: Words that stand before a parenthesis and call nothing.
_GRAMMAR = frozenset({
    "all", "and", "any", "array", "as", "between", "by", "case", "cast", "char", "character", "collate", "convert",
    "cross", "decimal", "distinct", "div", "else", "end", "escape", "except", "exists", "filter", "from", "full",
    "group", "having", "in", "inner", "intersect", "interval", "is", "join", "left", "like", "limit", "mod", "not",
    "null", "numeric", "nvarchar", "offset", "on", "or", "order", "outer", "over", "partition", "regexp", "right",
    "rlike", "row", "select", "some", "then", "union", "using", "values", "varchar", "varying", "when", "where",
    "window", "with", "within", "xor",
})  # fmt: skip


def parts(sql: str, lexis: Lexis) -> list[Token]:
    """The tokens of a fragment without blanks and comments."""
    return [token for token in lexis.tokens(sql) if token.kind != "blank"]


def with_backquotes(sql: str, lexis: Lexis) -> str:
    """A fragment whose names can be nothing else: between double quotes, SQLite takes an unknown name for a string."""
    return "".join(map(_backquoted, lexis.tokens(sql)))


def _backquoted(token: Token) -> str:
    if token.kind != "name" or token.text[0] != '"' or token.text == '""':
        return token.text
    return "`" + token.text[1:-1].replace('""', '"').replace("`", "``") + "`"


def no_expression(tokens: Sequence[Token]) -> str | None:
    """Why these are not one expression, as far as punctuation says; the database's own parser says the rest."""
    depth = 0
    for token in tokens:
        if token.kind == "end":
            return "it is not one expression: it has a semicolon"
        if token.kind == "open":
            return "it has a quote or a comment that is not closed"
        depth += (token.text == "(") - (token.text == ")")
        if depth < 0:
            break
    if depth:
        return "it has parentheses that do not match"
    return None if tokens else "it is empty"


def misread(sql: str, lexis: Lexis, *, marks: str, in_strings: str = "") -> str | None:
    """Why a string could be cut in another way than the database cuts it, or holds variables or placeholders.

    Args:
        sql: The text.
        lexis: How it is cut.
        marks: Characters outside of strings, names and comments that are refused.
        in_strings: Characters in strings and names that mean different things to databases of this kind.
    """
    for token in lexis.tokens(sql):
        wrong = {"mark": marks, "string": in_strings, "name": in_strings}.get(token.kind, "")
        found = next((one for one in wrong if one in token.text), None)
        if found is not None:
            return f"it has {found!r}, which is not supported here"
        comment = token.text if token.kind == "blank" else ""
        if comment.startswith(("/*!", "/*M!")) or (not lexis.nested and "/*" in comment[2:]):
            return "it has a comment that some databases read as SQL"
        if comment.startswith("--") and not lexis.hash and not lexis.returns and "\r" in comment.rstrip():
            return "it has a carriage return in a comment, which ends it for some databases"
        if not lexis.hash and not lexis.nested and comment.startswith("--") and comment[2:3].strip():
            return "it has a comment without a blank behind its dashes, which some databases read as SQL"
    return None


def calls(tokens: Sequence[Token]) -> Iterator[tuple[Token, bool]]:
    """Everything that stands before an opening parenthesis and may be a function, and whether a dot precedes it."""
    for place, token in enumerate(tokens[:-1]):
        if tokens[place + 1].text == "(" and token.kind in ("word", "name", "number", "string"):
            yield token, place > 0 and tokens[place - 1].text == "."


def unknown_calls(tokens: Sequence[Token], functions: Collection[str], *, aliases: bool = False) -> Iterator[str]:
    """The functions that are called and not among these."""
    named = {other.start for one, other in itertools.pairwise(tokens) if aliases and one.text.lower() == "as"}
    places = {token.start: place for place, token in enumerate(tokens)}
    for token, qualified in calls(tokens):
        if token.start in named:
            continue
        name = token.text.lower()
        plain = token.kind == "word" and not qualified
        if not (plain and (name in functions or name in _GRAMMAR)) and not _is_named_query(places[token.start], tokens):
            yield token.text


def _is_named_query(place: int, tokens: Sequence[Token]) -> bool:
    """Whether there is the name before the columns of a common table expression: ``x (a, b) AS (``."""
    if place == 0 or tokens[place - 1].text.lower() not in ("with", "recursive", ","):
        return False
    depth = 0
    for end in range(place + 1, len(tokens) - 2):
        depth += (tokens[end].text == "(") - (tokens[end].text == ")")
        if depth == 0:
            return tokens[end + 1].text.lower() == "as" and tokens[end + 2].text == "("
    return False


def of_the_server(tokens: Sequence[Token]) -> str | None:
    """What is selected from a schema in which a server keeps what it knows about itself, its users and its sessions."""
    for token, following in itertools.pairwise(tokens):
        name = token.text[1:-1] if token.kind == "name" else token.text if token.kind == "word" else ""
        if following.text.startswith(".") and name.lower() in _OF_THE_SERVER:
            return f"it selects from the schema {name}, which has no table of the database"
    return None


def locks(tokens: Sequence[Token]) -> str | None:
    """A clause of a subquery that locks rows, writes them somewhere, or asks a sequence for its next number."""
    words = [token.text.lower() if token.kind == "word" else "" for token in tokens]
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        pair = f"{word} {following}"
        if pair in {
            "for update", "for share", "for no", "for key", "lock in", "next value", "previous value",
        } or word in {"into", "procedure"}:  # fmt: skip
            return (pair if " " in pair and following and word not in {"into", "procedure"} else word).upper()
        if place > 0 and tokens[place - 1].text == "." and word in {"nextval", "currval", "lastval"}:
            return word
    return None


def refused_by_list(
    sqls: Sequence[str],
    lexis: Lexis,
    functions: Collection[str],
    *,
    marks: str,
    in_strings: str = "",
    aliases: bool = False,
) -> dict[str, str]:
    """The fragments that call other functions than these, or could be read in another way, with the reasons.

    Args:
        sqls: The fragments.
        lexis: How they are cut.
        functions: What they may call.
        marks: See `misread`.
        in_strings: See `misread`.
        aliases: Whether AS gives names to columns, as in ``UNNEST(x) AS u (i)``: what follows it calls nothing.
    """
    found = {}
    for sql in sqls:
        tokens = parts(sql, lexis)
        reason = no_expression(tokens) or misread(sql, lexis, marks=marks, in_strings=in_strings)
        if reason is None and (clause := locks(tokens)) is not None:
            reason = f"it has {clause}, which is more than reading"
        reason = reason or of_the_server(tokens)
        if reason is None and (unknown := list(dict.fromkeys(unknown_calls(tokens, functions, aliases=aliases)))):
            reason = f"it calls {', '.join(unknown)}, and it is not known that this only computes"
        if reason is not None:
            found[sql] = reason
    return found
