"""A database address which can lie in a DAG without its password being stored, shown or logged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk.definitions.mappedoperator import OperatorPartial
from airflow.sdk.log import mask_secret
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from moltres.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk.definitions.mappedoperator import MappedOperator

_ARGUMENTS: Final = ("dsn", "input_dsn")
"""Arguments of operators that are addresses."""

_SECRET_OPTIONS: Final = frozenset(
    {"password", "passwd", "pwd", "token", "access_token", "motherduck_token", "sslpassword"}
)


class Dsn:
    """A database address whose text has ``***`` in place of each secret.

    Airflow stores the text of what it finds in ``default_args``, ``partial()`` and ``expand()``. The operators wrap
    their own ``dsn``; wrap it yourself in ``default_args={"dsn": Dsn(...)}``, which Airflow reads before any operator.

    Args:
        url: Text such as ``postgresql+psycopg://user:secret@host/database``, or a SQLAlchemy URL.

    Raises:
        ConfigurationError: If the text is no database address. The message does not repeat it: it may hold a password.
    """

    __slots__ = ("_url",)

    def __init__(self, url: str | URL | Dsn) -> None:
        try:
            self._url: URL = url.url if isinstance(url, Dsn) else make_url(url)
        except (ArgumentError, ValueError):
            # `from None`: SQLAlchemy's own message quotes the whole text.
            raise ConfigurationError(
                "The dsn is not a database address.",
                suggestion="Write dialect+driver://user:password@host:port/database, special characters %-encoded.",
            ) from None
        for secret in self._secrets():
            mask_secret(secret)

    @property
    def url(self) -> URL:
        """The whole address, for connecting."""
        return self._url

    @property
    def is_secret(self) -> bool:
        """Whether there is anything in it to hide."""
        return any(True for _ in self._secrets())

    def _secrets(self) -> Iterator[str]:
        if self._url.password:
            yield self._url.password
            yield URL.create("x", "x", self._url.password).render_as_string(hide_password=False)[
                len("x://x:") : -len("@")
            ]
        for name, value in self._url.query.items():
            if name.lower() in _SECRET_OPTIONS:
                yield from [value] if isinstance(value, str) else value

    def __str__(self) -> str:
        hidden = dict.fromkeys((name for name in self._url.query if name.lower() in _SECRET_OPTIONS), "***")
        return self._url.update_query_dict(hidden).render_as_string(hide_password=True)

    def __repr__(self) -> str:
        return f"Dsn({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dsn) and other.url == self._url

    def __hash__(self) -> int:
        return hash(self._url)


def hide_addresses(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """An operator's arguments with each address wrapped."""
    hidden = {name: Dsn(arguments[name]) for name in _ARGUMENTS if isinstance(arguments.get(name), str | URL)}
    return {**arguments, **hidden}


class DsnHidingPartial(OperatorPartial):
    """What ``Operator.partial()`` gives, with the addresses hidden from Airflow's copy of the DAG.

    Airflow writes the arguments of mapped tasks into the serialized DAG, template field or not.
    """

    def expand(self, **mapped_kwargs: Any) -> MappedOperator:
        """Map over lists of arguments."""
        for name in _ARGUMENTS:
            if isinstance(mapped_kwargs.get(name), list | tuple):
                mapped_kwargs[name] = [Dsn(value) for value in mapped_kwargs[name]]
        return _tried(super().expand(**mapped_kwargs), mapped_kwargs)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> MappedOperator:
        """Map over a list of argument sets."""
        if not isinstance(kwargs, list | tuple):
            return super().expand_kwargs(kwargs, strict=strict)
        hidden = [hide_addresses(item) if isinstance(item, Mapping) else item for item in kwargs]
        return super().expand_kwargs(hidden, strict=strict)


def _tried(mapped: MappedOperator, mapped_kwargs: Mapping[str, Any]) -> MappedOperator:
    """Have the operator judge its arguments while the DAG is parsed, by the first of each list.

    Airflow makes the operators of a mapped task only when they run. What comes from other tasks is not known before.
    """
    if all(isinstance(values, list | tuple) and values for values in mapped_kwargs.values()):
        mapped.unmap({name: values[0] for name, values in mapped_kwargs.items()})
    return mapped
