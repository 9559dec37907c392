"""Run a DAG in this process against the metadata database of the tests, or an operator alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow.models.dagbundle import DagBundleModel
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.xcom import XComModel
from airflow.sdk.serde import deserialize, serialize
from airflow.serialization.definitions.dag import SerializedDAG
from airflow.serialization.serialized_objects import LazyDeserializedDAG
from airflow.utils.session import create_session

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.sdk import DAG


@dataclass
class Instance:
    """As much of a task instance as the operators use, with a store that holds what Airflow's own would."""

    dag_id: str = "dag"
    task_id: str = "task"
    run_id: str = "run-1"
    map_index: int = -1
    store: dict[tuple[str, str], str] = field(default_factory=dict)

    @staticmethod
    def stored(value: Any) -> str:
        """What the store holds of a value."""
        return json.dumps(serialize(value), allow_nan=False)

    def xcom_push(self, key: str, value: Any) -> None:
        self.store[self.task_id, key] = self.stored(value)

    def xcom_pull(self, task_ids: list[str], key: str) -> list[Any]:
        return [deserialize(json.loads(self.store[task, key])) for task in task_ids if (task, key) in self.store]


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


def run(dag: DAG, *, moment: datetime | None = None) -> Run:
    """Run a DAG to its end with ``dag.test()``; the same moment again is the same run, cleared."""
    store(dag)
    done = dag.test() if moment is None else dag.test(run_after=moment, logical_date=moment)
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
