from __future__ import annotations

import datetime

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from foundation.problems import Invalid
from sourcing.models import Candidate, SavedSearch, SavedSearchMail
from sourcing.search import saved
from sourcing.search.question import Question
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db
NURSES = Question("nurse ", "", {"location": ("Berlin",)})
DAY = datetime.timedelta(days=1)


def kept(owner: User, **values: bool) -> SavedSearch:
    return saved.save(actor=owner, name="Nurses", question=NURSES, **values)


def test_own_ones_and_shared_ones_are_seen_and_only_own_ones_changed(
    alice: User, bob: User, mallory: User
) -> None:
    own, shared = kept(alice), saved.save(actor=alice, name="Shared", question=NURSES, shared=True)
    assert list(saved.visible(alice)) == [own, shared]
    assert list(saved.visible(bob)) == [shared]
    assert list(saved.visible(mallory)) == []
    for viewer, search in ((bob, own), (bob, shared), (mallory, shared)):
        with pytest.raises(saved.SavedSearchMissing):
            saved.own(viewer, search.pk)
        with pytest.raises(saved.SavedSearchMissing):
            saved.delete(saved_search=search, actor=viewer)
    assert Question.from_json(saved.one(bob, shared.pk).question) == NURSES


def test_a_name_is_needed_and_taken_once_per_owner(alice: User, bob: User) -> None:
    kept(alice)
    kept(bob)
    with pytest.raises(saved.NameTaken):
        kept(alice)
    with pytest.raises(Invalid):
        saved.save(actor=alice, name=" \u200b ", question=NURSES)


def nurse(owner: User, first_name: str) -> Candidate:
    return make_candidate(owner.organisation, first_name, title="Nurse", location="Berlin")


def test_the_daily_mail_names_who_is_new_and_leaves_once(alice: User) -> None:
    nurse(alice, "Before")
    search = kept(alice, daily=True)
    nurse(alice, "After")
    make_candidate(alice.organisation, "Other", title="Cook", location="Berlin")
    now = timezone.now()
    assert saved.tell(now=now) == 0
    assert saved.tell(now=now + DAY) == 1
    assert saved.tell(now=now + DAY) == 0
    (message,) = mail.outbox
    assert message.to == [alice.email]
    assert "After" in message.body
    assert not {"Before", "Other"} & set(message.body.split())
    assert SavedSearchMail.objects.for_organisation(search.organisation_id).get().sent_at is not None
    assert saved.tell(now=now + 3 * DAY) == 0


def test_a_mail_whose_sending_broke_is_not_sent_again(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(alice, daily=True)
    nurse(alice, "After")

    def broken(**_values: object) -> None:
        raise ConnectionError

    now = timezone.now() + DAY
    with monkeypatch.context() as patch:
        patch.setattr(saved, "send_mail", broken)
        with pytest.raises(ConnectionError):
            saved.tell(now=now)
    assert saved.tell(now=now + DAY / 2) == 0
    assert mail.outbox == []


def test_whoever_left_is_told_nothing(alice: User) -> None:
    kept(alice, daily=True)
    nurse(alice, "After")
    alice.is_active = False
    alice.save()
    assert saved.tell(now=timezone.now() + DAY) == 0
    assert mail.outbox == []


def test_switching_the_mail_on_starts_from_now(alice: User) -> None:
    search = kept(alice)
    nurse(alice, "Before")
    saved.change(saved_search=search, actor=alice, daily=True)
    assert saved.tell(now=timezone.now() + DAY) == 0
