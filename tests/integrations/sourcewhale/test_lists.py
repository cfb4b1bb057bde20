"""Campaigns of one user, projects of the account."""

from __future__ import annotations

import pytest

from integrations.base.errors import MalformedResponse
from integrations.base.records import Target, TargetKind
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
from tests.integrations.vendor_server import Answer, VendorServer


def test_campaigns_are_asked_for_the_acting_user_and_sorted_by_name(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    rows = [
        {"campaignId": "2", "campaignName": "zebra"},
        {"campaignId": 1, "campaignName": "Ant"},
        {"campaignId": "3"},
    ]
    vendor.will_answer(Answer(body={"campaigns": rows}))
    assert sourcewhale.list_pools(acting_as="alice@example.com") == (
        Target(kind=TargetKind.POOL, external_id="3", name="3"),
        Target(kind=TargetKind.POOL, external_id="1", name="Ant"),
        Target(kind=TargetKind.POOL, external_id="2", name="zebra"),
    )
    (seen,) = vendor.seen
    assert (seen.method, seen.path, seen.params) == (
        "GET",
        "/v1/campaigns/list",
        {"userEmail": "alice@example.com"},
    )


def test_projects_stand_for_jobs(sourcewhale: SourceWhaleConnector, vendor: VendorServer) -> None:
    vendor.will_answer(Answer(body={"projects": [{"projectId": "p", "projectName": "Ruby lead"}]}))
    (job,) = sourcewhale.list_jobs(acting_as="alice@example.com")
    assert job == Target(kind=TargetKind.JOB, external_id="p", name="Ruby lead")
    assert vendor.seen[0].path == "/v1/projects/list"
    assert "projects stand for them" in SourceWhaleConnector.target_notes[TargetKind.JOB]


def test_the_prospect_note_is_the_one_users_were_promised(sourcewhale: SourceWhaleConnector) -> None:
    note = sourcewhale.target_notes[TargetKind.POOL]
    assert "will not follow your campaign setup" in note
    assert "kick-off and resume the campaign steps within SourceWhale" in note


def test_an_empty_account_has_empty_lists_but_a_missing_list_is_a_changed_api(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(Answer(body={"campaigns": []}), Answer(body={"data": []}))
    assert sourcewhale.list_pools(acting_as="") == ()
    with pytest.raises(MalformedResponse):
        sourcewhale.list_pools(acting_as="")


def test_checking_lists_projects_as_the_administrator(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(Answer(body={"projects": []}))
    sourcewhale.check()
    assert (vendor.seen[0].path, vendor.seen[0].params) == ("/v1/projects/list", {})
