"""Looking into the log of requests and answers: the newest first, and never more of it than is shown."""
