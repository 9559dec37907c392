"""What only operators of Airflow can have wrong with their arguments, found while the DAG is parsed."""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseOperator

from dq_core.run.validate import argument_problems
from moltres.errors import ConfigurationError
from moltres.task import options, with_hint
from moltres_airflow.dsn import Dsn
from moltres_airflow.templates import comes_from_a_task, comes_later, templates_in

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

BASE_ARGUMENTS: Final = frozenset(inspect.signature(BaseOperator.__init__).parameters) - {"self", "kwargs"}
"""What every operator of Airflow takes."""

_HIDDEN: Final = frozenset({"_airflow_mapped_validation_only"})


def arguments_of(operator: type) -> frozenset[str]:
    """Every argument that an operator of ours takes, without those of BaseOperator."""
    names = {
        name
        for kind in operator.__mro__
        if issubclass(kind, BaseOperator) and "__init__" in vars(kind)
        for name in inspect.signature(kind).parameters
    }
    return frozenset(names - {"problems", "kwargs", "args"} - BASE_ARGUMENTS)


def unknown(operator: type, given: Iterable[str]) -> Iterator[str]:
    """Arguments that do not exist."""
    own = arguments_of(operator)
    yield from options.unknown([name for name in given if name not in own | BASE_ARGUMENTS | _HIDDEN], own)


def urls(given: Mapping[str, Any], default_args: Mapping[str, Any], *, required: bool) -> Iterator[str]:
    """Only one argument says where a database is, and none of them puts a secret where Airflow would store it."""
    yield from options.one_of(dict(given), required=required)
    for name, value in given.items():
        if value is None or not name.endswith("dsn"):
            continue
        if comes_from_a_task(value):
            yield f"{name} cannot come from another task or a mapped group, where Airflow would store it: use conn_id."
            continue
        if any(True for _ in templates_in(str(value))):
            yield f"{name} is not rendered, because Airflow stores templates in clear: use conn_id."
            continue
        try:
            url = Dsn(value)
        except ConfigurationError as error:
            yield f"{name}: {with_hint(error)}"
            continue
        if url.is_secret and default_args.get(name) is value and not isinstance(value, Dsn):
            yield f"{name} has a secret and would be stored in clear with the DAG's default_args: wrap it in Dsn(...)."


def flag(name: str, value: object) -> Iterator[str]:
    """What is neither true nor false."""
    yield from options.flag(name, value)


def of_report(samples: object, mask: object, semantics: object, **flags: object) -> Iterator[str]:
    """What is wrong with what a report shows and means, and with the flags beside it."""
    yield from argument_problems(samples, mask, semantics)
    yield from no_template("mask", mask)
    for name, value in flags.items():
        yield from flag(name, value)


def seconds(name: str, value: object) -> Iterator[str]:
    """A time limit that is not a number of seconds."""
    if value is not None:
        yield from options.seconds(name, value)


def names(given: Mapping[str, Any], *, several: Iterable[str] = ()) -> Iterator[str]:
    """What is no string, nor something that becomes one when the task runs.

    Args:
        given: The arguments by name; None is not given.
        several: Those that may be lists of strings as well.
    """
    for name, value in given.items():
        if value is None or comes_from_a_task(value):
            continue
        if name in several and isinstance(value, list | tuple):
            yield from options.strings(name, value)
        else:
            yield from options.string(name, value)


def no_template(name: str, value: object) -> Iterator[str]:
    """A template, or what comes from another task, in a place that is not rendered."""
    if comes_from_a_task(value) or any(True for _ in templates_in(value)):
        yield f"{name} is not a template field: {value!r} would never be rendered."


def stored(name: str, uri: object) -> Iterator[str]:
    """A secret in a template field, which Airflow stores before and after it is rendered."""
    settings = "by its configuration or by environment variables such as FSSPEC_S3_KEY"
    yield from options.without_secrets(name, uri, instead=f"give credentials to fsspec {settings}")


def several(names: Any) -> Any:
    """One name as a list of one."""
    return [names] if isinstance(names, str) else names


def unknown_yet(given: Any, rendered: Container[str]) -> frozenset[str]:
    """The options of a task whose values are known only when it runs.

    Args:
        given: The options.
        rendered: The template fields of the task.
    """
    names = (one.name for one in dataclasses.fields(given) if comes_later(getattr(given, one.name)))
    return frozenset(name for name in names if name in rendered)


def same(name: str, value: object, other: str, its_value: object) -> Iterator[str]:
    """Two names of one argument that say different things."""
    if value is not None and its_value is not None and value != its_value:
        yield f"{name} is {value!r} and {other}, its other name, is {its_value!r}: give one of them."


def default_args_of(kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The default arguments of the DAG for which an operator is made: Airflow stores them in clear."""
    dag = kwargs.get("dag")
    return {} if dag is None else dag.default_args
