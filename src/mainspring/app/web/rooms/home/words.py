"""The first page in a sentence: whether all is well, and what waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mainspring.app.api.subject import Waiting
from mainspring.app.api.subjects.home.nouns import Home, ModelGlance
from mainspring.app.web.figures import counted


@dataclass(frozen=True, slots=True)
class Word:
    """How things are.

    Attributes:
        sign: ``critical``, ``warning`` or ``ok``.
        text: In words that anybody understands.
    """

    sign: str
    text: str


def word_for(found: Home, mine: Sequence[Waiting]) -> Word:
    """Whether all is well, and what waits for whoever asks.

    Args:
        found: What is known.
        mine: What waits for them.
    """
    health = {one: [model for model in found.models if model.health == one] for one in _SAID}
    away = [one.title for one in mine if one.kind == "server"]
    troubles = [*away, *(say(health[one]) for one, say in _SAID.items() if health[one])]
    many = len(mine)
    waits = (
        f"{counted(many, 'thing')} {'waits' if many == 1 else 'wait'} for you."
        if many
        else "Nothing waits for you."
    )
    if troubles:
        sign = "critical" if away or health["failing"] else "warning"
        return Word(sign, ". ".join(one[0].upper() + one[1:] for one in troubles) + f". {waits}")
    if found.problems:
        return Word("warning", f"Not everything could be looked at. {waits}")
    watched = [model for model in found.models if model.health == "healthy"]
    if watched:
        return Word("ok", f"All is well: {_named(watched)} {_be(watched)} in order. {waits}")
    return Word("ok", f"Nothing is known to be wrong; no model has been watched yet. {waits}")


def _named(models: Sequence[ModelGlance]) -> str:
    names = [one.name for one in models]
    noun = "the model" if len(names) == 1 else "the models"
    return f"{noun} {' and '.join(names)}" if len(names) < 3 else f"{len(names)} models"


def _be(models: Sequence[ModelGlance]) -> str:
    return "is" if len(models) == 1 else "are"


_SAID: Final[Mapping[str, Callable[[Sequence[ModelGlance]], str]]] = {
    "failing": lambda models: f"{_named(models)} {_be(models)} not in order",
    "warning": lambda models: f"{_named(models)} should be looked at",
    "silent": lambda models: f"nothing was heard of {_named(models)} lately",
}
