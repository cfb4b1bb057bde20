"""Who the page in front is about, and what is told of them."""

from __future__ import annotations

import datetime

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organisation, User
from foundation.secrets import fingerprint
from integrations.models import RemoteLink
from panel import looking_up, profiles
from sourcing import contact_points, known_again, people, social_profiles, suppressing, suppression
from sourcing.models import Candidate, Suppression, SuppressionReason
from tests.campaigns import making as campaigns
from tests.integrations import making as integrations
from tests.panel.asking import IDA, found, keys_follow, look_up, panel
from tests.sourcing.factories import make_candidate, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def ida(northgate: Organisation) -> Candidate:
    person = make_candidate(
        northgate,
        "Ida",
        "Hansen",
        company="Voltra GmbH",
        emails=["ida@voltra.example"],
        phones=[("+4915155501420", "mobile")],
    )
    social_profiles.place(person, ["https://github.com/ida"])
    people.add_words(candidate=person, actor=None, field="tags", words=["welding"])  # type: ignore[arg-type]  # nobody
    keys_follow()
    return person


def test_somebody_is_found_by_profile_email_phone_or_name_and_company(bob: User, ida: Candidate) -> None:
    assert found(bob, profiles=["http://www.github.com/Ida/"]) == [(ida.pk, "profile", True)]
    assert found(bob, emails=["Ida+jobs@voltra.example"]) == [(ida.pk, "email", True)]
    assert found(bob, phones=["01515 5501420"], location="Berlin", first_name="Ida", last_name="Hansen") == [
        (ida.pk, "phone", False)
    ]
    by_name = found(bob, first_name="Ida", last_name="Hansen", company="Voltra")
    assert by_name == [(ida.pk, "name_and_company", False)]
    assert found(bob, first_name="Ida", last_name="Hansen") == []
    assert look_up(bob) == {"people": [], "notices": []}


def test_the_page_itself_counts_as_a_profile_unless_its_query_says_whose_it_is(
    bob: User, ida: Candidate
) -> None:
    assert found(bob, url="https://github.com/ida#readme") == [(ida.pk, "profile", True)]
    social_profiles.place(ida, ["https://faces.example/profile"])
    keys_follow()
    assert found(bob, url="https://faces.example/profile?id=7") == []


@pytest.mark.parametrize(
    "link",
    [
        "https://github.com.evil.example/ida",
        "https://github.com@evil.example/ida",
        "https://github.com:8443/ida",
        "https://github.com%2Fida?.evil.example/",
        "https://xn--gthub-n4a.com/ida",
        "https://gíthub.com/ida",
        "https://evil.example/github.com/ida",
        "javascript:alert('github.com/ida')",
        "https://[::1/ida",
    ],
)
def test_what_only_looks_like_a_known_profile_is_nobodys(bob: User, ida: Candidate, link: str) -> None:
    assert found(bob, url=link, profiles=[link]) == []


def test_a_linkedin_name_inside_another_address_is_not_linkedin(bob: User, northgate: Organisation) -> None:
    ada = make_candidate(northgate, "Ada", linkedin_url="https://www.linkedin.com/in/ada")
    assert found(bob, profiles=["https://de.linkedin.com/in/Ada/details/skills?x=1"]) == [
        (ada.pk, "profile", True)
    ]
    for link in ("https://evil.example/linkedin.com/in/ada", "https://linkedin.com@evil.example/in/ada"):
        assert found(bob, url=link, profiles=[link]) == []


