"""The Sync log's buttons: try again what needs somebody, give up what is not wanted."""

from __future__ import annotations

import pytest

from integrations.models import SyncKind, SyncStatus, SyncTask
from integrations.states import Reason
from tests.integrations import making
from tests.integrations.pages import logged_in, text, url

pytestmark = pytest.mark.django_db


def waiting_for_somebody(alice: making.User) -> SyncTask:
    row = making.connection(alice)
    return SyncTask.unguarded.create(
        organisation_id=alice.organisation_id,
        connection=row,
        candidate=making.person(alice),
        kind=SyncKind.PUSH,
        user=alice,
        status=SyncStatus.ATTENTION,
        reason_code=Reason.MISSING_FIELD,
        reason="Colour must be filled.",
    )


def posted(name: str, of: SyncTask, user: making.User, **values: object) -> int:
    return logged_in(user).post(url(name, of.connection_id), values).status_code


def status(task: SyncTask) -> str:
    return SyncTask.objects.for_organisation(task.organisation_id).get(pk=task.pk).status


def test_one_task_or_all_of_them_are_tried_again() -> None:
    alice = making.alice()
    task = waiting_for_somebody(alice)
    page = text(logged_in(alice).get(url("sync_log", task.connection_id)))
    assert "Colour must be filled." in page
    assert "Retry all" in page
    assert posted("retry_sync", task, alice, task=task.pk) == 302
    assert status(task) == SyncStatus.QUEUED
    SyncTask.objects.for_organisation(task.organisation_id).update(status=SyncStatus.ATTENTION)
    assert posted("retry_sync", task, alice) == 302
    assert status(task) == SyncStatus.QUEUED


def test_a_task_is_given_up() -> None:
    alice = making.alice()
    task = waiting_for_somebody(alice)
    assert posted("cancel_sync", task, alice, task=task.pk) == 302
    assert status(task) == SyncStatus.CANCELLED


def test_another_organisations_task_does_not_exist() -> None:
    alice = making.alice()
    task = waiting_for_somebody(alice)
    mallory = making.mallory()
    theirs = waiting_for_somebody(mallory)
    assert posted("retry_sync", task, mallory, task=task.pk) == 404
    assert posted("retry_sync", theirs, mallory, task=task.pk) == 404
    assert status(task) == SyncStatus.ATTENTION
