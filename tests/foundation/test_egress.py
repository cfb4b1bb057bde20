"""Nothing inside our network is reached by a name a customer typed, and no server can hold us."""

from __future__ import annotations

import gzip
import smtplib
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import transaction

from foundation import egress
from foundation.egress import EgressRefused, NetworkInTransaction, Unreachable
from foundation.egress import http as egress_http

Handler = Callable[[socket.socket], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], int]]:
    """A TCP server on loopback that treats each connection with the given function; gives its port."""
    servers: list[socketserver.ThreadingTCPServer] = []

    def start(handle: Handler) -> int:
        class Each(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    handle(self.request)
                except OSError:
                    return  # the client cut the line: that is what some tests want

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Each)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return int(server.server_address[1])

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def http(body: bytes = b"hello", *, head: bytes = b"HTTP/1.1 200 OK\r\n") -> Handler:
    def handle(line: socket.socket) -> None:
        while True:
            request = b""
            while b"\r\n\r\n" not in request:
                part = line.recv(65536)
                if not part:
                    return
                request += part
            line.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    return handle


def get(port: int, path: str = "/", *, timeout: float = 5, max_bytes: int = 1000, method: str = "GET"):
    with egress.session(timeout=timeout, max_bytes=max_bytes) as session:
        return session.request(method, f"http://127.0.0.1:{port}{path}")


def test_a_session_keeps_its_line_for_a_moment_and_sends_no_cookie_back(serve, monkeypatch):
    heard: list[bytes] = []
    lines: list[socket.socket] = []

    def handle(line: socket.socket) -> None:
        lines.append(line)
        while part := line.recv(65536):
            heard.append(part.lower())
            line.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: mine=1; Path=/\r\nContent-Length: 0\r\n\r\n")

    url = f"http://127.0.0.1:{serve(handle)}/"
    with egress.session(timeout=5, max_bytes=100) as session:
        session.request("GET", url)
        session.request("GET", url)
        assert len(lines) == 1
        # A server may close a line that rests at the very moment the next call goes out.
        monkeypatch.setattr("foundation.egress.http.KEPT_ALIVE_SECONDS", 0.0)
        session.request("GET", url)
    assert len(lines) == 2
    assert len(heard) == 3
    assert not any(b"cookie" in request for request in heard)


def test_a_body_after_an_answer_without_one_is_not_taken_for_the_next_answer(serve):
    port = serve(http(b"stray", head=b"HTTP/1.1 204 No Content\r\n"))
    with egress.session(timeout=5, max_bytes=100) as session:
        for _ in range(20):
            assert session.request("GET", f"http://127.0.0.1:{port}/").status_code == 204


# ── which addresses ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",  # carrier NAT
        "169.254.169.254",  # cloud metadata
        "0.0.0.0",  # noqa: S104 - one of the addresses to refuse
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",  # cloud metadata over IPv6
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo of 127.0.0.1
    ],
)
def test_an_address_that_is_not_public_is_refused(address, settings):
    settings.EGRESS_ALLOWED_PRIVATE_NETWORKS = []
    assert egress.permitted(address) is False


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"]
)
def test_a_public_address_is_reached(address, settings):
    settings.EGRESS_ALLOWED_PRIVATE_NETWORKS = []
    assert egress.permitted(address) is True


def test_a_network_the_installation_allows_is_reached_and_no_other(settings):
    settings.EGRESS_ALLOWED_PRIVATE_NETWORKS = ["10.8.0.0/16"]
    assert egress.permitted("10.8.1.1")
    assert egress.permitted("::ffff:10.8.1.1")
    assert not egress.permitted("10.9.1.1")
    assert not egress.permitted("127.0.0.1")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "::1"])
def test_loopback_is_refused_however_it_is_written(host, settings):
    settings.EGRESS_ALLOWED_PRIVATE_NETWORKS = []
    with pytest.raises((EgressRefused, Unreachable)):
        egress.connect(host, 80, timeout=1)


