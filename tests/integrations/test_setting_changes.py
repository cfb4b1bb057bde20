"""Sync settings as rows: who may write which level, what a lock does, and what counts afterwards."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import Role, User
from foundation.problems import Invalid
from integrations import setting_changes, setting_rows
from integrations.models import Connection, SyncSetting
from integrations.setting_changes import TEAM, AdminsOnly, Place, SettingLocked
from integrations.sync_settings import AddWhen, Level, SettingRefused
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
from tests.campaigns import making as campaigns_making
from tests.integrations import making

pytestmark = pytest.mark.django_db


def write(actor: User, row: Connection, place: Place, **values: Any) -> None:
    setting_changes.write(actor=actor, connection=row, record_type="candidate", place=place, values=values)


def lock(actor: User, row: Connection, name: str, *, locked: bool = True) -> None:
    setting_changes.lock(actor=actor, connection=row, record_type="candidate", name=name, locked=locked)


def test_the_nearest_level_that_says_something_counts_and_one_query_reads_them_all(
    django_assert_num_queries: Any,
) -> None:
    alice = making.alice()
    bob, row, ada = making.bob(alice), making.connection(alice), making.person(alice)
    campaign = campaigns_making.campaign(alice=alice)
    write(alice, row, TEAM, add="replied", notes=["call", "email_sent"])
    write(bob, row, Place(user=bob), add="added")
    write(bob, row, Place(campaign=campaign), add="interested", job="j-1")
    write(bob, row, Place(candidate=ada), add="never")
    with django_assert_num_queries(1):
        of_ada = setting_rows.every(row, "candidate", user=bob, campaign=campaign, candidate=ada)
    assert (of_ada["add"].value, of_ada["add"].level) == (AddWhen.NEVER, Level.PERSON)
    assert of_ada["job"].value == "j-1"
    # In the order in which they are offered, whoever ticked in which order.
    assert of_ada["notes"].value == ["email_sent", "call"]
    assert setting_rows.every(row, "candidate", user=bob)["add"].value == AddWhen.ADDED
    assert setting_rows.every(row, "candidate", user=alice)["add"].value == AddWhen.REPLIED
    write(bob, row, Place(candidate=ada), add=None)
    of_ada = setting_rows.every(row, "candidate", user=bob, campaign=campaign, candidate=ada)
    assert of_ada["add"].value == AddWhen.INTERESTED


def test_only_administrators_write_what_counts_for_the_team_and_lock_it() -> None:
    alice = making.alice()
    bob, row = making.bob(alice), making.connection(alice)
    with pytest.raises(AdminsOnly):
        write(bob, row, TEAM, add="added")
    with pytest.raises(AdminsOnly):
        lock(bob, row, "add")
    assert not SyncSetting.objects.for_organisation(alice.organisation_id).exists()


def test_under_a_lock_a_colleagues_value_is_kept_ignored_and_counts_again_after_unlocking() -> None:
    alice = making.alice()
    bob, row = making.bob(alice), making.connection(alice)
    write(bob, row, Place(user=bob), add="added")
    write(alice, row, TEAM, add="interested")
    lock(alice, row, "add")
    found = setting_rows.every(row, "candidate", user=bob)["add"]
    assert (found.value, found.locked, found.ignored) == (AddWhen.INTERESTED, True, (Level.USER,))
    with pytest.raises(SettingLocked) as refused:
        write(bob, row, Place(user=bob), add="replied")
    assert refused.value.status == 403
    assert bob.organisation is not None
    day = timezone.now().astimezone(ZoneInfo(bob.organisation.time_zone))
    assert (
        str(refused.value)
        == f"“When adding to a campaign” was locked by Alice on {day:%d %b %Y} for everybody but admins."
    )
    # The name is kept as it was; locking once more changes nothing.
    carol = making.bob(alice, email="carol@example.com", role=Role.ADMIN)
    lock(carol, row, "add")
    alice.name = "Somebody else"
    alice.save()
    kept = setting_changes.locks(row, "candidate")["add"]
    assert kept.by == "Alice"
    assert kept.at is not None
    with pytest.raises(SettingLocked):
        write(bob, row, Place(user=bob), add=None)
    # What is sent along unchanged is no write, and other settings are free.
    write(bob, row, Place(user=bob), add="added", no_merge=True)
    # A new value of the team keeps the lock.
    write(alice, row, TEAM, add="never")
    assert setting_rows.every(row, "candidate", user=bob)["add"].locked
    lock(alice, row, "add", locked=False)
    assert setting_rows.every(row, "candidate", user=bob)["add"].value == AddWhen.ADDED


def test_under_a_lock_an_administrators_own_value_counts_also_once_they_are_none_any_more() -> None:
    alice = making.alice()
    row = making.connection(alice)
    carol = making.bob(alice, email="carol@example.com", role=Role.ADMIN)
    lock(alice, row, "add")
    write(carol, row, Place(user=carol), add="added")
    carol.role = Role.RECRUITER
    carol.save()
    assert setting_rows.every(row, "candidate", user=carol)["add"].value == AddWhen.ADDED
    with pytest.raises(SettingLocked):
        write(carol, row, Place(user=carol), add="replied")


def test_a_lock_on_a_setting_nobody_set_holds_its_default() -> None:
    alice = making.alice()
    bob, row = making.bob(alice), making.connection(alice)
    write(bob, row, Place(user=bob), notes=["sms"])
    lock(alice, row, "notes")
    found = setting_rows.every(row, "candidate", user=bob)["notes"]
    assert (found.value, found.level, found.locked) == ([], Level.ORGANISATION, True)
    lock(alice, row, "only_synced", locked=False)
    assert setting_rows.every(row, "candidate")["only_synced"].level is None


@pytest.mark.parametrize("name", ["job", "stop_on_standing", "nonsense"])
def test_what_has_no_lower_level_or_no_upper_one_cannot_be_locked(name: str) -> None:
    alice = making.alice()
    with pytest.raises(SettingRefused):
        lock(alice, making.connection(alice), name)


def test_where_administrators_set_all_defaults_a_recruiter_still_chooses_for_campaign_and_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SourceWhaleConnector, "defaults_by_admins_only", True)
    alice = making.alice()
    bob, row, ada = making.bob(alice), making.connection(alice), making.person(alice)
    with pytest.raises(AdminsOnly):
        write(bob, row, Place(user=bob), add="added")
    write(alice, row, Place(user=alice), add="added")
    write(bob, row, Place(candidate=ada), add="added")
    assert setting_rows.every(row, "candidate", user=bob, candidate=ada)["add"].level is Level.PERSON


def test_a_refused_value_leaves_the_others_unwritten() -> None:
    alice = making.alice()
    row = making.connection(alice)
    for wrong in ({"add": "someday"}, {"only_synced": "yes"}, {"notes": ["fax"]}, {"job": "j"}, {"x": 1}):
        with pytest.raises(SettingRefused):
            write(alice, row, TEAM, **{"no_merge": True, **wrong})
    assert not SyncSetting.objects.for_organisation(alice.organisation_id).exists()


def test_a_record_type_the_vendor_does_not_have_has_no_settings() -> None:
    alice = making.alice()
    row = making.connection(alice)
    with pytest.raises(Invalid, match="SourceWhale has no contacts"):
        setting_changes.write(
            actor=alice, connection=row, record_type="contact", place=TEAM, values={"no_merge": True}
        )


def test_one_value_stands_at_one_level() -> None:
    alice = making.alice()
    with pytest.raises(ValueError, match="one level"):
        Place(user=alice, candidate=making.person(alice))
