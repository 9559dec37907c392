"""Secrets: what a flow must not contain, because everybody who may read the flow would read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dq_core.adapters import secrets_of, secrets_of_options
from truthound_kestra.flows.expressions import holds_expression, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["named_secret_problems", "secret_problems"]

_FOUND = "contains a secret, which everyone who can read the flow would see."


def secret_problems(label: str, value: Any) -> Iterator[str]:
    """Secrets in URLs and known kinds of token, wherever they stand in a value.

    Args:
        label: What to call the value.
        value: A string, or a nesting of mappings and lists with strings.
    """
    if any(_plain(secrets_of(text)) or _plain(secrets_of_options({"": text})) for text in texts(value)):
        yield f"{label} {_FOUND} Use {{{{ secret('SECRET') }}}} in its place."


def named_secret_problems(label: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Secrets in values, and values whose names say that they are secret.

    Args:
        label: What to call the values; a value's name follows.
        values: By name; nested mappings are looked into.
    """
    for name, value in values.items():
        if _plain(secrets_of_options({str(name): value})) or any(secret_problems("", value)):
            yield f"{label} {name!r} {_FOUND} Use {{{{ secret('{str(name).upper()}') }}}}, or rename it if it is none."


def _plain(secrets: tuple[str, ...]) -> bool:
    """Whether a secret is written out: not as an expression, nor as a part of what is otherwise one."""
    hidden = [secret for secret in secrets if holds_expression(secret)]
    return any(not any(secret in whole for whole in hidden) for secret in secrets)
