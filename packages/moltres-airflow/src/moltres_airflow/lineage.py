"""What a task read and wrote, in OpenLineage's terms; OpenLineage itself is imported only when it asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.sql.util import find_tables

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

    from dq_core import Report
    from moltres import Database, DataFrame
    from moltres.handoff import Reference

_SCHEMES: Final = {"postgresql": "postgres", "mariadb": "mysql"}
_PORTS: Final = {"postgres": 5432, "mysql": 3306, "trino": 8080}


@dataclass(frozen=True)
class Dataset:
    """A table or file by OpenLineage's naming rules."""

    namespace: str
    name: str


@dataclass(frozen=True)
class Lineage:
    """What one execution of a task touched.

    Attributes:
        inputs: What it read, as far as that can be seen in the statement (the text of ``db.sql`` is not taken apart).
        outputs: What it wrote.
        rows_written: How many rows went to the outputs.
        report: The report on the inputs.
    """

    inputs: tuple[Dataset, ...] = ()
    outputs: tuple[Dataset, ...] = ()
    rows_written: int | None = None
    report: Report | None = field(default=None, repr=False)

    def facets(self) -> OperatorLineage[Any, Any]:
        """The same as OpenLineage's own objects."""
        from airflow.providers.openlineage.extractors import OperatorLineage
        from openlineage.client.event_v2 import InputDataset, OutputDataset

        return OperatorLineage(
            inputs=[InputDataset(one.namespace, one.name, inputFacets=self._assertions()) for one in self.inputs],
            outputs=[OutputDataset(one.namespace, one.name, outputFacets=self._statistics()) for one in self.outputs],
        )

    def _assertions(self) -> dict[str, Any]:
        from openlineage.client.facet_v2 import data_quality_assertions_dataset as facet

        if self.report is None:
            return {}
        assertions = [
            facet.Assertion(assertion=result.check_name, success=result.passed, column=result.column)
            for result in self.report.results
            if result.status != "skipped"
        ]
        return {"dataQualityAssertions": facet.DataQualityAssertionsDatasetFacet(assertions=assertions)}

    def _statistics(self) -> dict[str, Any]:
        from openlineage.client.facet_v2 import output_statistics_output_dataset as facet

        if self.rows_written is None:
            return {}
        return {"outputStatistics": facet.OutputStatisticsOutputDatasetFacet(rowCount=self.rows_written)}


def table(database: Database, name: str, schema: str | None = None) -> Dataset:
    """A table of a database."""
    url, dialect = database.engine.url, database.engine.dialect
    scheme = _SCHEMES.get(dialect.name, dialect.name)
    if url.host is None:
        return Dataset(f"{scheme}://{Path(url.database or ':memory:').absolute()}", name)
    schema_name, _, table_name = name.rpartition(".")
    parts = [url.database, schema_name or schema or dialect.default_schema_name, table_name]
    if scheme == "mysql":
        parts.pop(0)  # there a schema is a database
    return Dataset(f"{scheme}://{url.host}:{url.port or _PORTS.get(scheme)}", ".".join(part for part in parts if part))


def tables_in(frame: DataFrame) -> tuple[Dataset, ...]:
    """The tables that a frame reads."""
    found = {(one.name, getattr(one, "schema", None)) for one in find_tables(frame.statement, include_crud=True)}
    return tuple(table(frame.database, name, schema) for name, schema in sorted(found, key=str))


def staged(database: Database, reference: Reference) -> Dataset:
    """What a reference refers to."""
    if reference.kind == "table":
        return table(database, reference.location)
    scheme, separator, rest = reference.location.partition("://")
    if not separator or scheme == "file":
        return Dataset("file", rest or reference.location)
    bucket, _, path = rest.partition("/")
    return Dataset(f"{scheme}://{bucket}", path)


def handed_over(database: Database, value: Any) -> tuple[Dataset, ...]:
    """What was handed over by reference; rows that came inline have no name of their own."""
    from moltres.handoff import Reference, decode, is_reference

    parts = value if isinstance(value, list) else [value]
    return tuple(
        staged(database, part if isinstance(part, Reference) else decode(part)) for part in parts if is_reference(part)
    )
