"""The connector and the sandbox's CATS: two processes, real sockets, the vendor's rules and its failures."""

from __future__ import annotations

import datetime
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import redis
import requests

from integrations.base.errors import AuthError, Forbidden, Incomplete, OutcomeUnknown, RateLimited, Rejected
from integrations.base.records import (
    Education,
    Employment,
    Note,
    NoteKind,
    PersonKeys,
    PersonWrite,
    PushAction,
    RemotePerson,
    RemoteRef,
    Standing,
    Target,
    TargetKind,
)
from integrations.base.throttle import RedisThrottle
from integrations.vendors.cats.connector import CatsConnector
from sandbox.client import Sandbox
from tests.integrations.cats.paces import FreePace

ALICE = "alice@example.com"
JOB = Target(kind=TargetKind.JOB, external_id="55", name="Platform engineer")
WARM = Target(kind=TargetKind.POOL, external_id="candidates/3", name="Backend engineers, warm")
ADA: dict[str, Any] = {
    "first_name": "Zoë",
    "last_name": "李\u200b雷",
    "emails": ("ada@example.org", "ada@work.example"),
    "phones": ("+44 20 7946 0000",),
    "social_media_urls": ("https://linkedin.com/in/ada",),
    "address.city": "London",
    "country_code": "GB",
    "title": "Analyst",
    "tags": ("ruby", "poetry"),
    "custom:351005": "North",
    "work_history": (Employment(title="Analyst", company="Engines", started="1842"),),
    "education": (Education(school="Home", degree="Mathematics"),),
}
KEYS = PersonKeys(emails=("ada@example.org",), name="Zoë 李\u200b雷")

Open = Callable[..., CatsConnector]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(Path(tmp_path_factory.mktemp("sandbox")), accounts={ALICE: "unused"}) as world:
        yield world


@pytest.fixture
def world(running: Sandbox) -> Sandbox:
    running.reset()
    running.clear()
    return running


@pytest.fixture
def cats(world: Sandbox, open_cats: Open) -> CatsConnector:
    return open_cats(world.cats["base_url"], key=world.cats["keys"][0]["key"])


def push(
    connector: CatsConnector,
    values: dict[str, Any],
    *,
    existing: RemotePerson | None = None,
    target: Target | None = None,
    record_type: str = "candidate",
) -> Any:
    whole = {**(existing.values if existing else {}), **values}
    write = PersonWrite(values=values, whole=whole, target=target, record_type=record_type, acting_as=ALICE)
    return connector.push(write, existing=existing)


def find(connector: CatsConnector, keys: PersonKeys = KEYS) -> tuple[RemotePerson, ...]:
    return connector.find(keys, record_type="candidate", target=None, acting_as="")


def fault(world: Sandbox, kind: str, **details: Any) -> None:
    world.post("/control/cats/faults", {"kind": kind, **details})


def statuses(world: Sandbox) -> dict[str, int]:
    return dict(world.get("/control/cats")["requests_by_status"])


def test_a_person_arrives_whole_and_is_read_back_as_they_were_written(cats: CatsConnector) -> None:
    result = push(cats, ADA, target=JOB)
    (found,) = find(cats)
    read = cats.read(found.ref)
    assert read.external_id == result.external_id
    assert read.target_ids == {"55"}
    for key in ("first_name", "last_name", "emails", "phones", "title", "address.city", "custom:351005"):
        assert read.values[key] == ADA[key], key
    assert read.values["notes"] == "Education\nMathematics, Home"
    assert "“poetry”" in result.left_out["tags"]


def test_a_second_push_of_the_same_changes_nothing_there(cats: CatsConnector, world: Sandbox) -> None:
    push(cats, ADA, target=WARM)
    (found,) = find(cats)
    again = {key: ADA[key] for key in ("emails", "phones", "work_history")}
    assert push(cats, again, existing=found, target=WARM).action is PushAction.UNCHANGED
    (row,) = world.get("/control/cats/candidates")
    assert [len(row[part]) for part in ("emails", "phones", "work_history")] == [2, 1, 1]


def test_a_generated_address_gives_way_to_a_real_one(cats: CatsConnector, world: Sandbox) -> None:
    dummy = "no-email-352@beckon.example.com"
    push(cats, {**ADA, "emails": (dummy,)})
    (found,) = find(cats, PersonKeys(markers=(dummy,)))
    push(cats, {"emails": ("ada@example.org",)}, existing=found)
    (row,) = world.get("/control/cats/candidates")
    assert [email["email"] for email in row["emails"]] == ["ada@example.org"]
    assert find(cats)[0].external_id == found.external_id


@pytest.mark.parametrize("kind", ["cut", "error"])
@pytest.mark.parametrize("path", ["/candidates", "/pipelines"])
def test_whatever_is_cut_off_after_it_was_done_is_completed_and_not_doubled(
    kind: str, path: str, cats: CatsConnector, world: Sandbox
) -> None:
    fault(world, kind, path=path, after=True)
    with pytest.raises((OutcomeUnknown, Incomplete)):
        push(cats, ADA, target=JOB)
    (found,) = find(cats)
    push(cats, {"tags": ("ruby",)}, existing=found, target=JOB)
    counts = world.get("/control/cats")
    assert (counts["candidates"], counts["duplicates"], counts["pipelines"]) == (1, 0, 1)


