"""An administrator of the installation sees news that was given up, and tries it again."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import User
from foundation.admin import LookOnly
from foundation.models import Delivery, Event
from sourcing.models import CreditAllowance, CreditEntry

pytestmark = pytest.mark.django_db


def test_news_that_was_given_up_is_tried_again_from_the_list(client, organisation):
    event = Event.objects.create(organisation=organisation, kind="x", subject="x:1")
    dead = Delivery.objects.create(
        organisation=organisation, event=event, consumer="tests.gone", subject="x:1", dead=True, attempts=12
    )
    client.force_login(User.objects.create_superuser("root@example.com", "x", name="Root"))
    assert "tests.gone" in client.get("/admin/foundation/delivery/").content.decode()
    client.post("/admin/foundation/delivery/", {"action": "try_again", "_selected_action": [dead.pk]})
    again = Delivery.objects.across_organisations("tests").get(pk=dead.pk)
    assert (again.dead, again.attempts) == (False, 0)


#: Credits are given by the installation's administrators, through the ledger.
ADDED_BY_STAFF = {CreditAllowance, CreditEntry}


@pytest.mark.parametrize(
    "model",
    [model for model, shown in admin.site._registry.items() if isinstance(shown, LookOnly)],
    ids=lambda model: model._meta.label,
)
def test_every_list_is_to_look_at_and_not_to_write_in(client, model):
    client.force_login(User.objects.create_superuser("root@example.com", "x", name="Root"))
    where = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert client.get(reverse(f"{where}_changelist")).status_code == 200
    assert client.get(reverse(f"{where}_add")).status_code == (200 if model in ADDED_BY_STAFF else 403)


def test_members_of_an_organisation_do_not_get_there(client, alice):
    client.force_login(alice)
    assert client.get("/admin/foundation/delivery/").status_code == 302
