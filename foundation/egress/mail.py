"""SMTP and IMAP through the door: the standard library's clients over checked connections."""

from __future__ import annotations

import imaplib
import smtplib
import socket
from collections.abc import Callable
from typing import Literal

from imap_tools import BaseMailBox

from foundation.egress.connecting import Unreachable, connect, encrypted, tls, translated
from foundation.problems import Problem

Security = Literal["tls", "starttls", "none"]


def _opener(host: str, port: int, security: Security, timeout: float) -> Callable[[], socket.socket]:
    def open_socket() -> socket.socket:
        sock = connect(host, port, timeout=timeout)
        return encrypted(sock, host) if security == "tls" else sock

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
            server.starttls(context=tls())
            server.ehlo_or_helo_if_needed()
    except smtplib.SMTPServerDisconnected:
        server.close()
        raise Unreachable(f"{host} closed the connection.", kind="cut") from None
    except smtplib.SMTPException:
        server.close()
        raise
    except OSError as error:
        server.close()
        raise translated(error, host) from None
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
                client.starttls(ssl_context=tls())
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
        raise translated(error, host) from None
