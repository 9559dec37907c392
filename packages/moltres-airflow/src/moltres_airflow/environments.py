"""What renders templates, so that no value becomes a string that nobody means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from numbers import Number
from typing import Any, Final

from airflow.sdk.exceptions import AirflowFailException
from jinja2 import StrictUndefined, nodes
from jinja2.nativetypes import NativeEnvironment

from moltres_airflow.none_in_text import refuse_none
from moltres_airflow.templates import comes_later, is_file

_AS_A_WHOLE: Final = (bool, AbstractSet, Mapping, Sequence)
_OF_SEVERAL: Final = (AbstractSet, Mapping, Sequence)
_IN_TEXT: Final = (AbstractSet, Mapping, bytes, bytearray, range)  # a list is text there: "id IN {{ params.ids }}"


def environment_of(operator: Any, content: Any, environment: Any) -> Any:
    """What renders a template so that no value of None becomes a word in a string: ``day = 'None'`` finds no rows.

    Nor does a list, a mapping, a truth value or bytes become a string by itself: ``"[1, 2]"`` is none of its items.
    What is no number is no 0 either.
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
    whole = not is_file(content) and _is_value(environment.parse(content))
    made = environment.overlay()
    if not operator.has_dag():
        made.undefined = StrictUndefined  # of a name that is not known, Airflow would make an empty string
    if not (whole and isinstance(environment, NativeEnvironment)):  # which gives the value itself, None too
        made.finalize = partial(_given, content, _AS_A_WHOLE if whole else _IN_TEXT)
    refuse_none(made, partial(_given, content, ()), partial(_given, content, _OF_SEVERAL))
    return made


def _has_own_marks(environment: Any, content: str) -> bool:
    """Whether a string has what begins an expression or a statement where a DAG says otherwise than Jinja does."""
    marks = (environment.variable_start_string, environment.block_start_string, environment.line_statement_prefix)
    return any(mark in content for mark in marks if mark is not None)


def _is_value(template: nodes.Template) -> bool:
    """Whether a template consists of one expression."""
    return len(template.body) == 1 and not any(True for _ in template.find_all(nodes.TemplateData))


def _has_no_text(value: object) -> bool:
    """Whether the text of a value is what Python prints of an object: that of a generator, a function, a task."""
    # Numbers and collections print what they hold.
    is_plain = isinstance(value, Number | Sequence | AbstractSet | Mapping) or value is None
    return type(value).__str__ is object.__str__ and not is_plain


def _given(content: str, refused: tuple[type, ...], value: Any) -> Any:
    if _has_no_text(value):
        raise AirflowFailException(
            f"An expression in the template {content!r:.80} gives a value of type {type(value).__name__}, which has no"
            " text. Give a string, a number or a date of it, or a list: {{ params.days | map('upper') | join(',') }}."
        )
    if isinstance(value, refused) and not isinstance(value, str):
        native = bool in refused
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
