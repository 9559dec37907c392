"""What a task read and wrote, in OpenLineage's own objects; OpenLineage is imported only when it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

    from dq_core import Report
    from moltres.task import Lineage


def facets(lineage: Lineage, report: Report | None = None) -> OperatorLineage[Any, Any]:
    """The inputs, outputs and facets of one execution.

    Args:
        lineage: What it touched.
        report: The report on the inputs.
    """
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import InputDataset, OutputDataset

    return OperatorLineage(
        inputs=[InputDataset(one.namespace, one.name, inputFacets=_assertions(report)) for one in lineage.inputs],
        outputs=[
            # The first is the table; what else was written has rows of its own.
            OutputDataset(one.namespace, one.name, outputFacets={} if place else _statistics(lineage.rows_written))
            for place, one in enumerate(lineage.outputs)
        ],
    )


def _assertions(report: Report | None) -> dict[str, Any]:
    from openlineage.client.facet_v2 import data_quality_assertions_dataset as facet

    if report is None:
        return {}
    assertions = [
        facet.Assertion(assertion=result.check_name, success=result.passed, column=result.column)
        for result in report.results
        if result.status != "skipped"
    ]
    return {"dataQualityAssertions": facet.DataQualityAssertionsDatasetFacet(assertions=assertions)}


def _statistics(rows_written: int | None) -> dict[str, Any]:
    from openlineage.client.facet_v2 import output_statistics_output_dataset as facet

    if rows_written is None:
        return {}
    return {"outputStatistics": facet.OutputStatisticsOutputDatasetFacet(rowCount=rows_written)}
