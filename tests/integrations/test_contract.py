"""What every registered connector promises: a new line in the registry is a new set of these tests."""

from __future__ import annotations

import datetime
import pathlib
from collections.abc import Callable
from email.utils import format_datetime

import pytest
import redis

from integrations import registry
from integrations.base.connector import METHODS, Connector, CredentialsForm
from integrations.base.errors import (
    AuthError,
    ConnectorError,
    Forbidden,
    MalformedResponse,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TemporaryError,
    Unsupported,
)
from integrations.base.http import LONGEST_RETRY_AFTER, READ_RETRY_NAPS
from integrations.base.records import (
    Capability,
    Note,
    NoteKind,
    PersonKeys,
    PersonWrite,
    RemoteRef,
    Target,
    TargetKind,
)
from integrations.mapping import FieldRule, PersonData, Reachable, payload
from tests.integrations.conftest import API_KEY
from tests.integrations.vendor_server import Answer, VendorServer

Build = Callable[..., Connector]

each_vendor = pytest.mark.parametrize("found", registry.connector_classes(), ids=lambda found: found.slug)
ADA = PersonData(first_name="Ada", last_name="Byron", emails=(Reachable(value="ada@example.org"),))
JOB = Target(kind=TargetKind.JOB, external_id="1", name="Ruby lead")


def push(connector: Connector) -> None:
    """A create as the engine asks for it, with the fields every account has."""
    rules = [FieldRule.default(field) for field in connector.standard_fields("candidate")]
    made = payload(ADA, rules=rules, source_label="Beckon")
    write = PersonWrite(
        values=made.values,
        whole=made.whole,
        target=JOB if connector.needs_job else None,
        acting_as="alice@example.com",
    )
    connector.push(write, existing=None)


@each_vendor
def test_the_slug_is_the_registry_line_and_the_folder(found: type[Connector]) -> None:
    assert registry.connector_class(found.slug) is found
    assert found.__module__ == f"integrations.vendors.{found.slug}.connector"
    assert found.display_name
    assert found.summary
    assert len(found.mark) == 2


@each_vendor
@pytest.mark.parametrize("capability", Capability)
def test_a_capability_is_declared_if_and_only_if_it_is_implemented(
    found: type[Connector], capability: Capability
) -> None:
    method = METHODS[capability]
    implemented = getattr(found, method) is not getattr(Connector, method)
    assert found.supports(capability) is implemented


@each_vendor
def test_every_kind_of_target_it_lists_has_a_word(found: type[Connector]) -> None:
    listed = {
        TargetKind.POOL: found.supports(Capability.LIST_POOLS),
        TargetKind.JOB: found.supports(Capability.LIST_JOBS),
    }
    assert {kind for kind, supported in listed.items() if supported} == set(found.target_words)
    assert set(found.target_notes) <= set(found.target_words)


@each_vendor
def test_its_credentials_form_tells_how_to_find_the_key_and_never_shows_it(found: type[Connector]) -> None:
    form_class = found.credentials_form
    assert issubclass(form_class, CredentialsForm)
    assert form_class.steps
    form = form_class(data={"api_key": API_KEY, "subdomain": "acme-hiring"})
    assert form.is_valid(), form.errors
    assert API_KEY not in form.as_p()


@each_vendor
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Rejected),
        (401, AuthError),
        (403, Forbidden),
        (404, NotFound),
        (409, Rejected),
        (422, Rejected),
        (302, MalformedResponse),
    ],
)
def test_a_refused_read_has_its_class_and_is_not_repeated(
    found: type[Connector],
    status: int,
    expected: type[ConnectorError],
    connect: Build,
    vendor: VendorServer,
    naps: list[float],
) -> None:
    # A connector may try another cheap question after a refusal, never the same one.
    vendor.will_answer(*[Answer(status=status, body={"message": "No."})] * 2)
    with pytest.raises(ConnectorError) as caught:
        connect(found).check()
    assert isinstance(caught.value, expected)
    asked = [(seen.method, seen.path) for seen in vendor.seen]
    assert len(asked) == len(set(asked)) <= 2
    assert naps == []


