"""The report: one run as one page that needs nothing but a browser, to read, to print and to send.

================ ==============================================================
module           what is in it
================ ==============================================================
``nouns``        what the page says, as plain values
``gathering``    the whole page from a run's story
``headline``     what the run is and how it ended, in one sentence
``gates``        what the gates said, failures first
``motion``       the steps: their graph, their times, why each ran
``quality``      the model's metrics, slices and curves
``proof``        parity and the package's card
``columns``      the data, column by column
``provenance``   where it all came from
``loading``      reads values from the record; what is gone has a reason, not an error
``wording``      figures and times in words
``page``         lays the values out with the templates
================ ==============================================================

Everything here is a pure function of the record: the same run gives the same page, byte for byte.
"""

from __future__ import annotations

from mainspring.app.report.gathering import gather
from mainspring.app.report.nouns import Report
from mainspring.app.report.page import render

__all__ = ["Report", "gather", "render"]
