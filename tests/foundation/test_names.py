"""Records of domains, through the one door out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from foundation import egress
from tests.name_server import NameServer, running


@pytest.fixture
def names(settings) -> Iterator[NameServer]:
    with running() as server:
        settings.DNS_SERVERS = [server.address]
        yield server


def test_records_come_whole_and_by_preference(names):
    long = "v=spf1 " + " ".join(f"ip4:192.0.2.{n}" for n in range(40)) + " -all"
    names.publish({
        ("acme.example", "TXT"): [long],
        ("acme.example", "MX"): ["20 second.example.", "10 first.example."],
        ("none.example", "MX"): ["0 ."],
    })  # fmt: skip
    assert egress.look_up("acme.example", "TXT") == [long]
    assert egress.look_up("Acme.Example.", "MX") == ["10 first.example", "20 second.example"]
    assert egress.look_up("none.example", "MX") == ["0 ."]


def test_no_record_and_no_such_name_are_no_trouble(names):
    names.publish({("acme.example", "MX"): ["10 mx.acme.example."]})
    assert egress.look_up("acme.example", "TXT") == []
    assert egress.look_up("nowhere.example", "MX") == []


def test_servers_that_do_not_answer_or_cannot_are_told_apart(names):
    names.silent.add("slow.example")
    names.broken.add("broken.example")
    with pytest.raises(egress.Unreachable) as slow:
        egress.look_up("slow.example", "TXT", timeout=0.3)
    with pytest.raises(egress.Unreachable) as broken:
        egress.look_up("broken.example", "TXT", timeout=1)
    assert (slow.value.kind, broken.value.kind) == ("timeout", "dns")


@pytest.mark.parametrize(
    "name", ["a..example", "x" * 64 + ".example", ".".join(["x" * 60] * 6), "\x00.example"]
)
def test_what_cannot_be_a_name_is_said_and_not_asked(names, name):
    if name != "\x00.example":
        with pytest.raises(egress.Unreachable):
            egress.look_up(name, "TXT")
    else:
        assert egress.look_up(name, "TXT") == []


def test_what_a_domain_publishes_holds_nothing_that_a_page_or_a_database_refuses(names):
    names.publish({("acme.example", "TXT"): ["a\\000b\\007c"]})
    assert egress.look_up("acme.example", "TXT") == ["abc"]


@pytest.mark.django_db(transaction=True)
def test_no_look_up_inside_a_transaction(names):
    with pytest.raises(egress.NetworkInTransaction), transaction.atomic():
        egress.look_up("acme.example", "TXT")
