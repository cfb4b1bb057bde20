"""Allow access, from the page to a verified token; refreshed once by many workers; withdrawn, and said so."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from django.db import connections as databases
from django.test import Client

from accounts.models import User
from foundation import runs
from integrations import access_tokens, connections, opening
from integrations.base.errors import AuthError, TemporaryError
from integrations.models import Connection, ConnectionStatus, LinkState, RemoteLink
from integrations.vendors.smartrecruiters.connector import SmartRecruitersConnector
from sandbox.ats.smartrecruiters.accounts import (
    CLIENT_ID,
    CLIENT_SECRET,
    CUSTOMER_CLIENT_ID,
    CUSTOMER_CLIENT_SECRET,
)
from sandbox.ats.smartrecruiters.records import Records
from sandbox.ats.smartrecruiters.rules import Rules
from sandbox.ats.smartrecruiters.signing_in import SigningIn
from sandbox.client import Sandbox
from sandbox.http_server import Request
from tests.integrations import making

pytestmark = pytest.mark.django_db

CLIENT = {"client_id": CUSTOMER_CLIENT_ID, "client_secret": CUSTOMER_CLIENT_SECRET}
_NAMES = ("base_url", "authorize_url", "token_url", "client_id", "client_secret")


@pytest.fixture
def at_home(world: Sandbox, settings: Any) -> Sandbox:
    """The installation's own settings lead to the sandbox."""
    for name in _NAMES:
        setattr(settings, f"SMARTRECRUITERS_{name.upper()}", world.smartrecruiters[name])
    settings.PUBLIC_URL = "http://testserver"
    return world


