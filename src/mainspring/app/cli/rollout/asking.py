"""What the commands have in common: the server that they ask."""

from __future__ import annotations

import click

url_option = click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The server.")