@each_vendor
def test_a_429_is_handed_up_with_the_wait_the_vendor_asks_for(
    found: type[Connector], connect: Build, vendor: VendorServer, naps: list[float]
) -> None:
    connector = connect(found)
    vendor.will_answer(Answer(status=429, headers={"retry-after": "3600"}))
    with pytest.raises(RateLimited) as caught:
        connector.check()
    assert caught.value.retry_after == datetime.timedelta(hours=1)
    assert naps == []
    # The next call of any process is not even made.
    with pytest.raises(RateLimited) as again:
        connector.check()
    assert datetime.timedelta(minutes=59) < again.value.retry_after <= datetime.timedelta(hours=1)
    assert len(vendor.seen) == 1


@each_vendor
def test_a_429_to_a_write_is_a_wait_and_not_an_unknown_outcome(
    found: type[Connector], connect: Build, vendor: VendorServer
) -> None:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=2)
    vendor.will_answer(Answer(status=429, headers={"Retry-After": format_datetime(moment, usegmt=True)}))
    with pytest.raises(RateLimited) as caught:
        push(connect(found))
    assert datetime.timedelta(seconds=110) < caught.value.retry_after <= datetime.timedelta(seconds=120)


@each_vendor
@pytest.mark.parametrize("asked", ["", "soon", "nan", "-5", "inf", "999999999999"])
def test_a_senseless_retry_after_is_kept_in_bounds(
    found: type[Connector], asked: str, connect: Build, vendor: VendorServer
) -> None:
    vendor.will_answer(Answer(status=429, headers={"Retry-After": asked}))
    with pytest.raises(RateLimited) as caught:
        connect(found).check()
    assert datetime.timedelta(seconds=1) <= caught.value.retry_after <= LONGEST_RETRY_AFTER


@each_vendor
def test_a_read_is_repeated_after_5xx_with_growing_naps_and_then_given_up(
    found: type[Connector], connect: Build, vendor: VendorServer, naps: list[float]
) -> None:
    vendor.will_answer(*[Answer(status=503, body=b"<html>down</html>")] * 10)
    with pytest.raises(TemporaryError) as caught:
        connect(found).check()
    assert not isinstance(caught.value, OutcomeUnknown)
    assert naps == list(READ_RETRY_NAPS)
    assert len(vendor.seen) == len(READ_RETRY_NAPS) + 1


@each_vendor
@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500),
        Answer(status=503, headers={"Retry-After": "1"}),
        Answer(cut=True),
        Answer(delay=1.5),
        Answer(body=b"{not json"),
        Answer(body={"unexpected": True}),
        Answer(body=[]),
    ],
    ids=["500", "503", "cut", "timeout", "not-json", "other-object", "a-list"],
)
def test_a_write_with_an_unclear_end_is_never_repeated(
    found: type[Connector], answer: Answer, connect: Build, vendor: VendorServer, naps: list[float]
) -> None:
    # What a connector reads before it writes is answered with an empty list in the words of any vendor.
    nothing = Answer(body={"content": [], "totalFound": 0, "data": [], "total": 0, "_embedded": {}})
    vendor.answer = lambda seen: nothing if seen.method == "GET" else answer
    with pytest.raises(OutcomeUnknown):
        push(connect(found, timeout=0.5))
    assert [seen.method for seen in vendor.seen if seen.method != "GET"] == ["POST"]
    assert naps == []


@each_vendor
def test_companies_are_all_or_nothing_and_an_unclear_create_of_one_is_not_repeated(
    found: type[Connector], connect: Build, vendor: VendorServer, naps: list[float]
) -> None:
    about = {Capability.FIND_COMPANIES, Capability.LIST_COMPANY_FIELDS, Capability.MAKE_COMPANY}
    assert about & found.capabilities in (set(), about)
    assert found.company_types <= found.record_types
    keys = {found.company_key, found.company_name_key, found.owner_key}
    for record_type in found.company_types:
        assert keys <= {field.key for field in found.standard_fields(record_type)}
    assert bool(found.company_types) is bool(about & found.capabilities) is ("" not in keys)
    if not found.company_types:
        return
    for answer in (Answer(status=500), Answer(cut=True), Answer(body=b"{not json")):
        vendor.seen.clear()
        vendor.will_answer(answer)
        with pytest.raises(OutcomeUnknown):
            connect(found).make_company("Engines", owner_id="7", acting_as="")
        assert [seen.method for seen in vendor.seen] == ["POST"]
    assert naps == []


