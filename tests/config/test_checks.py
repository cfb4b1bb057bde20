"""Wrong configuration is named before anything starts."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import checks

RULES = (checks.keys, checks.time, checks.sending, checks.addresses)


def ids() -> list[str]:
    return [str(message.id) for rule in RULES for message in rule()]


def test_the_settings_of_the_tests_are_right():
    assert ids() == []
    checks.stop_on_errors()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SECRET_BOX_KEYS", [], "beckon.E001"),
        ("SECRET_BOX_KEYS", ["too short"], "beckon.E002"),
        ("PEPPER", " ", "beckon.E003"),
        ("USE_TZ", False, "beckon.E004"),
        ("START_GRACE_MINUTES", 121, "beckon.E005"),
        ("MAILBOX_MIN_GAP", datetime.timedelta(hours=1), "beckon.E006"),
        ("SEND_RETRY_DELAYS", (), "beckon.E007"),
        ("PUBLIC_URL", "beckon.example.com", "beckon.E008"),
        ("EGRESS_ALLOWED_PRIVATE_NETWORKS", ["10.0.0.0/99"], "beckon.E010"),
    ],
)
def test_each_mistake_has_its_id_and_stops_the_process(settings, name, value, expected):
    setattr(settings, name, value)
    assert ids() == [expected]
    with pytest.raises(ImproperlyConfigured, match=expected):
        checks.stop_on_errors()


def test_in_production_links_are_https(settings):
    settings.HTTPS, settings.PUBLIC_URL = True, "http://beckon.example.com"
    assert ids() == ["beckon.E009"]
    settings.HTTPS = False
    assert ids() == []


def test_a_key_that_is_wrong_is_not_shown(settings):
    settings.SECRET_BOX_KEYS = ["almost-a-secret"]
    assert "almost-a-secret" not in str(list(checks.keys()))


def test_a_missing_gazetteer_is_a_warning_that_says_how_to_build_it(monkeypatch, tmp_path):
    monkeypatch.setattr(checks.places, "FILE", tmp_path / "none.sqlite3")
    (message,) = checks.gazetteer()
    assert message.id == "beckon.W011"
    assert "config.gazetteer" in message.hint
    checks.stop_on_errors()
