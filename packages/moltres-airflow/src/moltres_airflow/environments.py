"""What renders templates, so that no value becomes a string that nobody means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

from airflow.sdk.exceptions import AirflowFailException
from jinja2 import StrictUndefined, nodes
from jinja2.nativetypes import NativeEnvironment

from moltres_airflow.none_in_text import refuse_none
from moltres_airflow.templates import comes_later, is_file


def environment_of(operator: Any, content: Any, environment: Any) -> Any:
    """What renders a template so that no value of None becomes a word in a string: ``day = 'None'`` finds no rows.

    Nor does a list, a mapping, a truth value or bytes become a string by itself: ``"[1, 2]"`` is none of its items.
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
        made.finalize = partial(_given, content, whole)
    refuse_none(made, partial(_given, content, False))
    return made


def _has_own_marks(environment: Any, content: str) -> bool:
    """Whether a string has what begins an expression or a statement where a DAG says otherwise than Jinja does."""
    marks = (environment.variable_start_string, environment.block_start_string, environment.line_statement_prefix)
    return any(mark in content for mark in marks if mark is not None)


def _is_value(template: nodes.Template) -> bool:
    """Whether a template consists of one expression."""
    return len(template.body) == 1 and not any(True for _ in template.find_all(nodes.TemplateData))


def _given(content: str, whole: bool, value: Any) -> Any:
    if whole and isinstance(value, bool | AbstractSet | Mapping | Sequence) and not isinstance(value, str):
        raise AirflowFailException(
            f"The template {content!r:.80} gives a value of type {type(value).__name__}, which would be its text"
            f" {str(value)!r:.80}. Set render_template_as_native_obj=True of the DAG for the value itself, or ask for"
            " the text: {{ params.days | string }}."
        )
    if value is None:
        raise AirflowFailException(
            f"An expression in the template {content!r:.80} gives None, which would be the word 'None' in a string."
            " Give the value, or a default: {{ params.day or ds }}."
        )
    return value
