"""Privacy as people see it: nothing runs over at 390 px, nothing is serious to axe, deleting takes two looks."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from foundation import runs
from sourcing import archiving, erasing, privacy, retention, suppressing, suppression_list
from sourcing.models import Candidate, ErasureReason
from sourcing.search import index
from tests.browser.axe import LIGHT_DESK_DARK_PHONE, wrong_in_windows
from tests.sourcing.factories import make_candidate, make_organisation, make_user

TODAY = datetime.date(2026, 5, 12)


@pytest.fixture(autouse=True)
def own_files(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user(make_organisation(), "Alice Aubert", Role.ADMIN)


@pytest.fixture
def person(alice: User) -> Candidate:
    """Old, silent, off limits by company, with two bases and an archive; another one is erased, two more are due."""
    old = timezone.now() - datetime.timedelta(days=900)
    names = (("Jonas", "Lehner"), ("ליאור", "Ben-David"), ("Theodora", "Quillfeather-Montgomery"))
    people = [
        make_candidate(
            alice.organisation, *name, emails=[f"p{number}@x.example"], company="Voltra Energie", title="Architect",
            source="LinkedIn Recruiter CSV",
        )
        for number, name in enumerate(names)
    ]  # fmt: skip
    Candidate.objects.for_organisation(alice.organisation_id).update(
        created_at=old, updated_at=old, untold_since=old
    )
    index.refresh([one.pk for one in people])
    for basis, proof in (
        ("legitimate_interest", ""),
        ("consent", "“Yes, please keep me in mind.” (mail of 3 May)"),
    ):
        privacy.record_basis(
            candidate=people[0], actor=alice, basis=basis, reason="Searches for architects in Munich",
            since=TODAY, proof=proof, today=TODAY,
        )  # fmt: skip
    decided = privacy.decide(
        actor=alice, notices=True, notice_days=30, first_message_tells=False, retention_days=730,
        retention_reason="Two years after the last contact",
    )  # fmt: skip
    retention.propose(decided, now=timezone.now())
    suppressing.suppress_company(organisation=alice.organisation, company="Voltra", actor=alice, soft=True)
    suppressing.suppress_company(
        organisation=alice.organisation, company="Voltra Energie", actor=alice, soft=True
    )
    suppression_list.add(actor=alice, kind="domain", value="client.example", note="Our biggest client")
    suppression_list.add(actor=alice, kind="company", value="Acme Robotics GmbH", includes_past=True)
    suppression_list.add(actor=alice, kind="address", value="someone@else.example")
    gone = suppression_list.add(actor=alice, kind="domain", value="old.example")
    suppression_list.remove(actor=alice, entry=gone, why="No client any more")
    runs.work(archiving.request(candidate=people[0], actor=alice).run_id or 0)
    erased = make_candidate(alice.organisation, "Gone", emails=["gone@x.example"])
    erasing.erase(candidate=erased, actor=alice, reason=ErasureReason.REQUEST, block=True)
    return people[0]


def test_the_pages_fit_and_are_accessible(
    page: Page, alice: User, person: Candidate, log_in: Callable[..., None]
) -> None:
    log_in(page, alice)
    wrong = []
    base = f"/people/{person.pk}/privacy/"
    for name, url in {
        "person": f"/people/{person.pk}/",
        "privacy": base,
        "unsubscribe": f"{base}unsubscribe/",
        "block": f"{base}block/",
        "retention": "/privacy/",
        "notices": "/privacy/notices/",
        "erasures": "/privacy/erased/",
        "rules": "/privacy/rules/",
        "list": "/outreach/suppression/",
        "add": "/outreach/suppression/add/",
    }.items():
        page.goto(url)
        page.evaluate(
            "[...document.querySelectorAll('main details')].slice(0, 3).forEach(one => one.open = true)"
        )
        wrong += wrong_in_windows(page, windows=LIGHT_DESK_DARK_PHONE, picture=name)
    assert not wrong, "\n".join(wrong)


def test_delete_and_block_says_what_goes_before_it_goes(
    page: Page, alice: User, person: Candidate, log_in: Callable[..., None]
) -> None:
    log_in(page, alice)
    page.goto(f"/people/{person.pk}/")
    page.get_by_role("link", name="Open privacy page").first.click()
    page.get_by_role("link", name="Delete and block").click()
    expect(page.get_by_text("What is destroyed, for good")).to_be_visible()
    expect(page.get_by_text("One keyed hash per e-mail address")).to_be_visible()
    page.get_by_role("button", name="Delete and block").click()
    expect(page.get_by_text("The person is being erased.")).to_be_visible()
    run = runs.Run.objects.for_organisation(alice.organisation_id).filter(kind=erasing.KIND).latest("pk")
    runs.work(run.pk)
    page.goto("/people/?q=lehner")
    expect(page.get_by_text("Nobody fits")).to_be_visible()