def test_broken_off_at_every_call_in_turn_an_update_still_ends_with_each_thing_once(
    cats: CatsConnector, world: Sandbox
) -> None:
    push(cats, {"first_name": "Ada", "last_name": "Byron", "emails": ("ada@example.org",)})
    values = {
        **{key: ADA[key] for key in ("emails", "phones", "work_history", "title", "custom:351005")},
        "tags": ("ruby", "remote"),
    }
    for path in ("/emails", "/phones", "/custom_fields", "/work_history", "/tags", "/pipelines"):
        (found,) = find(cats)
        if path != "/custom_fields":
            fault(world, "slow", path=path, seconds=0)  # what is there is read first, and shall be
        fault(world, "cut", path=path, after=True)
        with pytest.raises((Incomplete, OutcomeUnknown)):
            push(cats, values, existing=found, target=JOB)
        world.post("/control/cats/faults/clear", {})
    (found,) = find(cats)
    push(cats, values, existing=found, target=JOB)
    (row,) = world.get("/control/cats/candidates")
    assert [email["email"] for email in row["emails"]] == ["ada@example.org", "ada@work.example"]
    assert (len(row["phones"]), len(row["work_history"]), sorted(row["tags"])) == (1, 1, [10, 11])
    assert (row["custom"], row["title"]) == ({"351005": "North"}, "Analyst")
    assert world.get("/control/cats")["pipelines"] == 1


def test_a_closed_job_refuses_the_person_but_keeps_the_record(cats: CatsConnector, world: Sandbox) -> None:
    closed = Target(kind=TargetKind.JOB, external_id="57", name="Office manager")
    with pytest.raises(Incomplete, match="closed") as caught:
        push(cats, ADA, target=closed)
    assert isinstance(caught.value.cause, Rejected)
    assert caught.value.result.external_id == find(cats)[0].external_id


def test_a_company_is_made_once_with_an_owner_and_a_contact_belongs_to_it(
    cats: CatsConnector, world: Sandbox
) -> None:
    company = cats.make_company("Brand New", owner_id="", acting_as=ALICE)
    (there,) = world.get("/control/cats/companies")
    assert (str(there["id"]), there["name"], there["owner_id"]) == (company.external_id, "Brand New", 7)
    with pytest.raises(Rejected, match="duplicate"):
        cats.make_company("brand new", owner_id="7", acting_as="")
    values = {"first_name": "Ada", "last_name": "Byron", "company_id": company.external_id}
    push(cats, values, record_type="contact")
    (contact,) = world.get("/control/cats/contacts")
    assert (contact["company_id"], contact["owner_id"]) == (there["id"], 7)
    with pytest.raises(Rejected) as caught:
        push(cats, {**values, "company_id": "999999"}, record_type="contact")
    assert list(caught.value.fields) == ["company_id"]


def test_look_alike_companies_say_what_tells_them_apart(cats: CatsConnector) -> None:
    found = {company.external_id: company for company in cats.find_companies("Difference Works")}
    assert [found[number].name for number in ("32", "33")] == [
        "Difference Works Inc",
        "Difference Works GmbH",
    ]
    labels = {option.label: option.id for option in cats.list_company_fields()}
    assert found["32"].hints[labels["Tier"]] == "Gold"
    assert found["33"].hints[labels["Address"]] == "Berlin"


def test_lists_jobs_statuses_and_fields_are_those_of_the_account(cats: CatsConnector) -> None:
    assert [pool.external_id for pool in cats.list_pools(acting_as="")] == [
        "candidates/3",
        "candidates/4",
        "contacts/3",
    ]
    active = cats.list_job_statuses()[0]
    assert [job.external_id for job in cats.list_jobs(acting_as="", statuses=[active.id])] == ["56", "55"]
    fields = {field.key: field for field in cats.list_fields(record_type="candidate")}
    assert [option.id for option in fields["custom:351005"].options] == ["North", "South"]
    assert fields["owner_id"].options[0].id == "7"


def test_a_note_is_written_once_and_found_again(cats: CatsConnector, world: Sandbox) -> None:
    ref = RemoteRef(external_id=push(cats, ADA).external_id)
    at = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
    note = Note(key="k1", kind=NoteKind.SMS, at=at, text="SMS sent", job_id="55")
    assert not cats.find_note(ref, note)
    fault(world, "cut", path="/activities", after=True)
    with pytest.raises(OutcomeUnknown):
        cats.add_note(ref, note, earlier=(), acting_as="")
    assert cats.find_note(ref, note)
    (activity,) = world.get("/control/cats/activities")
    assert (activity["type"], activity["regarding_id"]) == ("text_message", 55)


