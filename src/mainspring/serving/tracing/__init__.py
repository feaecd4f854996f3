"""What happened to a request: spans of its trace, and lines about it."""

from __future__ import annotations
