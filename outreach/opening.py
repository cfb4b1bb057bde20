"""Who loaded the hidden picture of a message: a person, or one of the machines that load pictures. Pure.

The rules are tables: the first that fits decides. They err on one side: what may be a machine counts as one. None of
this is exact (docs/reports.md, "Opens"), so nothing ever starts, stops or ranks by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.db.models import TextChoices

#: Nobody reads this fast; scanners look at a mail while it is being delivered.
TOO_SOON = timedelta(seconds=10)


class Opener(TextChoices):
    """Who loaded the picture, in a word that is stored; the label is what people read."""

    PERSON = "person", "Looked like a person"
    OWN = "own", "One of your own members"
    NOT_A_READER = "not_a_reader", "A program that only asked whether it is there"
    TOO_SOON = "too_soon", "Within seconds of sending"
    APPLE = "apple", "Apple Mail Privacy Protection, which loads every picture"
    GMAIL = "gmail", "Gmail's proxy, which hides who looked"
    PROXY = "proxy", "A mail provider's proxy"
    SCANNER = "scanner", "A security scanner"
    PROGRAM = "program", "A program"


@dataclass(frozen=True)
class Load:
    """One request for the picture. ``after`` is the time since the mail server took the message, None while it has
    not said so; ``own``: by somebody of the organisation that sent it."""

    agent: str
    address: str
    method: str = "GET"
    after: timedelta | None = None
    own: bool = False


#: The whole User-Agent, in lower case.
_AGENTS = {
    "": Opener.PROGRAM,
    # What Apple's relays send; real browsers say much more.
    "mozilla/5.0": Opener.APPLE,
}
#: Part of the User-Agent, in lower case.
_IN_AGENT = (
    ("googleimageproxy", Opener.GMAIL),
    ("yahoomailproxy", Opener.PROXY),
    ("mimecast", Opener.SCANNER),
    ("barracuda", Opener.SCANNER),
    ("proofpoint", Opener.SCANNER),
    ("symantec", Opener.SCANNER),
    ("bot", Opener.PROGRAM),
    ("crawl", Opener.PROGRAM),
    ("spider", Opener.PROGRAM),
    ("preview", Opener.PROGRAM),
    ("headless", Opener.PROGRAM),
    ("curl/", Opener.PROGRAM),
    ("wget/", Opener.PROGRAM),
    ("python", Opener.PROGRAM),
    ("go-http-client", Opener.PROGRAM),
    ("java/", Opener.PROGRAM),
    ("okhttp", Opener.PROGRAM),
    ("libwww", Opener.PROGRAM),
)
#: Networks that the owners themselves publish, for sending (SPF records) or as their own; scanners look from there too.
_NETWORKS: tuple[tuple[IPv4Network | IPv6Network, Opener], ...] = tuple(
    (ip_network(network), opener)
    for network, opener in (
        ("17.0.0.0/8", Opener.APPLE),
        ("40.92.0.0/15", Opener.SCANNER),  # Exchange Online Protection
        ("40.107.0.0/16", Opener.SCANNER),
        ("52.100.0.0/14", Opener.SCANNER),
        ("104.47.0.0/17", Opener.SCANNER),
        ("67.231.144.0/20", Opener.SCANNER),  # Proofpoint
        ("148.163.128.0/19", Opener.SCANNER),
        ("205.220.160.0/19", Opener.SCANNER),
        ("207.211.30.0/23", Opener.SCANNER),  # Mimecast
        ("205.139.110.0/23", Opener.SCANNER),
        ("170.10.128.0/20", Opener.SCANNER),
        ("209.222.80.0/21", Opener.SCANNER),  # Barracuda
        ("64.235.144.0/20", Opener.SCANNER),
    )
)


def who(load: Load) -> Opener:
    """Who it was, as far as anybody can tell."""
    if load.own:
        return Opener.OWN
    if load.method != "GET":
        return Opener.NOT_A_READER
    if load.after is None or load.after < TOO_SOON:
        return Opener.TOO_SOON
    return _by_agent(load.agent) or _by_network(load.address) or Opener.PERSON


def _by_agent(agent: str) -> Opener | None:
    plain = " ".join(agent.lower().split())
    if plain in _AGENTS:
        return _AGENTS[plain]
    return next((opener for part, opener in _IN_AGENT if part in plain), None)


def _by_network(address: str) -> Opener | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None) or found
    return next((opener for network, opener in _NETWORKS if mapped in network), None)
