from __future__ import annotations

import pytest
from email_validator import validate_email
from hypothesis import given
from hypothesis import strategies as st

from sourcing import normalising
from sourcing.normalising import (
    InvalidAddress,
    InvalidPhone,
    clean_text,
    is_dummy_address,
    linkedin_key,
    normalise_email,
    normalise_phone,
    split_name,
)


@pytest.mark.parametrize(
    ("given_address", "stored"),
    [
        (" Jonas.Lehner@Voltra.Example ", "jonas.lehner@voltra.example"),
        ("jonas+tag@voltra.example", "jonas+tag@voltra.example"),
        ("jonas@Bücher.example", "jonas@xn--bcher-kva.example"),
        ("jörg@voltra.example", "jörg@voltra.example"),
    ],
)
def test_an_address_has_one_stored_form(given_address: str, stored: str) -> None:
    assert normalise_email(given_address) == stored


@pytest.mark.parametrize(
    "text",
    ["", "jonas", "jonas@", "@voltra.example", "jonas@voltra", "jonas@@voltra.example", "jonas..l@voltra.example",
     "jonas@server.local", "jonas@printer.invalid", "jonas lehner@voltra.example", f"{'a' * 65}@voltra.example"],
)  # fmt: skip
def test_what_mail_cannot_be_sent_to_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress):
        normalise_email(text)


@pytest.mark.parametrize(
    "address",
    ["no-email--352233856@seekout.example.com", "no-email-1047659244@seekout.example.com",
     "NO-EMAIL--828794187@Beckon.Example.com", "no-email-0@example.com"],
)  # fmt: skip
def test_a_generated_address_is_refused_as_an_address(address: str) -> None:
    assert is_dummy_address(address.lower())
    with pytest.raises(InvalidAddress):
        normalise_email(address)


@pytest.mark.parametrize(
    "address", ["no-email-x@beckon.example.com", "no-email-12@example.org", "email-12@example.com"]
)
def test_what_only_resembles_a_generated_address_is_one(address: str) -> None:
    assert normalise_email(address) == address


@given(
    st.from_regex(r"[A-Za-z0-9._+-]{1,70}@[A-Za-z0-9.-]{1,80}\.[A-Za-z]{2,26}", fullmatch=True)
    | st.from_regex(normalising._PLAIN_ADDRESS, fullmatch=True)
)
def test_the_quick_check_accepts_nothing_the_full_one_refuses(address: str) -> None:
    try:
        normalised = normalise_email(address)
    except InvalidAddress:
        return
    full = validate_email(address, check_deliverability=False, strict=True)
    assert normalised == f"{full.local_part}@{full.ascii_domain}".lower()


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("+49 151 5550-142", "+491515550142"),
        ("+49 (0)151 5550142", "+491515550142"),
        ("+49 0151 5550142", "+491515550142"),
        ("(555) 010-9999", "5550109999"),
        ("+390612345678", "+390612345678"),
    ],
)
def test_a_number_has_one_stored_form(text: str, stored: str) -> None:
    assert normalise_phone(text) == stored


def test_a_national_number_needs_its_country_to_become_international() -> None:
    assert normalise_phone("0151 5550142", region="DE") == "+491515550142"


@pytest.mark.parametrize("text", ["", "n/a", "12", "1" * 40])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidPhone):
        normalise_phone(text)


@pytest.mark.parametrize(
    ("link", "key"),
    [
        ("https://www.linkedin.com/in/Jonas-Lehner-1/?trk=x", "linkedin.com/in/jonas-lehner-1"),
        ("de.linkedin.com/in/j%C3%BCrgen", "linkedin.com/in/jürgen"),
        ("linkedin.com/pub/ana/1/2/3", "linkedin.com/pub/ana"),
        ("https://www.linkedin.com/talent/profile/AEMAA", ""),
        ("https://notlinkedin.com/in/jonas", ""),
        ("jonas", ""),
        ("https://evil.example/linkedin.com/in/ida", ""),
        ("https://notlinkedin.com/in/ida", ""),
    ],
)
def test_a_profile_has_one_key_whatever_its_link_looks_like(link: str, key: str) -> None:
    assert linkedin_key(link) == key


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Jonas Lehner", ("Jonas", "Lehner")),
        ("Lehner, Jonas", ("Jonas", "Lehner")),
        ("Noah van den Berg", ("Noah", "van den Berg")),
        ("Dr. Clara Villanueva Ortiz", ("Clara Villanueva", "Ortiz")),
        ("Jonas Lehner, PhD", ("Jonas", "Lehner")),
        ("Jonas Lehner, PhD, MBA", ("Jonas", "Lehner")),
        ("Lehner, Jonas, PhD", ("Jonas", "Lehner")),
        ("LEHNER, JONAS", ("JONAS", "LEHNER")),
        ("Dr.-Ing. Ida Hansen", ("Ida", "Hansen")),
        ("Sammy Davis Jr.", ("Sammy", "Davis Jr.")),
        (", Jonas", ("Jonas", "")),
        ("Jonas", ("Jonas", "")),
        ("陈伟", ("", "陈伟")),
        ("", ("", "")),
    ],
)
def test_a_full_name_falls_into_first_and_last(full: str, parts: tuple[str, str]) -> None:
    assert split_name(full) == parts


@given(st.text())
def test_stored_text_holds_no_control_character_and_is_stable(text: str) -> None:
    cleaned = clean_text(text)
    assert "\x00" not in cleaned
    assert "\n" not in cleaned
    assert len(cleaned) <= 300
    assert clean_text(cleaned) == cleaned


@pytest.mark.parametrize(
    ("number", "region", "shown"),
    [
        ("+4915155501420", "DE", "01515 5501420"),
        ("+4915155501420", "FR", "+49 1515 5501420"),
        ("+4915155501420", None, "+49 1515 5501420"),
        ("+16502530000", "US", "(650) 253-0000"),
        ("12345", "DE", "12345"),
        ("+", "DE", "+"),
    ],
)
def test_a_number_is_shown_the_way_of_the_country(number: str, region: str | None, shown: str) -> None:
    assert normalising.shown_phone(number, region=region) == shown


@given(st.text(max_size=40))
def test_a_link_is_http_and_stays_itself(text: str) -> None:
    link = normalising.web_link(text)
    assert link == "" or link.lower().startswith(("http://", "https://"))
    assert normalising.web_link(link) == link
