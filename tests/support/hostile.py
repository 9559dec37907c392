"""Hostile values for every parameter of every public name: what comes out is an error of ours, or the right answer.

A package's test gives a table: for each name of its `__all__` (`public_names`) a `Call` with arguments that are right.
`wrong` then makes one argument at a time wrong, with the others as they are, and `refused` judges what comes out.
"""

from __future__ import annotations

import datetime as dt
import decimal
import importlib
import inspect
import itertools
import os
import traceback
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from support.network import free_port

__all__ = ["HOSTILE", "SECRET", "Call", "cases", "public_names", "refused", "takes_arguments"]

#: A password that no message, repr or argument of an error may have.
SECRET = "hunter2-of-the-tests"


class _Raises:
    """An object that raises wherever it is asked something."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]


#: What a caller may give instead of what is asked for, by what it is.
HOSTILE: Mapping[str, Callable[[], Any]] = {
    "None": lambda: None,
    "a number": lambda: 5,
    "a negative number": lambda: -1,
    "a fraction": lambda: 1.5,
    "NaN": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "a decimal NaN": lambda: decimal.Decimal("sNaN"),
    "a number beyond every type": lambda: 10**400,
    "a complex number": lambda: 1j,
    "true": lambda: True,
    "an empty string": lambda: "",
    "a blank": lambda: " ",
    "a string": lambda: "nowhere",
    "quotes": lambda: "a'b\"c`d]",
    "a line break": lambda: "a\nb\r\nc",
    "control characters": lambda: "a\x1b[31m\x07\u202eb",
    "NUL": lambda: "a\0b",
    "a surrogate": lambda: "a\ud800b",
    "a long string": lambda: "x" * 10_000,
    "another script": lambda: "Ünï\u0301 \U0001f600",
    "a reserved word": lambda: "select",
    "placeholders": lambda: "%s %(x)s :x {x} $1 ?",
    "SQL": lambda: "1); DROP TABLE t; --",
    "bytes": lambda: b"x",
    "an empty list": list,
    "a list of None": lambda: [None],
    "a list of lists": lambda: [["a"]],
    "a nested mapping": lambda: {"a": {"b": [1]}},
    "a mapping of numbers": lambda: {1: 2},
    "a set": lambda: {1, "a"},
    "an object": object,
    "an object without a hash": _Raises,
    "a type": lambda: int,
    "a function": lambda: len,
    "an exhausted iterator": lambda: iter(()),
    "a generator": lambda: (one for one in (1, "a")),
    "a date": lambda: dt.date(2024, 2, 29),
    "a missing file": lambda: "/nowhere/a.csv",
    "a folder": lambda: "/",
    "a server that is not there": lambda: f"postgresql+psycopg://u:{SECRET}@127.0.0.1:{free_port()}/x",
    "a URL of no driver": lambda: f"nosuch://u:{SECRET}@h/x",
    "half a URL": lambda: f"postgresql://u:{SECRET}@[::1/x",
}


@dataclass(frozen=True)
class Call:
    """How a public name is called rightly.

    Attributes:
        function: What to call; gets `right` as keyword arguments.
        right: Arguments that are right.
        positional: The names of those that must be given by position, in order.
        leave: Arguments for which any value is right, or that only developers give.
    """

    function: Callable[..., Any]
    right: Mapping[str, Any] = field(default_factory=dict)
    positional: Sequence[str] = ()
    leave: Sequence[str] = ()

    def __call__(self, **changed: Any) -> Any:
        given = {**self.right, **changed}
        first = [given.pop(name) for name in self.positional]
        return self.function(*first, **given)


def public_names(*modules: str) -> Iterator[str]:
    """Every public function, class and method of modules with an `__all__`, once each: ``module.Name.method``."""
    seen: set[int] = set()
    for module in modules:
        room = importlib.import_module(module)
        for name in room.__all__:
            value = getattr(room, name)
            if not callable(value) or id(value) in seen:
                continue
            seen.add(id(value))
            yield f"{module}.{name}"
            if inspect.isclass(value) and not issubclass(value, BaseException):
                yield from (
                    f"{module}.{name}.{method}"
                    for method, one in vars(value).items()
                    if not method.startswith("_")
                    and (inspect.isfunction(one) or isinstance(one, classmethod | staticmethod))
                )


def takes_arguments(name: str) -> bool:
    """Whether a public name takes an argument of its caller."""
    module, _, path = name.partition(".")
    value: Any = importlib.import_module(module)
    for part in path.split("."):
        value = getattr(value, part)
    return any(one not in ("self", "cls") for one in inspect.signature(value).parameters)


def cases(calls: Mapping[str, Call | str]) -> Iterator[tuple[str, str]]:
    """Each name with each of its parameters."""
    for name, call in calls.items():
        if isinstance(call, Call):
            for parameter in _parameters(call):
                yield name, parameter


def _parameters(call: Call) -> list[str]:
    known = inspect.signature(call.function).parameters.values()
    named = [one.name for one in known if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)]
    return [name for name in dict.fromkeys([*named, *call.right]) if name not in (*call.leave, "self", "cls")]


def wrong(name: str, parameter: str) -> Iterator[tuple[str, Any]]:
    """Hostile values for a parameter: a few, always the same; all of them with ``HOSTILE=all``."""
    every = list(HOSTILE)
    if os.environ.get("HOSTILE") != "all":
        start = zlib.crc32(f"{name}.{parameter}".encode()) % len(every)
        every = list(itertools.islice(itertools.cycle(every), start, start + 5))
    yield from ((one, HOSTILE[one]()) for one in every)


def refused(call: Call, name: str, parameter: str, ours: tuple[type[BaseException], ...]) -> list[str]:
    """What is wrong with how hostile values of a parameter are refused; none if all is right."""
    problems = []
    for what, value in wrong(name, parameter):
        said = f"{name}({parameter}={what})"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                call(**{parameter: value})
        except ours as error:
            problems += [f"{said}: {problem}" for problem in _bad_error(error, what)]
        except Exception as error:  # noqa: BLE001 (any other is what this looks for)
            place = traceback.extract_tb(error.__traceback__)[-1]
            problems.append(
                f"{said}: {type(error).__name__}: {str(error)[:150]} ({place.filename[-60:]}:{place.lineno})"
            )
    return problems


def _bad_error(error: BaseException, what: str) -> Iterator[str]:
    shown = "".join([str(error), repr(error), *map(repr, error.args), repr(getattr(error, "context", ""))])
    chain = [error.__cause__] + ([] if error.__suppress_context__ else [error.__context__])
    shown += "".join(repr(one) + str(one) for one in chain if one is not None)
    if SECRET in shown:
        yield "the error shows the password"
    if not str(error):
        yield "the error says nothing"
    control = [one for one in str(error) if not one.isprintable() and one not in "\n\t"]
    if control:
        yield f"the error has control characters: {control!r}"
    if getattr(error, "retryable", False) and what != "a server that is not there":
        yield f"the error says that trying again can help: {str(error)[:80]}"
