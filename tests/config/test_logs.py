"""A log line helps to find a fault and gives nobody's secret or address away."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterator

import pytest
from django.conf import settings

from config.logs import configure, redact


def logged(**values: object) -> dict[str, object]:
    return redact(None, "info", dict(values))


@pytest.mark.parametrize(
    "name", ["password", "smtp_password", "api_key", "Authorization", "access_token", "Set-Cookie"]
)
def test_a_value_whose_name_is_a_secrets_is_masked_at_any_depth(name):
    assert logged(**{name: "hunter2"}) == {name: "***"}
    assert logged(body=[{name: "hunter2"}]) == {"body": [{name: "***"}]}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("cannot reach postgres://beckon:hunter2@db:5432/x", "cannot reach postgres://beckon:***@db:5432/x"),
        ("sent Authorization: Bearer abc.def-123", "sent Authorization: Bearer ***"),
        ("AUTH PLAIN AGFkYQBodW50ZXIy was refused", "AUTH PLAIN *** was refused"),
        ("AUTH XOAUTH2 dXNlcj1hQGI= failed", "AUTH XOAUTH2 *** failed"),
        (
            "GET /outreach/mailboxes/signed-in/?code=4/0AX-y&state=s3cr&scope=mail",
            "GET /outreach/mailboxes/signed-in/?code=***&state=***&scope=mail",
        ),
        ("POST /hooks/aZ09_-k3y/", "POST /hooks/***/"),
        ("token bkn_a1B2-c3 is unknown", "token *** is unknown"),
        ("550 5.1.1 <ada.lovelace+x@mail.example.com> unknown", "550 5.1.1 <***@mail.example.com> unknown"),
    ],
)
def test_a_secret_or_an_address_inside_a_text_is_masked(text, kept):
    assert logged(event=text) == {"event": kept}


def test_what_is_no_secret_stays_as_it_is():
    values = {
        "event": "events.delivered",
        "count": 3,
        "run_id": 7,
        "at": "10:00",
        "empty": None,
        "ids": [1, 2],
    }
    assert logged(**values) == values


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the handler of the root logger writes, as configured by the test; the suite's own set-up afterwards."""
    before = logging.getLogger().handlers[:]
    yield io.StringIO()
    configure(settings.LOGGING)
    logging.getLogger().handlers[:] = before


@pytest.mark.parametrize("json", [True, False])
def test_an_exception_is_told_without_the_secret_in_its_text_or_in_a_local_variable(lines, json):
    configure({"level": "INFO", "json": json})
    (handler,) = (each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler)
    handler.setStream(lines)
    try:
        local = "hunter2"
        raise ConnectionError(f"cannot reach postgres://beckon:{local}@db:5432/x")
    except ConnectionError:
        logging.getLogger("somewhere").exception("It broke")
    assert "Traceback" in lines.getvalue()
    assert "postgres://beckon:***@db:5432/x" in lines.getvalue()
    assert "hunter2" not in lines.getvalue()


def test_a_very_long_word_is_looked_through_once_and_not_from_each_of_its_letters():
    started = time.process_time()
    assert redact(None, "", {"request": "GET /?q=" + "x" * 200_000})["request"].endswith("xxx")
    assert time.process_time() - started < 1
