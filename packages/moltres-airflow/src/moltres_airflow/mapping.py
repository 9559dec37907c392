"""Mapped tasks: their arguments without secrets, and judged while the DAG is parsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import XComArg
from airflow.sdk.bases.xcom import BaseXCom
from airflow.sdk.definitions.mappedoperator import MappedOperator, OperatorPartial
from sqlalchemy import URL

from moltres.task import refuse
from moltres_airflow.arguments import unknown
from moltres_airflow.dsn import Dsn
from moltres_airflow.templates import DATABASES
from moltres_airflow.upstream import key_of_result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import BaseOperator

_ARGUMENTS: Final = ("dsn", "input_dsn", "right_dsn")
"""Arguments of operators that are URLs."""

_NOTHING: Final[Mapping[str, Any]] = {}


def hide_urls(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """An operator's arguments with each URL wrapped."""
    hidden = {name: Dsn(arguments[name]) for name in _ARGUMENTS if isinstance(arguments.get(name), str | URL)}
    return {**arguments, **hidden}


class DsnHidingPartial(OperatorPartial):
    """What ``Operator.partial()`` gives, with the URLs hidden from Airflow's copy of the DAG.

    Airflow writes the arguments of mapped tasks into the serialized DAG, template field or not.
    """

    def expand(self, **mapped_kwargs: Any) -> MappedOperator:
        """Map over lists of arguments."""
        self._expand_called = True  # also where it is refused, or Airflow warns that it was never mapped
        _refuse_unknown(self, mapped_kwargs, mapped_kwargs)
        for name in _ARGUMENTS:
            if isinstance(mapped_kwargs.get(name), list | tuple):
                mapped_kwargs[name] = [Dsn(value) for value in mapped_kwargs[name]]
        return _tried(_ours(super().expand(**mapped_kwargs)), mapped_kwargs)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> MappedOperator:
        """Map over a list of argument sets."""
        self._expand_called = True
        if not isinstance(kwargs, list | tuple):
            _refuse_unknown(self, {}, {"expand_kwargs": kwargs})
            return _ours(super().expand_kwargs(kwargs, strict=strict))
        for item in kwargs:
            _refuse_unknown(self, item if isinstance(item, Mapping) else {})
        hidden = [hide_urls(item) if isinstance(item, Mapping) else item for item in kwargs]
        return _ours(super().expand_kwargs(hidden, strict=strict))


class MoltresMappedOperator(MappedOperator):
    """A mapped task whose ``output`` is what its instances push, under the key that they push it under."""

    @property
    def output(self) -> XComArg:
        """The results of all instances, for use as an argument of another task."""
        return XComArg(self, key=key_of_result(self))

    def unmap(self, resolve: Mapping[str, Any]) -> BaseOperator:
        """The operator of one instance; a None in the place of a connection does not mean another database."""
        lost = [name for name in DATABASES if name in resolve and resolve[name] is None]
        problems = (f"{name}: None names no connection." for name in lost)
        refuse(f"{self.operator_class.__name__} {self.task_id!r}", problems)
        return super().unmap(resolve)


def _ours(mapped: MappedOperator) -> MappedOperator:
    # Airflow makes the object itself; it serializes a subclass as what it is derived from.
    mapped.__class__ = MoltresMappedOperator
    return mapped


def _refuse_unknown(partial: OperatorPartial, given: Mapping[str, Any], mapped: Mapping[str, Any] = _NOTHING) -> None:
    operator = partial.operator_class
    problems = [*unknown(operator, given), *_of_every_instance(given), *_over_rows(mapped)]
    refuse(f"{operator.__name__} {partial.kwargs.get('task_id')!r}", problems)


def _of_every_instance(given: Mapping[str, Any]) -> Iterator[str]:
    if "output_key" in given:
        yield "output_key is one for all instances of a mapped task, by which others find the results: use partial()."


def _over_rows(mapped: Mapping[str, Any]) -> Iterator[str]:
    for name, value in mapped.items():
        for task, key in value.iter_references() if isinstance(value, XComArg) else ():
            if key != BaseXCom.XCOM_RETURN_KEY or hasattr(getattr(task, "operator_class", task), "hands_over_rows"):
                yield (
                    f"{name}: Airflow maps only over what a task returns, not over {key!r} of {task.task_id!r}. Have a "
                    "task of your own return a list of it, as in [dict(row) for row in moltres.handoff.rows_of(rows)]."
                )


def _tried(mapped: MappedOperator, mapped_kwargs: Mapping[str, Any]) -> MappedOperator:
    """Have the operator judge its arguments while the DAG is parsed, by the first of each list.

    Airflow makes the operators of a mapped task only when they run. What comes from other tasks is not known before.
    """
    if all(isinstance(values, list | tuple) and values for values in mapped_kwargs.values()):
        mapped.unmap({name: values[0] for name, values in mapped_kwargs.items()})
    return mapped
