"""The monitoring file that a project begins with."""

from __future__ import annotations

from collections.abc import Sequence

_TEXT = """\
# What is watched, and how. What is commented out is optional, and shows what can be said.
#
#   mainspring monitor check       is this file in order?
#   mainspring monitor             judge windows as they become complete, until stopped
#   mainspring monitor status      how things stand
#   mainspring simulate NAME       what this file would have done with the requests of the past
"""
_MODEL = """
{name}:
  window: 1h            # a stretch of the log that is judged as one; or by count, rows: 500
  wait: 1m              # requests that come late are waited for so long
  labels: 7d            # the truth may come so late: a window is judged again when it has

  # Columns by whose values figures are told apart.
  # slices: [country]

  # Every window is looked at by: {checks}.
  # Give one of them options, leave one out, add another.
  # checks:
  #   quality: {{at_least: {{accuracy: 0.9}}}}
  #   drift: {{exclude: [day]}}
  #   outliers: false
  #   multivariate: {{}}

  # Who is told; `mainspring alerts` knows in any case. Mail, Slack and others: pip install 'mainspring[alerts]'.
  # alerts:
  #   to: ["https://hooks.example.org/in", "mailto://${{MAIL_USER}}:${{MAIL_PASSWORD}}@example.org"]
  #   for_windows: 2      # bad in 2 of the last 3 windows before anybody is told
  #   of_windows: 3

  # When a new model is asked for. `mainspring scheduler` starts the run, if mainspring.toml has a [[schedule]]
  # with topic = "retrain". The parameters are those of pipeline.py.
  # retraining:
  #   when: [quality, drift]
  #   cool_down: 12h
  #   budget: 3 per 7d
  #   parameters: {{traffic: true, since: $since}}
"""


def starting_file(names: Sequence[str]) -> str:
    """A monitoring file for models of which nothing special is known."""
    from mainspring.monitoring.declaration import USUAL

    return _TEXT + "".join(_MODEL.format(name=name, checks=", ".join(USUAL)) for name in names)


def section_of(name: str) -> str:
    """The section of one model, to be put into a monitoring file that is there already."""
    from mainspring.monitoring.declaration import USUAL

    return _MODEL.format(name=name, checks=", ".join(USUAL)).lstrip("\n")
