"""Hostile values for every parameter of every public name: what comes out is an error of ours, or the right answer.

A package's test gives a table: for each name of its `__all__` (`public_names`) a `Call` with arguments that are right.
`untried` says which names have no row. `assert_refused` makes one argument at a time wrong, with the others as they
are, and judges what comes out: the class of the error, the argument or value that it names, secrets, control
characters, and whether it says that trying again can help.

``HOSTILE=all`` tries every value on every parameter, otherwise a few are tried, always the same.
"""

from __future__ import annotations

import atexit
import datetime as dt
import decimal
import enum
import functools
import importlib
import inspect
import itertools
import os
import re
import shutil
import tempfile
import traceback
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from support.network import free_port

__all__ = [
    "HOSTILE",
    "NESTED",
    "ODD",
    "SECRET",
    "Call",
    "assert_refused",
    "parameters",
    "public_names",
    "tried",
    "untried",
]

#: A password that no message, repr or argument of an error may have.
SECRET = "hunter2-of-the-tests"


class _NotShown:
    """An object that cannot be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("nobody may see it")


@dataclass(frozen=True)
class _Shown:
    """An object that is shown as this text."""

    text: str

    def __repr__(self) -> str:
        return self.text


class _Undecided:
    """Like a Series or an array: neither true nor false."""

    def __bool__(self) -> bool:
        raise ValueError("The truth value is ambiguous.")


def _within(levels: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    return nested


def _cyclic() -> list[Any]:
    nested: list[Any] = []
    nested.append(nested)
    return nested


class _Raises:
    """An object that raises wherever it is asked something."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]


@functools.cache
def _folder() -> str:
    folder = tempfile.mkdtemp(prefix="hostile-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


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
    "a missing file": lambda: "/dev/null/a.csv",  # which nobody can make
    "a folder": _folder,
    "a server that is not there": lambda: f"postgresql+psycopg://u:{SECRET}@127.0.0.1:{free_port()}/x",
    "a URL of no driver": lambda: f"nosuch://u:{SECRET}@h/x",
    "half a URL": lambda: f"postgresql://u:{SECRET}@[::1/x",
}

#: Values of which a message cannot show the usual form, or whose truth or whole number nobody can ask for.
ODD: Mapping[str, Callable[[], Any]] = {
    "an object that cannot be shown": _NotShown,
    "a list of such": lambda: [_NotShown()],
    "a key that cannot be shown": lambda: {_NotShown(): 1},
    "neither true nor false": _Undecided,
    "a number of too many digits": lambda: 10**5000,
    "a decimal of a million digits": lambda: decimal.Decimal("1e999999"),
    "a password where a message of 80 is cut": lambda: _Shown(f"postgresql://{'u' * 50}:{SECRET}@h/x"),
    "a password where a message of 200 is cut": lambda: _Shown(f"postgresql://{'u' * 170}:{SECRET}@h/x"),
}

#: Lists that no recursion comes to the end of.
NESTED: Mapping[str, Callable[[], Any]] = {
    "lists too deep": lambda: _within(3000),
    "a list that holds itself": _cyclic,
}


@dataclass(frozen=True)
class Call:
    """How a public name is called rightly.

    Attributes:
        function: What to call; gets `right` as keyword arguments.
        right: Arguments that are right.
        positional: The names of those that must be given by position, in order.
        leave: Arguments that only developers give.
        says: Other words by which an error may name a parameter.
        called: Arguments that are functions of the user, whose errors are theirs.
    """

    function: Callable[..., Any]
    right: Mapping[str, Any] = field(default_factory=dict)
    positional: Sequence[str] = ()
    leave: Sequence[str] = ()
    says: Mapping[str, Sequence[str]] = field(default_factory=dict)
    called: Sequence[str] = ()

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


def _takes_arguments(name: str, module: str) -> bool:
    value: Any = importlib.import_module(module)
    for part in name.removeprefix(f"{module}.").split("."):
        value = getattr(value, part)
    return any(one not in ("self", "cls") for one in inspect.signature(value).parameters)


def tried(row: str) -> str:
    """The public name that a row tries: a table may have several for one, such as ``save_as_table (merge)``."""
    return row.partition(" ")[0]


def untried(modules: Sequence[str], rows: Iterable[str], nothing: Iterable[str]) -> list[str]:
    """The public names that take arguments and have no row in a table.

    Args:
        modules: The modules with the public names.
        rows: The names in the table.
        nothing: Names that take nothing from users; one of a class stands for its methods, too.
    """
    known, left = set(map(tried, rows)), set(nothing)
    missing = []
    for name in public_names(*modules):
        module = max((one for one in modules if name.startswith(f"{one}.")), key=len)
        short = name.removeprefix(f"{module}.")
        value = getattr(importlib.import_module(module), short.split(".")[0])
        if inspect.isclass(value) and issubclass(value, BaseException | enum.Enum):
            continue
        if short not in known and not {short, short.split(".")[0]} & left and _takes_arguments(name, module):
            missing.append(name)
    return missing


