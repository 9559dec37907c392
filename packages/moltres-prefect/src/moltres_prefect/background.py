"""Calls for a background worker (``.delay``), of which Prefect stores the arguments."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeGuard, TypeVar

from prefect import Task
from prefect.blocks.system import Secret
from pydantic import SecretStr
from sqlalchemy import URL

from moltres.errors import ConfigurationError, listing
from moltres.task import parse_url, refuse, secrets_of
from moltres_prefect.options import OPTION_NAMES, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

P = ParamSpec("P")
R = TypeVar("R")

_URLS: Final = ("dsn", "input_dsn", "right_dsn")


class BackgroundTask(Task[P, R]):
    """A task whose calls for a worker are judged before Prefect stores them."""

    def apply_async(
        self,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
        wait_for: Iterable[Any] | None = None,
        dependencies: dict[str, set[Any]] | None = None,
    ) -> Any:
        """Leave a call, also one of ``.delay``, to the worker that serves this task.

        Args:
            args: None: the arguments of these tasks have names.
            kwargs: Arguments by name, without options, which the worker takes from the task that it serves.
            wait_for: Futures to wait for.
            dependencies: What the arguments come from.

        Returns:
            The future of the result.

        Raises:
            ConfigurationError: If an argument does not exist, is an option, or would be stored with a secret.
        """
        given = kwargs or {}
        known = frozenset(inspect.signature(self.fn).parameters)
        refuse_unknown(f"{self.name}.delay", given, known | OPTION_NAMES)
        options = [name for name in given if name not in known]
        if options:
            raise ConfigurationError(
                f"{self.name}.delay has no options such as {listing(options)}: a worker takes those of the task that it"
                " serves.",
                suggestion="Serve a task that has them, made by with_options.",
            )
        refuse(f"{self.name}.delay", _secret_problems(given))
        return super().apply_async(args, given, wait_for, dependencies)


def _secret_problems(given: Mapping[str, Any]) -> Iterator[str]:
    for name in _URLS:
        value = given.get(name)
        if isinstance(value, Secret | SecretStr) or (_is_url(value) and secrets_of(parse_url(value))):
            yield (
                f"{name} has a secret, and Prefect stores the arguments of a call for a worker: give the name of a"
                " Secret block."
            )


def _is_url(value: object) -> TypeGuard[str | URL]:
    return isinstance(value, URL) or (isinstance(value, str) and "://" in value)
