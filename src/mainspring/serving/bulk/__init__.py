"""Answers to many rows at once: files larger than memory, and streams.

:func:`run` answers the rows of a file, a folder, a query or a table, in parts over all cores; a run that was
killed goes on where it stopped. :func:`predict_table` is the same for use in a notebook.
"""
