"""SQLAlchemy's dialect for writing: statements change what the session holds, and commits publish it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from sqlalchemy import Connection, Table, event
from sqlalchemy.sql.dml import Delete, Update

from ..._shared.iceberg import dialect as iceberg_dialect
from ..._shared.iceberg.session import files_used
from ..._shared.iceberg.types import quoted
from ...errors import problems_translated
from .pending import OWN
from .rewriting import rewrite
from .session import WritingSession

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

    from ..._shared.iceberg.session import Session


class WritingDialect(iceberg_dialect.IcebergDialect):
    """A catalog that is written."""

    supports_statement_cache = True
    core = "moltres-core"
    session_class = WritingSession
    settings: ClassVar[dict[str, str]] = {"enable_external_file_cache": "false"}  # which grows to the limit of memory

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """UPDATE and DELETE are changed before they are compiled."""
        super().engine_created(engine)
        event.listen(engine, "before_execute", _before, retval=True)

    def create_connect_args(self, url: URL) -> Any:
        """The URL says where the catalog is."""
        with problems_translated():
            return super().create_connect_args(url)

    def _prepared(self, session: Session, statement: str) -> str:
        return cast("WritingSession", session).prepare(statement)

    def _executed(self, context: Any) -> None:
        session = cast("WritingSession", self._session_in(context))
        session.executed()
        if session.changed is not None:
            context._rowcount, session.changed = session.changed, None  # noqa: SLF001 - no public way to say it


def make_engine(given: URL | Any, **options: Any) -> Engine:
    """An engine for a catalog; see `iceberg_dialect.make_engine`."""
    return iceberg_dialect.make_engine(given, WritingDialect, **options)


def session_of(connection: Connection) -> WritingSession:
    """The session of a connection."""
    return cast("WritingSession", iceberg_dialect.session_of(connection))


def _before(connection: Connection, element: Any, many: Any, single: Any, options: Any) -> Any:
    """UPDATE and DELETE of a table of the catalog change only the files with such rows."""
    del options
    if isinstance(element, Update | Delete) and isinstance(element.table, Table):
        session = session_of(connection)
        table = element.table
        place = session.place(full_name(table))
        if place is not None and table.schema != OWN:
            with files_used():
                pending = session.change(*place)
                pending.write_own()
                session.refresh(*place)
                element, session.changed = rewrite(connection, pending, element, given=bool(many or single))
                session.refresh(*place)
    return element, many, single


def full_name(table: Table) -> str:
    """The name of a table with its namespace, in quotes."""
    schema = "" if table.schema is None else ".".join(quoted(part) for part in table.schema.split(".")) + "."
    return schema + quoted(table.name)
