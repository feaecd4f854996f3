"""Where a log goes besides its own segments."""
