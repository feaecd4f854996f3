"""The doors: settings, wiring, the command line, the report. Only here are technologies chosen."""
