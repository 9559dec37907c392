"""Secrets: a flow must not contain any, because everyone who can read the flow would see them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from dq_core.adapters import secrets_in, secrets_of, secrets_of_options
from truthound_kestra.flows.expressions import DEEPEST, holds_expression, strings_in, without_expressions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["named_secret_problems", "secret_problems"]

Program = Literal["python", "any"] | None
"""The language of a string that is a program, in which a secret may be got: ``password = ask("password")``."""

# Each pattern begins where a word or a line begins, and takes it whole: long strings are searched in a single pass.
# A URL in a string, and what stands in place of the expressions in it.
_URL: Final = re.compile(r"""(?<![A-Za-z0-9+.\-])[0-9+.\-]*+(?P<url>[A-Za-z][A-Za-z0-9+.\-]*+://[^\s'"<>`\\]+)""")
_MARK: Final = "KESTRAEXPRESSION"
_FOUND = "contains a secret, which everyone who can read the flow would see."
# What a program gets from elsewhere: the result of a function, what stands under a key, a variable of a shell, what is
# put into a string.
_GOT: Final = re.compile(
    r"""["']?(?:[A-Za-z_][\w.]*[(\[]|[A-Za-z_]\w*\.[A-Za-z_]|\$[({A-Za-z_]|\{\w|%[(s]|:[A-Za-z_]\w*$|\?$|\(["'])"""
)
# "name": "value" of JSON, Python and YAML; name = "value", also with a type; environ["name"] = "value".
_QUOTED: Final = re.compile(
    r"""(?<![\w.\-])(?P<name>[\w.\-]++)["']?\]?\s*(?::\s*\w+\s*=|:(?!:)|:?=(?!=))\s*[rRbBuU]{0,2}(?P<quote>["'])"""
    r"""(?P<value>(?:(?!(?P=quote)).)+)(?P=quote)"""
)
# A line of YAML.
_LINE: Final = re.compile(
    r"^[^\S\n]*+(?:- )?(?P<name>[A-Za-z][\w.\-]*):\s+(?P<value>[^\s\"'][^\s:]*)\s*$", re.MULTILINE
)
# Properties of tasks and triggers whose strings are programs.
_PROGRAMS: Final = ("script", "commands", "beforeCommands", "afterCommands", "inputFiles")
# Properties that only say what secret is meant, or where it is, or that have nothing but letters of such a word.
_NO_SECRETS: Final = ("url", "uri", "endpoint", "type", "name", "path", "file", "tokenizer", "less")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def secret_problems(label: str, value: Any, *, program: Program = None) -> Iterator[str]:
    """Yield a sentence if a value contains a secret.

    That is a URL with one, also inside of a longer text, a known kind of token, or a string whose name says that it is
    a secret: the key in a mapping, or ``name=value`` and ``"name": "value"`` in a string.

    Args:
        label: How messages call the value.
        value: A string, or nested mappings and lists with strings.
        program: The language, if it is a program.
    """
    place = next(_places(value, (), program), None)
    if place is not None:
        where = f": {'.'.join(place)}" if place else ""
        name = re.sub(r"\W+", "_", place[-1]).upper() if place else "SECRET"
        yield f"{label}{where} {_FOUND} Use {{{{ secret('{name}') }}}} in its place."


def named_secret_problems(label: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each value that contains a secret, or whose name says that it is one.

    Args:
        label: How messages call the values; the name of the value follows.
        values: Values by name; nested mappings are searched too.
    """
    for name, value in values.items():
        if _plain(secrets_of_options({str(name): value})) or any(secret_problems("", value)):
            use = f"Use {{{{ secret('{str(name).upper()}') }}}}, or rename it if it is not a secret."
            yield f"{label} {name!r} {_FOUND} {use}"


def _places(value: Any, place: tuple[str, ...], program: Program) -> Iterator[tuple[str, ...]]:
    """Where in a value the secrets are."""
    if isinstance(value, str):
        if _is_secret(value, program):
            yield place
    elif len(place) >= DEEPEST:
        return
    elif isinstance(value, Mapping):
        for key, item in value.items():
            here = (*place, str(key))
            if isinstance(item, str) and item and _says_secret(str(key)) and not holds_expression(item):
                yield here
            else:
                yield from _places(item, here, program or ("any" if str(key) in _PROGRAMS else None))
    elif isinstance(value, list | tuple):
        if _in_arguments(value, program):
            yield place
            return
        for number, item in enumerate(value, 1):
            yield from _places(item, (*place, str(number)), program)


def _in_arguments(items: Sequence[Any], program: Program) -> bool:
    """Whether a command and its arguments have a secret that no item shows by itself: ["curl", "-u", "me:password"]."""
    if program is None or not all(isinstance(item, str) for item in items):
        return False
    plain = [without_expressions(item, _MARK) for item in items]
    whole = " ".join("'x'" if "'" in item or "\n" in item else f"'{item}'" for item in plain)
    return _has_forms(whole, program) and not any(_is_secret(item, program) for item in items)


def _says_secret(key: str) -> bool:
    """Whether a property of this name is a secret; unlike variables, nobody can rename it, and many a key is none."""
    words = [word.lower() for word in _WORD.findall(key)]
    joined = "".join(words)
    if joined.endswith(_NO_SECRETS) or joined in ("key", "keys", "p"):
        return False
    others = " ".join(word for word in words if word not in ("key", "keys"))
    return _is_name_of_secret(joined) or _is_name_of_secret(others)


def _is_name_of_secret(name: str) -> bool:
    return bool(secrets_of_options({name: _MARK}))


def _is_secret(text: str, program: Program) -> bool:
    """Whether a string is, or contains, a secret."""
    if program == "python":  # where what has no quotes is a name
        parts = [found.group()[1:-1] for found in strings_in(text)]
        found = [one for part in parts for one in (*secrets_of(part), *secrets_of_options({"": part}))]
    else:
        found = [*secrets_of(text), *secrets_of_options({"": text})]
        found += [pair["value"] for pair in _LINE.finditer(text) if _says_secret(pair["name"])]
    found += [pair["value"] for pair in _QUOTED.finditer(text) if _says_secret(pair["name"])]
    if _plain(tuple(found), program) or _has_forms(text, program):
        return True
    urls = _URL.findall(without_expressions(text, _MARK))
    return any(_plain(secrets_of(url), program) for url in urls)


def _has_forms(text: str, program: Program) -> bool:
    """Whether there is a secret in a command, a header, or of a known form; each stands for itself."""
    return any(_plain((one,), program) for one in secrets_in(without_expressions(text, _MARK)))


def _plain(secrets: tuple[str, ...], program: Program = None) -> bool:
    """Whether any secret is neither got from elsewhere nor part of a secret that is."""
    hidden = [secret for secret in secrets if holds_expression(secret) or _MARK in secret or _is_got(secret, program)]
    return any(not any(secret in whole for whole in hidden) for secret in secrets)


def _is_got(secret: str, program: Program) -> bool:
    if program is None:
        return False
    # What is called like a secret is a name: connect(password=password).
    return _GOT.match(secret) is not None or _is_name_of_secret(secret.rstrip("),;"))
