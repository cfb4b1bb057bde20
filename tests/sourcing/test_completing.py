"""What a page states completes somebody who is known, once, and overwrites nothing."""

from __future__ import annotations

import pytest

from accounts.models import User
from foundation.models import Event
from sourcing import completing, history, people
from sourcing.completing import Stated
from sourcing.models import OtherValue
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db

PAGE = Stated(
    columns={"title": "Welder", "location": "Berlin"},
    emails=("ida@voltra.example",),
    phones=("+4915155501420",),
    profiles=("https://www.linkedin.com/in/ida", "https://github.com/ida"),
    skills=("MIG",),
    experience=(*history.told("experience", [{"title": "Welder", "company": "Voltra", "started": "2021"}]),),
    education=(*history.told("education", [{"school": "TU Berlin", "started": "soon"}]),),
)


def test_everything_that_is_missing_comes_and_a_second_time_nothing_does(alice: User) -> None:
    ida = make_candidate(alice.organisation, "Ida")
    assert completing.complete(candidate=ida, actor=alice, stated=PAGE, source="Browser: github.com") == PAGE
    ida.refresh_from_db()
    assert (ida.title, ida.place_id is not None, ida.linkedin_key, ida.skills) == (
        "Welder", True, "linkedin.com/in/ida", ["MIG"],
    )  # fmt: skip
    assert ida.provenance["title"]["by"] == alice.pk
    assert (ida.experience.get().company, ida.education.get().started) == ("Voltra", "")
    version, news = ida.version, Event.objects.for_organisation(ida.organisation_id).count()
    assert completing.complete(candidate=ida, actor=alice, stated=PAGE, source="x") == Stated()
    ida.refresh_from_db()
    assert (ida.version, Event.objects.for_organisation(ida.organisation_id).count()) == (version, news)


def test_what_says_something_else_is_left_alone(alice: User) -> None:
    ida = make_candidate(
        alice.organisation,
        "Ida",
        title="Foreman",
        location="Kiel",
        skills=["TIG"],
        linkedin_url="https://linkedin.com/in/ida-hansen",
        experience=[{"title": "Foreman", "company": "Northgate"}],
        education=[{"school": "TU Munich"}],
    )
    done = completing.complete(candidate=ida, actor=alice, stated=PAGE, source="x")
    assert done == Stated(emails=PAGE.emails, phones=PAGE.phones, profiles=("https://github.com/ida",))
    ida.refresh_from_db()
    assert (ida.title, ida.skills, ida.linkedin_key) == ("Foreman", ["TIG"], "linkedin.com/in/ida-hansen")
    assert not OtherValue.objects.for_organisation(ida.organisation_id).exists()


def test_a_field_that_was_emptied_by_hand_is_blank_and_may_be_filled(alice: User) -> None:
    ida = make_candidate(alice.organisation, "Ida", title="Foreman")
    people.edit_candidate(candidate=ida, actor=alice, version=1, changes={"title": ""})
    completing.complete(candidate=ida, actor=alice, stated=Stated(columns={"title": "Welder"}), source="x")
    ida.refresh_from_db()
    assert ida.title == "Welder"
