"""The pages of the console themselves, by what people call them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mainspring.app.accounts import Caller, Role
from mainspring.app.api.subject import Hit

_PAGES: Final[Sequence[tuple[str, str, str, Role]]] = (
    ("Home", "/", "what runs, what waits, how models fare", Role.VIEWER),
    ("Runs", "/runs", "experiments, trainings, pipelines", Role.VIEWER),
    ("Start a run", "/runs/new", "train, launch, parameters, new run", Role.EDITOR),
    ("Schedule", "/schedule", "cron, triggers, nightly runs", Role.VIEWER),
    ("Compare runs", "/compare", "difference, parallel coordinates, scatter, curves", Role.VIEWER),
    ("Data", "/data", "data sets, statistics, schema, drift, features", Role.VIEWER),
    ("Lineage", "/lineage", "provenance: where things came from, what they led to", Role.VIEWER),
    ("Models", "/models", "registry, versions, aliases, promotion, cards", Role.VIEWER),
    ("Deployments", "/deployments", "serving, rollouts, canary, traffic, requests", Role.VIEWER),
    ("Monitoring", "/monitoring", "drift, quality, windows, watched models", Role.VIEWER),
    ("Alerts", "/monitoring/alerts", "what is wrong, silences", Role.VIEWER),
    ("Reviews", "/reviews", "labels, rows that people look at", Role.VIEWER),
    ("Audit", "/audit", "trail: who did what, when", Role.VIEWER),
    ("Users", "/users", "people, roles, passwords, accounts", Role.ADMIN),
    ("Tokens", "/users/tokens", "keys of programs", Role.VIEWER),
    ("Settings", "/settings", "configuration, mainspring.toml", Role.VIEWER),
    ("Jobs", "/jobs", "commands that were started from here", Role.VIEWER),
    ("API", "/rest", "REST, OpenAPI, operations", Role.VIEWER),
)


def pages(caller: Caller, text: str) -> Sequence[Hit]:
    """Pages whose name, or what they are about, has all words of a text; those that the caller may use."""
    words = text.lower().split()
    return [
        Hit(kind="page", name=title, path=path, detail=about)
        for title, path, about, role in _PAGES
        if caller.may(role) and all(word in f"{title} {about}".lower() for word in words)
    ]
