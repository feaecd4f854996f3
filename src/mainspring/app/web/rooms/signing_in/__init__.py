"""Signing in and out: with a password, or with an identity provider.

============= ===========================================================
``people``    who sent a request: by a session or a token
``cookies``   what a browser keeps
``entrance``  the page of signing in, and what its forms and links do
============= ===========================================================
"""

from __future__ import annotations

from mainspring.app.web.room import Room

ROOM = Room(name="signing_in")
"""Its addresses are open to those who have not signed in, so the server has them apart from the pages."""

__all__ = ["ROOM"]