def parameters(call: Call) -> list[str]:
    """The parameters that are made wrong, one at a time."""
    known = inspect.signature(call.function).parameters.values()
    named = [one.name for one in known if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)]
    return [name for name in dict.fromkeys([*named, *call.right]) if name not in (*call.leave, "self", "cls")]


def wrong(
    name: str,
    parameter: str,
    few: int = 5,
    more: Mapping[str, Callable[[], Any]] = MappingProxyType({}),
    *,
    always: Mapping[str, Callable[[], Any]] = MappingProxyType({}),
) -> Iterator[tuple[str, Any]]:
    """Hostile values for a parameter: a few, always the same; all of them with ``HOSTILE=all``.

    Args:
        name: The public name.
        parameter: Its parameter.
        few: How many are a few.
        more: Further values of a package, by what they are.
        always: Values of which all are tried.
    """
    makers = {**HOSTILE, **more}
    every = list(makers)
    if os.environ.get("HOSTILE") != "all":
        start = zlib.crc32(f"{name}.{parameter}".encode()) % len(every)
        every = list(itertools.islice(itertools.cycle(every), start, start + few))
    yield from ((one, makers[one]()) for one in every)
    yield from ((one, make()) for one, make in always.items())


def assert_refused(
    call: Call,
    name: str,
    ours: tuple[type[BaseException], ...],
    *,
    says: Mapping[str, Sequence[str]] = MappingProxyType({}),
    few: int = 5,
    seed: str = "",
    retryable: Callable[[BaseException], bool] = lambda error: bool(getattr(error, "retryable", False)),
    more: Mapping[str, Callable[[], Any]] = MappingProxyType({}),
    always: Mapping[str, Callable[[], Any]] = MappingProxyType({}),
) -> None:
    """Hostile values of each parameter are refused as they should be, or are right.

    Args:
        call: How the name is called rightly.
        name: The name.
        ours: The errors of the package.
        says: Other words by which errors of the package name parameters; those of ``*`` stand for any.
        few: How many values to try for a parameter.
        seed: What decides, with the names, on which values these are.
        retryable: Whether an error says that trying again can help.
        more: Further values of the package.
        always: Values of which all are tried, such as `ODD`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call()  # is right, or what follows would say nothing
    problems = [
        f"{name}({parameter}={what}): {problem}"
        for parameter in parameters(call)
        for what, value in wrong(f"{seed}{name}", parameter, few, more, always=always)
        if parameter not in call.called or what not in _FUNCTIONS
        for problem in _problems(name, call, parameter, what, value, ours, says, retryable)
    ]
    assert not problems, "\n".join(problems)


def _problems(
    name: str,
    call: Call,
    parameter: str,
    what: str,
    value: Any,
    ours: tuple[type[BaseException], ...],
    says: Mapping[str, Sequence[str]],
    retryable: Callable[[BaseException], bool],
) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call(**{parameter: value})
    except ours as error:
        yield from _bad_error(error)
        time_is_over = "timeout" in parameter and isinstance(value, int | float)
        if retryable(error) and what != "a server that is not there" and not time_is_over:
            yield f"the error says that trying again can help: {str(error)[:80]}"
        words = [
            parameter,
            *(one for known in (call.says, says) for key in (parameter, "*") for one in known.get(key, ())),
        ]
        if len(parameters(call)) == 1:
            words.append(tried(name).rpartition(".")[2])
        if not _is_named(error, words, value):
            yield f"the error names neither {parameter} nor the value: {str(error)[:200]}"
    except Exception as error:  # noqa: BLE001 (any other is what this looks for)
        place = traceback.extract_tb(error.__traceback__)[-1]
        yield f"{type(error).__name__}: {str(error)[:150]} ({place.filename[-60:]}:{place.lineno})"


def _is_named(error: BaseException, words: Sequence[str], value: Any) -> bool:
    """Whether an error says which argument is wrong: by its name, or by a string that was given for it."""
    context = {name: one for name, one in getattr(error, "context", {}).items() if name != "database"}
    shown = f"{error} {context}"
    if any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", shown, re.IGNORECASE) for word in words):
        return True
    if not isinstance(value, str) or not value.strip():
        return False
    forms = {value, value[:40], _AT.sub("", value), value.rpartition("@")[2], value.partition("://")[0]}
    return repr(value) in shown or any(form in shown for form in forms if len(form) > 3)


_AT = re.compile("//[^/]*@")
_FUNCTIONS = ("a type", "a function")


def _bad_error(error: BaseException) -> Iterator[str]:
    shown = "".join([str(error), repr(error), *map(repr, error.args), repr(getattr(error, "context", ""))])
    chain = [error.__cause__] + ([] if error.__suppress_context__ else [error.__context__])
    shown += "".join(repr(one) + str(one) for one in chain if one is not None)
    if SECRET[:5] in shown:
        yield "the error shows the password"
    if not str(error):
        yield "the error says nothing"
    control = [one for one in str(error) if not one.isprintable() and one not in "\n\t"]
    if control:
        yield f"the error has control characters: {control!r}"
