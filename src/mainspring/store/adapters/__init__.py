"""Adapters of this room. Only `mainspring.app` and `mainspring.testing` may import them."""
