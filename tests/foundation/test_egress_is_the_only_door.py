"""No room talks to the network past the egress door: read from the source, so that no test has to try."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("accounts", "sourcing", "outreach", "campaigns", "integrations", "foundation")
DOOR = ROOT / "foundation" / "egress"
#: Modules that open connections. What only describes data is allowed by its full name.
FORBIDDEN = (
    "aiohttp", "dns", "ftplib", "http.client", "httpx", "imap_tools", "imaplib", "poplib", "requests", "smtplib",
    "socket", "telnetlib", "urllib.request", "urllib3", "xmlrpc",
)  # fmt: skip
#: What those modules offer besides connections: search terms, quoting, a line to a process of our own (their error
#: classes are told by name).
HARMLESS = frozenset({"imap_tools.AND", "imap_tools.H", "smtplib.quoteaddr", "socket.socketpair"})


def modules() -> Iterator[Path]:
    for room in ROOMS:
        yield from (path for path in (ROOT / room).rglob("*.py") if DOOR not in path.parents)


def ways_out(source: str) -> list[str]:
    """Dotted names under FORBIDDEN modules that the source calls, with the line."""
    tree = ast.parse(source)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return [
        f"{node.lineno}: {dotted}()"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (dotted := _dotted(node.func, names))
        and _opens(dotted)
        and not _takes_over(dotted, node)
    ]


def _takes_over(dotted: str, call: ast.Call) -> bool:
    """A socket that was open before: the other end of a pair."""
    return (
        dotted == "socket.socket"
        and [keyword.arg for keyword in call.keywords] == ["fileno"]
        and not call.args
    )


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute) and (left := _dotted(node.value, names)):
        return f"{left}.{node.attr}"
    return ""


def _opens(dotted: str) -> bool:
    if dotted in HARMLESS or dotted.rpartition(".")[2].endswith(("Error", "Exception", "Disconnected")):
        return False
    return any(dotted == module or dotted.startswith(f"{module}.") for module in FORBIDDEN)


def test_no_room_opens_a_connection_itself():
    found = {str(path.relative_to(ROOT)): ways_out(path.read_text()) for path in modules()}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import requests\nrequests.get('http://x')",
        "import requests as r\nr.Session()",
        "from urllib import request\nrequest.urlopen('http://x')",
        "import urllib.request\nurllib.request.urlopen('http://x')",
        "from smtplib import SMTP_SSL as Mail\nMail('host')",
        "import socket\nsocket.create_connection(('host', 1))",
        "from imap_tools import MailBox\nMailBox('host')",
        "import dns.resolver\ndns.resolver.resolve('host', 'TXT')",
    ],
)
def test_each_way_past_the_door_is_seen(source):
    assert ways_out(source)


@pytest.mark.parametrize(
    "source",
    [
        "from foundation import egress\negress.session(timeout=1, max_bytes=1)",
        "import smtplib\nraise smtplib.SMTPServerDisconnected('gone')",
        "from urllib.parse import urlsplit\nurlsplit('http://x')",
        "import socket\none, other = socket.socketpair()",
        "import socket\nsocket.socket(fileno=3)",
    ],
)
def test_what_opens_nothing_is_left_alone(source):
    assert ways_out(source) == []
