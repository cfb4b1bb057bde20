"""The one door out: every connection to another machine is resolved once, checked, and made to what was checked.

A name that a customer typed (mail server, vendor, webhook) may point into our own network. So the name is resolved
here, every address it has is checked, and the socket goes to a checked address: there is no second look-up that
could answer differently. TLS, SNI and the Host header keep the name. ``EGRESS_ALLOWED_PRIVATE_NETWORKS`` lists
exceptions. A lint test forbids sockets, ``requests``, ``smtplib``, ``imaplib`` and ``urllib.request`` elsewhere.
"""

from __future__ import annotations

import imaplib
import ipaddress
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

import certifi
import requests
import structlog
import urllib3
from django.conf import settings
from imap_tools import BaseMailBox
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from foundation import transactions
from foundation.problems import Problem

log = structlog.get_logger(__name__)

Security = Literal["tls", "starttls", "none"]
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


# ── which addresses ─────────────────────────────────────────────────────────


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
def _tls() -> ssl.SSLContext:
    """Certificates and names are checked; authorities are the machine's (also SSL_CERT_FILE) and certifi's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _encrypted(sock: socket.socket, host: str) -> ssl.SSLSocket:
    try:
        return _tls().wrap_socket(sock, server_hostname=host)
    except OSError as error:
        sock.close()
        raise _translated(error, host) from None


def _translated(error: BaseException, host: str) -> Problem:
    """The typed form of what the socket or TLS layer raised."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(f"The certificate of {host} is not valid: {error.verify_message}.", kind="tls")
    if isinstance(error, TimeoutError):
        return Unreachable(f"{host} did not answer in time.", kind="timeout")
    if isinstance(error, ssl.SSLError):
        return Unreachable(f"{host} does not speak TLS on this port.", kind="tls")
    return Unreachable(f"{host} closed the connection.", kind="cut")


# ── HTTP ────────────────────────────────────────────────────────────────────

_call = threading.local()


class _Cord:
    """Cuts the connection of one call when its time is over, whatever the other side drips."""

    def __init__(self, seconds: float) -> None:
        self.cut = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._pull)
        self._timer.daemon = True

    def hold(self, sock: socket.socket) -> None:
        """From now on ``sock`` (a duplicate of the connection's) is what will be cut."""
        with self._lock:
            self._socket = sock
            if self.cut:
                _shut(sock)

    def _pull(self) -> None:
        with self._lock:
            self.cut = True
            if self._socket is not None:
                _shut(self._socket)

    def __enter__(self) -> _Cord:
        self._timer.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed already: that is what was wanted


class _Checked:
    """What our HTTP and HTTPS connections share: the socket comes from :func:`connect`."""

    _duplicate: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        sock = connect(self._dns_host, self.port, timeout=_call.timeout)  # type: ignore[attr-defined]
        self._duplicate = sock.dup()
        _call.cord.hold(self._duplicate)
        return sock

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        if self._duplicate is not None:  # a kept-alive connection serves this call too
            _call.cord.hold(self._duplicate)
        super().putrequest(*args, **kwargs)  # type: ignore[misc]

    def close(self) -> None:
        super().close()  # type: ignore[misc]
        if self._duplicate is not None:
            self._duplicate.close()
            self._duplicate = None


class _CheckedHTTP(_Checked, HTTPConnection):
    pass


