"""Tells the service manager how the server is: the protocol of ``sd_notify(3)``."""

from __future__ import annotations

import os
import socket


def notify(state: str) -> bool:
    """Say something to systemd, such as ``READY=1``.

    Returns:
        Whether there is anybody to say it to.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):  # in the abstract namespace
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
        try:
            speaker.sendto(state.encode(), address)
        except OSError:
            return False
    return True
