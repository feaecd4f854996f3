"""Who may ask a server for what: keys, tokens, certificates, encryption, and clients that hold a line."""

from __future__ import annotations
