"""Seeing data: one offline page, tables for the terminal, JSON for machines.

=================== ====================================================================
module              what is in it
=================== ====================================================================
``showing``         :func:`view`, the page of whatever there is to see
``material``        what the page shows, gathered
``page``            the page as a file and in a notebook; its style, template and script lie beside
``features``        one feature as compact data
``curves``          distributions small enough for a page
``drifts``          drift in one form, wherever it was measured
``expectations``    what a schema asks of a feature, in short lines
``terminal``        tables with sparklines
``forms``           statistics as plain JSON
``wording``         figures, shares and times in words
=================== ====================================================================
"""

from mainspring.data.viewing.forms import statistics_form
from mainspring.data.viewing.page import Page
from mainspring.data.viewing.showing import view

__all__ = ["Page", "statistics_form", "view"]
