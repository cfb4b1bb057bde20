from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.client import Sandbox, SandboxFailed


class Api:
    """A plain HTTP client of the stand-in with the main account's key."""

    def __init__(self, world: Sandbox, key: str | None = None) -> None:
        self.base = world.sourcewhale_url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["api-key"] = world.sourcewhale_keys[0]["key"] if key is None else key

    def get(self, path: str, **query: str) -> requests.Response:
        return self.session.get(f"{self.base}/v1/{path}", params=query, timeout=10)

    def post(self, path: str, body: Any) -> requests.Response:
        return self.session.post(f"{self.base}/v1/{path}", json=body, timeout=10)

    def add(self, **more: Any) -> str:
        """Add Anna; her id."""
        person = {"firstName": "Anna", "lastName": "Ray", "emails": ["anna@x.example"]}
        answer = self.post("candidates/add", {"candidates": [person], **more})
        assert answer.status_code == 200, answer.text
        (number,) = answer.json()["candidateIds"]
        return str(number)

    def found(self, key: str = "email", value: str = "anna@x.example") -> list[dict[str, Any]]:
        return self.get("candidates/search", key=key, value=value).json()["candidates"]  # type: ignore[no-any-return]


@pytest.fixture
def api(world: Sandbox) -> Iterator[Api]:
    client = Api(world)
    yield client
    client.session.close()


def test_an_unknown_key_is_401_a_missing_one_too_and_one_without_rights_403(world: Sandbox, api: Api) -> None:
    statuses = []
    for key in ("wrong", "", world.sourcewhale_keys[2]["key"]):
        api.session.headers["api-key"] = key
        answer = api.get("projects/list")
        statuses.append(answer.status_code)
        assert answer.json()["error"]
    assert statuses == [401, 401, 403]
    with requests.get(f"{api.base}/v1/projects/list", timeout=10) as answer:
        assert answer.status_code == 401


def test_campaigns_are_those_of_the_user_and_projects_those_of_the_account(world: Sandbox, api: Api) -> None:
    of_bob = api.get("campaigns/list", userEmail="Bob@demo.example").json()["campaigns"]
    assert {each["campaignName"] for each in of_bob} == {
        "Backend engineers, spring (bob)",
        "Data people, warm (bob)",
    }
    assert set(of_bob[0]) == {"campaignId", "campaignName"}
    assert api.get("campaigns/list", userEmail="stranger@x.example").json() == {"campaigns": []}
    administrator = api.get("campaigns/list").json()["campaigns"]
    assert len(administrator) == 3
    filtered = api.get("campaigns/list", partner="bullhorn", **{"partner.region": "north"}).json()[
        "campaigns"
    ]
    assert [each["campaignName"] for each in filtered] == ["From the partner desk"]
    assert api.get("campaigns/list", partner="bullhorn", **{"partner.region": "x"}).json()["campaigns"] == []
    assert len(api.get("projects/list").json()["projects"]) == 3