def test_one_private_address_among_public_ones_refuses_the_name(settings, monkeypatch):
    settings.EGRESS_ALLOWED_PRIVATE_NETWORKS = []
    answer = [(socket.AF_INET, 1, 6, "", (address, 80)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    with pytest.raises(EgressRefused):
        egress.connect("rebinding.example", 80, timeout=1)


def test_the_name_is_looked_up_once_and_the_checked_address_is_the_one_connected_to(serve, monkeypatch):
    port = serve(http())
    asked: list[str] = []

    def answer_differently(host: str, port: int, **_: object):
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, 1, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer_differently)
    with egress.session(timeout=5, max_bytes=100) as session:
        response = session.request("GET", f"http://vendor.example:{port}/")
    assert response.content == b"hello"
    assert asked == ["vendor.example"]


# ── what can go wrong ───────────────────────────────────────────────────────


def kind_of(problem: pytest.ExceptionInfo[Unreachable]) -> str:
    return problem.value.kind


def test_a_name_nobody_knows():
    with pytest.raises(Unreachable) as problem:
        egress.connect("no-such-host.invalid", 80, timeout=2)
    assert kind_of(problem) == "dns"


@pytest.mark.parametrize("host", ["", "a" * 300, "ä" * 300, "a..b", "two words"])
def test_what_is_no_host_name_is_told_as_an_unknown_name(host):
    with pytest.raises((Unreachable, EgressRefused)):
        egress.connect(host, 80, timeout=2)


def test_a_port_nobody_listens_on():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable) as problem:
        egress.connect("127.0.0.1", port, timeout=2)
    assert kind_of(problem) == "connect"


def test_a_server_that_does_not_speak_tls(serve):
    port = serve(lambda line: line.sendall(b"220 plain text here\r\n"))
    with pytest.raises(Unreachable) as problem, egress.session(timeout=5, max_bytes=100) as session:
        session.request("GET", f"https://127.0.0.1:{port}/")
    assert kind_of(problem) == "tls"


def test_a_server_that_closes_the_line(serve):
    port = serve(lambda _: None)
    with pytest.raises(Unreachable) as problem:
        get(port)
    assert kind_of(problem) == "cut"


def test_a_server_that_never_answers_is_left_in_time(serve):
    port = serve(lambda _: time.sleep(10))
    began = time.monotonic()
    with pytest.raises(Unreachable) as problem:
        get(port, timeout=0.5)
    assert kind_of(problem) == "timeout"
    assert time.monotonic() - began < 9


