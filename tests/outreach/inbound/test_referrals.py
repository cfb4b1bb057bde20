"""Whom an answer names instead of its writer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.inbound.referrals import MOST, named_in


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("You should contact my former colleague Ben Lee, ben.lee@example.org.", "Ben Lee", "ben.lee@example.org"),
        ("Not me, write to my colleague Ben Lee <b.lee@example.org>.", "Ben Lee", "b.lee@example.org"),
        ("Please ask Maria de la Cruz (mcruz@example.org).", "Maria de la Cruz", "mcruz@example.org"),
        ("Contact Ben at ben.lee@example.org please.", "Ben Lee", "ben.lee@example.org"),
        ("Try sam@example.org (Sam O'Brien), she is looking.", "Sam O'Brien", "sam@example.org"),
        ("My friend might be interested: julia.roth@example.org", "Julia Roth", "julia.roth@example.org"),
        ("Ask my boss. Her e-mail address is t99@example.org", "", "t99@example.org"),
        ("Wenden Sie sich bitte an meine Kollegin Frau Kurz, kurz@example.org.", "Kurz", "kurz@example.org"),
        ("Meine Kollegin Anna von der Heide, heide@example.org, sucht.", "Anna von der Heide", "heide@example.org"),
        ("Voyez plutôt avec ma collègue Sophie Petit : sp@example.org", "Sophie Petit", "sp@example.org"),
        ("Habla con mi compañera Lucía Gómez, LG@Example.org", "Lucía Gómez", "lg@example.org"),
        ("Scriva alla mia collega Chiara Bianchi (c.bianchi@example.org)", "Chiara Bianchi", "c.bianchi@example.org"),
        ("Write to hr.team@example.org instead.", "", "hr.team@example.org"),
    ],
)  # fmt: skip
def test_the_name_beside_the_address(text, name, address):
    (found,) = named_in(text, but=["ada@work.example"])
    assert (found.name, found.address) == (name, address)
    assert address in found.phrase.lower()


def test_the_phrase_is_the_sentence_and_nothing_around_it():
    text = "Thanks for writing.\nI am not the one. Ask Ben Lee, ben@example.org, about it! Have a nice day."
    (found,) = named_in(text)
    assert found.phrase == "Ask Ben Lee, ben@example.org, about it!"


def test_the_writer_our_own_words_and_a_signature_name_nobody():
    ours = "Dear Ada, if you know somebody write to jobs@acme.example please."
    text = f"Write to me at Ada@Work.example.\n> {ours}\n\nBest regards\nAda Probe\nada.probe@home.example"
    assert named_in(text, ours=ours, but=["ada@work.example"]) == []


def test_each_address_once_and_a_long_list_is_no_referral():
    text = "Ask Ben Lee, ben@example.org. Really: BEN@example.org. Or Eva, eva@example.org."
    assert [found.address for found in named_in(text)] == ["ben@example.org", "eva@example.org"]
    many = " ".join(f"p{number}@example.org" for number in range(MOST + 1))
    assert named_in(many) == []


def test_placeholders_and_what_is_no_address_are_left_alone():
    assert named_in("Write to no-email-17@x.example.com or a@b or x@local.") == []


@given(st.text(max_size=400))
def test_any_text_is_read(text):
    for found in named_in(f"{text} ben.lee@example.org {text}"):
        assert "@" in found.address
        assert len(found.phrase) <= 200


def test_a_hostile_text_is_read_in_bounded_time():
    for text in ("@" * 6_000, "a@" * 3_000, "A, " * 2_000 + "x@example.org", "(" * 6_000 + "x@example.org"):
        named_in(text)
