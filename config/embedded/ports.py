"""Ports on loopback."""

from __future__ import annotations

import socket

from config.embedded.problems import SetupProblem
from config.embedded.programs import HOST


def free_port(wanted: int) -> int:
    """The wanted port on loopback when nobody has it, a free one for 0; else a SetupProblem."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections of a stopped server that linger in TIME_WAIT do not count as taken; a listener does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except PermissionError:
            raise SetupProblem(
                f"Port {wanted} is reserved for root: choose one above 1023, PORT=8001."
            ) from None
        except OverflowError:
            raise SetupProblem(f"{wanted} is not a port number: choose one from 1024 to 65535.") from None
        except OSError:
            raise SetupProblem(
                f"Port {wanted} is taken by another program: choose another one, for example "
                f"`PORT={wanted + 1} make demo`."
            ) from None
        return int(probe.getsockname()[1])
