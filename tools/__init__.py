"""Small programs for the people who work on Mainspring. None of them is installed."""