def test_the_first_is_told_whole_with_what_is_missing_and_others_in_short(
    bob: User, northgate: Organisation, ida: Candidate
) -> None:
    make_candidate(northgate, "Ida", "Hansen", company="Voltra", title="Welder")
    keys_follow()
    project = make_project(bob, "Welders", [ida])
    answer = look_up(bob, **IDA | {"emails": ["ida@voltra.example", "ida@home.example"], "skills": ["MIG"]})
    first, second = answer["people"]
    person = first["person"]
    assert (first["because"], person["name"], person["version"]) == ("profile", "Ida Hansen", 2)
    assert person["url"] == f"{settings.PUBLIC_URL}/people/{ida.pk}/"
    assert [point["value"] for point in person["contact_points"]] == [
        "ida@voltra.example",
        "+49 1515 5501420",
    ]
    assert person["tags"] == ["welding"]
    assert [(each["id"], each["name"]) for each in person["projects"]] == [(project.pk, "Welders")]
    assert person["missing"] == {
        "emails": ["ida@home.example"],
        "phones": [],
        "profiles": [],
        "blank": {"title": "Welding engineer"},
        "skills": ["MIG"],
        "experience": [],
        "education": [],
    }
    assert person["may"] == {
        "edit": True,
        "add_to_project": True,
        "add_to_campaign": True,
        "sync": True,
        "get_email": {
            kind: {"offered": False, "price": 0, "left": 0, "had": False} for kind in ("email", "phone")
        },
    }
    assert second["because"] == "name_and_company"
    assert second["person"].keys() == {"id", "url", "name", "title", "company"}


def test_a_colleagues_private_address_finds_nobody_and_is_told_nobody(
    alice: User, bob: User, ida: Candidate
) -> None:
    contact_points.add_email(candidate=ida, actor=bob, type="personal", value="ida@home.example")
    assert found(bob, emails=["ida@home.example"]) == [(ida.pk, "email", True)]
    assert look_up(alice, emails=["ida@home.example"]) == {"people": [], "notices": []}
    told = look_up(alice, **IDA | {"emails": ["ida@home.example"]})["people"][0]["person"]
    assert "ida@home.example" not in str(told["contact_points"])
    assert told["missing"]["emails"] == ["ida@home.example"]
    own = panel(bob).get(f"/api/v1/panel/people/{ida.pk}/").json()["contact_points"]
    assert [point["private"] for point in own] == [False, True, False]


def test_another_organisations_people_are_not_there(mallory: User, ida: Candidate) -> None:
    assert found(mallory, **IDA) == []
    assert panel(mallory).get(f"/api/v1/panel/people/{ida.pk}/").status_code == 404


def test_past_contact_by_anybody_is_told_and_campaigns_one_may_open(alice: User, bob: User) -> None:
    wave = campaigns.started(campaigns.campaign("Ada", alice=alice))
    (message,) = campaigns.written(wave)
    campaigns.settle(message, "sent", now=timezone.now() - datetime.timedelta(days=3))
    ada = campaigns.recipient(wave, "Ada")
    told = panel(bob).get(f"/api/v1/panel/people/{ada.candidate_id}/").json()
    assert told["campaigns"] == [
        {
            "id": wave.pk,
            "name": "Wave",
            "url": told["url"].partition("/people/")[0] + f"/recipients/{ada.pk}/",
            "recipient_id": ada.pk,
            "status": "Started",
            "running": True,
        }
    ]
    assert [each["text"] for each in told["contact"]] == [
        "In Wave by Alice Aubert",
        "Alice Aubert wrote “Hello Ada”",
    ]
    assert told["contact"][1]["at"]
    wave.project.visibility = "confidential"
    wave.project.save()
    hidden = panel(bob).get(f"/api/v1/panel/people/{ada.candidate_id}/").json()
    assert hidden["campaigns"] == []
    assert [each["text"] for each in hidden["contact"]][1:] == ["In another campaign of your organisation"]
    assert "Wave" not in str(hidden)


def test_obstacles_are_those_of_the_pages_and_systems_are_named(bob: User, ida: Candidate) -> None:
    suppressing.suppress_person(candidate=ida, actor=bob)
    row = integrations.connection(bob)
    RemoteLink.objects.create(
        organisation_id=ida.organisation_id,
        connection=row,
        candidate=ida,
        remote_id="7",
        state="linked",
        remote_url="https://ats.example/7",
    )
    told = panel(bob).get(f"/api/v1/panel/people/{ida.pk}/").json()
    assert told["obstacles"] == suppression.obstacles(ida.organisation_id, [ida.pk])[ida.pk]
    assert told["missing"] is None
    assert told["systems"] == [
        {
            "connection_id": row.pk,
            "name": "SourceWhale",
            "state": "linked",
            "exported": False,
            "url": "https://ats.example/7",
        }
    ]