class _CheckedHTTPS(_Checked, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _CheckedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedHTTPS


class _Adapter(HTTPAdapter):
    """urllib3 with our connections; no retries here, they belong to whoever knows what a repeat would do."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=_tls(), **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return (
        parts.scheme,
        (parts.hostname or "").lower(),
        parts.port or (443 if parts.scheme == "https" else 80),
    )


class Session:
    """HTTP calls through the door. Kept open for several calls to one vendor; not shared between threads."""

    def __init__(self, *, timeout: float, max_bytes: int) -> None:
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no .netrc: both would bypass the check or leak
        self._session.max_redirects = 5
        adapter = _Adapter()
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Any = None,
    ) -> requests.Response:
        """One call, its body read. The timeout is for everything together, redirects included.

        Redirects are followed for GET and HEAD on the same origin only; one to another host is
        :class:`EgressRefused`, a redirect of another method is returned as it is. Raises :class:`Unreachable`.
        """
        refuse_inside_transaction()
        with _Cord(self._timeout) as cord:
            _call.cord, _call.timeout = cord, self._timeout
            with _typed(urlsplit(url).hostname or "", cord):
                response = self._send(method, url, headers=headers, params=params, json=json, data=data)
                for _ in range(self._session.max_redirects):
                    target = self._session.get_redirect_target(response)
                    if target is None or method.upper() not in {"GET", "HEAD"}:
                        break
                    target = requests.compat.urljoin(response.url, target)
                    if _origin(target) != _origin(url):
                        raise EgressRefused("The answer leads to another server, which is not followed.")
                    response = self._send(method, target, headers=headers)
                return response

    def _send(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise EgressRefused("Only http and https addresses can be called.")
        response = self._session.request(
            method, url, timeout=self._timeout, allow_redirects=False, stream=True, **kwargs
        )
        body = bytearray()
        for chunk in response.iter_content(65_536):
            body += chunk
            if len(body) > self._max_bytes:
                response.close()
                raise EgressRefused(f"The answer is larger than {self._max_bytes:,} bytes.")
        response._content = bytes(body)  # noqa: SLF001 - the body was read here, within its caps
        return response

    def close(self) -> None:
        """Gives the connections back."""
        self._session.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


@contextmanager
def _typed(host: str, cord: _Cord) -> Iterator[None]:
    """Translates what requests and urllib3 raise; a problem of ours that they wrapped comes out again."""
    try:
        yield
    except (EgressRefused, Unreachable):
        if cord.cut:
            raise Unreachable(f"{host} did not answer in time.", kind="timeout") from None
        raise
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        if cord.cut or isinstance(error, requests.exceptions.Timeout):
            raise Unreachable(f"{host} did not answer in time.", kind="timeout") from None
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
            raise EgressRefused("This is not an address that can be called.") from None
        raise _translated(_root(error), host) from None


def _root(error: BaseException) -> BaseException:
    """The socket or TLS error at the bottom of what requests wrapped."""
    seen: set[int] = set()
    current: BaseException = error
    while id(current) not in seen:
        seen.add(id(current))
        reason = getattr(current, "reason", None)
        inner = reason if isinstance(reason, BaseException) else None
        inner = inner or next((arg for arg in current.args if isinstance(arg, BaseException)), None)
        inner = inner or current.__cause__
        if inner is None:
            return current
        current = inner
    return current


def session(*, timeout: float, max_bytes: int) -> Session:
    """HTTP through the door: ``timeout`` seconds in all and ``max_bytes`` of body (unpacked) per call."""
    return Session(timeout=timeout, max_bytes=max_bytes)


# ── mail ────────────────────────────────────────────────────────────────────


def _opener(host: str, port: int, security: Security, timeout: float) -> Callable[[], socket.socket]:
    def open_socket() -> socket.socket:
        sock = connect(host, port, timeout=timeout)
        return _encrypted(sock, host) if security == "tls" else sock

    return open_socket


class _SMTP(smtplib.SMTP):
    """smtplib over a checked socket."""

    def __init__(
        self, open_socket: Callable[[], socket.socket], *, local_hostname: str, timeout: float
    ) -> None:
        self._open_socket = open_socket
        super().__init__(local_hostname=local_hostname, timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002 - smtplib's signature
        self._host = host  # STARTTLS checks the certificate against it
        return self._open_socket()


def smtp(host: str, port: int, *, security: Security, timeout: float, local_hostname: str) -> smtplib.SMTP:
    """A connected session: greeting and EHLO done, TLS up when asked for, not logged in.

    Raises :class:`EgressRefused`, :class:`Unreachable`, and smtplib's own ``SMTPResponseException`` when the
    server says no in its greeting or to EHLO: its words belong to the person.
    """
    server = _SMTP(_opener(host, port, security, timeout), local_hostname=local_hostname, timeout=timeout)
    try:
        code, words = server.connect(host, port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)
        server.ehlo_or_helo_if_needed()
        if security == "starttls":
            if not server.has_extn("starttls"):
                raise Unreachable(f"{host} does not offer STARTTLS on port {port}.", kind="tls")
            server.starttls(context=_tls())
            server.ehlo_or_helo_if_needed()
    except smtplib.SMTPServerDisconnected:
        server.close()
        raise Unreachable(f"{host} closed the connection.", kind="cut") from None
    except smtplib.SMTPException:
        server.close()
        raise
    except OSError as error:
        server.close()
        raise _translated(error, host) from None
    except Problem:
        server.close()
        raise
    return server


class _IMAP4(imaplib.IMAP4):
    """imaplib over a checked socket."""

    def __init__(
        self, open_socket: Callable[[], socket.socket], host: str, port: int, timeout: float
    ) -> None:
        self._open_socket = open_socket
        super().__init__(host, port, timeout)

    def _create_socket(self, timeout: float | None) -> socket.socket:  # noqa: ARG002 - imaplib's signature
        return self._open_socket()


class MailBox(BaseMailBox):
    """imap_tools over a checked socket."""

    def __init__(self, host: str, port: int, *, security: Security, timeout: float) -> None:
        self._where = (host, port, security, timeout)
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        host, port, security, timeout = self._where
        client = _IMAP4(_opener(host, port, security, timeout), host, port, timeout)
        if security == "starttls":
            try:
                client.starttls(ssl_context=_tls())
            except BaseException:
                client.shutdown()
                raise
        return client


def imap(host: str, port: int, *, security: Security, timeout: float) -> BaseMailBox:
    """A connected mailbox, TLS up when asked for, not logged in. Raises as :func:`connect` does."""
    try:
        return MailBox(host, port, security=security, timeout=timeout)
    except imaplib.IMAP4.abort:
        raise Unreachable(f"{host} closed the connection.", kind="cut") from None
    except imaplib.IMAP4.error:
        kind = "tls" if security == "starttls" else "connect"
        raise Unreachable(f"{host} does not speak IMAP on port {port} as asked.", kind=kind) from None
    except OSError as error:
        raise _translated(error, host) from None
