"""What could be started, and what would happen: pipelines with their parameters, and runs foretold.

The console asks this in a process of its own (``python -m mainspring.app.planning``), so that a project's file is
read as it is now, and whatever it does when it is read is not done to the console.
"""

from mainspring.app.planning.nouns import Entry, Offer, Plan, PlannedStep, Wish

__all__ = ["Entry", "Offer", "Plan", "PlannedStep", "Wish"]