def test_everybody_is_pulled_once_and_then_what_changed(cats: CatsConnector, world: Sandbox) -> None:
    for number in range(130):
        push(cats, {"first_name": "P", "last_name": str(number), "emails": (f"p{number}@example.org",)})
    seen, cursor, more = [], "", True
    while more:
        step = cats.changes(cursor=cursor)
        if not cursor:
            late = push(cats, {"first_name": "Late", "last_name": "Comer", "emails": ("late@example.org",)})
        seen += [person.external_id for person in step.people]
        cursor, more = step.cursor, step.more
    everybody = {str(row["id"]) for row in world.get("/control/cats/candidates")}
    assert set(seen) == everybody
    assert late.external_id in seen

    cats.delete(RemoteRef(external_id=seen[0]))
    pushed = push(cats, {}, existing=cats.read(RemoteRef(external_id=late.external_id)), target=JOB)
    assert pushed.action is PushAction.UPDATED
    (pipeline,) = world.get("/control/cats/pipelines")
    cats.client.post(f"/pipelines/{pipeline['id']}/status", body={"status_id": 76}, empty=True)
    step = cats.changes(cursor=cursor)
    assert [ref.external_id for ref in step.gone] == [seen[0]]
    assert [(person.external_id, person.standing) for person in step.people] == [
        (late.external_id, Standing.HIRED)
    ]


def test_a_webhook_of_the_sandbox_is_believed_and_named_once(cats: CatsConnector) -> None:
    got: list[tuple[dict[str, str], bytes]] = []
    arrived = threading.Event()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.end_headers()
            arrived.set()

        def log_message(self, *args: Any) -> None:
            """Silence: pytest shows what failed."""

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/hook"
        first = cats.subscribe(url=url, secret="first")
        second = cats.subscribe(url=url, secret="second")
        assert first.external_id != second.external_id
        made = push(cats, ADA)
        assert arrived.wait(5)
    finally:
        server.shutdown()
        server.server_close()
    headers, body = got[0]
    call = CatsConnector.receive(headers=headers, body=body, secrets=("second",))
    assert call.changed == (RemoteRef(external_id=made.external_id),)
    assert (call.event, json.loads(body)["candidate_id"]) == ("candidate.created", int(made.external_id))
    cats.unsubscribe(second)
    cats.unsubscribe(second)


def test_keys_without_rights_and_unknown_keys_are_told_apart(world: Sandbox, open_cats: Open) -> None:
    url, keys = world.cats["base_url"], world.cats["keys"]
    with pytest.raises(Forbidden):
        open_cats(url, key=keys[2]["key"]).check()
    with pytest.raises(AuthError, match="Invalid credentials"):
        open_cats(url, key="not-a-key").check()
    open_cats(url, key=keys[1]["key"]).check()
    assert open_cats(url, key=keys[1]["key"]).list_jobs(acting_as="") == ()


def test_other_accounts_people_are_not_there(cats: CatsConnector, world: Sandbox, open_cats: Open) -> None:
    push(cats, ADA)
    other = open_cats(world.cats["base_url"], key=world.cats["keys"][1]["key"])
    assert find(other) == ()


def test_the_hours_budget_is_used_up_and_never_overdrawn(
    world: Sandbox, open_cats: Open, redis_connection: redis.Redis, settings: Any
) -> None:
    settings.CATS_CALLS_PER_HOUR = 20
    world.control(cats_calls_per_hour=20)
    throttle = RedisThrottle(redis_connection, account=f"test-{uuid.uuid4()}")
    cats = open_cats(world.cats["base_url"], key=world.cats["keys"][0]["key"], throttle=throttle)
    for _ in range(20):
        cats.check()
    with pytest.raises(RateLimited) as caught:
        cats.check()
    assert datetime.timedelta(minutes=59) < caught.value.retry_after <= datetime.timedelta(hours=1)
    assert statuses(world) == {"200": 20}


def test_a_budget_the_account_shares_with_others_is_believed_from_its_headers(
    world: Sandbox, open_cats: Open
) -> None:
    world.control(cats_calls_per_hour=2)
    pace = FreePace()
    cats = open_cats(world.cats["base_url"], key=world.cats["keys"][0]["key"], throttle=pace)
    cats.check()
    cats.check()
    assert [(each.limit, each.remaining) for each in pace.heard] == [(2, 1), (2, 0)]
    with pytest.raises(RateLimited):
        cats.check()
    assert pace.closed_for[0] > datetime.timedelta(minutes=59)


def test_the_sandbox_shows_its_people_and_escapes_them(cats: CatsConnector, world: Sandbox) -> None:
    number = push(cats, {"first_name": "<script>", "last_name": "Byron"}).external_id
    for path in ("cats/", f"cats/candidates/{number}", "cats/requests"):
        assert "<script>" not in requests.get(f"{world.addresses['url']}{path}", timeout=10).text
    assert "&lt;script&gt;" in requests.get(f"{world.addresses['url']}cats/", timeout=10).text
