"""Graph: the order in which tasks run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from dq_core.adapters import closest

__all__ = ["Graph", "ancestors", "arranged", "graph_problems", "linear_order"]

Graph = Mapping[str, Sequence[str]]
"""Ids of the tasks, in order, each with the ids that it depends on."""


def graph_problems(graph: Graph) -> Iterator[str]:
    """Yield the dependencies on tasks that do not exist, on themselves and in circles, one sentence each."""
    for task, needs in graph.items():
        for need in needs:
            if need == task:
                yield f"Task {task!r} depends on itself."
            elif need not in graph:
                near = closest(need, [other for other in graph if other != task])
                hint = f"Did you mean {near!r}?" if near else f"The tasks are: {', '.join(graph)}."
                yield f"Task {task!r} depends on {need!r}, which does not exist. {hint}"
    clean = {task: [need for need in needs if need in graph and need != task] for task, needs in graph.items()}
    try:
        TopologicalSorter(clean).prepare()
    except CycleError as error:
        yield f"Circular dependencies of tasks: {' -> '.join(reversed(error.args[1]))}."


def linear_order(graph: Graph) -> list[str] | None:
    """The order of tasks that run one after another, or None if they branch.

    Without any dependency, tasks run in the order in which they are given.
    """
    if not any(graph.values()):
        return list(graph)
    order: list[str] = []
    for task in TopologicalSorter(graph).static_order():
        if order and order[-1] not in graph[task]:
            return None
        order.append(task)
    return order


def ancestors(graph: Graph) -> dict[str, set[str]]:
    """For each task, the tasks that have certainly run before it."""
    order = linear_order(graph)
    if order is not None:
        return {task: set(order[:place]) for place, task in enumerate(order)}
    result: dict[str, set[str]] = {}
    for task in TopologicalSorter(graph).static_order():
        result[task] = set(graph[task]).union(*(result[need] for need in graph[task]))
    return result


def arranged(
    graph: Graph, blocks: Mapping[str, dict[str, Any]], dag_id: str, followers: Mapping[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Blocks of tasks in the order in which they run; a single Dag if they branch.

    Args:
        graph: Of the tasks.
        blocks: A task's block by its id.
        dag_id: Id of the Dag.
        followers: The block that runs after a task, and that no other task waits for in a Dag, by the task's id.
    """
    order = linear_order(graph)
    if order is not None:
        return [block for task in order for block in (blocks[task], followers.get(task)) if block is not None]
    branches = []
    for task, needs in graph.items():
        branch: dict[str, Any] = {"task": blocks[task]}
        if needs:
            branch["dependsOn"] = list(needs)
        branches.append(branch)
        if task in followers:
            branches.append({"task": followers[task], "dependsOn": [task]})
    return [{"id": dag_id, "type": "io.kestra.plugin.core.flow.Dag", "tasks": branches}]
