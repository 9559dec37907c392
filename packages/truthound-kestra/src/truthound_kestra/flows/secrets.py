"""Secrets: a flow must not contain any, because everyone who can read the flow would see them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import secrets_of, secrets_of_options
from truthound_kestra.flows.expressions import holds_expression, texts, without_expressions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["named_secret_problems", "secret_problems"]

# A URL in a string, and what stands in place of the expressions in it.
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^\s'\"<>`\\]+")
# What a program gets from elsewhere: the result of a function, or what stands under a key.
_GOT: Final = re.compile(r"[A-Za-z_][\w.]*[(\[]")
_MARK: Final = "KESTRAEXPRESSION"
_FOUND = "contains a secret, which everyone who can read the flow would see."


def secret_problems(label: str, value: Any, *, program: bool = False) -> Iterator[str]:
    """Yield a sentence if a value contains a secret: in a URL, also inside of a longer text, or a known kind of token.

    Args:
        label: How messages call the value.
        value: A string, or nested mappings and lists with strings.
        program: Whether it is the text of a program, in which a secret may be got: ``password = ask("password")``.
    """
    if any(_is_secret(text, program=program) for text in texts(value)):
        yield f"{label} {_FOUND} Use {{{{ secret('SECRET') }}}} in its place."


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


def _is_secret(text: str, *, program: bool) -> bool:
    """Whether a string is, or contains, a URL with a secret, or is a token."""
    pairs = [one for one in secrets_of_options({"": text}) if not (program and _GOT.match(one))]
    if _plain(secrets_of(text)) or _plain(tuple(pairs)):
        return True
    urls = _URL.findall(without_expressions(text, _MARK))
    return any(_plain(secrets_of(url)) for url in urls)


def _plain(secrets: tuple[str, ...]) -> bool:
    """Whether any secret is neither an expression nor part of a secret that contains one."""
    hidden = [secret for secret in secrets if holds_expression(secret) or _MARK in secret]
    return any(not any(secret in whole for whole in hidden) for secret in secrets)
