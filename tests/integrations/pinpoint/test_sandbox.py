"""The connector and the sandbox's Pinpoint: two processes, real sockets, the vendor's rules and its failures."""

from __future__ import annotations

import datetime
import http.server
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from integrations.base.errors import (
    AuthError,
    Forbidden,
    Incomplete,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    RecordGone,
    Rejected,
    TemporaryError,
)
from integrations.base.records import (
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
from integrations.vendors.pinpoint import webhooks
from integrations.vendors.pinpoint.connector import PinpointConnector
from sandbox.client import Sandbox

Open = Callable[..., PinpointConnector]
JOB = Target(kind=TargetKind.JOB, external_id="1000044", name="Platform engineer")
CONFIDENTIAL = Target(kind=TargetKind.JOB, external_id="1000045", name="Analytics lead")
NEEDS_PHONE = Target(kind=TargetKind.JOB, external_id="1000046", name="Field engineer")
CLOSED = Target(kind=TargetKind.JOB, external_id="1000047", name="Office manager")
ADA: dict[str, Any] = {
    "first_name": "Zoë",
    "last_name": "李\u200b雷",
    "email": "ada@people.example",
    "linkedin_url": "https://linkedin.com/in/ada",
    "town": "London",
    "summary": "Wrote the first program.",
    "summary.experience": "Analyst, Engines (1842 – now)",
    "tags": ("Ruby", "poetry"),
    "single_select:1000101": "Maroon",
    "multi_select:1000102": ("Maroon", "Black and white", "Blue"),
    "integer:1000103": "13",
    "decimal:1000104": "640.5",
    "boolean:1000105": False,
    "date:1000106": "2026-01-31",
    "text:1000107": "One\nTwo",
    "varchar:1000108": "b",
}
#: What a read of Ada does not show in the words that were written.
NOT_AS_WRITTEN = ("summary", "summary.experience")
KEYS = PersonKeys(emails=("ADA@people.example",), name="Zoë 李\u200b雷")


def write(values: dict[str, Any], target: Target = JOB, whole: Any = None) -> PersonWrite:
    return PersonWrite(values=values, whole=whole or values, target=target)


def find(connector: PinpointConnector, target: Target = JOB) -> tuple[RemotePerson, ...]:
    return connector.find(KEYS, record_type="candidate", target=target, acting_as="")


def counts(world: Sandbox) -> dict[str, Any]:
    return world.get("/control/pinpoint")  # type: ignore[no-any-return]


def fault(world: Sandbox, kind: str, **details: Any) -> None:
    world.post("/control/pinpoint/faults", {"kind": kind, **details})


def test_what_is_written_is_read_back_the_same(there: Open, world: Sandbox) -> None:
    connector = there()
    made = connector.push(write(ADA), existing=None)
    assert (made.action, made.left_out) == (PushAction.CREATED, {})
    person = connector.read(RemoteRef(external_id=made.external_id))
    told = {key: value for key, value in ADA.items() if key not in NOT_AS_WRITTEN}
    assert {key: person.values[key] for key in told} == {
        **told,
        "multi_select:1000102": ("Maroon", "Blue", "Black and white"),
    }
    assert person.values["summary"] == (
        "Wrote the first program.\n\nExperience\nAnalyst, Engines (1842 – now)"
    )
    assert person.target_ids == {JOB.external_id}
    assert counts(world)["emailed"] == 0


@pytest.mark.parametrize("target", [JOB, CONFIDENTIAL], ids=["external", "confidential"])
def test_a_person_is_found_on_the_job_and_on_no_other(target: Target, there: Open) -> None:
    connector = there()
    made = connector.push(write(ADA, target), existing=None)
    (found,) = find(connector, target)
    assert found.external_id == made.external_id
    assert find(connector, NEEDS_PHONE) == ()
    assert find(there(1), target) == ()


def test_a_second_push_changes_what_differs_and_nothing_twice(there: Open, world: Sandbox) -> None:
    connector = there()
    made = connector.push(write(ADA), existing=None)
    (row,) = find(connector)
    existing = connector.read(row.ref)
    changed = {
        "last_name": "King",
        "tags": ("Ruby", "poetry", "chess"),
        "integer:1000103": "14",
        "varchar:1000108": "",
    }
    result = connector.push(write(changed), existing=existing)
    assert (result.external_id, result.action, result.left_out) == (made.external_id, PushAction.UPDATED, {})
    after = connector.read(row.ref)
    assert {key: after.values[key] for key in changed} == changed
    assert connector.push(write({}), existing=after).action is PushAction.UNCHANGED
    assert counts(world)["applications"] == 1


def test_an_undo_puts_back_what_was_there(there: Open) -> None:
    connector = there()
    connector.push(write({**ADA, "tags": ("Ruby",)}), existing=None)
    before = connector.read(find(connector)[0].ref)
    connector.push(write({"town": "Bath", "tags": ("Ruby", "chess")}), existing=before)
    changed = connector.read(before.ref)
    assert changed.values["tags"] == ("Ruby", "chess")
    connector.push(write({"town": "London", "tags": ("Ruby",)}), existing=changed)
    assert connector.read(before.ref).values == before.values


def test_a_job_that_requires_more_refuses_in_its_own_words(there: Open, world: Sandbox) -> None:
    connector = there()
    with pytest.raises(Rejected) as caught:
        connector.push(write(ADA, NEEDS_PHONE), existing=None)
    assert caught.value.fields == {"phone": "Phone can't be blank"}
    with pytest.raises(Rejected, match="Job is closed"):
        connector.push(write(ADA, CLOSED), existing=None)
    assert counts(world)["applications"] == 0


def test_an_account_that_cannot_be_silent_gets_nobody(there: Open, world: Sandbox) -> None:
    world.control(pinpoint_newer_attributes=False)
    for call in (lambda: there().push(write(ADA), existing=None), lambda: there().prove_write()):
        with pytest.raises(Rejected, match="would e-mail"):
            call()
    assert (counts(world)["applications"], counts(world)["emailed"]) == (0, 0)


def test_keys_are_told_apart(there: Open, world: Sandbox) -> None:
    there().check()
    assert there().prove_write().startswith("Allowed")
    reading = there(2)
    reading.check()
    assert reading.prove_look_up() == "Allowed."
    with pytest.raises(Forbidden):
        reading.prove_write()
    with pytest.raises(Forbidden, match="not enabled"):
        there(3).check()
    wrong = there()
    wrong.client._credentials["api_key"] = "made-up-key-0000"
    with pytest.raises(AuthError, match="Invalid API key"):
        wrong.check()
    assert counts(world)["applications"] == 0


def test_jobs_by_status(there: Open) -> None:
    connector = there()
    assert {job.status for job in connector.list_jobs(acting_as="")} == {
        "open",
        "closed",
        "draft",
        "archived",
    }
    found = connector.list_jobs(acting_as="", statuses=["draft", "closed"])
    assert [job.name for job in found] == ["Head of research", "Office manager"]


@pytest.mark.parametrize("kind", ["error", "cut", "malformed", "hang"])
@pytest.mark.parametrize("after", [False, True])
def test_a_create_with_an_unclear_end_is_found_or_made_once(
    kind: str, after: bool, there: Open, world: Sandbox
) -> None:
    fault(world, kind, path="/applications", after=after)
    with pytest.raises(OutcomeUnknown):
        there(timeout=1.0).push(write(ADA), existing=None)
    connector = there()
    found = find(connector)
    assert bool(found) is (after or kind == "malformed")
    connector.push(write(ADA), existing=connector.read(found[0].ref) if found else None)
    (row,) = find(connector)
    assert connector.read(row.ref).values["integer:1000103"] == "13"
    assert (counts(world)["applications"], counts(world)["duplicates"]) == (1, 0)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", range(9))
def test_a_push_cut_at_any_call_is_completed_by_the_next(
    call: int, after: bool, there: Open, world: Sandbox
) -> None:
    paths = ["/applications/", *["/custom_attributes"] * 8]
    fault_path, earlier = paths[call], paths[:call].count(paths[call])
    if earlier:
        # Let the earlier calls of the same path through: a fault that does nothing but wait no time.
        fault(world, "slow", path=fault_path, times=earlier, seconds=0.0)
    fault(world, "error", path=fault_path, after=after)
    connector = there()
    with pytest.raises(Incomplete) as caught:
        connector.push(write(ADA), existing=None)
    assert type(caught.value.cause) is OutcomeUnknown
    ref = RemoteRef(external_id=caught.value.result.external_id)
    existing = connector.read(ref)
    missing = {
        key: value
        for key, value in ADA.items()
        if key not in NOT_AS_WRITTEN and set(_listed(existing.values.get(key))) != set(_listed(value))
    }
    result = connector.push(write(missing), existing=existing)
    assert result.left_out == {}
    whole = connector.read(ref)
    assert {key: set(_listed(whole.values[key])) for key in ADA if key not in NOT_AS_WRITTEN} == {
        key: set(_listed(value)) for key, value in ADA.items() if key not in NOT_AS_WRITTEN
    }
    assert counts(world)["applications"] == 1


def _listed(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def test_reads_are_repeated_and_a_limit_without_a_wait_is_handed_up(there: Open, world: Sandbox) -> None:
    fault(world, "error", path="/jobs", times=2)
    there().check()
    fault(world, "error", path="/jobs", times=10)
    with pytest.raises(TemporaryError):
        there().check()
    world.post("/control/pinpoint/faults/clear", {})
    world.control(pinpoint_rate_limit=1)
    connector = there()
    connector.check()
    with pytest.raises(RateLimited) as caught:
        connector.check()
    assert caught.value.retry_after == datetime.timedelta(seconds=30)


def test_a_removed_application_and_a_foreign_one_are_gone(there: Open) -> None:
    made = there(1).push(
        write(ADA, Target(kind=TargetKind.JOB, external_id="1000090", name="x")), existing=None
    )
    ref = RemoteRef(external_id=made.external_id)
    note = Note(key="k", kind=NoteKind.CALL, at=datetime.datetime.now(datetime.UTC), text="Called.")
    with pytest.raises(RecordGone):
        there().read(ref)
    with pytest.raises(NotFound):
        there().add_note(ref, note, earlier=(), acting_as="")


def test_a_note_cut_after_it_was_written_is_found(there: Open, world: Sandbox) -> None:
    connector = there()
    ref = RemoteRef(external_id=connector.push(write(ADA), existing=None).external_id)
    note = Note(key="k7", kind=NoteKind.CALL, at=datetime.datetime.now(datetime.UTC), text="Called.")
    assert not connector.find_note(ref, note)
    fault(world, "cut", path="/comments")
    with pytest.raises(OutcomeUnknown):
        connector.add_note(ref, note, earlier=(), acting_as="")
    assert connector.find_note(ref, note)
    assert (counts(world)["comments"], counts(world)["comments_doubled"]) == (1, 0)


def test_a_hire_is_pulled_and_an_idle_account_ends_the_pull(there: Open, world: Sandbox) -> None:
    connector = there()
    made = connector.push(write(ADA), existing=None)
    first = connector.changes(cursor="")
    assert [person.external_id for person in first.people] == [made.external_id]
    assert not first.more
    world.post("/control/pinpoint/move", {"id": int(made.external_id), "stage": "hired"})
    (person,) = connector.changes(cursor=first.cursor).people
    assert person.standing is Standing.HIRED
    assert person.values["date:1000106"] == "2026-01-31"


def test_ten_thousand_applications_with_one_moment_are_pulled_whole(there: Open, world: Sandbox) -> None:
    world.post(
        "/control/pinpoint/fill", {"subdomain": "demo-talent", "job": JOB.external_id, "count": 10_000}
    )
    connector, cursor, seen = there(), "", set()
    for _ in range(200):
        page = connector.changes(cursor=cursor)
        seen |= {person.external_id for person in page.people}
        cursor = page.cursor
        if not page.more:
            break
    assert len(seen) == 10_000


def test_a_webhook_is_signed_so_that_we_take_it(there: Open, world: Sandbox) -> None:
    taken: list[tuple[dict[str, str], bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Silence: pytest shows what failed."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/hook"
        world.post(
            "/control/pinpoint/webhooks", {"subdomain": "demo-talent", "url": url, "secret": "whsec-2"}
        )
        made = there().push(
            write({key: ADA[key] for key in ("first_name", "last_name", "email")}), existing=None
        )
        world.post("/control/pinpoint/move", {"id": int(made.external_id), "stage": "hired"})
        end = time.monotonic() + 5
        while len(taken) < 2 and time.monotonic() < end:
            time.sleep(0.02)
    finally:
        server.shutdown()
        server.server_close()
    calls = [webhooks.receive(headers=headers, body=body, secrets=("whsec-2",)) for headers, body in taken]
    assert {call.event for call in calls} == {"application_created", "application_hired"}
    assert all(call.changed == (RemoteRef(external_id=made.external_id),) for call in calls)


def test_the_pages_show_the_records(there: Open, world: Sandbox) -> None:
    connector = there()
    made = connector.push(write({**ADA, "town": "<script>"}), existing=None)
    page = world._call("GET", "/pinpoint/").decode()
    assert "Zoë" in page
    one = world._call("GET", f"/pinpoint/applications/{made.external_id}").decode()
    assert "Maroon, Black and white, and Blue" in one
    assert "&lt;script&gt;" in one
    assert "<script>" not in one
    assert "POST /custom_attributes" in world._call("GET", "/pinpoint/requests").decode()
