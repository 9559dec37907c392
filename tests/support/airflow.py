"""Run a DAG in this process, against the metadata database of the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.models.dagbundle import DagBundleModel
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.xcom import XComModel
from airflow.serialization.definitions.dag import SerializedDAG
from airflow.serialization.serialized_objects import LazyDeserializedDAG
from airflow.utils.session import create_session

if TYPE_CHECKING:
    from airflow.sdk import DAG


@dataclass(frozen=True)
class Run:
    """What a run of a DAG has left in the metadata database."""

    dag_id: str
    run_id: str
    states: dict[str, str]
    tries: dict[str, int]

    def xcoms(self, task_id: str, map_index: int = -1) -> dict[str, Any]:
        """Everything that a task has pushed, by key."""
        with create_session() as session:
            found = session.query(XComModel).filter_by(
                dag_id=self.dag_id, run_id=self.run_id, task_id=task_id, map_index=map_index
            )
            return {one.key: XComModel.deserialize_value(one) for one in found}


def store(dag: DAG) -> None:
    """Write a DAG to the metadata database, as the DAG processor does after parsing a file."""
    lazy = LazyDeserializedDAG.from_dag(dag)
    with create_session() as session:
        session.merge(DagBundleModel(name="tests"))
        session.flush()
        SerializedDAG.bulk_write_to_db("tests", None, [lazy], session=session)
        SerializedDagModel.write_dag(lazy, bundle_name="tests", session=session)


def run(dag: DAG) -> Run:
    """Run a DAG to its end with ``dag.test()``."""
    store(dag)
    done = dag.test()
    instances = {
        one.task_id if one.map_index < 0 else f"{one.task_id}[{one.map_index}]": one
        for one in done.get_task_instances()
    }
    return Run(
        dag.dag_id,
        done.run_id,
        states={name: str(one.state) for name, one in sorted(instances.items())},
        tries={name: one.try_number for name, one in sorted(instances.items())},
    )
