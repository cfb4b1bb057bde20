"""HTTP through the door: requests over checked connections, capped in time and size."""

from __future__ import annotations

import http.cookiejar
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from foundation.egress.connecting import (
    EgressRefused,
    Unreachable,
    connect,
    refuse_inside_transaction,
    tls,
    translated,
)

_call = threading.local()

#: A connection unused for longer is not used again: many servers close theirs after five seconds, and what is sent in
#: that moment has an unknown fate.
KEPT_ALIVE_SECONDS = 3.0


class _Cord:
    """Cuts the connection of one call when its time is over, whatever the other side drips."""

    def __init__(self, seconds: float) -> None:
        self.cut = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._pull)
        self._timer.daemon = True

    def hold(self, sock: socket.socket) -> None:
        """From now on ``sock`` is what will be cut: a duplicate for us alone, which we close.

        http.client closes its own as soon as an answer without a length has begun.
        """
        with self._lock:
            self._let_go()
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
            self._let_go()

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()
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
        _call.cord.hold(self._duplicate.dup())
        return sock

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        if self._duplicate is not None:  # a kept-alive connection serves this call too
            _call.cord.hold(self._duplicate.dup())
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
        super().init_poolmanager(*args, ssl_context=tls(), **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return (
        parts.scheme,
        (parts.hostname or "").lower(),
        parts.port or (443 if parts.scheme == "https" else 80),
    )


class Session:
    """HTTP calls through the door. Kept open for several calls to one vendor; not shared between threads.

    Cookies are neither kept nor sent: a call says all it needs.
    """

    def __init__(self, *, timeout: float, max_bytes: int) -> None:
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no .netrc: both would bypass the check or leak
        self._session.max_redirects = 5
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self._used = time.monotonic()
        adapter = _Adapter()
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | Sequence[tuple[str, str]] | None = None,
        json: Any = None,
        data: Any = None,
    ) -> requests.Response:
        """One call, its body read. The timeout is for everything together, redirects included.

        Redirects are followed for GET and HEAD on the same origin only; one to another host is
        :class:`EgressRefused`, a redirect of another method is returned as it is. Raises :class:`Unreachable`.
        """
        refuse_inside_transaction()
        if time.monotonic() - self._used > KEPT_ALIVE_SECONDS:
            self.close()
        try:
            return self._request(method, url, headers=headers, params=params, json=json, data=data)
        finally:
            self._used = time.monotonic()

    def _request(self, method: str, url: str, *, headers: Any, **given: Any) -> requests.Response:
        with _Cord(self._timeout) as cord:
            _call.cord, _call.timeout = cord, self._timeout
            with _typed(urlsplit(url).hostname or "", cord):
                response = self._send(method, url, headers=headers, **given)
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
        """Closes the connections; a later call makes new ones."""
        self._session.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


@contextmanager
def _typed(host: str, cord: _Cord) -> Iterator[None]:
    """Translates what requests and urllib3 raise, and an answer that the cord cut short."""
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
        raise translated(_root(error), host) from None
    else:
        # A cut line looks like the end of an answer whose length was not told.
        if cord.cut:
            raise Unreachable(f"{host} did not answer in time.", kind="timeout")


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
