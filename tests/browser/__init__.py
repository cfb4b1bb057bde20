"""Tests that drive a real Chromium; ``conftest`` starts it, ``axe`` judges what it shows."""