def test_metrics_count_the_people_in_a_campaign(api: Api) -> None:
    campaign = api.get("campaigns/list").json()["campaigns"][0]["campaignId"]
    api.add(campaignId=campaign)
    rows = api.get("campaigns/list", includeMetrics="true").json()["campaigns"]
    assert [row["sourced"] for row in rows if row["campaignId"] == campaign] == [1]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "'candidates' is a required property"),
        ({"candidates": []}, "at least one"),
        ({"candidates": [{"emails": "anna@x.example"}]}, "candidates[0].emails"),
        ({"candidates": [{"firstName": None}]}, "candidates[0].firstName"),
        ({"candidates": [{"experience": [{"role": 3}]}]}, "candidates[0].experience[0].role"),
        ({"candidates": [{}], "sendImmediately": "no"}, "sendImmediately"),
        ([], "body"),
    ],
)
def test_what_does_not_fit_the_published_schema_is_refused_and_stores_nothing(
    world: Sandbox, api: Api, body: Any, words: str
) -> None:
    answer = api.post("candidates/add", body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert world.people() == []


def test_bodies_that_are_no_json_and_paths_that_do_not_exist_are_errors(api: Api) -> None:
    broken = api.session.post(f"{api.base}/v1/candidates/add", data="{", timeout=10)
    assert (broken.status_code, api.get("jobs").status_code) == (400, 404)
    assert api.get("candidates/add").status_code == 405


def test_adding_gives_url_and_ids_and_a_known_email_updates(world: Sandbox, api: Api) -> None:
    campaign = api.get("campaigns/list").json()["campaigns"][0]["campaignId"]
    projects = [each["projectId"] for each in api.get("projects/list").json()["projects"]]
    first = api.add(projectIds=projects[:1])
    answer = api.post(
        "candidates/add",
        {
            "candidates": [{"emails": ["ANNA@x.example"], "role": "Engineer", "unknownField": "dropped"}],
            "campaignId": campaign,
            "projectIds": projects[1:2],
        },
    ).json()
    assert answer["candidateIds"] == [first]
    assert requests.get(answer["url"], timeout=10).status_code == 200
    (person,) = world.people()
    assert person["fields"] == {
        "firstName": "Anna",
        "lastName": "Ray",
        "emails": ["ANNA@x.example"],
        "role": "Engineer",
    }
    assert (person["campaign_id"], person["project_ids"]) == (campaign, projects[:2])
    assert world.sourcewhale()["outreach_started"] == 0


def test_with_the_other_rule_a_known_email_makes_a_second_record(world: Sandbox, api: Api) -> None:
    world.control(sourcewhale_duplicates="create")
    assert api.add() != api.add()
    assert world.sourcewhale()["duplicates"] == 1


def test_unknown_campaigns_and_projects_are_404(world: Sandbox, api: Api) -> None:
    for more in ({"campaignId": "nope"}, {"projectIds": ["nope"]}):
        assert api.post("candidates/add", {"candidates": [{"name": "A"}], **more}).status_code == 404
    assert world.people() == []


def test_starting_outreach_does_not_go_unseen(world: Sandbox, api: Api) -> None:
    campaign = api.get("campaigns/list").json()["campaigns"][0]["campaignId"]
    api.add(campaignId=campaign, sendImmediately=True)
    assert world.sourcewhale()["outreach_started"] == 1
    assert "outreach was started" in requests.get(world.addresses["sourcewhale"]["url"], timeout=10).text


def test_modify_replaces_the_given_fields_only(world: Sandbox, api: Api) -> None:
    number = api.add()
    answer = api.post(
        "candidates/modify",
        {"candidate": {"candidateId": number, "company": "Acme", "emails": ["new@x.example"]}},
    )
    assert answer.json() == "success"
    (person,) = world.people()
    assert (person["fields"]["firstName"], person["fields"]["company"]) == ("Anna", "Acme")
    assert person["fields"]["emails"] == ["new@x.example"]
    assert api.post("candidates/modify", {"candidate": {"candidateId": "f" * 24}}).status_code == 404
    assert api.post("candidates/modify", {"candidate": {"company": "Acme"}}).status_code == 400
    history = {"candidate": {"candidateId": number, "experience": []}}
    assert api.post("candidates/modify", history).status_code == 400


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("email", "Anna@X.example"),
        ("phone", "0049 (30) 123"),
        ("socialLink", "linkedin.com/in/anna/"),
        ("photo", "https://p.example/a.jpg"),
    ],
)
def test_search_finds_by_each_key(api: Api, key: str, value: str) -> None:
    person = {
        "name": "Anna Ray",
        "emails": ["anna@x.example"],
        "phones": ["004930123"],
        "socialLinks": ["https://www.linkedin.com/in/anna"],
        "photo": "https://p.example/a.jpg",
    }
    api.post("candidates/add", {"candidates": [person]})
    (row,) = api.found(key, value)
    assert (row["name"], row["linkedinUrl"]) == ("Anna Ray", "https://www.linkedin.com/in/anna")
    assert isinstance(row["createdAt"], int)
    assert api.found(key, "nobody") == []


def test_search_needs_a_known_key_and_a_value(api: Api) -> None:
    assert api.get("candidates/search", email="anna@x.example").status_code == 400
    assert api.get("candidates/search", key="name", value="Anna").status_code == 400
    assert api.get("candidates/search", key="email").status_code == 400


def test_the_index_lags_behind(world: Sandbox, api: Api) -> None:
    world.control(sourcewhale_index_delay=1.0)
    number = api.add()
    assert api.found() == []
    assert within_10_seconds(lambda: [row["candidateId"] for row in api.found()] == [number])
    api.post("candidates/modify", {"candidate": {"candidateId": number, "company": "Acme"}})
    assert api.found()[0]["company"] == ""
    assert within_10_seconds(lambda: api.found()[0]["company"] == "Acme")


