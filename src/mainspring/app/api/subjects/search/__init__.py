"""Search: everything whose name somebody may type."""

from __future__ import annotations

from mainspring.app.api.subjects.search.searching import Found, searching

__all__ = ["Found", "searching"]
