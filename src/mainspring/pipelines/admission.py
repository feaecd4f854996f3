"""Whether a node may run, as far as gates, conditions and the nodes before it go."""

from __future__ import annotations

from mainspring.core.records import ExecutionState
from mainspring.pipelines.course import Course
from mainspring.pipelines.graph import Node
from mainspring.pipelines.units import NodeResult


def refused(course: Course, node: Node) -> NodeResult | None:
    """How a node ended without running; ``None`` if it may run. Waiting nodes leave no execution behind."""
    if node.at_exit:
        return None
    return _by_gates(course, node) or _by_conditions(course, node) or _by_inputs(course, node)


def _by_gates(course: Course, node: Node) -> NodeResult | None:
    for gate in node.after:
        result = course.results[gate]
        if result.said_no:
            return course.skip(node, f"held by {gate}: {result.reason}")
        if result.state is ExecutionState.WAITING:
            return _waiting(result)
        if not result.good and not result.left_out:
            return course.skip(node, f"{gate}, which comes before it, {_how(result)}")
    return None


def _by_conditions(course: Course, node: Node) -> NodeResult | None:
    for condition in node.conditions:
        name = condition.ref.node
        result = course.results[name]
        if result.state is ExecutionState.WAITING:
            return _waiting(result)
        if not result.good:
            reason = f"{name}, on which it depends, {_how(result)}"
            return course.skip(node, reason, left_out=result.left_out)
        if course.driver.truth(result.outputs.get(condition.ref.output)) is condition.negated:
            return course.skip(node, f"{name} said {'yes' if condition.negated else 'no'}", left_out=True)
    return None


def _by_inputs(course: Course, node: Node) -> NodeResult | None:
    for ref in node.refs:
        result = course.results[ref.node]
        if result.state is ExecutionState.WAITING:
            return _waiting(result)
        if not result.good:
            return course.skip(node, f"{ref.node}, which it needs, {_how(result)}", left_out=result.left_out)
    return None


def _how(result: NodeResult) -> str:
    return "failed" if result.state is ExecutionState.FAILED else "did not run"


def _waiting(result: NodeResult) -> NodeResult:
    return NodeResult(ExecutionState.WAITING, reason=result.reason)
