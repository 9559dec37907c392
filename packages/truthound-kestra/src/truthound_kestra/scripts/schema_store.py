"""Where learned rules are kept: in Kestra's KV store if the flow passes them, else in the state database."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from moltres.errors import QueryError
from truthound_kestra.errors import ConfigurationError, OutputError
from truthound_kestra.kestra.context import get_execution_context
from truthound_kestra.kestra.handler import KestraOutputHandler, handler_of
from truthound_kestra.kestra.state import LEARNED_FILE, METADATA, SCHEMA_ENV, open_state, state_errors
from truthound_kestra.outputs.serialization import JsonSerializer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moltres import Database

__all__ = ["SchemaStore", "schema_store"]

_SCHEMAS = sa.Table(
    "truthound_kestra_schemas",
    METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("subject", sa.String(1000), nullable=False),
    sa.Column("rules", sa.Text, nullable=False),
)


class SchemaStore(Protocol):
    """Keeps the learned rules of one subject."""

    def load(self) -> list[Any] | None:
        """The rules; None if none were learned yet."""
        ...

    def save(self, rules: list[Any]) -> tuple[list[Any], bool]:
        """Store rules, unless another run has stored some first; the stored rules, and whether they are these."""
        ...

    def forget(self) -> bool:
        """Delete the rules; whether there were any."""
        ...


@contextmanager
def schema_store(subject: str, handler: KestraOutputHandler | None) -> Iterator[SchemaStore]:
    """The store of a subject.

    Args:
        subject: What the rules belong to.
        handler: Writes the file for Kestra's KV store; None for the working directory.

    Raises:
        ConfigurationError: The state database cannot be opened, or would be lost with the container.
    """
    known = os.environ.get(SCHEMA_ENV)
    if known:
        yield _KeptByKestra(subject, Path(known), handler_of(handler))
    else:
        with open_state() as database:
            yield _InDatabase(subject, database)


@dataclass(frozen=True)
class _KeptByKestra:
    """The flow passes a file with what its KV store has, and stores the file that a run leaves which has learned."""

    subject: str
    known: Path
    handler: KestraOutputHandler

    def load(self) -> list[Any] | None:
        try:
            text = self.known.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise OutputError(
                f"The file {self.known}, which {SCHEMA_ENV} names, cannot be read.",
                suggestion="Pass it to the task: inputFiles: "
                f"{{{self.known}: \"{{{{ kv('KEY', errorOnMissing=false) ?? '' }}}}\"}}. Generated flows do this.",
            ) from None
        if not text.strip():
            return None
        state = self._parsed(text)
        # Kestra also finds keys of parent namespaces, in which a flow of the same name may have learned.
        return state["rules"] if state["subject"] == self.subject else None

    def save(self, rules: list[Any]) -> tuple[list[Any], bool]:
        execution = get_execution_context().execution_id
        document = {"subject": self.subject, "learned_by": execution, "rules": rules}
        self.handler.write_file(LEARNED_FILE, JsonSerializer().serialize(document))
        return rules, True

    def forget(self) -> bool:
        raise ConfigurationError(
            "The learned rules of this task are in Kestra's KV store, from which a script cannot delete.",
            suggestion="Delete the key schema.<flow>.<task> in the namespace of the flow, or run kv.Delete.",
        )

    def _parsed(self, text: str) -> dict[str, Any]:
        try:
            state = JsonSerializer().deserialize(text)
        except OutputError:
            state = None
        if not (isinstance(state, dict) and isinstance(state.get("rules"), list) and state.get("subject")):
            raise OutputError(
                f"The file {self.known} does not contain learned rules.",
                suggestion="Delete the key from Kestra's KV store; it was written by another program.",
            )
        return state


@dataclass(frozen=True)
class _InDatabase:
    """A table of the state database."""

    subject: str
    database: Database

    def load(self) -> list[Any] | None:
        with state_errors(), self.database.connection() as connection:
            known = connection.execute(sa.select(_SCHEMAS.c.rules).where(self._mine)).scalar()
        return None if known is None else list(JsonSerializer().deserialize(known))

    def save(self, rules: list[Any]) -> tuple[list[Any], bool]:
        # Learning takes time, so it is not part of a transaction: other tasks write to the same database.
        row = {"key": self._key, "subject": self.subject[:1000], "rules": JsonSerializer().serialize(rules)}
        with state_errors():
            try:
                with self.database.transaction() as connection:
                    connection.execute(_SCHEMAS.insert().values(row))
            except QueryError:
                first = self.load()
                if first is None:
                    raise
                return first, False
        return rules, True

    def forget(self) -> bool:
        with state_errors(), self.database.transaction() as connection:
            return bool(connection.execute(_SCHEMAS.delete().where(self._mine)).rowcount)

    @property
    def _key(self) -> str:
        return hashlib.sha256(self.subject.encode()).hexdigest()

    @property
    def _mine(self) -> sa.ColumnElement[bool]:
        return _SCHEMAS.c.key == self._key
