"""Mapped tasks: their arguments without secrets, and judged while the DAG is parsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk.definitions.mappedoperator import OperatorPartial
from sqlalchemy import URL

from moltres.task import refuse
from moltres_airflow.arguments import unknown
from moltres_airflow.dsn import Dsn

if TYPE_CHECKING:
    from airflow.sdk.definitions.mappedoperator import MappedOperator

_ARGUMENTS: Final = ("dsn", "input_dsn", "right_dsn")
"""Arguments of operators that are URLs."""


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
        _refuse_unknown(self, mapped_kwargs)
        for name in _ARGUMENTS:
            if isinstance(mapped_kwargs.get(name), list | tuple):
                mapped_kwargs[name] = [Dsn(value) for value in mapped_kwargs[name]]
        return _tried(super().expand(**mapped_kwargs), mapped_kwargs)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> MappedOperator:
        """Map over a list of argument sets."""
        if not isinstance(kwargs, list | tuple):
            return super().expand_kwargs(kwargs, strict=strict)
        self._expand_called = True
        for item in kwargs:
            _refuse_unknown(self, item if isinstance(item, Mapping) else {})
        hidden = [hide_urls(item) if isinstance(item, Mapping) else item for item in kwargs]
        return super().expand_kwargs(hidden, strict=strict)


def _refuse_unknown(partial: OperatorPartial, given: Mapping[str, Any]) -> None:
    operator = partial.operator_class
    refuse(f"{operator.__name__} {partial.kwargs.get('task_id')!r}", unknown(operator, given))


def _tried(mapped: MappedOperator, mapped_kwargs: Mapping[str, Any]) -> MappedOperator:
    """Have the operator judge its arguments while the DAG is parsed, by the first of each list.

    Airflow makes the operators of a mapped task only when they run. What comes from other tasks is not known before.
    """
    if all(isinstance(values, list | tuple) and values for values in mapped_kwargs.values()):
        mapped.unmap({name: values[0] for name, values in mapped_kwargs.items()})
    return mapped
