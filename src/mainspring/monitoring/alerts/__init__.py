"""Alerts: what is wrong with a model, since when, how much, perhaps why, and what to do about it.

A check's verdict becomes alerts, one for each subject; those that have a cause in common are told in one message.

======================  ==================================================================================
:mod:`book`             the book: takes windows, lets people acknowledge and silence, sends messages
:mod:`alert`            what an alert is
:mod:`options`          how alerts behave, as the part ``alerts:`` of a monitoring file says it
:mod:`stepping`         the life of one alert, window by window
:mod:`baseline`         limits that are learned from the history of figures
:mod:`onset`            since when
:mod:`causes`           what changed upstream, from the record and from servers
:mod:`suggestions`      what to do
:mod:`planning`         who is told what and when: groups, quiet hours, repetitions, budget, digest
:mod:`messages`         what is told: text, Markdown, HTML, JSON
:mod:`sending`          messages that are due go out, at least once
:mod:`ledger`           what happened, in the record
======================  ==================================================================================
"""

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.alerts.alert import Alert, Cause, Example, Severity, State, Transition
    from mainspring.monitoring.alerts.book import AlertBook
    from mainspring.monitoring.alerts.causes import AllCauses, RecordedCauses, ServedCauses
    from mainspring.monitoring.alerts.ledger import AlertLedger
    from mainspring.monitoring.alerts.messages import Message
    from mainspring.monitoring.alerts.option_parts import Adaptive, Budget, Destination, Quiet, Rule
    from mainspring.monitoring.alerts.options import AlertOptions
    from mainspring.monitoring.alerts.ports import Causes, Explainer, Sender
    from mainspring.monitoring.alerts.sending import Sending
    from mainspring.monitoring.alerts.silences import Silence

__all__ = [
    "Adaptive",
    "Alert",
    "AlertBook",
    "AlertLedger",
    "AlertOptions",
    "AllCauses",
    "Budget",
    "Cause",
    "Causes",
    "Destination",
    "Example",
    "Explainer",
    "Message",
    "Quiet",
    "RecordedCauses",
    "Rule",
    "Sender",
    "Sending",
    "ServedCauses",
    "Severity",
    "Silence",
    "State",
    "Transition",
]

_MODULES = {
    "alert": ("Alert", "Cause", "Example", "Severity", "State", "Transition"),
    "book": ("AlertBook",),
    "causes": ("AllCauses", "RecordedCauses", "ServedCauses"),
    "ledger": ("AlertLedger",),
    "messages": ("Message",),
    "option_parts": ("Adaptive", "Budget", "Destination", "Quiet", "Rule"),
    "options": ("AlertOptions",),
    "ports": ("Causes", "Explainer", "Sender"),
    "sending": ("Sending",),
    "silences": ("Silence",),
}

__getattr__, __dir__ = lazily(__name__, {name: module for module, names in _MODULES.items() for name in names})
