"""Pages of what the watch saw: one offline page of a model, one of all of them.

=================== ====================================================================
module              what is in it
=================== ====================================================================
``showing``         :func:`view`, the page of a model, and :func:`view_overview`, of all
``watch``           :class:`Watch`, all that a page is made from, as plain values
``spans``           the time of a page cut into columns, and figures brought down to them
``standings``       how figures stand to their limits; names of figures taken apart
``plots``           a figure over time, with limits, intervals and windows that are past them
``cards``           figures as cards and as tables
``timeline``        windows, alerts, changes and decisions along one line of time
``alerting``        open alerts: what, since when, why perhaps, what to do
``quality``         metrics slice by slice, estimated beside realised, calibration
``shares``          what a feature looked like in training and in the last windows
``page``            lays it out with the templates, the style and the script beside it
=================== ====================================================================

A page is complete in itself, fetches nothing, and is a pure function of what it shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.viewing.showing import view, view_overview
    from mainspring.monitoring.viewing.watch import SeenWindow, Watch

__all__ = ["SeenWindow", "Watch", "view", "view_overview"]

__getattr__, __dir__ = lazily(
    __name__, {"SeenWindow": "watch", "Watch": "watch", "view": "showing", "view_overview": "showing"}
)
