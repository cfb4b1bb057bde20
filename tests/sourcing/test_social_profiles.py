from __future__ import annotations

import html

import pytest
from django.test import Client

from accounts.models import User
from foundation.problems import Invalid
from sourcing import social_profiles
from sourcing.models import Candidate, SocialProfile
from tests.sourcing.factories import make_candidate


@pytest.mark.parametrize(
    ("text", "url", "network"),
    [
        ("github.com/ada/", "https://github.com/ada", "github"),
        (" https://www.xing.com/profile/A_L#top", "https://www.xing.com/profile/A_L", "xing"),
        ("https://ada.dev", "https://ada.dev", "web"),
        ("https://notgithub.com/ada", "https://notgithub.com/ada", "web"),
        ("x.com/ada", "https://x.com/ada", "twitter"),
    ],
)
def test_a_link_has_one_form_and_a_network(text, url, network) -> None:
    assert social_profiles.clean_url(text) == url
    assert social_profiles.network_of(url) == network


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://www.GitHub.com/Ada/?tab=stars#top", "https://www.github.com/Ada"),
        ("https://de.linkedin.com/in/ada?trk=x", "https://de.linkedin.com/in/ada"),
        ("ada.dev", "https://ada.dev"),
        ("https://m\u00fcnchen.example/ada", ""),
        ("https://linkedin.com@evil.example/in/ada", ""),
        ("https://evil.example/linkedin.com/in/ada", "https://evil.example/linkedin.com/in/ada"),
        ("https://linkedin.com:8443/in/ada", ""),
        ("https://github.com%2Fada.evil.example/x", ""),
        ("https://github.com\\@evil.example/ada", ""),
        ("https://scholar.google.com/citations?user=ada", ""),
        ("https://www.facebook.com/profile.php?id=7", ""),
        ("https://127.0.0.1/ada", ""),
        ("javascript:alert(1)//github.com/ada", ""),
        ("https://[::1/ada", ""),
        ("\x00", ""),
    ],
)
def test_what_a_page_states_is_a_profile_of_the_host_it_names_or_nothing(text: str, url: str) -> None:
    assert social_profiles.stated_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "javascript:alert(1)",
        "javascript:alert(1).com",
        "https://",
        "http://[::1",
        "a b.com",
        "x" * 600 + ".com",
    ],
)
def test_what_is_no_link_is_refused(text) -> None:
    with pytest.raises(Invalid):
        social_profiles.clean_url(text)


@pytest.fixture
def person(alice: User) -> Candidate:
    return make_candidate(alice.organisation, linkedin_url="https://www.linkedin.com/in/jonas")


@pytest.mark.django_db
def test_pages_are_added_and_removed_in_their_place(as_alice: Client, person: Candidate) -> None:
    url = f"/people/{person.pk}/profiles/"
    headers = {"HX-Request": "true", "HX-Target": "social-profiles"}
    part = as_alice.post(url, {"url": "github.com/jonas"}, headers=headers)
    assert 'href="https://github.com/jonas"' in part.content.decode()
    again = as_alice.post(url, {"url": "https://github.com/Jonas/"}, headers=headers)
    assert again.status_code == 422
    assert "already has it" in again.content.decode()
    assert 'value="https://github.com/Jonas/"' in again.content.decode()
    wrong = as_alice.post(url, {"url": "javascript:alert(1)"})
    assert wrong.status_code == 422
    assert "<html" in wrong.content.decode()
    assert 'href="javascript' not in html.unescape(wrong.content.decode())
    mine = SocialProfile.objects.for_organisation(person.organisation_id).get(network="github")
    assert as_alice.post(url, {"remove": mine.pk}).status_code == 302
    assert person.social_profiles.count() == 1


@pytest.mark.django_db
def test_the_profile_people_are_matched_on_is_a_field(
    as_alice: Client, alice: User, person: Candidate
) -> None:
    with pytest.raises(Invalid, match="LinkedIn field"):
        social_profiles.add(candidate=person, actor=alice, url="https://linkedin.com/in/other")
    with pytest.raises(Invalid, match="LinkedIn field"):
        social_profiles.remove(candidate=person, actor=alice, profile_id=person.social_profiles.get().pk)


@pytest.mark.django_db
def test_the_page_of_another_person_is_not_there(as_alice: Client, alice: User, person: Candidate) -> None:
    other = make_candidate(alice.organisation, "Ida")
    profile = social_profiles.add(candidate=other, actor=alice, url="github.com/ida")
    assert as_alice.post(f"/people/{person.pk}/profiles/", {"remove": profile.pk}).status_code == 404
    assert as_alice.post(f"/people/{person.pk}/profiles/", {"remove": "x"}).status_code == 404