def within_10_seconds(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_accounts_do_not_see_each_other(world: Sandbox, api: Api) -> None:
    number = api.add()
    other = Api(world, world.sourcewhale_keys[1]["key"])
    assert other.found() == []
    assert other.post("candidates/modify", {"candidate": {"candidateId": number}}).status_code == 404
    assert other.add() != number
    other.session.close()


def test_statistics_need_dates(api: Api) -> None:
    api.add()
    answer = api.get("statistics/dashboard", **{"from": "2020-01-01", "to": "2999-01-01"}).json()
    assert answer["counts"]["alice@demo.example"]["email"]["sourced"] == 1
    assert answer["team"][0]["email"] == "alice@demo.example"
    assert api.get("statistics/dashboard", **{"from": "yesterday", "to": "2999-01-01"}).status_code == 400


def test_a_subscriber_is_told_until_it_leaves(world: Sandbox, api: Api) -> None:
    told: list[dict[str, Any]] = []
    came = threading.Event()

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()
            came.set()

        def log_message(self, *arguments: object) -> None:
            """Silent."""

    with http.server.HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/hook?token=t"
        hook = api.post("zapier/subscribe", {"url": url, "subscriptionType": "candidateCreated"}).json()["id"]
        number = api.add()
        assert came.wait(60)
        assert api.post("zapier/unsubscribe", {"subscriptionId": hook}).json() == "success"
        assert api.post("zapier/unsubscribe", {"subscriptionId": hook}).status_code == 404
        server.shutdown()
    assert [each["candidateId"] for each in told] == [number]
    assert api.post("zapier/subscribe", {"url": url, "subscriptionType": "x"}).status_code == 400


def test_429_says_when_to_come_back(world: Sandbox, api: Api) -> None:
    world.fault("rate_limit", times=2, seconds=7)
    for _ in range(2):
        answer = api.get("projects/list")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert api.get("projects/list").status_code == 200
    world.control(sourcewhale_rate_limit=3)
    assert [api.get("projects/list").status_code for _ in range(5)].count(429) == 2


def test_failures_happen_to_the_requests_they_are_ordered_for(world: Sandbox, api: Api) -> None:
    world.fault("error", path="candidates/add", status=503)
    assert api.get("projects/list").status_code == 200
    assert api.post("candidates/add", {"candidates": [{"name": "A"}]}).status_code == 503
    assert world.people() == []
    world.fault("error", after=True)
    assert api.post("candidates/add", {"candidates": [{"name": "A"}]}).status_code == 500
    assert len(world.people()) == 1
    world.fault("malformed")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        api.get("projects/list").json()
    met = world.sourcewhale()["faults_met"]
    world.fault("error", times=0, chance=0.0)
    assert api.get("projects/list").status_code == 200
    assert world.sourcewhale()["faults_met"] == met
    world.fault("slow", seconds=0.3)
    assert api.get("projects/list").elapsed.total_seconds() >= 0.3


def test_a_line_cut_after_the_record_was_stored_leaves_one_to_be_found(world: Sandbox, api: Api) -> None:
    world.fault("cut", path="candidates/add")
    with pytest.raises(requests.ConnectionError):
        api.add()
    assert len(api.found()) == 1
    world.fault("cut", path="candidates/add", after=False)
    with pytest.raises(requests.ConnectionError):
        api.post("candidates/add", {"candidates": [{"name": "B"}]})
    assert len(world.people()) == 1
    assert world.sourcewhale()["requests_by_status"]["0"] == 2


def test_a_hanging_api_holds_up_nobody_else(world: Sandbox, api: Api) -> None:
    world.fault("hang")
    with pytest.raises(requests.ReadTimeout):
        api.session.get(f"{api.base}/v1/projects/list", timeout=0.3)
    assert api.get("projects/list").status_code == 200


def test_unreadable_orders_are_refused(world: Sandbox) -> None:
    with pytest.raises(SandboxFailed, match="kind is one of"):
        world.fault("explode")
    with pytest.raises(SandboxFailed, match="unexpected keyword"):
        world.fault("slow", second=3)
    with pytest.raises(SandboxFailed, match="times cannot be"):
        world.fault("slow", times="often")


def test_the_request_log_keeps_everything_but_the_key(world: Sandbox, api: Api) -> None:
    api.add()
    (logged,) = world.sourcewhale_requests()
    assert (logged["method"], logged["path"], logged["status"]) == ("POST", "/v1/candidates/add", 200)
    assert "anna@x.example" in logged["body"]
    page = requests.get(f"{world.addresses['sourcewhale']['url']}requests", timeout=10).text
    assert "/v1/candidates/add" in page
    assert world.sourcewhale_keys[0]["key"] not in page + json.dumps(logged)
