"""The list as people edit it, and companies on it."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Organisation, User
from foundation.problems import Invalid, Missing, NotAllowed
from sourcing import contact_points, people, suppressing, suppression, suppression_list
from sourcing.models import SuppressionReason, SuppressionRemoval
from sourcing.normalising import company_key
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db


def at(organisation: Organisation, company: str, *past: str, email: str = "p@work.example"):
    positions = [{"title": "Engineer", "company": name, "ended": "2020"} for name in past]
    return make_candidate(organisation, emails=[email], company=company, experience=positions)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Voltra Énergie S.A.", "voltra energie"),
        ("ACME, Inc.", "Acme"),
        ("Müller & Söhne GmbH & Co. KG", "MULLER and SOHNE"),
        ("AT&T", "at & t"),
        ("  The  Firm ", "the firm"),
    ],
)
def test_two_ways_to_write_a_company_are_one(one: str, other: str) -> None:
    assert company_key(one) == company_key(other) != ""


def test_different_companies_stay_different() -> None:
    names = ["Acme", "Acme Robotics", "Limited", "SE", "株式会社", "Holding Limited"]
    assert len({company_key(name) for name in names}) == len(names)
    assert company_key(" –!? ") == ""


@given(st.text(max_size=60))
def test_a_company_key_of_a_key_is_itself(name: str) -> None:
    assert company_key(company_key(name)) == company_key(name)


def test_people_of_a_company_get_no_mail_and_those_who_left_only_if_said(alice: User, northgate) -> None:
    now, before, other = at(northgate, "Acme GmbH"), at(northgate, "Else", "Acme"), at(northgate, "Else")
    suppressing.suppress_company(organisation=northgate, company="ACME", actor=alice)

    def stopped(person) -> bool:
        alone = suppression.is_suppressed(northgate.pk, person.pk, "p@work.example")
        pair = (person.pk, "p@work.example")
        assert suppression.suppressed_among(northgate.pk, [pair]) == ({pair} if alone else set())
        return alone

    assert [stopped(person) for person in (now, before, other)] == [True, False, False]
    suppressing.suppress_company(organisation=northgate, company="Acme", actor=alice, includes_past=True)
    assert [stopped(person) for person in (now, before, other)] == [True, True, False]


def test_somebody_who_changes_the_company_is_free_at_once(alice: User, northgate: Organisation) -> None:
    person = at(northgate, "Acme")
    suppressing.suppress_company(organisation=northgate, company="Acme", actor=alice)
    people.edit_candidate(candidate=person, actor=alice, version=1, changes={"company": "Free"})
    assert not suppression.is_suppressed(northgate.pk, person.pk, "p@work.example")


def test_a_soft_entry_warns_and_stops_nothing(alice: User, northgate: Organisation) -> None:
    person = at(northgate, "Acme", email="p@mail.client.example")
    suppressing.suppress_company(organisation=northgate, company="Acme", actor=alice, soft=True)
    suppressing.suppress_domain(organisation=northgate, domain="client.example", actor=alice, soft=True)
    pair = (person.pk, "p@mail.client.example")
    assert not suppression.is_suppressed(northgate.pk, *pair)
    assert suppression.suppressed_among(northgate.pk, [pair]) == set()
    assert suppression.warnings(northgate.pk, [person.pk]) == {
        person.pk: [
            "Acme is a company you wanted to be warned of.",
            "client.example is a domain you wanted to be warned of.",
        ]
    }


def test_a_warning_tells_nobody_of_a_private_address(alice: User, bob: User, northgate: Organisation) -> None:
    person = make_candidate(northgate)
    contact_points.add_email(candidate=person, actor=bob, type="other", value="p@client.example")
    suppressing.suppress_domain(organisation=northgate, domain="client.example", actor=alice, soft=True)
    assert suppression.warnings(northgate.pk, [person.pk]) == {}


def test_asking_costs_one_query_where_no_company_is_listed(alice: User, northgate: Organisation) -> None:
    person = at(northgate, "Acme")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        suppression.is_suppressed(northgate.pk, person.pk, "p@work.example")
    assert len(asked) == 1
    suppressing.suppress_company(organisation=northgate, company="Other", actor=alice)
    with CaptureQueriesContext(connection) as asked:
        suppression.is_suppressed(northgate.pk, person.pk, "p@work.example")
    assert len(asked) <= 5


def test_the_kind_of_entry_that_stops_is_told(alice: User, northgate: Organisation) -> None:
    person = at(northgate, "Acme", email="p@work.example")
    asked = (northgate.pk, person.pk, "p@work.example")
    assert suppression.why(*asked) is None
    suppressing.suppress_company(organisation=northgate, company="Acme", actor=alice)
    assert suppression.why(*asked) == "company"
    suppressing.suppress_domain(organisation=northgate, domain="work.example", actor=alice)
    assert suppression.why(*asked) == "domain"
    suppressing.suppress_address(organisation=northgate, address="p@work.example", actor=alice)
    assert suppression.why(*asked) == "address"
    suppressing.opt_out(candidate=person, actor=alice)
    assert suppression.why(*asked) == "person"


def test_another_organisations_companies_stop_nobody_here(alice: User, mallory: User) -> None:
    person = at(alice.organisation, "Acme")
    suppressing.suppress_company(organisation=mallory.organisation, company="Acme", actor=mallory)
    assert not suppression.is_suppressed(alice.organisation_id, person.pk, "p@work.example")


# ── the list ────────────────────────────────────────────────────────────────


def test_the_list_finds_an_address_only_when_it_is_typed_whole(alice: User) -> None:
    suppression_list.add(actor=alice, kind="address", value="Ada@X.example", note="asked")
    suppression_list.add(actor=alice, kind="domain", value="@client.example")
    suppression_list.add(actor=alice, kind="company", value="Acme GmbH", includes_past=True)

    def found(text: str) -> list[str]:
        return [row.kind for row in suppression_list.entries(alice, text=text)]

    assert found("ada@x.example") == ["address"]
    assert found("ada@") == []
    assert found("client") == ["domain"]
    assert found("someone@client.example") == ["domain"]
    assert found("ACME") == ["company"]
    assert "x.example" not in "".join(suppression_list.as_csv(alice))


def test_what_an_unsubscribed_person_is_known_by_is_not_listed(alice: User, northgate: Organisation) -> None:
    person = make_candidate(northgate, emails=["a@x.example"])
    suppressing.opt_out(candidate=person, actor=alice)
    assert [row.candidate for row in suppression_list.entries(alice)] == [person]


def test_only_an_administrator_takes_off_and_says_why(alice: User, bob: User, mallory: User) -> None:
    entry = suppression_list.add(actor=bob, kind="domain", value="client.example")
    with pytest.raises(NotAllowed):
        suppression_list.remove(actor=bob, entry=entry, why="x")
    with pytest.raises(Missing):
        suppression_list.entry_for(mallory, entry.pk)
    with pytest.raises(Invalid):
        suppression_list.remove(actor=alice, entry=entry, why=" ")
    suppression_list.remove(actor=alice, entry=entry, why="No client any more")
    assert not suppression.is_suppressed(alice.organisation_id, None, "a@client.example")
    row = SuppressionRemoval.objects.for_organisation(alice.organisation_id).get()
    assert (row.why, row.removed_by, row.value) == ("No client any more", alice, "client.example")


def test_taking_a_person_off_frees_their_addresses_too(alice: User, northgate: Organisation) -> None:
    person = make_candidate(northgate, emails=["a@x.example"])
    suppressing.opt_out(candidate=person, actor=alice)
    suppression_list.remove(actor=alice, entry=suppression_list.entries(alice).get(), why="Wrote to us")
    assert not suppression.is_suppressed(northgate.pk, person.pk, "a@x.example")


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.ERASED])
def test_a_complaint_and_an_erasure_stay(alice: User, northgate: Organisation, reason) -> None:
    person = make_candidate(northgate, emails=["a@x.example"])
    entry = suppressing.suppress_person(candidate=person, actor=None, reason=reason)
    with pytest.raises(suppression_list.Stays):
        suppression_list.remove(actor=alice, entry=entry, why="Please")


def test_a_file_says_what_it_is_line_by_line(alice: User) -> None:
    data = (
        "\ufeffvalue,kind,past,warn,note\r\n"
        "ada@x.example,,,,asked\r\n"
        "ADA@X.EXAMPLE,,,,\r\n"
        "client.example,,,yes,\r\n"
        "Acme GmbH,company,yes,,off limits\r\n"
        ",,,,\r\n"
        "ada@,,,,\r\n"
        "x,person,,,\r\n"
    )
    loaded = suppression_list.load(actor=alice, data=data.encode())
    assert (loaded.added, loaded.already, loaded.refused_count) == (3, 1, 2)
    assert [line for line, _ in loaded.refused] == [7, 8]
    company = suppression_list.entries(alice, kind="company").get()
    assert (company.value, company.includes_past, company.note) == ("Acme GmbH", True, "off limits")
    assert suppression_list.entries(alice, kind="domain").get().soft
    assert suppression_list.load(actor=alice, data=data.encode()).added == 0


def test_a_bare_list_needs_no_header_and_a_download_can_be_loaded_again(alice: User, mallory: User) -> None:
    suppression_list.load(actor=alice, data=b"client.example\n@other.example\nAcme\n=cmd()\n")
    text = "".join(suppression_list.as_csv(alice))
    assert "'=cmd()" in text
    again = suppression_list.load(actor=mallory, data=text.encode())
    assert (again.added, again.refused_count) == (4, 0)


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", b"a\x00b", b"x" * (suppression_list.MAX_BYTES + 1), b"a.example\n" * 100_001]
)
def test_a_file_that_is_none_is_refused_whole(alice: User, data: bytes) -> None:
    with pytest.raises(Invalid):
        suppression_list.load(actor=alice, data=data)
    assert suppression_list.entries(alice).count() == 0


@pytest.mark.parametrize("value", ["", "   ", "@", "no domain", "a b@x", "\u202e", "x" * 400])
def test_a_domain_that_is_none_is_refused(alice: User, value: str) -> None:
    with pytest.raises(Invalid):
        suppression_list.add(actor=alice, kind="domain", value=value)


def test_pages_of_the_list(as_alice: Client, as_bob: Client, alice: User) -> None:
    page = "/outreach/suppression/"
    assert "Nobody is on the list" in as_bob.get(page).content.decode()
    answer = as_bob.post(f"{page}add/", {"kind": "company", "value": "<script>Acme</script>", "soft": "on"})
    assert answer.status_code == 302
    assert as_bob.post(f"{page}add/", {"kind": "domain", "value": "none"}).status_code == 422
    shown = as_bob.get(page).content.decode()
    assert "&lt;script&gt;Acme" in shown
    assert "Remove" not in shown
    file = SimpleUploadedFile("l.csv", b"client.example\nno@\n")
    told = as_bob.post(f"{page}load/", {"file": file}).content.decode()
    assert "1 added" in told
    assert "line 2" in told
    good = SimpleUploadedFile("l.csv", b"client.example\nother.example\n")
    assert "1 added, 1 were there already." in as_bob.post(f"{page}load/", {"file": good}).content.decode()
    entry = suppression_list.entries(alice, kind="domain").get(value="client.example")
    assert as_bob.get(f"{page}{entry.pk}/remove/").status_code == 403
    assert as_alice.post(f"{page}{entry.pk}/remove/", {"why": ""}).status_code == 422
    as_alice.post(f"{page}{entry.pk}/remove/", {"why": "Client no more"})
    assert "Client no more" in as_alice.get(page).content.decode()
    csv = b"".join(as_alice.get(f"{page}list.csv").streaming_content).decode()
    assert "company,<script>Acme</script>,,yes" in csv


def test_the_api_of_the_list(as_alice: Client) -> None:
    made = as_alice.post(
        "/api/v1/suppressions/",
        {"kind": "domain", "value": "client.example"},
        content_type="application/json",
    )
    assert (made.status_code, made.json()["value"]) == (201, "client.example")
    found = as_alice.get("/api/v1/suppressions/?q=client").json()["results"]
    assert [row["id"] for row in found] == [made.json()["id"]]
    url = f"/api/v1/suppressions/{made.json()['id']}/"
    assert as_alice.delete(url).status_code == 422
    assert as_alice.delete(f"{url}?why=over").status_code == 204
    assert as_alice.delete(f"{url}?why=over").status_code == 404