def draft(owner: User) -> Connection:
    return Connection.objects.create(
        organisation=owner.organisation, vendor="smartrecruiters", created_by=owner, capabilities=["export"]
    )


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def allow(url: str, decision: str = "allow") -> str:
    """What a person does on the vendor's page; where it leads back to."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    form = {**asked, "user": "user-admin", "decision": decision}
    answer = requests.post(url.partition("?")[0], data=form, allow_redirects=False, timeout=10)
    return str(answer.headers["Location"])


def signed_in(owner: User) -> Connection:
    row, page = draft(owner), browser(owner)
    back = allow(page.get(f"/integrations/{row.pk}/sign-in/")["Location"])
    page.get(back.removeprefix("http://testserver"))
    row.refresh_from_db()
    return row


def test_allow_access_leads_out_and_back_and_the_tokens_are_sealed(at_home: Sandbox) -> None:
    alice = making.alice()
    row, page = draft(alice), browser(alice)
    assert "Allow access" in page.get(f"/integrations/{row.pk}/credentials/").content.decode()
    out = page.get(f"/integrations/{row.pk}/sign-in/")
    assert out["Cache-Control"] == "no-store"
    assert "scope=candidates_read%20candidates_create" in out["Location"]
    back = page.get(allow(out["Location"]).removeprefix("http://testserver"))
    assert back["Location"] == f"/integrations/{row.pk}/verification/"
    row.refresh_from_db()
    values = access_tokens.current(row)
    assert values["access_token"] not in row.secret
    assert row.status == ConnectionStatus.VERIFYING
    opening.open_connector(row).check()


def test_without_a_client_the_page_names_the_settings_and_offers_the_key(
    at_home: Sandbox, settings: Any
) -> None:
    settings.SMARTRECRUITERS_CLIENT_ID = ""
    alice = making.alice()
    row, page = draft(alice), browser(alice)
    shown = page.get(f"/integrations/{row.pk}/credentials/").content.decode()
    assert "SMARTRECRUITERS_CLIENT_ID must be set" in shown
    assert "API Key" in shown
    assert page.get(f"/integrations/{row.pk}/sign-in/")["Location"] == f"/integrations/{row.pk}/credentials/"


@pytest.mark.parametrize("how", ["another session", "twice", "no state", "denied"])
def test_an_answer_that_was_not_asked_for_here_or_says_no_stores_nothing(at_home: Sandbox, how: str) -> None:
    alice = making.alice()
    row, page = draft(alice), browser(alice)
    decision = "deny" if how == "denied" else "allow"
    back = allow(page.get(f"/integrations/{row.pk}/sign-in/")["Location"], decision)
    path = back.removeprefix("http://testserver")
    if how == "another session":
        page = browser(making.mallory())
    if how == "no state":
        path = f"/integrations/signed-in/?{urlencode({'code': 'x'})}"
    if how == "twice":
        page.get(path)
        Connection.objects.for_organisation(row.organisation_id).filter(pk=row.pk).update(secret="")
    page.get(path)
    row.refresh_from_db()
    assert row.secret == ""


@pytest.mark.parametrize(
    ("decision", "leads", "said"),
    [("allow", "verification", "Access allowed"), ("deny", "credentials", "Not connected")],
)
def test_in_a_window_of_its_own_the_end_tells_the_page_behind_it_and_says_it_there(
    at_home: Sandbox, decision: str, leads: str, said: str
) -> None:
    alice = making.alice()
    row, page = draft(alice), browser(alice)
    shown = page.get(f"/integrations/{row.pk}/credentials/")
    assert shown["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert f'data-sign-in="sign-in-{row.pk}"' in shown.content.decode()
    out = page.get(f"/integrations/{row.pk}/sign-in/", {"window": "own"})
    # What the vendor is asked is what it is asked in the same window.
    asked = parse_qs(urlsplit(out["Location"]).query)
    assert asked["redirect_uri"] == ["http://testserver/integrations/signed-in/"]
    back = page.get(allow(out["Location"], decision).removeprefix("http://testserver"))
    assert back.status_code == 200
    assert back["Cross-Origin-Opener-Policy"] == out["Cross-Origin-Opener-Policy"] == "unsafe-none"
    text = back.content.decode()
    assert f'data-signed-in="sign-in-{row.pk}" data-to="/integrations/{row.pk}/{leads}/"' in text
    assert f'<h1 class="text-lg font-medium">{said}</h1>' in text
    # What went wrong waits for the page behind.
    assert (
        "Access was not allowed" in page.get(f"/integrations/{row.pk}/credentials/").content.decode()
    ) is (decision == "deny")


def test_mallory_cannot_begin_for_a_connection_of_alice(at_home: Sandbox) -> None:
    row = draft(making.alice())
    assert browser(making.mallory()).get(f"/integrations/{row.pk}/sign-in/").status_code == 404


def test_a_token_is_refreshed_before_it_ends(at_home: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    row = signed_in(making.alice())
    first = access_tokens.current(row)
    monkeypatch.setattr(access_tokens, "EARLY", timedelta(hours=2))
    second = access_tokens.current(row)
    assert second["access_token"] != first["access_token"]
    assert at_home.get("/control/smartrecruiters")["refreshed"] == 1


def with_a_client_of_its_own(owner: User) -> Connection:
    row, page = draft(owner), browser(owner)
    assert page.post(f"/integrations/{row.pk}/credentials/", CLIENT).status_code == 302
    row.refresh_from_db()
    return row


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("connected", "counted"), [(signed_in, "refreshed"), (with_a_client_of_its_own, "granted")]
)
def test_ten_workers_refresh_once_and_all_have_the_new_token(
    at_home: Sandbox, connected: Callable[[User], Connection], counted: str
) -> None:
    row = connected(making.alice())
    old = access_tokens.current(row)["access_token"]
    before = at_home.get("/control/smartrecruiters")[counted]
    found: list[str] = []

    def work() -> None:
        try:
            found.append(access_tokens.current(row, refused=old)["access_token"])
        finally:
            databases.close_all()

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 10
    assert len(set(found)) == 1
    assert found[0] != old
    assert at_home.get("/control/smartrecruiters")[counted] == before + 1


def test_a_token_turned_down_before_its_time_is_renewed_and_the_call_made_again(at_home: Sandbox) -> None:
    row = signed_in(making.alice())
    connector = opening.open_connector(row)
    at_home.post("/control/smartrecruiters/expire", {})
    connector.check()


def test_a_withdrawn_permission_needs_a_person_and_says_so(at_home: Sandbox) -> None:
    row = signed_in(making.alice())
    connector = opening.open_connector(row)
    at_home.post("/control/smartrecruiters/withdraw", {})
    with pytest.raises(AuthError, match="Sign in again"):
        connector.check()
    row.refresh_from_db()
    assert row.token_leased_by == ""


def test_a_token_endpoint_that_does_not_answer_passes(at_home: Sandbox, settings: Any) -> None:
    row = signed_in(making.alice())
    old = access_tokens.current(row)["access_token"]
    settings.SMARTRECRUITERS_TOKEN_URL = "http://127.0.0.1:9/token"
    with pytest.raises(TemporaryError):
        access_tokens.current(row, refused=old)
    row.refresh_from_db()
    assert row.token_leased_by == ""


def test_a_client_of_its_own_is_verified_sealed_and_connected_once(at_home: Sandbox, settings: Any) -> None:
    # An app of this installation there is not needed for it.
    settings.SMARTRECRUITERS_CLIENT_ID = settings.SMARTRECRUITERS_CLIENT_SECRET = ""
    alice = making.alice()
    row = with_a_client_of_its_own(alice)
    assert row.verification_run_id is not None
    runs.work(row.verification_run_id)
    row.refresh_from_db()
    assert [line["state"] for line in row.verification] == ["ok"] * len(row.verification)
    assert row.status == ConnectionStatus.CONNECTED
    values = access_tokens.current(row)
    assert values.keys() == {"client_id", "client_secret", "access_token", "refresh_token", "expires_at"}
    for secret in (CUSTOMER_CLIENT_SECRET, values["access_token"]):
        assert secret not in f"{row.secret} {row.verification} {row.trouble}"
    opening.open_connector(row).check()
    other = Connection.objects.create(
        organisation=alice.organisation, vendor="smartrecruiters", name="Second", capabilities=["export"]
    )
    twice = browser(alice).post(f"/integrations/{other.pk}/credentials/", CLIENT)
    assert "SmartRecruiters has this account already." in twice.content.decode()


def test_a_client_that_is_refused_or_taken_back_needs_a_person_and_says_so(at_home: Sandbox) -> None:
    alice = making.alice()
    row = draft(alice)
    run = connections.submit(
        actor=alice, connection=row, values=CLIENT | {"client_secret": "wrong-secret-0000"}
    )
    runs.work(run.pk)
    row.refresh_from_db()
    assert row.status == ConnectionStatus.DRAFT
    assert "does not take the client ID and secret (invalid_client). Enter them again" in row.trouble
    assert "wrong-secret" not in row.trouble
    assert row.token_leased_by == ""
    runs.work(connections.submit(actor=alice, connection=row, values=CLIENT).pk)
    row.refresh_from_db()
    connector = opening.open_connector(row)
    at_home.post("/control/smartrecruiters/expire", {})
    connector.check()
    row.refresh_from_db()
    connector = opening.open_connector(row)
    at_home.post("/control/smartrecruiters/withdraw", {})
    with pytest.raises(AuthError, match="Enter them again"):
        connector.check()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Enter either an API key, or a client ID with its secret."),
        ({"api_key": "DCRA1-demo-key", **CLIENT}, "Enter either an API key, or a client ID with its secret."),
        ({"client_id": "demo"}, "Enter both, the client ID and its secret."),
        ({**CLIENT, "client_secret": "two words"}, "A client secret is one word without spaces."),
        ({**CLIENT, "client_id": "d\u200bemo"}, "A client ID is one word without spaces."),
    ],
)
def test_half_a_credential_or_two_of_them_stay_on_the_page(typed: dict[str, str], said: str) -> None:
    alice = making.alice()
    answer = browser(alice).post(f"/integrations/{draft(alice).pk}/credentials/", typed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "two words" not in answer.content.decode()


def test_verification_refuses_a_second_connection_to_the_account_and_another_account_under_its_links(
    at_home: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = making.alice()
    row = signed_in(alice)
    runs.work(row.verification_run_id or 0)
    second = Connection.objects.create(
        organisation=alice.organisation, vendor="smartrecruiters", name="Two", capabilities=["export"]
    )
    runs.work(connections.submit(actor=alice, connection=second, values=CLIENT).pk)
    second.refresh_from_db()
    assert second.status == ConnectionStatus.DRAFT
    assert "SmartRecruiters has this account already. Each account is connected once." in second.trouble
    RemoteLink.objects.create(
        organisation=alice.organisation,
        connection=row,
        candidate=making.person(alice),
        remote_id="r1",
        state=LinkState.LINKED,
    )
    monkeypatch.setattr(SmartRecruitersConnector, "account_id", lambda _self: "AnotherCompany")
    runs.work(connections.verify(actor=alice, connection=row).pk)
    row.refresh_from_db()
    assert row.status == ConnectionStatus.NEEDS_RECONNECT
    assert (
        "another SmartRecruiters account than the one people of SmartRecruiters are linked in" in row.trouble
    )
    # Once the first is removed its account is free; coming back is refused while another has it.
    monkeypatch.undo()
    connections.remove(actor=alice, connection=row)
    runs.work(connections.verify(actor=alice, connection=second).pk)
    second.refresh_from_db()
    assert second.status == ConnectionStatus.CONNECTED
    page = browser(alice)
    again = {"capabilities": ["export"], "same_account": row.pk}
    answer = page.post("/integrations/smartrecruiters/connect/", again)
    assert answer.status_code == 422
    assert "SmartRecruiters (Two) has this account already." in answer.content.decode()


def test_a_sandbox_that_was_restarted_still_knows_who_allowed_access(tmp_path: Path) -> None:
    # The demo keeps its data: its connection must not ask to sign in again at every start.
    def token(signing_in: SigningIn, **asked: str) -> dict[str, Any]:
        body = urlencode({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **asked}).encode()
        answer: dict[str, Any] = json.loads(signing_in.token(Request("POST", "/token", {}, {}, body)).body)
        return answer

    def began() -> tuple[Records, SigningIn]:
        records = Records(tmp_path / "records.sqlite")
        return records, SigningIn(Rules(), records)

    records, before = began()
    page = {
        "client_id": CLIENT_ID,
        "redirect_uri": "http://127.0.0.1/back",
        "scope": "jobs_read",
        "state": "s",
    }
    form = urlencode(page | {"decision": "allow", "user": "user-recruiter"}).encode()
    back = before.allow(Request("POST", "/allow", {}, {}, form)).headers["Location"]
    code = parse_qs(urlsplit(back).query)["code"][0]
    refresh = token(before, grant_type="authorization_code", code=code)["refresh_token"]
    records.close()

    records, after = began()
    made = token(after, grant_type="refresh_token", refresh_token=refresh)
    caller = after.caller(made["access_token"])
    assert caller is not None
    assert (caller.user, caller.administrator, caller.scopes) == (
        "user-recruiter",
        False,
        frozenset({"jobs_read"}),
    )
    after.withdraw()
    assert token(after, grant_type="refresh_token", refresh_token=refresh) == {"error": "invalid_grant"}
    records.close()
