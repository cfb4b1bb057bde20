"""Addresses of mail servers in the environment: host, port and protection, or a process that does not start."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("smtp+starttls://smtp.gmail.com:587", ("smtp.gmail.com", 587, "starttls")),
        ("smtp+starttls://smtp.gmail.com", ("smtp.gmail.com", 587, "starttls")),
        ("SMTPS://mail.example/", ("mail.example", 465, "tls")),
        ("imaps://imap.gmail.com", ("imap.gmail.com", 993, "tls")),
        ("imap://127.0.0.1:2143", ("127.0.0.1", 2143, "none")),
    ],
)
def test_a_mail_server_is_read_as_host_port_and_protection(monkeypatch, written, read):
    monkeypatch.setenv("A_MAIL_SERVER", written)
    assert env.mail_server("A_MAIL_SERVER", "smtp://x") == read


@pytest.mark.parametrize("written", ["smtp.gmail.com:587", "https://mail.example", "imaps://", "imaps://x:y"])
def test_anything_else_stops_the_process_with_an_example(monkeypatch, written):
    monkeypatch.setenv("A_MAIL_SERVER", written)
    with pytest.raises(ImproperlyConfigured, match="A_MAIL_SERVER must be like"):
        env.mail_server("A_MAIL_SERVER", "smtp://x")
