"""Command line of ``python -m sandbox``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

DEFAULT_ACCOUNTS = (
    "alice@demo.example:alice-mail-password",
    "bob@demo.example:bob-mail-password",
)


@dataclass(frozen=True)
class Options:
    """What to start; port 0 takes a free one."""

    directory: Path
    bind: str
    smtp_port: int
    smtps_port: int
    imap_port: int
    imaps_port: int
    http_port: int
    accounts: dict[str, str]
    switches: dict[str, str]
    die_with: int


def parse(arguments: list[str] | None = None) -> Options:
    """Read the command line; argparse ends the process with words if it is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="The outside world on one machine: a mail world and a stand-in SourceWhale. "
        "Writes DIR/sandbox.json when everything listens; SIGTERM or Ctrl-C stops it.",
    )
    parser.add_argument(
        "--dir", required=True, type=Path, metavar="DIR", help="where data are kept between runs"
    )
    parser.add_argument(
        "--bind", default="127.0.0.1", metavar="HOST", help="address to listen on (default: %(default)s)"
    )
    for name, what in {
        "smtp": "SMTP with STARTTLS on offer",
        "smtps": "SMTP with TLS from the first byte",
        "imap": "IMAP with STARTTLS on offer",
        "imaps": "IMAP with TLS from the first byte",
        "http": "pages, control and SourceWhale",
    }.items():
        parser.add_argument(
            f"--{name}-port", type=int, default=0, metavar="PORT", help=f"{what} (default: a free port)"
        )
    parser.add_argument(
        "--account",
        action="append",
        type=_account,
        metavar="ADDRESS:PASSWORD",
        help=f"a mail account; may be repeated (default: {', '.join(DEFAULT_ACCOUNTS)})",
    )
    parser.add_argument(
        "--set",
        action="append",
        type=_switch,
        default=[],
        metavar="NAME=VALUE",
        help="a switch of sandbox/switches.py from the start, e.g. answer_delay=2; may be repeated",
    )
    parser.add_argument(
        "--die-with", type=int, default=0, metavar="PID", help="end when this parent process ends (Linux)"
    )
    given = parser.parse_args(arguments)
    accounts = given.account or [_account(each) for each in DEFAULT_ACCOUNTS]
    return Options(
        directory=given.dir,
        bind=given.bind,
        smtp_port=given.smtp_port,
        smtps_port=given.smtps_port,
        imap_port=given.imap_port,
        imaps_port=given.imaps_port,
        http_port=given.http_port,
        accounts=dict(accounts),
        switches=dict(given.set),
        die_with=given.die_with,
    )


def _account(word: str) -> tuple[str, str]:
    address, colon, password = word.partition(":")
    if not (colon and password and "@" in address.strip("@")):
        raise argparse.ArgumentTypeError(f"{word!r} is not ADDRESS:PASSWORD")
    return address.lower(), password


def _switch(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{word!r} is not NAME=VALUE")
    return name, value
