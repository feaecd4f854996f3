"""Pipelines to choose from, and a run as it would go."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

Input: TypeAlias = Literal["text", "file", "whole", "number", "truth", "choice", "json"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a pipeline, as something to fill in.

    Attributes:
        name: Its name.
        kind: What is filled in: ``text``, ``file`` (a path), ``whole`` or ``number``, ``truth``, ``choice``,
            ``json``.
        type: As the pipeline writes it.
        default: The text that stands for its default; empty if it has none.
        required: Whether it has none.
        choices: The texts to choose from, of a ``choice``.
        help: What the pipeline's docstring says of it.
    """

    name: str
    kind: Input
    type: str
    default: str
    required: bool
    choices: list[str] = []
    help: str = ""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A pipeline that can be started.

    Attributes:
        name: Its name.
        file: Where it is, relative to the project's folder.
        about: The first paragraph of its docstring.
        entries: Its parameters.
        steps: Its steps with the defaults; empty if it cannot be built with them.
    """

    name: str
    file: str
    about: str
    entries: list[Entry]
    steps: list[str]


class PlannedStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a run that was not started.

    Attributes:
        step: Its name.
        needs: The steps before it.
        fate: ``run`` (it will run), ``cached`` (it was done before), ``perhaps`` (it depends on what comes
            before), ``asked`` (it is answered when it comes to it, by the record or by a person), ``skipped``,
            ``left out`` (not chosen), ``taken`` (not chosen, its last outputs are used).
        why: Why.
        seconds: How long it took the last time.
    """

    step: str
    needs: list[str]
    fate: str
    why: str = ""
    seconds: float | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it would go.

    Attributes:
        pipeline: The pipeline.
        parameters: With which it would run.
        steps: Its steps.
        runs: How many will run for certain.
        cached: How many were done before.
        seconds: How long those that run, or may, took the last time; ``None`` if none of them ever ran.
    """

    pipeline: str
    parameters: dict[str, Any]
    steps: list[PlannedStep]
    runs: int
    cached: int
    seconds: float | None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody would start.

    Attributes:
        file: The file with the pipeline; empty for the project's own.
        pipeline: Its name; empty if the file has only one.
        parameters: Texts by name, as on a command line.
        start: Run these steps and all after them.
        end: Run these steps and all they need.
        only: Run just these steps.
    """

    file: str = ""
    pipeline: str = ""
    parameters: dict[str, str] = {}
    start: list[str] = []
    end: list[str] = []
    only: list[str] = []
