"""The audit trail: statement-level triggers that no write passes by, bulk writes and SQL included."""

from __future__ import annotations

AUDIT: list[object] = []
