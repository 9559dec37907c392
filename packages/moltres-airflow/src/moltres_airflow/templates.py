"""Templates: what Airflow renders before a task runs, and what nobody has rendered."""

from __future__ import annotations

import re
from collections import UserString
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from airflow.sdk import literal
from jinja2 import TemplateNotFound

from moltres.errors import ConfigurationError, listing
from moltres.task import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MARK: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)

_NO_VALUES: Final = ("None", "True", "False")
"""What a template makes of values of Python that name nothing: no table, key or folder is meant."""

_OF_ANOTHER_TASK: Final = "a value of another task"
"""What stands among the templates of a field for the whole of it that comes from another task."""

DATABASES: Final = ("conn_id", "input_conn_id", "right_conn_id")
"""Fields that name a database: without a name another one would be meant."""

_SQL: Final = "sql"
"""The template field of a query in SQL, which may be the name of a file; no other field names files."""

_FILE: Final = ".sql"
_NOTHING: Final = "{# #}"


def is_file(value: object) -> TypeGuard[str]:
    """Whether a value is the name of a file of SQL."""
    return isinstance(value, str) and value.strip().lower().endswith(_FILE)


def read_query(operator: Any) -> None:
    """Put the template in the place of the file that a query names; of one that is not there the run tells.

    Raises:
        ConfigurationError: If it is no text.
    """
    name = getattr(operator, _SQL, None)
    environment = operator.get_template_env() if is_file(name) else None
    if environment is None or environment.loader is None:  # as where there is no DAG
        return
    try:
        setattr(operator, _SQL, environment.loader.get_source(environment, name)[0])
    except TemplateNotFound:
        return
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"The file of SQL {name!r} is not written in UTF-8.") from error


def no_file(operator: Any, content: Any) -> Any:
    """What Airflow renders, so that it reads no file but that of the query."""
    if not is_file(content) or content is getattr(operator, _SQL, None):
        return content
    return f"{content}{_NOTHING}" if comes_later(content) else literal(content)


def comes_later(value: object) -> bool:
    """Whether the value is known only when the task runs: a template, an XComArg, the argument of a mapped group."""
    return hasattr(value, "iter_references") or any(True for _ in templates_in(value))


def comes_from_a_task(value: object) -> bool:
    """Whether Airflow puts something else in this place when the task runs (an XComArg, the argument of a group)."""
    return hasattr(value, "iter_references")


def templates_in(value: object) -> Iterator[str]:
    """Every template in a value, at any depth; also where Airflow renders none, as in paths, bytes and dataclasses."""
    text = value.decode("latin-1") if isinstance(value, bytes | bytearray) else value
    if not isinstance(text, str | UserString | PathLike):
        for part in _parts(text):
            yield from templates_in(part)
    elif _MARK.search(found := str(text)):
        yield found


def _parts(value: Any) -> Iterable[object]:
    if comes_from_a_task(value):  # or is a literal, of which Airflow makes its value
        return ()
    if isinstance(value, Mapping):
        return [*value, *value.values()]
    if isinstance(value, Sequence | AbstractSet):
        return () if isinstance(value, range | memoryview) else value
    names = getattr(value, "template_fields", None)  # what Airflow renders of an object
    if not isinstance(names, Collection):
        names = [one.name for one in fields(value)] if is_dataclass(value) and not isinstance(value, type) else ()
    return [getattr(value, name, None) for name in names]


def templates_of(operator: Any) -> Mapping[str, frozenset[str]]:
    """The templates in each template field of an operator."""

    def of(value: object) -> frozenset[str]:
        return frozenset([_OF_ANOTHER_TASK] if comes_from_a_task(value) else templates_in(value))

    return {name: of(getattr(operator, name)) for name in operator.template_fields}


def refuse_unrendered(operator: Any, given: Mapping[str, frozenset[str]]) -> None:
    """Make sure that the templates which an operator was given have been rendered, and to something.

    A string that looks like a template and was not given is a value, which came from somewhere else.

    Args:
        operator: The operator that is about to run.
        given: Its templates when it was made, by template field.

    Raises:
        ConfigurationError: If some are still there, or became the name of no value.
    """
    found = templates_of(operator)
    left = sorted(frozenset().union(*given.values()) & frozenset().union(*found.values()))
    if left:
        raise ConfigurationError(
            f"Templates of task {operator.task_id!r} were not rendered: {listing(left)}.",
            suggestion="Airflow renders them before it calls execute(): run the DAG, or call"
            " render_template_fields(context) first. It renders neither what comes from a mapped argument, nor keys,"
            " paths, bytes and dataclasses.",
        )
    values = {name: getattr(operator, name) for name, templates in given.items() if templates}
    refuse(
        f"Task {operator.task_id!r}",
        [
            *(
                f"{name}: its template gave {word!r} as a word, not as a value: see render_template_as_native_obj."
                for name, word in values.items()
                if _OF_ANOTHER_TASK not in given[name] and isinstance(word, str) and word in _NO_VALUES
            ),
            *(
                f"{name}: what was given for it is {values[name]!r} now, which names no connection."
                for name in DATABASES
                if name in values and not values[name]
            ),
        ],
    )
