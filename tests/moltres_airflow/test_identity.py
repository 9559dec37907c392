"""An instance of a task is named by every coordinate that Airflow gives: no instance is taken for another one."""

import itertools
from dataclasses import dataclass, field
from types import SimpleNamespace
from uuid import UUID

import numpy as np
import pytest
from airflow.sdk.exceptions import AirflowFailException

from moltres import connect
from moltres.errors import ConfigurationError
from moltres_airflow import MoltresQueryOperator, MoltresToTableOperator
from moltres_airflow.instances import name_of, run_of
from support.adapter_conformance import rows_of as rows_in
from support.adapter_conformance import tables_of
from support.airflow import Instance


@dataclass
class Regional(Instance):
    """An instance as Airflow 3.4 gives it: a mapped task or an iteration of a loop is a place in a region."""

    region_id: UUID = field(default_factory=lambda: UUID(int=0))
    region_index: int = -1


def context_of(*, map_index=-1, loop=None, region=7, rows=(), **more):
    index = map_index if map_index >= 0 else -1 if loop is None else loop
    instance = Regional(map_index=map_index, region_id=UUID(int=region), region_index=index)
    for name, value in more.items():
        setattr(instance, name, value)
    instance.task_id = "source"
    instance.xcom_push("source", list(rows))
    instance.task_id = "body.write"
    context = {"ti": instance}
    if loop is not None:
        context["loop"] = SimpleNamespace(index=loop, max_iterations=3, previous=None, result=None)
    return context


def append(dsn, context, **options):
    write = MoltresToTableOperator(
        task_id="body.write", dsn=dsn, table_name="pages", input_task_id="source", input_key="source", **options
    )
    return write.execute(context)


def ids(dsn):
    return [row["id"] for row in rows_in(dsn, "pages")]


def test_every_iteration_of_a_loop_appends_once(dsn):
    for loop in (0, 0, 1, 1, 2):  # each but the last is tried twice
        append(dsn, context_of(loop=loop, rows=[{"id": loop}]))
    assert ids(dsn) == [0, 1, 2]


def test_every_instance_of_a_mapped_task_in_a_loop_appends_once(dsn):
    places = list(itertools.product(range(2), range(3)))
    for loop, map_index in [*places, *places]:
        append(dsn, context_of(loop=loop, map_index=map_index, rows=[{"id": 10 * loop + map_index}]))
    assert ids(dsn) == [0, 1, 2, 10, 11, 12]


def test_a_region_that_was_made_anew_is_the_same_instance(dsn):
    # Airflow gives the iterations of a cleared loop another region; they are tried again all the same.
    for region in (7, 8):
        append(dsn, context_of(loop=1, region=region, rows=[{"id": 1}]))
    assert ids(dsn) == [1]


@pytest.mark.parametrize(
    ("unknown", "context"),
    [
        ("region_index", lambda: context_of(rows=[{"id": 1}], region_index=1)),
        ("shard_index", lambda: context_of(loop=0, rows=[{"id": 1}], shard_index=2)),
    ],
)
def test_a_coordinate_that_is_not_known_is_refused_by_name(dsn, unknown, context):
    with pytest.raises(AirflowFailException, match=f"not known here: '{unknown}'[\\s\\S]*run_key"):
        append(dsn, context())
    assert "pages" not in tables_of(dsn)
    append(dsn, context(), run_key="mine")  # which names the load
    append(dsn, context(), mode="overwrite")  # which needs no name
    assert ids(dsn) == [1]


class Computed(Instance):
    """An instance that computes a coordinate, and holds another one as a string."""

    @property
    def shard_index(self):
        return 4


class Slotted(Computed):
    """An instance with a place for a coordinate."""

    __slots__ = ("region_index",)
    shard_index = None


def slotted():
    instance = Slotted()
    instance.region_index = 2
    return instance


def written():
    instance = Instance()
    instance.region_index = "a"
    return instance


@pytest.mark.parametrize("instance", [Computed, slotted, written])
def test_a_coordinate_is_found_wherever_an_instance_has_it(instance):
    with pytest.raises(ConfigurationError, match=r"not known here: '(shard|region)_index'"):
        name_of({"ti": instance()})


@pytest.mark.parametrize("index", [int, str, np.int64, np.int8])
def test_an_index_is_one_whatever_its_type(index):
    names = {name_of({"ti": Instance(map_index=index(place))}) for place in range(3)}
    assert names == {f"dag/task/run-1/{place}" for place in range(3)}
    loops = [{"index": index(place)} for place in range(3)]
    assert {name_of({"ti": Instance(), "loop": loop}) for loop in loops} == {
        f"dag/task/run-1/loop={place}" for place in range(3)
    }


def test_no_part_of_a_name_is_taken_for_another_one():
    places = [
        ({"task_id": "a", "run_id": "b/c"}, None),
        ({"task_id": "a/b", "run_id": "c"}, None),
        ({"task_id": "a", "run_id": "b%2Fc"}, None),
        ({"task_id": "a", "run_id": "b/1"}, None),
        ({"task_id": "a", "run_id": "b", "map_index": 1}, None),
        ({"task_id": "a", "run_id": "b/loop=1"}, None),
        ({"task_id": "a", "run_id": "b"}, 1),
    ]
    names = {name_of({"ti": Instance(**parts), "loop": SimpleNamespace(index=loop)}) for parts, loop in places}
    assert len(names) == len(places)


def test_queries_name_the_iteration_of_their_run():
    assert run_of(context_of(loop=2, map_index=1)).parts["loop"] == "2"


def test_iterations_stage_tables_and_files_of_their_own(dsn, tmp_path):
    def query(task_id, loop, **options):
        operator = MoltresQueryOperator(
            task_id=task_id, dsn=dsn, query=lambda db: db.table("numbers").limit(loop + 1), **options
        )
        return operator.execute(context_of(loop=loop))

    tables = [query("q", loop, handoff="table") for loop in range(3)]
    files = [query("q", loop, handoff="parquet", stage_uri=str(tmp_path)) for loop in range(3)]
    with connect(dsn) as db:
        assert [db.table(one.location).count() for one in tables] == [1, 2, 3]
    assert len({one.location for one in files}) == 3


def test_the_tables_behind_inline_inputs_are_those_of_one_iteration(dsn):
    seen = set()

    def query(db, rows):
        seen.update(table for table in db.tables() if table.startswith("moltres_stage_"))
        return rows

    for loop in range(3):
        context = context_of(loop=loop, rows=[{"id": loop}])
        operator = MoltresQueryOperator(task_id="q", dsn=dsn, query=query, input_task_id="source", input_key="source")
        assert operator.execute(context) == [{"id": loop}]
    assert len(seen) == 3


def test_names_are_the_same_at_every_try_and_differ_in_every_coordinate():
    places = [
        context_of(),
        *(context_of(map_index=index) for index in (0, 1, 10)),
        *(context_of(loop=index) for index in (0, 1, 10)),
        *(context_of(loop=loop, map_index=index) for loop in (0, 1) for index in (0, 1)),
    ]
    names = [name_of(place) for place in places]
    assert names == [name_of(place) for place in places]
    assert len(set(names)) == len(names)
    assert name_of({}) is None
    long = context_of(loop=1)
    long["ti"].run_id = "r" * 600
    other = context_of(loop=2)
    other["ti"].run_id = "r" * 600
    assert name_of(long) != name_of(other)
    assert len(name_of(long)) <= 512