def test_what_the_do_not_contact_list_says_of_a_stranger(alice: User, northgate: Organisation) -> None:
    suppressing.suppress_address(organisation=northgate, address="ida@voltra.example", actor=alice)
    suppressing.suppress_company(organisation=northgate, company="Voltra GmbH", actor=alice, soft=True)
    suppressing.suppress_company(organisation=northgate, company="Northgate", actor=alice)
    suppressing.suppress_domain(organisation=northgate, domain="voltra.example", actor=alice)
    past = [{"title": "Welder", "company": "Northgate", "started": "2021", "ended": "2023"}]
    assert look_up(alice, **IDA, experience=past) == {
        "people": [],
        "notices": [
            "An address of theirs is on the do-not-contact list.",
            "voltra.example is a domain on the do-not-contact list.",
            "Voltra GmbH is a company you wanted to be warned of.",
        ],
    }
    Suppression.objects.create(
        organisation=northgate,
        kind="profile",
        fingerprint=fingerprint("linkedin.com/in/ida"),
        of_person=True,
        reason=SuppressionReason.ERASED,
    )
    erased = look_up(alice, profiles=["https://www.linkedin.com/in/ida"])
    assert erased["notices"] == [known_again.Erased.sentence]


def test_a_hostile_page_is_read_as_far_as_it_makes_sense(bob: User, ida: Candidate) -> None:
    page = {
        "url": "https://x.example/\x00a",
        "first_name": "\u202eI\u200bda\x00",
        "last_name": "Hansen" + "x" * 400_000,
        "summary": None,
        "emails": ["no address", "x" * 5_000, *[f"e{number}@x.example" for number in range(10_000)]],
        "phones": ["1", "+49 1515 5501499"],
        "profiles": [f"https://x.example/{number}" for number in range(10_000)],
        "skills": ["<script>alert(1)</script>", *["x"] * 10_000],
        "experience": [{"title": "Welder", "company": None, "started": "soon", "extra": [[]]}] * 10_000,
        "education": None,
        "__proto__": {"admin": True},
    }
    told = look_up(bob, **page)
    assert [each["person"]["id"] for each in told["people"]] == []
    read = profiles.read(
        {"first_name": "\u202eI\u200bda\x00", "experience": [{"title": "W", "started": "soon"}]}
    )
    assert read.stated.columns == {"first_name": "Ida"}
    assert read.stated.experience[0]["started"] == ""
    wrong = panel(bob).post(
        "/api/v1/panel/lookups/", {"emails": [{"a": 1}], "company": ["x"]}, content_type="application/json"
    )
    assert (wrong.status_code, set(wrong.json()["errors"])) == (422, {"emails", "company"})


def test_right_to_left_and_joined_names_are_kept(bob: User, northgate: Organisation) -> None:
    person = make_candidate(northgate, "نور", "می‌خواهم", company="Voltra")
    keys_follow()
    assert found(bob, first_name="نور", last_name="می‌خواهم", company="Voltra") == [
        (person.pk, "name_and_company", False)
    ]


def test_a_lookup_takes_the_same_number_of_queries_whatever_there_is(
    bob: User, northgate: Organisation
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            looking_up.look_up(viewer=bob, profile=profiles.read(IDA))
        return len(seen)

    def known(number: int) -> None:
        for each in range(number):
            emails = [f"i{each}@voltra.example", "ida@voltra.example"]
            make_candidate(northgate, "Ida", "Hansen", company="Voltra", emails=emails)
        keys_follow()

    known(1)
    few = queries()
    known(6)
    assert queries() <= few < 50
