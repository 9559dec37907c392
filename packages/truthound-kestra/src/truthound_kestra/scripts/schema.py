"""``auto_schema``: rules that the first run learns, and that later runs are checked against."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import sqlalchemy as sa

from dq_core import parse
from moltres.errors import QueryError
from truthound_kestra.errors import ConfigurationError
from truthound_kestra.kestra.context import get_execution_context
from truthound_kestra.kestra.state import METADATA, open_state
from truthound_kestra.outputs.serialization import JsonSerializer
from truthound_kestra.scripts.engines import get_engine
from truthound_kestra.scripts.rules import load_rules
from truthound_kestra.scripts.sources import usable_source

if TYPE_CHECKING:
    from dq_core import Check
    from moltres import Database
    from truthound_kestra.scripts.config import CheckScriptConfig

__all__ = ["forget_schema", "schema_rules"]

# Nobody reviews these rules before they are used, so they must be almost certain.
_CONFIDENCE = 0.95

_SCHEMAS = sa.Table(
    "truthound_kestra_schemas",
    METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("subject", sa.String(1000), nullable=False),
    sa.Column("rules", sa.Text, nullable=False),
)


def schema_rules(
    source: Any, config: CheckScriptConfig, *, table: str | None = None, query: str | None = None
) -> tuple[Check, ...]:
    """The learned rules of a source; they are learned now if there are none.

    Args:
        source: The data that is checked.
        config: Options; with ``baseline_uri``, the rules come from there.
        table: The table, if the source is a database.
        query: A SELECT instead of a table.

    Raises:
        ConfigurationError: The source has no identity under which its rules could be stored.
    """
    baseline = config.baseline_uri
    if baseline is not None:
        if Path(baseline).suffix.lower() in (".yaml", ".yml"):
            return parse(load_rules(baseline))
        return _learn(usable_source(baseline, table=None, query=None), config)
    subject = _subject(source, table, query)
    with open_state() as state:
        # Learning takes time, so it is not part of a transaction: other tasks write to the same database.
        rules = _stored(state, subject)
        if rules is None:
            learned = [check.to_dict() for check in _learn(source, config, table=table, query=query)]
            # Nothing learned is nothing to store: the next run, with more data, may learn something.
            rules = _store(state, subject, learned) if learned else []
    return parse(rules) if rules else ()


def _stored(state: Database, subject: str) -> list[Any] | None:
    """The rules of a subject; None if none were learned yet."""
    with state.connection() as connection:
        known = connection.execute(sa.select(_SCHEMAS.c.rules).where(_SCHEMAS.c.key == _key(subject))).scalar()
    return None if known is None else list(JsonSerializer().deserialize(known))


def _store(state: Database, subject: str, rules: list[Any]) -> list[Any]:
    """Store rules, unless another run has stored some first; the rules that are stored."""
    row = {"key": _key(subject), "subject": subject[:1000], "rules": JsonSerializer().serialize(rules)}
    try:
        with state.transaction() as connection:
            connection.execute(_SCHEMAS.insert().values(row))
    except QueryError:
        first = _stored(state, subject)
        if first is None:
            raise
        return first
    return rules


def forget_schema(data_uri: str | Path, *, table: str | None = None, query: str | None = None) -> bool:
    """Delete the rules that ``auto_schema`` learned, so that the next run learns them again.

    Args:
        data_uri: As given to the script. In a Kestra task the rules belong to the task, not to the URI.
        table: As given to the script.
        query: As given to the script.

    Returns:
        Whether there were any rules to delete.
    """
    key = _key(_subject(str(data_uri), table, query))
    with open_state() as state, state.transaction() as connection:
        return bool(connection.execute(_SCHEMAS.delete().where(_SCHEMAS.c.key == key)).rowcount)


def _learn(
    source: Any, config: CheckScriptConfig, *, table: str | None = None, query: str | None = None
) -> tuple[Check, ...]:
    # dq_core learns, whichever engine checks: it validates its rules on rows that they were not learned from.
    suite = get_engine("dq_core").learn(
        source, table=table, query=query, min_confidence=_CONFIDENCE, timeout_seconds=config.timeout_seconds
    )
    return tuple(rule.check for rule in suite.rules)


def _subject(source: Any, table: str | None, query: str | None) -> str:
    """What the rules belong to: the task in Kestra, where a file's name may change every day; the source elsewhere."""
    context = get_execution_context()
    if context.in_kestra and context.task_id is not None:
        return f"kestra:{context.namespace}/{context.flow_id}/{context.task_id}"
    if not isinstance(source, str):
        raise ConfigurationError(
            "auto_schema cannot store rules for this data: it has neither a path nor a URL.",
            suggestion="Give baseline_uri or rules.",
        )
    return json.dumps([_identity(source), table, query])


def _identity(uri: str) -> str:
    """A source without user, password and query. Stored keys depend on it: do not change it."""
    if "://" not in uri:
        return uri
    parts = urlsplit(uri)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _key(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()
