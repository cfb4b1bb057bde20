"""A TCP or TLS connection to an address that was checked; the errors every way out raises."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from functools import lru_cache
from typing import Any, ClassVar

import certifi
from django.conf import settings

from foundation import transactions
from foundation.problems import Problem

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: RFC 6052: IPv4 embedded in the last 32 bits of the well-known NAT64 prefix; RFC 8215: the local one.
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))


class EgressRefused(Problem):
    """The address is one Beckon must not reach (private, loopback, metadata), or the answer breaks a cap."""

    code = "egress_refused"
    status = 422
    sentence = "This address is not reachable from here by design."


class Unreachable(Problem):
    """The other side could not be talked to. ``kind`` is one of dns, connect, tls, timeout, cut."""

    code = "unreachable"
    status = 502
    KINDS: ClassVar[frozenset[str]] = frozenset({"dns", "connect", "tls", "timeout", "cut"})

    def __init__(self, text: str = "", *, kind: str, **extra: Any) -> None:
        assert kind in self.KINDS
        super().__init__(text, **extra)
        self.kind = kind


class NetworkInTransaction(RuntimeError):
    """A network call while a database transaction is open: rows would stay locked for as long as the other side
    likes. A bug, never a user's mistake."""


@lru_cache(maxsize=8)
def _allowed(networks: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in networks)


def _embedded(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one (mapped, 6to4, Teredo, NAT64), otherwise the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour or address


def permitted(address: str) -> bool:
    """True for a public unicast address, and for one of ``EGRESS_ALLOWED_PRIVATE_NETWORKS``."""
    outer = ipaddress.ip_address(address.partition("%")[0])
    inner = _embedded(outer)
    networks = _allowed(tuple(settings.EGRESS_ALLOWED_PRIVATE_NETWORKS))
    if any(
        one in network for one in (outer, inner) for network in networks if network.version == one.version
    ):
        return True
    # is_global is False for private, loopback, link-local (metadata), shared, documentation and unspecified ranges.
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def _resolve(host: str, port: int) -> list[tuple[int, str]]:
    """(family, address) of every address of ``host``; raises when there is none or one is forbidden."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except socket.gaierror:
        found = _resolve_loopback(host, port)
    except UnicodeError:
        raise Unreachable(f"{host[:100]} is not a host name.", kind="dns") from None
    addresses = list(dict.fromkeys((int(family), str(sockaddr[0])) for family, *_, sockaddr in found))
    if not all(permitted(address) for _, address in addresses):
        raise EgressRefused(
            f"{host} is an address inside a private network, which this installation does not reach."
        )
    return addresses


def _resolve_loopback(host: str, port: int) -> list[Any]:
    """Without AI_ADDRCONFIG: it hides loopback names on a machine that has no other network."""
    try:
        return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except socket.gaierror:
        raise Unreachable(f"The name {host} is not known.", kind="dns") from None


def refuse_inside_transaction() -> None:
    """Raises :class:`NetworkInTransaction`; the test suite's own transaction around a test does not count."""
    if transactions.inside():
        raise NetworkInTransaction("a network call inside a database transaction")


def connect(host: str, port: int, *, timeout: float) -> socket.socket:
    """A TCP connection to ``host``; ``timeout`` (seconds) is for all its addresses together and stays on the socket.

    Raises :class:`EgressRefused` when any of its addresses is forbidden, :class:`Unreachable` when none answers.
    """
    refuse_inside_transaction()
    until = time.monotonic() + timeout
    failure: OSError | None = None
    for family, address in _resolve(host, port):
        left = until - time.monotonic()
        if left <= 0:
            break
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(left)
            sock.connect((address, port))
            sock.settimeout(timeout)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failure = error
            continue
        return sock
    if failure is None or isinstance(failure, TimeoutError):
        raise Unreachable(f"{host} did not answer on port {port} within {timeout:g} s.", kind="timeout")
    raise Unreachable(f"{host} does not accept connections on port {port}.", kind="connect")


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """Certificates and names are checked; authorities are the machine's (also SSL_CERT_FILE) and certifi's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def encrypted(sock: socket.socket, host: str) -> ssl.SSLSocket:
    """TLS over ``sock`` with the name of ``host``; closes it and raises :class:`Unreachable` when that fails."""
    try:
        return tls().wrap_socket(sock, server_hostname=host)
    except OSError as error:
        sock.close()
        raise translated(error, host) from None


def translated(error: BaseException, host: str) -> Problem:
    """The typed form of what the socket or TLS layer raised."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(f"The certificate of {host} is not valid: {error.verify_message}.", kind="tls")
    if isinstance(error, TimeoutError):
        return Unreachable(f"{host} did not answer in time.", kind="timeout")
    if isinstance(error, ssl.SSLError):
        return Unreachable(f"{host} does not speak TLS on this port.", kind="tls")
    return Unreachable(f"{host} closed the connection.", kind="cut")
