"""``mainspring explain`` and ``mainspring explain-serve``."""