@each_vendor
def test_a_vendor_that_cannot_be_reached_was_certainly_not_changed(
    found: type[Connector], connect: Build, vendor: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = connect(found)
    monkeypatch.setattr(found.client_class, "base_url", lambda _client: "http://127.0.0.1:9")
    with pytest.raises(TemporaryError) as caught:
        push(connector)
    assert not isinstance(caught.value, OutcomeUnknown)


@each_vendor
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500])
@pytest.mark.parametrize("shape", ["json", "text"])
def test_no_error_text_holds_a_credential_or_an_address(
    found: type[Connector], status: int, shape: str, connect: Build, vendor: VendorServer
) -> None:
    words = f"Key {API_KEY} (sw-key%2Fwith%2Bodd%3Dsigns-1234) may not write ada.byron@example.org here"
    body = {"message": words, "error": {"emails": words}} if shape == "json" else words.encode()
    connector = connect(found)
    vendor.will_answer(Answer(status=status, body=body))
    with pytest.raises(ConnectorError) as caught:
        push(connector)
    told = f"{caught.value} {caught.value!r} {getattr(caught.value, 'fields', '')}"
    assert "sw-key" not in told
    assert "ada.byron" not in told


@each_vendor
def test_a_body_that_is_not_json_is_a_malformed_read(
    found: type[Connector], connect: Build, vendor: VendorServer
) -> None:
    for body in (b"", b"<html>", b"[" * 100_000, b"null", b"[]", b'{"projects": null}'):
        vendor.will_answer(Answer(body=body))
        with pytest.raises(MalformedResponse):
            connect(found).check()


def test_what_is_not_declared_raises_unsupported() -> None:
    class Bare(Connector):
        display_name = "Bare"
        capabilities = frozenset()

    bare = Bare(client=None)
    ref = RemoteRef(external_id="1")
    note = Note(key="k", kind=NoteKind.CALL, at=datetime.datetime.now(datetime.UTC), text="Called.")
    calls: dict[Capability, Callable[[], object]] = {
        Capability.LIST_POOLS: lambda: bare.list_pools(acting_as=""),
        Capability.LIST_JOBS: lambda: bare.list_jobs(acting_as=""),
        Capability.LIST_JOB_STATUSES: bare.list_job_statuses,
        Capability.LIST_FIELDS: lambda: bare.list_fields(record_type="candidate"),
        Capability.FIND_PERSON: lambda: bare.find(
            PersonKeys(), record_type="candidate", target=None, acting_as=""
        ),
        Capability.READ_PERSON: lambda: bare.read(ref),
        Capability.PUSH_PERSON: lambda: bare.push(PersonWrite(values={}, whole={}), existing=None),
        Capability.DELETE_PERSON: lambda: bare.delete(ref),
        Capability.ADD_NOTE: lambda: bare.add_note(ref, note, earlier=(), acting_as=""),
        Capability.FIND_NOTE: lambda: bare.find_note(ref, note),
        Capability.FIND_COMPANIES: lambda: bare.find_companies("Engines"),
        Capability.LIST_COMPANY_FIELDS: bare.list_company_fields,
        Capability.MAKE_COMPANY: lambda: bare.make_company("Engines", owner_id="", acting_as=""),
        Capability.PULL_CHANGES: lambda: bare.changes(cursor=""),
        Capability.SUBSCRIBE: lambda: bare.subscribe(url="https://beckon.example.com/x", secret="s"),
        Capability.RECEIVE_WEBHOOK: lambda: Bare.receive(headers={}, body=b"", secrets=()),
    }
    assert set(calls) == set(Capability)
    for call in calls.values():
        with pytest.raises(Unsupported):
            call()


def test_no_vendor_is_named_outside_its_folder_and_the_registry() -> None:
    root = pathlib.Path(registry.__file__).parent
    allowed = {root / "registry.py"}
    told = [
        (path.relative_to(root), name)
        for path in root.rglob("*.py")
        for name in registry.CONNECTORS
        if root / "vendors" / name not in path.parents and path not in allowed
        if name in path.read_text().lower().replace("my sourcewhale e-mail", "")
    ]
    assert told == []


def test_a_flush_of_redis_costs_no_call(
    connect: Build, vendor: VendorServer, redis_connection: redis.Redis
) -> None:
    found = registry.connector_classes()[0]
    connector = connect(found)
    vendor.will_answer(Answer(status=401), Answer(status=401))
    with pytest.raises(AuthError):
        connector.check()
    redis_connection.script_flush()
    redis_connection.flushdb()
    with pytest.raises(AuthError):
        connector.check()
    assert len(vendor.seen) == 2
