"""Looking at this room's pages as somebody."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse


def logged_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def url(name: str, *args: Any) -> str:
    return reverse(f"integrations:{name}", args=args)