def test_an_answer_of_unknown_length_that_is_cut_when_the_time_is_over_is_not_taken_for_a_whole_one(serve):
    def drip(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf an answer")
        for _ in range(600):  # half a minute, and no pause is longer than the timeout
            time.sleep(0.05)
            line.sendall(b".")

    began = time.monotonic()
    with pytest.raises(Unreachable) as problem:
        get(serve(drip), timeout=0.7)
    assert kind_of(problem) == "timeout"
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"])
def test_a_server_that_drips_bytes_is_cut_when_the_time_is_over(serve, before):
    def drip(line: socket.socket) -> None:
        line.sendall(before or b"HTTP/1.1 200 OK\r\n")
        while True:
            line.sendall(b"x")
            time.sleep(0.05)

    port = serve(drip)
    began = time.monotonic()
    with pytest.raises(Unreachable) as problem:
        get(port, timeout=0.7, max_bytes=1_000_000)
    assert kind_of(problem) == "timeout"
    assert time.monotonic() - began < 30


def test_each_call_is_cut_at_its_own_time_by_one_thread_for_all(serve):
    port = serve(lambda line: line.recv(1) and time.sleep(20))
    ended: dict[float, float] = {}

    def call(timeout: float) -> None:
        began = time.monotonic()
        with pytest.raises(Unreachable) as problem:
            get(port, timeout=timeout)
        assert kind_of(problem) == "timeout"
        ended[timeout] = time.monotonic() - began

    # The longest begins first, so a shorter one has to wake whoever waits for it.
    calls = [threading.Thread(target=call, args=(timeout,)) for timeout in (4.0, 2.0, 0.5)]
    for each in calls:
        each.start()
        time.sleep(0.05)
    watching = [each.name for each in threading.enumerate() if each.name == "egress-watch"]
    for each in calls:
        each.join()
    assert len(watching) == 1
    assert ended[0.5] < 2
    assert ended[2.0] < 4
    assert set(ended) == {0.5, 2.0, 4.0}


def test_calls_that_were_answered_leave_the_watch(serve, monkeypatch):
    watch = egress_http._Watch()
    monkeypatch.setattr(egress_http, "_watch", watch)
    port = serve(http())
    for _ in range(5):
        get(port, timeout=0.3)
    deadline = time.monotonic() + 10
    while watch._cords and time.monotonic() < deadline:
        time.sleep(0.05)
    assert watch._cords == []


def test_an_answer_larger_than_the_cap_is_refused(serve):
    with pytest.raises(EgressRefused):
        get(serve(http(b"x" * 5000)), max_bytes=1000)


def test_an_answer_that_unpacks_beyond_the_cap_is_refused(serve):
    packed = gzip.compress(b"x" * 5_000_000)
    port = serve(http(packed, head=b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"))
    with pytest.raises(EgressRefused):
        get(port, max_bytes=100_000)


def test_a_redirect_to_another_server_is_not_followed(serve):
    inner = serve(http(b"secret"))
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\n" % inner
    with pytest.raises(EgressRefused):
        get(serve(http(b"", head=moved)))


def test_a_redirect_of_a_post_is_returned_as_it_is(serve):
    moved = serve(http(b"", head=b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n"))
    assert get(moved, method="POST").status_code == 302


def test_only_http_addresses_are_called():
    with egress.session(timeout=1, max_bytes=10) as session:
        for url in ("file:///etc/passwd", "ftp://example.com/", "gopher://127.0.0.1/"):
            with pytest.raises(EgressRefused):
                session.request("GET", url)


def test_proxies_and_netrc_of_the_environment_are_not_used(serve, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert get(serve(http())).content == b"hello"


def test_one_session_keeps_its_connection(serve):
    lines: list[int] = []
    answer = http()

    def count(line: socket.socket) -> None:
        lines.append(1)
        answer(line)

    port = serve(count)
    with egress.session(timeout=5, max_bytes=100) as session:
        for _ in range(3):
            assert session.request("GET", f"http://127.0.0.1:{port}/").ok
    assert len(lines) == 1


# ── mail ────────────────────────────────────────────────────────────────────


def say(*words: bytes) -> Handler:
    """Greets, then answers each line with the next words."""

    def handle(line: socket.socket) -> None:
        file = line.makefile("rwb")
        for word in words:
            file.write(word + b"\r\n")
            file.flush()
            if not file.readline():
                return

    return handle


def smtp(port: int, security: egress.Security = "none"):
    return egress.smtp("127.0.0.1", port, security=security, timeout=2, local_hostname="beckon.example")


def test_smtp_is_greeted_and_ready_to_log_in(serve):
    server = smtp(serve(say(b"220 mail", b"250-mail\r\n250 AUTH PLAIN", b"221 bye")))
    assert server.has_extn("auth")
    server.quit()


def test_the_words_of_a_mail_server_that_says_no_are_kept(serve):
    with pytest.raises(smtplib.SMTPResponseException) as refused:
        smtp(serve(say(b"554 5.7.1 your network is listed")))
    assert b"your network is listed" in refused.value.smtp_error


def test_a_mail_server_without_starttls_is_not_spoken_to_in_the_clear(serve):
    with pytest.raises(Unreachable) as problem:
        smtp(serve(say(b"220 mail", b"250 mail")), "starttls")
    assert kind_of(problem) == "tls"


def test_tls_on_a_plain_mail_port_is_told_as_tls(serve):
    with pytest.raises(Unreachable) as problem:
        smtp(serve(say(b"220 mail")), "tls")
    assert kind_of(problem) == "tls"


def test_imap_is_greeted_and_a_wrong_protocol_is_told(serve):
    port = serve(say(b"* OK ready", b"* CAPABILITY IMAP4rev1\r\nAAAA0 OK done"))
    with pytest.raises(Unreachable):
        egress.imap("127.0.0.1", serve(say(b"220 smtp here")), security="none", timeout=2)
    with pytest.raises(Unreachable):
        egress.imap("127.0.0.1", port, security="tls", timeout=2)


# ── and the database ────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_a_call_inside_a_transaction_is_a_bug_and_the_tests_own_transaction_is_not(serve):
    port = serve(http())
    assert get(port).ok
    with pytest.raises(NetworkInTransaction), transaction.atomic():
        get(port)
