from __future__ import annotations

import pytest

from sourcing.importing.columns import field_of_header, find_header, guess_mapping
from sourcing.importing.rows import guess_type, parse_row

LINKEDIN_RECRUITER = [
    "First Name",
    "Last Name",
    "Headline",
    "Location",
    "Current Title",
    "Current Company",
    "Email Address",
    "Phone Number",
    "Profile URL",
    "Active Project",
    "Notes",
    "Feedback",
]
GREENHOUSE = [
    "Candidate ID",
    "First Name",
    "Last Name",
    "Company",
    "Title",
    "Phone Numbers",
    "Email Addresses",
    "Social Media Addresses",
    "Website Addresses",
    "Candidate Tags",
    "Source",
    "Recruiter",
    "Recruiter Email Template",
    "Education",
]
LEVER = [
    "Opportunity ID",
    "Candidate Name",
    "Stage",
    "Origin",
    "Headline",
    "Emails",
    "Phones",
    "Links",
    "Location",
    "Tags",
    "Owner",
    "Created At",
    "Company",
]


def named(header: list[str]) -> dict[str, str]:
    mapping = guess_mapping(header, [["x"] * len(header)])
    return {header[index]: field for index, field in mapping.items()}


def test_the_columns_of_linkedin_recruiter_are_known() -> None:
    assert named(LINKEDIN_RECRUITER) == {
        "First Name": "first_name",
        "Last Name": "last_name",
        "Headline": "headline",
        "Location": "location",
        "Current Title": "title",
        "Current Company": "company",
        "Email Address": "email",
        "Phone Number": "phone",
        "Profile URL": "linkedin",
    }


def test_the_columns_of_greenhouse_are_known_and_its_templates_are_no_addresses() -> None:
    assert named(GREENHOUSE) == {
        "First Name": "first_name",
        "Last Name": "last_name",
        "Company": "company",
        "Title": "title",
        "Phone Numbers": "phone",
        "Email Addresses": "email",
        "Social Media Addresses": "linkedin",
        "Candidate Tags": "tags",
        "Education": "school",
    }


def test_the_columns_of_lever_are_known() -> None:
    assert named(LEVER) == {
        "Candidate Name": "full_name",
        "Headline": "headline",
        "Emails": "email",
        "Phones": "phone",
        "Links": "linkedin",
        "Location": "location",
        "Tags": "tags",
        "Company": "company",
    }


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Email", "email"),
        ("E-Mail 2", "email"),
        ("Personal Email", "email:personal"),
        ("private e-mail", "email:personal"),
        ("Work Email", "email:work"),
        ("Business E-Mail-Adresse", "email:work"),
        ("Email Status", ""),
        ("Phone Type", ""),
        ("Mobile Phone", "phone:mobile"),
        ("Telefon geschäftlich", "phone:work"),
        ("Vorname", "first_name"),
        ("Prénom", "first_name"),
        ("Apellidos", "last_name"),
        ("LinkedInURL", "linkedin"),
        ("Favourite colour", ""),
        ("", ""),
    ],
)
def test_what_a_header_means(header: str, field: str) -> None:
    assert field_of_header(header) == field


def test_several_e_mail_columns_are_all_taken() -> None:
    header = ["Email", "Personal Email", "Work Email", "Email 2"]
    assert guess_mapping(header, []) == {0: "email", 1: "email:personal", 2: "email:work", 3: "email"}


def test_a_header_stands_below_the_notes_of_a_linkedin_export() -> None:
    rows = [
        ["Notes:"],
        ["When exporting your connections…"],
        ["First Name", "Last Name", "Email Address"],
        ["A", "B", "a@b.example"],
    ]
    assert find_header(rows) == 2


def test_a_file_that_starts_with_people_has_no_header() -> None:
    rows = [["Jonas", "Lehner", "jonas@voltra.example"], ["Ida", "Hansen", "ida@fjell.example"]]
    assert find_header(rows) is None
    assert guess_mapping(None, rows) == {0: "first_name", 1: "last_name", 2: "email"}


def test_without_a_header_columns_are_judged_by_what_stands_in_them() -> None:
    rows = [["+49 151 5550142", "Jonas Lehner", "https://linkedin.com/in/jl", "jl@x.example"]] * 3
    assert guess_mapping(None, rows) == {0: "phone", 1: "full_name", 2: "linkedin", 3: "email"}


def test_addresses_keep_the_order_of_their_columns_and_their_types() -> None:
    mapping = {0: "email", 1: "email:personal", 2: "email:work", 3: "email"}
    row = parse_row(["Jo@Voltra.example", "jo@gmail.com", "jo@work.example", "jo@voltra.example"], mapping)
    assert row.person["emails"] == [
        ["Jo@Voltra.example", "jo@voltra.example", "work"],
        ["jo@gmail.com", "jo@gmail.com", "personal"],
        ["jo@work.example", "jo@work.example", "work"],
    ]
    assert row.keys == ["e:jo@voltra.example", "e:jo@gmail.com", "e:jo@work.example"]


@pytest.mark.parametrize(
    "cell",
    ["a@x.example; b@y.example", "a@x.example, b@y.example", "a@x.example b@y.example", "a@x.example\nb@y.example",
     "a@x.example | b@y.example", "a@x.example / b@y.example", "Ana <a@x.example>, Bo <b@y.example>",
     "mailto:a@x.example;b@y.example"],
)  # fmt: skip
def test_several_addresses_in_one_cell_are_several_addresses(cell: str) -> None:
    row = parse_row([cell], {0: "email"})
    assert [email[1] for email in row.person["emails"]] == ["a@x.example", "b@y.example"]
    assert row.notes == []


def test_a_bad_address_is_left_out_with_a_note_while_something_is_left() -> None:
    row = parse_row(["Jonas", "unknown", "jo@x.example"], {0: "first_name", 1: "email", 2: "email"})
    assert row.refused is None
    assert [email[1] for email in row.person["emails"]] == ["jo@x.example"]
    assert row.notes == ["“unknown” is not an e-mail address."]


def test_a_row_with_nothing_but_a_bad_address_is_refused_and_says_which() -> None:
    row = parse_row(["", "not available"], {0: "first_name", 1: "email"})
    assert row.refused is not None
    assert row.refused[0] == "nothing_valid"
    assert "not available" in row.refused[1]


def test_a_row_that_names_nobody_is_refused() -> None:
    row = parse_row(["Engineer", "Voltra"], {0: "title", 1: "company"})
    assert row.refused == ("no_identity", "No name, e-mail address or LinkedIn profile.")


def test_an_address_alone_is_a_person() -> None:
    assert parse_row(["jo@x.example"], {0: "email"}).refused is None


def test_html_in_a_name_stays_the_text_it_is() -> None:
    row = parse_row(["<script>alert(1)</script>"], {0: "first_name"})
    assert row.person["first_name"] == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("address", "last_name", "type_"),
    [
        ("a@gmail.com", "", "personal"),
        ("a@voltra.example", "", "work"),
        ("jo@lehner.example", "Lehner", "personal"),
    ],
)
def test_the_type_of_an_untyped_address_is_guessed_from_its_domain(
    address: str, last_name: str, type_: str
) -> None:
    assert guess_type(address, last_name) == type_
