"""HTTP through the door: requests over checked connections, capped in time and size."""

from __future__ import annotations

import heapq
import itertools
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
        self.cut = self.over = False
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def hold(self, sock: socket.socket) -> None:
        """From now on ``sock`` is what will be cut: a duplicate for us alone, which we close.

        http.client closes its own as soon as an answer without a length has begun.
        """
        with self._lock:
            self._let_go()
            self._socket = sock
            if self.cut:
                _shut(sock)

    def pull(self) -> None:
        """The time is over; nothing happens to a call that is."""
        with self._lock:
            if self.over:
                return
            self.cut = True
            if self._socket is not None:
                _shut(self._socket)

    def __enter__(self) -> _Cord:
        _watch.add(self, self._seconds)
        return self

    def __exit__(self, *_exc: object) -> None:
        with self._lock:
            self.over = True
            self._let_go()

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Watch:
    """Pulls the cords whose time is over: one thread for all calls of this process.

    A thread for each call costs a tenth of a millisecond, and a webhook is mostly answered within one. The cord of a
    call that is over stays in the queue until its time would have been, or one before it is pulled.
    """

    def __init__(self) -> None:
        self._cords: list[tuple[float, int, _Cord]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, cord: _Cord, seconds: float) -> None:
        with self._changed:
            heapq.heappush(self._cords, (time.monotonic() + seconds, next(self._numbers), cord))
            # Not alive: in a process forked from one that had called.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="egress-watch", daemon=True)
                self._thread.start()
            elif self._cords[0][2] is cord:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            self._next().pull()

    def _next(self) -> _Cord:
        """The next cord whose call lasted too long; waits for it."""
        with self._changed:
            while True:
                while self._cords and self._cords[0][2].over:
                    heapq.heappop(self._cords)
                left = self._cords[0][0] - time.monotonic() if self._cords else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._cords)[2]
                self._changed.wait(left)


_watch = _Watch()


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


#: So many answers that lead elsewhere are followed in one call.
_MOST_REDIRECTS = 5
#: requests' own rule for where one leads.
_REDIRECTS = requests.sessions.SessionRedirectMixin()


def _with_defaults(headers: Mapping[str, str] | None) -> requests.structures.CaseInsensitiveDict[str]:
    """What every call says unless ``headers`` say otherwise."""
    said = requests.utils.default_headers()
    said.update(headers or {})
    return said


class Session:
    """HTTP calls through the door. Kept open for several calls to one vendor; not shared between threads.

    A call says all it needs, so there is no ``requests.Session`` behind it: that would look for cookies, proxies and a
    .netrc in the environment, which would bypass the check or leak, and takes longer than a quick answer.
    """

    def __init__(self, *, timeout: float, max_bytes: int) -> None:
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._adapter = _Adapter()
        self._used = time.monotonic()

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
                for _ in range(_MOST_REDIRECTS):
                    target = _REDIRECTS.get_redirect_target(response)
                    if target is None or method.upper() not in {"GET", "HEAD"}:
                        break
                    target = requests.compat.urljoin(response.url, target)
                    if _origin(target) != _origin(url):
                        raise EgressRefused("The answer leads to another server, which is not followed.")
                    response = self._send(method, target, headers=headers)
                return response

    def _send(self, method: str, url: str, *, headers: Any = None, **given: Any) -> requests.Response:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise EgressRefused("Only http and https addresses can be called.")
        prepared = requests.Request(method.upper(), url, headers=_with_defaults(headers), **given).prepare()
        response = self._adapter.send(prepared, stream=True, timeout=self._timeout)
        body = bytearray()
        for chunk in response.iter_content(65_536):
            body += chunk
            if len(body) > self._max_bytes:
                response.close()
                raise EgressRefused(f"The answer is larger than {self._max_bytes:,} bytes.")
        response._content = bytes(body)  # noqa: SLF001 - the body was read here, within its caps
        if response.status_code == 204 and response.headers.get("Content-Length", "0") != "0":
            # Such an answer has no body (RFC 9110 §15.3.5); what this server sends all the same would be taken for the
            # beginning of its next one.
            self.close()
        return response

    def close(self) -> None:
        """Closes the connections; a later call makes new ones."""
        self._adapter.close()

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
