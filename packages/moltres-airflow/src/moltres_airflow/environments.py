"""What renders templates, so that no value becomes a string that nobody means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from functools import partial
from numbers import Number
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk.exceptions import AirflowFailException
from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.nativetypes import NativeEnvironment

from moltres_airflow.lists_in_text import is_written_alike
from moltres_airflow.none_in_text import refuse_none
from moltres_airflow.templates import comes_later, is_file

if TYPE_CHECKING:
    from collections.abc import Callable

_MANY: Final = 2


def environment_of(operator: Any, content: Any, environment: Any) -> Any:
    """What renders a template so that no value of None becomes a word in a string: ``day = 'None'`` finds no rows.

    Nor does a list, a mapping, a truth value or bytes become a string by itself: ``"[1, 2]"`` is none of its items.
    Within text a list stands where SQL has one. What is no number is no 0 either.
    A name that is not known is refused without a DAG, too.

    Args:
        operator: The operator.
        content: What is rendered; anything but a template is rendered as Airflow does.
        environment: What Airflow renders it with, or None.
    """
    if not isinstance(content, str):
        return environment
    environment = environment or operator.get_template_env()
    if not is_file(content) and not comes_later(content) and not _has_own_marks(environment, content):
        return environment
    template = nodes.Template([]) if is_file(content) else environment.parse(content)
    in_text = is_file(content) or any(text.data.strip() for text in template.find_all(nodes.TemplateData))
    made = environment.overlay()
    if not operator.has_dag():
        made.undefined = StrictUndefined  # of a name that is not known, Airflow would make an empty string
    if in_text or not (isinstance(environment, NativeEnvironment) and _shown(template.body) == 1):
        # Else native rendering gives the value itself, None too.
        made.finalize = partial(_given, content, _is_no_text if in_text else _is_no_string)
    refuse_none(
        made, partial(_given, content, lambda _: False), partial(_given, content, _are_several), in_text=in_text
    )
    return made


def _has_own_marks(environment: Any, content: str) -> bool:
    """Whether a string has what begins an expression or a statement where a DAG says otherwise than Jinja does."""
    marks = (environment.variable_start_string, environment.block_start_string, environment.line_statement_prefix)
    return any(mark in content for mark in marks if mark is not None)


def _shown(body: Iterable[nodes.Node]) -> int:
    """How many values a template shows beside each other; many where that is not known, as in a loop."""
    count = 0
    for node in body:
        if isinstance(node, nodes.Output):
            count += len(node.nodes)
        elif isinstance(node, nodes.If):
            count += max(map(_shown, (node.body, *(one.body for one in node.elif_), node.else_)))
        elif not isinstance(node, nodes.Assign):
            return _MANY
    return count


def _are_several(value: object) -> bool:
    """Whether a value is several, as lists, arrays and mappings are; an interval between two days is none."""
    return isinstance(value, Iterable) and not isinstance(value, str | timedelta | Undefined)


def _is_no_string(value: object) -> bool:
    return isinstance(value, bool) or _are_several(value)


def _is_no_text(value: Any) -> bool:
    """Whether a value would not be what is meant within text: ``id IN (1, 2)`` is, as SQL writes it."""
    return _are_several(value) and (type(value) not in {list, tuple} or not all(map(is_written_alike, value)))


def _has_no_text(value: object) -> bool:
    """Whether the text of a value is what Python prints of an object: that of a generator, a function, a task."""
    # Numbers and collections print what they hold.
    is_plain = isinstance(value, Number | Sequence | AbstractSet | Mapping) or value is None
    return type(value).__str__ is object.__str__ and not is_plain


def _given(content: str, is_refused: Callable[[Any], bool], value: Any) -> Any:
    if _has_no_text(value):
        raise AirflowFailException(
            f"An expression in the template {content!r:.80} gives a value of type {type(value).__name__}, which has no"
            " text. Give a string, a number or a date of it, or a list: {{ params.days | map('upper') | join(',') }}."
        )
    if is_refused(value):
        native = is_refused is _is_no_string
        raise AirflowFailException(
            f"{'The' if native else 'An expression in the'} template {content!r:.80} gives a value of type"
            f" {type(value).__name__}, which would be its text {str(value)!r:.80}. "
            f"{'Set render_template_as_native_obj=True of the DAG for the value itself, or ask' if native else 'Ask'}"
            " for the text: {{ params.days | string }}."
        )
    if value is None:
        raise AirflowFailException(
            f"An expression in the template {content!r:.80} gives None, which would be the word 'None' in a string."
            " Give the value, or a default: {{ params.day or ds }}."
        )
    return value
