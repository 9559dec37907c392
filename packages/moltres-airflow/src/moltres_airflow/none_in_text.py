"""What an expression of a template would make a string or 0 of: ``'day ' ~ none``, ``[1] | upper``, ``none | int``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk.exceptions import AirflowFailException
from jinja2 import Environment, nodes, pass_eval_context
from jinja2.filters import FILTERS, do_join, make_attrgetter
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from moltres_airflow.lists_in_text import takes_list

if TYPE_CHECKING:
    from collections.abc import Callable

_OF_STRINGS: Final = (
    "capitalize", "center", "e", "escape", "forceescape", "format", "indent", "lower", "replace", "safe", "string",
    "striptags", "title", "trim", "truncate", "upper", "urlencode", "urlize", "wordcount", "wordwrap",
)  # fmt: skip
"""Jinja's filters that make a string of whatever they get."""

_OF_ANYTHING: Final = frozenset({"e", "escape", "forceescape", "safe", "string", "urlencode"})
"""Those of them by which the string of a list or a mapping is asked for."""

_NUMBERS: Final = ("int", "float")
"""Jinja's filters that make 0 of what is no number, unless they are given a default."""

_OF_JINJA: Final = (Context, Environment, EvalContext)
"""What Jinja itself gives some of its filters."""

_GIVEN: Final = "moltres_given"
_MODULO: Final = "moltres_modulo"


def refuse_none(
    environment: Environment, given: Callable[[Any], Any], joined: Callable[[Any], Any], *, in_text: bool
) -> None:
    """Have an environment refuse None, lists and mappings wherever an expression makes a string or 0 of them.

    Args:
        environment: The environment, an overlay of its own.
        given: Gives a value back, or raises if it is None.
        joined: Gives a value back, or raises if it is None, or several values.
        in_text: Whether its templates have text beside expressions.
    """

    def modulo(left: Any, right: Any) -> Any:
        if isinstance(left, str):
            each = right.values() if isinstance(right, Mapping) else right if isinstance(right, tuple) else [right]
            for value in each:
                joined(value)
        return left % right

    @pass_eval_context
    def join(context: EvalContext, value: Any, d: str = "", attribute: str | int | None = None) -> Any:
        if attribute is not None:
            value = map(make_attrgetter(context.environment, attribute), value)
        return do_join(context, [joined(item) for item in value], joined(d))

    own = environment.filters
    kept = {name: function for name in _OF_STRINGS if (function := own.get(name)) is FILTERS[name]}
    checked = {name: _checked(f, given if name in _OF_ANYTHING else joined) for name, f in kept.items()}
    numbers = {name: _number(FILTERS[name], given) for name in _NUMBERS if own.get(name) is FILTERS[name]}
    joins = {"join": join} if own.get("join") is FILTERS["join"] else {}
    environment.filters = {**own, **checked, **numbers, **joins, _GIVEN: joined, _MODULO: modulo}
    kind: Any = environment.code_generator_class

    class Checking(kind):  # type: ignore[misc]
        def visit_Template(self, node: nodes.Template, frame: Any = None) -> None:  # noqa: N802 - Jinja's name
            super().visit_Template(_Checks(in_text=in_text).visit(node), frame)

    environment.code_generator_class = Checking


def _checked(function: Callable[..., Any], given: Callable[[Any], Any]) -> Callable[..., Any]:
    @wraps(function)
    def filtered(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            if not isinstance(value, _OF_JINJA):
                given(value)
        return function(*args, **kwargs)

    return filtered


def _number(function: Callable[..., Any], given: Callable[[Any], Any]) -> Callable[..., Any]:
    @wraps(function)
    def filtered(value: Any, *args: Any, **kwargs: Any) -> Any:
        if args or "default" in kwargs:
            return function(value, *args, **kwargs)
        found = function(given(value), default=None, **kwargs)
        if found is None:
            raise AirflowFailException(
                f"{value!r:.80} is no number, of which a template would make 0."
                " Give the value, or a default: {{ params.least | int(0) }}."
            )
        return found

    return filtered


class _Checks(NodeTransformer):
    """Puts a check around each value of which an expression makes a string, or the text around it part of a word."""

    def __init__(self, *, in_text: bool) -> None:
        self.in_text = in_text
        self.before = ""

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        if not self.in_text:
            return node
        strings = [one.data if isinstance(one, nodes.TemplateData) else "" for one in node.nodes]
        for place, after in enumerate([*strings[1:], ""]):
            self.before += strings[place]
            if not isinstance(node.nodes[place], nodes.TemplateData) and not takes_list(self.before, after):
                node.nodes[place] = _filter(node.nodes[place], _GIVEN)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        node.nodes = [_filter(one, _GIVEN) for one in node.nodes]
        return node

    def visit_Mod(self, node: nodes.Mod) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        return _filter(node.left, _MODULO, node.right)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        if isinstance(node.node, nodes.Getattr) and node.node.attr == "format":
            node.args = [_filter(one, _GIVEN) for one in node.args]
            for pair in node.kwargs:
                pair.value = _filter(pair.value, _GIVEN)
        return node


def _filter(node: nodes.Expr, name: str, *args: nodes.Expr) -> nodes.Filter:
    made = nodes.Filter(node, name, list(args), [], None, None)
    made.set_lineno(node.lineno)
    return made.set_environment(node.environment)  # type: ignore[arg-type, return-value]
