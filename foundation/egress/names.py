"""Questions to the name system: records of a domain, not the addresses connections go to."""

from __future__ import annotations

from typing import Literal

import dns.exception
import dns.nameserver
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.TXT
import dns.resolver
from django.conf import settings

from foundation.egress.connecting import Unreachable, refuse_inside_transaction

#: Longest text of one record and most records that are looked at: a domain may publish whatever it likes.
_LONGEST = 4_000
_MOST = 50


def look_up(name: str, kind: Literal["MX", "TXT"], *, timeout: float = 5.0) -> list[str]:
    """The records of ``name``; empty if it has none, or does not exist.

    TXT: each record's strings joined. MX: ``"10 mx.example.org"`` by preference, ``"0 ."`` for a domain that takes no
    mail (RFC 7505). ``DNS_SERVERS`` names other servers than the machine's own. Raises :class:`Unreachable`.
    """
    refuse_inside_transaction()
    try:
        found = _resolver().resolve(name.rstrip(".") + ".", kind, lifetime=timeout, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.Timeout:
        raise Unreachable(
            f"The name servers did not answer for {name[:100]} in time.", kind="timeout"
        ) from None
    except dns.resolver.NoNameservers:
        raise Unreachable(f"The name servers have no answer for {name[:100]}.", kind="dns") from None
    except (dns.exception.DNSException, OSError, UnicodeError):
        raise Unreachable(f"{name[:100]} cannot be looked up.", kind="dns") from None
    records = []
    for record in list(found)[:_MOST]:
        if isinstance(record, dns.rdtypes.ANY.MX.MX):
            host = str(record.exchange).lower().rstrip(".") or "."
            records.append((record.preference, f"{record.preference} {host}"))
        elif isinstance(record, dns.rdtypes.ANY.TXT.TXT):
            text = b"".join(record.strings)[:_LONGEST].decode("utf-8", "replace")
            records.append((0, "".join(char for char in text if char.isprintable())))
    return [text for _, text in sorted(records)]


def _resolver() -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not settings.DNS_SERVERS)
    if settings.DNS_SERVERS:
        servers = [server.rpartition(":") for server in settings.DNS_SERVERS]
        resolver.nameservers = [
            dns.nameserver.Do53Nameserver(host.strip("[]"), int(port)) for host, _, port in servers
        ]
    return resolver
