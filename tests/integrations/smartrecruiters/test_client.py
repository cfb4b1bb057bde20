"""How answers become classes of failure, which budget a call is taken from, and what leaves in headers."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from typing import Any

import pytest

from integrations.base import http
from integrations.base.errors import (
    AuthError,
    ConnectorError,
    Forbidden,
    MalformedResponse,
    NotFound,
    RateLimited,
    Rejected,
    TemporaryError,
)
from integrations.vendors.smartrecruiters.client import MaybeThere, PageForgotten, SmartRecruitersClient
from integrations.vendors.smartrecruiters.connector import SmartRecruitersConnector
from sandbox.client import Sandbox
from tests.integrations.smartrecruiters.conftest import fault, rule
from tests.integrations.vendor_server import Answer, VendorServer


def refusal(code: str, message: str = "") -> dict[str, Any]:
    return {"message": "No.", "errors": [{"code": code, **({"message": message} if message else {})}]}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, refusal("UNAUTHORIZED"), AuthError),
        (401, refusal("PERMISSION_DENIED", "No access to this job"), Forbidden),
        (403, refusal("OAuthPermissionsException"), Forbidden),
        (404, refusal("CANDIDATE_NOT_FOUND"), NotFound),
        (400, refusal("SOURCE_NOT_FOUND"), Rejected),
        (400, refusal("INVALID_PAGE_ID"), PageForgotten),
        (400, {"message": "Bad Request"}, MaybeThere),
        (409, refusal("ANYTHING"), MaybeThere),
        (422, {}, MaybeThere),
        (429, {}, RateLimited),
        (503, b"<html>Service Unavailable</html>", TemporaryError),
        (200, b"<html>maintenance</html>", MalformedResponse),
        (404, {"id": "x", "code": "NOT_FOUND", "message": "the Posting API's own shape"}, NotFound),
        (400, [], MaybeThere),
        (418, [], Rejected),
    ],
)
def test_an_answer_is_the_class_that_its_code_and_status_say(
    scripted: SmartRecruitersConnector,
    vendor: VendorServer,
    status: int,
    body: Any,
    kind: type[ConnectorError],
) -> None:
    vendor.answer = lambda _seen: Answer(status=status, body=body)
    with pytest.raises(kind) as caught:
        scripted.list_jobs(acting_as="")
    assert type(caught.value) is kind
    assert "DCRA1" not in str(caught.value)


def test_the_vendors_words_reach_the_person(scripted: SmartRecruitersConnector, vendor: VendorServer) -> None:
    vendor.will_answer(Answer(status=400, body=refusal("SUBTYPE_REQUIRED", "Choose a subtype")))
    with pytest.raises(Rejected, match=r"No\. SUBTYPE_REQUIRED: Choose a subtype"):
        scripted.list_jobs(acting_as="")


def test_a_key_and_a_token_travel_in_headers_of_their_own(
    build: Callable[..., SmartRecruitersConnector], vendor: VendorServer
) -> None:
    vendor.answer = lambda _seen: Answer(body={"identifier": "Acme"})
    build(vendor.url, api_key="a-key-of-ours").check()
    build(vendor.url, access_token="a-token").check()
    first, second = (seen.headers for seen in vendor.seen)
    assert (first["x-smarttoken"], first.get("authorization")) == ("a-key-of-ours", None)
    assert (second["authorization"], second.get("x-smarttoken")) == ("Bearer a-token", None)


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/candidates", "GET /candidates"),
        ("GET", "/candidates/7f3a", "GET /candidates/*"),
        ("PUT", "/candidates/7f/jobs/9/properties", "PUT /candidates/*/jobs/*/properties"),
        ("PUT", "/candidates/7f/properties/9", "PUT /candidates/*/properties/*"),
        ("POST", "/jobs/job-1/candidates", "POST /jobs/*/candidates"),
        ("GET", "/configuration/sources/SOURCING/values", "GET /configuration/sources/*/values"),
    ],
)
def test_each_endpoint_has_a_budget_whatever_the_ids(method: str, path: str, name: str) -> None:
    assert SmartRecruitersClient.budget(method, path).name == name


def test_published_limits(settings: Any) -> None:
    settings.SMARTRECRUITERS_CALLS_PER_SECOND = 10
    search = SmartRecruitersClient.budget("GET", "/candidates")
    jobs = SmartRecruitersClient.budget("GET", "/jobs")
    publication = SmartRecruitersClient.budget("POST", "/jobs/9/publication")
    assert (search.pace.calls, search.at_once, search.all_at_once) == (10, 1, 8)
    assert (jobs.pace.calls, jobs.at_once) == (10, 0)
    assert publication.pace.calls == 2
    assert all(each.pace.window for each in (search, jobs, publication))


def test_a_limit_the_headers_name_is_obeyed(
    scripted: SmartRecruitersConnector, vendor: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LONGEST_NAP", datetime.timedelta(0))
    headers = {"x-ratelimit-limit": "2", "X-RATELIMIT-REMAINING": "1", "X-RateLimit-Concurrent-Limit": "8"}
    vendor.answer = lambda _seen: Answer(body={"identifier": "Acme"}, headers=headers)
    scripted.check()
    scripted.check()
    with pytest.raises(RateLimited):
        scripted.check()
    assert len(vendor.seen) == 2


@pytest.mark.parametrize("value", ["", "ten", "-1", "١٠", "9" * 40, "1.5"])
def test_a_header_that_is_no_number_says_nothing(scripted: SmartRecruitersConnector, value: str) -> None:
    heard = scripted.client.limits({"X-RateLimit-Limit": value})
    assert (heard.limit, heard.remaining, heard.at_once) == (-1, -1, -1)


def test_somebody_who_may_not_see_the_company_is_asked_who_they_are(
    scripted: SmartRecruitersConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(
        Answer(status=403, body=refusal("OAuthPermissionsException")), Answer(body={"id": "u"})
    )
    scripted.check()
    assert [seen.path for seen in vendor.seen] == ["/configuration/company", "/users/me"]


def test_a_revoked_key_is_the_credentials_fault(world: Sandbox, build: Callable[..., Any]) -> None:
    connector = build(world.smartrecruiters["base_url"], api_key="DCRA1-revoked")
    with pytest.raises(AuthError):
        connector.check()


def test_a_server_that_answers_too_much_or_too_late_is_given_up(
    scripted: SmartRecruitersConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(Answer(body=b'"' + b"x" * 11_000_000 + b'"'))
    with pytest.raises(MalformedResponse):
        scripted.check()
    vendor.answer = lambda _seen: Answer(delay=1.5)
    with pytest.raises(TemporaryError):
        scripted.check()


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/configuration/company", "/candidates"])
def test_four_workers_of_one_account_stay_within_the_published_limits(
    world: Sandbox, build: Callable[..., Any], path: str
) -> None:
    """10 calls in any second to one endpoint, one search at a time: the vendor counts none over, and none is lost.

    How much of a limit is used depends on the machine: ``bench.integrations_limit`` measures it.
    """
    rule(world, delay=0.01)
    known = world.smartrecruiters

    def work() -> None:
        connector = build(known["base_url"], account=f"four-workers-{path}", api_key=known["keys"][0]["key"])
        for _ in range(15):
            connector.client.get(path)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.get("/control/smartrecruiters")["over"] == 0
    assert len(world.get("/control/smartrecruiters/requests")) == 60


def test_a_429_without_a_time_closes_the_account_for_a_while(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    fault(world, kind="rate_limit", path="/jobs", retry_after=False)
    with pytest.raises(RateLimited) as caught:
        there.list_jobs(acting_as="")
    assert caught.value.retry_after.total_seconds() == 30
    with pytest.raises(RateLimited):
        there.check()
