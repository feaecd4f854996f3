r"""The filter language: ``state = LIVE AND properties.accuracy > 0.9 AND contexts.c.name = 'taxi'``.

A filter is read once (:func:`parse`), given its parameters (:func:`bind`), and then either compiled to SQL with
bound values by an adapter or evaluated in Python (:func:`matches`).

Fields
    ``id``, ``type``, ``type_version``, ``name``, ``uri``, ``digest``, ``external_id``, ``state``, ``worker``,
    ``lease_until``, ``created_at``, ``updated_at``, as far as the kind of node has them. Times compare with
    seconds since the epoch or with an ISO 8601 text. ``properties.accuracy`` and ``custom.notes.author`` reach
    into JSON; odd names go in back quotes: ``custom.`learning rate```.

Neighbours
    ``contexts.c.name = 'taxi' AND contexts.c.type = 'pipeline'``: there is one context for which both hold. The
    alias is free; conditions of one AND with the same alias are about the same neighbour. ``NOT contexts.c.name =
    'taxi'`` alone says that there is no such context; beside another condition with that alias it is about that
    very context.

    ===========  =======================================================================================
    of           neighbours
    ===========  =======================================================================================
    artifact     ``contexts``, ``producers``, ``consumers``, ``executions`` (producers or consumers)
    execution    ``contexts``, ``inputs``, ``outputs``, ``artifacts`` (inputs or outputs)
    context      ``artifacts``, ``executions``, ``parents``, ``children``
    ===========  =======================================================================================

    A neighbour has all fields of its own, and along an event also ``link``: the name of the input or output.

Operators
    ``= != < <= > >=``, ``LIKE`` (``%`` any characters, ``_`` one, ``\\`` before either for itself; case matters),
    ``IN (…)``, ``IS NULL`` (missing or null), each with ``NOT``; ``type ISA 'Base'`` for a type and all that
    inherit from it; ``AND``, ``OR``, ``NOT``, parentheses.

Values
    Numbers, ``'texts'`` (``''`` for a quote), ``TRUE``, ``FALSE``, states with or without quotes, and
    ``:parameters`` (after ``IN`` also one that is a list).

A comparison with a missing value, or with a value of another type, is neither true nor false: it does not match,
and neither does its ``NOT``. Whole and broken numbers are of one type.
"""

from mainspring.store.query.evaluation import Neighbour, matches
from mainspring.store.query.parameters import bind
from mainspring.store.query.parser import parse
from mainspring.store.query.syntax import And, Comparison, Exists, Expression, Field, Not, Operator, Or

__all__ = [
    "And",
    "Comparison",
    "Exists",
    "Expression",
    "Field",
    "Neighbour",
    "Not",
    "Operator",
    "Or",
    "bind",
    "matches",
    "parse",
]
