"""Cells of tables, from figures."""

from __future__ import annotations

import math

from mainspring.data.viewing.wording import figure, percent
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.viewing.figures import between, change, sort_key
from mainspring.evaluation.viewing.material import Column, Entry

NOT_ESTIMABLE = "not estimable"


def text(name: str) -> Column:
    """A column of words."""
    return Column(name=name, words=True)


def number(name: str) -> Column:
    """A column of figures."""
    return Column(name=name, number=True)


def picture(name: str) -> Column:
    """A column of pictures."""
    return Column(name=name, plain=True)


def counted_entry(count: float) -> Entry:
    """A number of rows."""
    return Entry(text=figure(count), sort=sort_key(count))


def figure_entry(value: float, interval: Interval | None = None, reason: str = "") -> Entry:
    """A figure with its interval below it, or with the reason why there is none."""
    if math.isnan(value):
        return Entry(text=NOT_ESTIMABLE if reason else figure(value), more=reason)
    return Entry(text=figure(value), sort=sort_key(value), more=between(interval))


def share_entry(value: float) -> Entry:
    """A share in percent."""
    return Entry(text=percent(value), sort=sort_key(value))


def change_entry(value: float, interval: Interval | None = None, tone: str = "") -> Entry:
    """A difference with its sign and its interval."""
    return Entry(text=change(value), sort=sort_key(value), tone=tone, more=between(interval))
