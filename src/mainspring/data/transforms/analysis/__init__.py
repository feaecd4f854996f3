"""Full passes over the training rows: requests, the mergeable summaries that answer them, and the passes."""
