"""What a server counts and watches: metrics, objectives (SLOs), and errors of models as events."""
