"""Structured logs on standard output, with request and task ids and without secrets or addresses."""

from __future__ import annotations

import logging.config
import re
from typing import Any

import structlog

_SECRET_WORDS = (
    "password",
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "authorization",
    "cookie",
    "sealed",
)
MASK = "***"
#: What gives a secret away inside a text (an exception's, a library's), and what stays of it.
_PATTERNS = (
    (re.compile(r"(://[^\s:/@]*:)[^\s@/]+@"), rf"\1{MASK}@"),
    (re.compile(r"\b(bearer|basic|auth plain|auth login|xoauth2)\s+[\w+/=.\-]+", re.I), rf"\1 {MASK}"),
    # The way back from a sign-in (outreach.views.signing_in): its address is in the line of the request.
    (re.compile(r"([?&](?:code|state)=)[^&\s]+"), rf"\1{MASK}"),
    # Where a vendor calls (integrations.webhooks): the key in the address is the permission.
    (re.compile(r"(/hooks/)[\w\-]+"), rf"\1{MASK}"),
    (re.compile(r"\bbkn_[\w\-]+"), MASK),
    (re.compile(r"\bgAAAA[\w\-=]{20,}"), MASK),
    # Personal data: the domain is enough to find a mail problem.
    # Tried once per word, not at each of its letters: a long address of a request would take seconds.
    (re.compile(r"(?<![\w.+\-])[\w.+\-]++@(?=[\w\-]+\.[\w.\-]+)"), f"{MASK}@"),
)

_QUIET = ("celery.app.trace", "celery.beat", "celery.worker.strategy", "django_structlog.celery.receivers")


def redact(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Masks values whose name says that they are secret, at any depth, and secrets and addresses inside texts."""
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: str, value: Any) -> Any:
    if value not in (None, "") and any(word in key.lower() for word in _SECRET_WORDS):
        return MASK
    if isinstance(value, str):
        for pattern, kept in _PATTERNS:
            value = pattern.sub(kept, value)
        return value
    if isinstance(value, dict):
        return {name: _redacted(str(name), part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(key, part) for part in value]
    return value


def configure(options: dict[str, Any]) -> None:
    """``{"level": "INFO", "json": True}``: one line per event, JSON or readable."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if options.get("json")
        # Plain: where `rich` happens to be installed it would show the values of local variables, unredacted.
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    final: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact,  # last: it also sees the text of exceptions and of other libraries
    ]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [*final, renderer],
                }
            },
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
            # Beat ticks several tasks each second: one that went well is not news, its failure is.
            "loggers": {name: {"level": "WARNING"} for name in _QUIET},
            "root": {"handlers": ["out"], "level": options.get("level", "INFO")},
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
