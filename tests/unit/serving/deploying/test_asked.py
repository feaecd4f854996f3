"""What deployments ask of a server as a whole, and what of it waits for a restart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mainspring.serving.configuration import ServerOptions
from mainspring.serving.deploying.asked import Started, server_options
from mainspring.serving.deploying.deployments import Deployments
from mainspring.serving.deploying.reading import read
from mainspring.serving.deploying.reconciler import Reconciler
from mainspring.serving.deploying.revision import File

Make = Callable[..., File]
UP = "{name: up, kind: errors, target: 0.9}"


def declared(*tails: str) -> list[Any]:
    return [read(f"deployment: d{place}\nmodels: {{}}\n{tail}", "d.yaml") for place, tail in enumerate(tails)]


def test_a_server_is_given_the_largest_of_each_and_all_objectives() -> None:
    several = declared("resources: {workers: 2, threads: 9}", f"resources: {{workers: 3}}\nslo: [{UP}]")
    made = server_options(ServerOptions(), several, given={"threads"})
    assert (made.workers, made.threads) == (3, 4)
    assert [one.name for one in made.slo.objectives] == ["up"]


def test_what_waits_for_a_restart_is_told_once_and_until_it_is_as_before(
    deployments: Deployments, server: Any, file: Make
) -> None:
    started = Started(said=ServerOptions(), given=frozenset(), options=ServerOptions())
    reconciler = Reconciler(deployments, server, started=started)
    said = "deployment: fares\nmodels: {}\n"
    wanted = f"{said}resources: {{workers: 2, threads: 8}}\nslo: [{UP}]\n"
    for text, waits in (
        (said, ""),
        (
            wanted,
            "takes effect when the server is restarted: workers 1 -> 2, threads 4 -> 8, objective up added",
        ),
        (
            wanted + "description: the same",
            "takes effect when the server is restarted: workers 1 -> 2, threads 4 -> 8, objective up added",
        ),
        (said, ""),
    ):
        deployments.deploy([file(text=text)], by="Ada")
        for _ in range(2):
            status = reconciler.look()
        assert status.restart == waits
        assert status.ok
    told = [(one.number, one.message) for one in deployments.history() if one.what == "restart"]
    assert [number for number, _ in told] == [2]
    assert "workers 1 -> 2" in told[0][1]
