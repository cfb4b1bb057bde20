"""The buttons, the confirmation, the result, the report and the settings, as people and Mallory meet them."""

from __future__ import annotations

import datetime
import html
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from sourcing.finding import finding, ledger, setup, usage
from sourcing.models import CreditEntry, Finding, FindingProvider
from sourcing.views.credit_usage import HEIGHT, bars
from tests.integrations.vendor_server import VendorServer
from tests.sourcing.factories import make_project
from tests.sourcing.finding.conftest import NOTHING, ask, books, employee, hunter_knows, work

pytestmark = pytest.mark.django_db(transaction=True)
Give = Callable[..., None]


def body(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, url
    return html.unescape(answer.content.decode())


def test_the_buttons_appear_once_a_provider_is_set_up(
    as_alice: Client, alice: User, hunter_server: VendorServer
) -> None:
    ada = employee(alice)
    project = make_project(alice, people_in_it=[ada])
    for url in (f"/people/{ada.pk}/", f"/projects/{project.pk}/", "/people/"):
        assert "Get Email" not in body(as_alice, url)
    setup.save(actor=alice, slug="hunter", key="k", base_url=hunter_server.url)
    assert "Get Email" in body(as_alice, f"/people/{ada.pk}/")
    assert "Get Email for All" in body(as_alice, f"/projects/{project.pk}/")
    assert "Get Phone" not in body(as_alice, f"/people/{ada.pk}/")  # Hunter finds no phones
    assert "Get Email" in body(as_alice, "/people/")


def test_the_confirmation_says_the_most_it_costs_and_what_is_left(
    as_alice: Client, alice: User, hunter: FindingProvider, give: Give
) -> None:
    give(email=7)
    project = make_project(
        alice,
        people_in_it=[
            employee(alice),
            employee(alice, "Bea"),
            employee(alice, "Had", emails=["h@x.example"]),
        ],
    )
    text = body(as_alice, f"/projects/{project.pk}/get-email/")
    for words in ("Takes at most", "Get Email for All", "7", "left", "has it already: free"):
        assert words in text
    assert books(alice) == (7, 0)


def test_the_press_starts_a_request_whose_page_shows_each_person(
    as_alice: Client, alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Give
) -> None:
    give(email=7)
    project = make_project(alice, people_in_it=[employee(alice), employee(alice, "Bea")])
    key = str(uuid.uuid4())
    pages = {
        as_alice.post(f"/projects/{project.pk}/get-email/", {"request_key": key, "start": "1"}).headers[
            "Location"
        ]
        for _ in range(2)
    }
    (page,) = pages
    assert "Waiting for a worker" in body(as_alice, page)
    hunter_server.answer = lambda seen: (
        NOTHING if seen.params["first_name"] == "Bea" else hunter_knows("ada@voltra.example")
    )
    work(Finding.objects.for_organisation(alice.organisation_id).get())
    text = body(as_alice, page)
    for words in ("Done", "Found", "Nothing found", "No provider knows any."):
        assert words in text
    ada = project.members.order_by("pk")[0].candidate
    assert "E-mail found for Alice Aubert" in body(as_alice, f"/people/{ada.pk}/")
    assert "Bea Byron" not in body(as_alice, f"{page}?status=found")
    assert "E-mail is there" in body(as_alice, f"/people/{ada.pk}/")


def test_too_few_credits_are_told_and_nothing_begins(
    as_alice: Client, alice: User, hunter: FindingProvider, give: Give
) -> None:
    give(email=1)
    project = make_project(alice, people_in_it=[employee(alice), employee(alice, "Bea")])
    answer = as_alice.post(f"/projects/{project.pk}/get-email/", {"start": "1"})
    assert answer.status_code == 409
    text = html.unescape(answer.content.decode())
    assert "Not enough credits" in text
    assert "up to 2" in " ".join(text.split())
    assert not Finding.objects.for_organisation(alice.organisation_id).exists()


def test_ticked_people_are_asked_about_after_a_confirmation(
    as_alice: Client, alice: User, hunter: FindingProvider, give: Give
) -> None:
    give(email=7)
    ids = [employee(alice).pk, employee(alice, "Bea").pk]
    ask_first = as_alice.post("/people/get-email/", {"candidate": ids})
    assert ask_first.status_code == 200
    assert not Finding.objects.for_organisation(alice.organisation_id).exists()
    done = as_alice.post("/people/get-email/", {"candidate": ids, "start": "1"})
    assert done.headers["Location"].startswith("/finding/")
    everybody = as_alice.post("/people/get-email/", {"everything": "1", "q": "bea"})
    assert "1" in everybody.content.decode()


def test_a_request_is_cancelled_from_its_page(
    as_alice: Client, as_bob: Client, alice: User, hunter: FindingProvider, give: Give
) -> None:
    give(email=7)
    request = ask(alice, [employee(alice)])
    for _ in range(2):
        assert as_bob.post(f"/finding/{request.pk}/cancel/").status_code == 302
    assert books(alice) == (7, 0)
    assert "Cancelled; what was found stays" in body(as_alice, f"/finding/{request.pk}/")


def test_mallory_reaches_nothing(
    as_mallory: Client, alice: User, mallory: User, hunter: FindingProvider, give: Give
) -> None:
    give(email=7)
    ada = employee(alice)
    project = make_project(alice, people_in_it=[ada])
    request = ask(alice, [ada])
    for url in (
        f"/people/{ada.pk}/get-email/",
        f"/projects/{project.pk}/get-email/",
        f"/projects/{project.pk}/get-phone/",
        f"/finding/{request.pk}/",
        f"/api/v1/finding/{request.pk}/",
        f"/api/v1/finding/{request.pk}/people/",
    ):
        assert as_mallory.get(url).status_code == 404, url
    for url in (
        f"/people/{ada.pk}/get-email/",
        f"/projects/{project.pk}/get-email/",
        f"/finding/{request.pk}/cancel/",
        f"/api/v1/finding/{request.pk}/cancel/",
    ):
        assert as_mallory.post(url).status_code == 404, url
    as_mallory.post("/people/get-email/", {"candidate": [ada.pk], "start": "1"})
    as_mallory.post("/settings/credits/hunter/remove/")
    as_mallory.post("/settings/credits/hunter/move/", {"to": "later"})
    hunter.refresh_from_db()
    assert hunter.secret
    assert books(alice) == (6, 1)
    assert not Finding.objects.for_organisation(mallory.organisation_id).exists()
    assert "Hunter" not in body(as_mallory, "/reports/credits/")


@pytest.mark.parametrize("path", ["/people/{}/get-fax/", "/people/{}/get-EMAIL/"])
def test_an_unknown_kind_is_not_there(as_alice: Client, alice: User, path: str) -> None:
    assert as_alice.get(path.format(employee(alice).pk)).status_code == 404


# ── settings ────────────────────────────────────────────────────────────────


def test_a_provider_is_set_up_and_its_key_is_never_shown_again(as_alice: Client, alice: User) -> None:
    form = {"key": "very-secret-key", "cost": "0.05", "currency": "EUR", "enabled": "on"}
    assert as_alice.post("/settings/credits/hunter/", form).status_code == 302
    row = FindingProvider.objects.for_organisation(alice.organisation_id).get()
    assert "very-secret-key" not in row.secret
    for url in ("/settings/credits/", "/settings/credits/hunter/", "/settings/audit/"):
        text = body(as_alice, url)
        assert "very-secret-key" not in text
        assert row.secret not in text
    as_alice.post("/settings/credits/hunter/", {**form, "key": "", "cost": "0.07"})
    again = FindingProvider.objects.for_organisation(alice.organisation_id).get()
    assert (again.secret, str(again.cost)) == (row.secret, "0.0700")
    as_alice.post("/settings/credits/hunter/remove/")
    assert not FindingProvider.objects.for_organisation(alice.organisation_id).exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", ""),
        ("key", "with\nbreak"),
        ("key", "schlüssel"),
        ("base_url", "http://api.hunter.io/v2"),
        ("base_url", "http://10.0.0.1/"),
        ("base_url", "http://169.254.169.254/latest"),
        ("base_url", "ftp://x.example"),
        ("base_url", "https://user:pass@x.example"),
        ("base_url", "https://[broken"),
        ("base_url", "javascript:alert(1)"),
        ("cost", "-1"),
        ("cost", "NaN"),
        ("currency", "eur"),
        ("currency", "€"),
    ],
)
def test_a_wrong_provider_is_refused_beside_its_field(
    as_alice: Client, alice: User, field: str, value: str
) -> None:
    form = {"key": "k", "cost": "0.05", "currency": "EUR", "enabled": "on", field: value}
    assert as_alice.post("/settings/credits/hunter/", form).status_code == 422
    assert not FindingProvider.objects.for_organisation(alice.organisation_id).exists()


def test_a_provider_nobody_knows_is_not_there(as_alice: Client) -> None:
    for url in ("/settings/credits/clearbit/", "/settings/credits/clearbit/remove/"):
        assert as_alice.post(url).status_code == 404


def test_the_allowance_and_credits_by_hand(as_alice: Client, alice: User) -> None:
    as_alice.post("/settings/credits/allowance/", {"monthly_email": 10, "monthly_phone": 0, "refresh_day": 1})
    assert "Filled up to 10" in body(as_alice, "/settings/credits/")
    assert books(alice) == (10, 0)
    form = {"kind": "email", "amount": "90", "note": "=Invoice", "request_key": str(uuid.uuid4())}
    for _ in range(2):
        assert as_alice.post("/settings/credits/grant/", form).status_code == 302
    assert books(alice) == (100, 0)
    assert "=Invoice" in body(as_alice, "/settings/credits/")
    for amount in ("0", "-5", "x", "1000001", ""):
        answer = as_alice.post("/settings/credits/grant/", {**form, "amount": amount})
        assert answer.status_code == 422
    assert as_alice.post("/settings/credits/allowance/", {"monthly_email": "-1"}).status_code == 422


def test_only_administrators_set_up(as_bob: Client) -> None:
    assert as_bob.get("/settings/credits/").status_code == 403
    assert as_bob.post("/settings/credits/grant/", {"kind": "email", "amount": 5}).status_code == 403


# ── the report ──────────────────────────────────────────────────────────────


def test_usage_is_told_per_member_and_month_with_money_for_administrators(
    as_alice: Client,
    as_bob: Client,
    alice: User,
    bob: User,
    hunter: FindingProvider,
    hunter_server: VendorServer,
    give: Give,
) -> None:
    bob.name = "=cmd|' /C calc'!A0"
    bob.save(update_fields=["name"])
    give(email=20)
    hunter_server.answer = lambda seen: hunter_knows(f"{seen.params['first_name']}@voltra.example")
    work(ask(alice, [employee(alice, f"A{number}") for number in range(2)]))
    work(ask(bob, [employee(alice, f"B{number}") for number in range(3)]))
    report = usage.report(viewer=alice, now=timezone.now())
    assert sorted((line.email, line.phone) for line in report.lines) == [(2, 0), (3, 0)]
    assert (report.months[0].email, report.months[0].phone) == (5, 0)
    (price,) = report.prices
    assert (price.calls, price.found, str(price.cost), str(price.per_person)) == (5, 5, "0.2500", "0.0500")
    (told,) = as_alice.get("/api/v1/credits/costs/").json()
    assert (told["provider"], told["cost"], told["per_person"]) == ("Hunter", "0.2500", "0.0500")
    assert as_bob.get("/api/v1/credits/costs/").status_code == 403
    (spend,) = CreditEntry.objects.for_organisation(alice.organisation_id).filter(
        event="spend", member=alice
    )[:1]
    ledger.refund(organisation_id=alice.tenant_id, kind="email", cause=f"refund:{spend.pk}")
    month, *empty = as_bob.get("/api/v1/credits/months/").json()
    assert (month["email"], month["phone"], month["refunded"], len(empty)) == (5, 0, 1, 11)
    assert "0.25 EUR" in body(as_alice, "/reports/credits/")
    assert "0.25 EUR" not in body(as_bob, "/reports/credits/")
    lines = b"".join(as_bob.get("/reports/credits/credits.csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a streaming response
    assert "Month,Member,E-mail credits,Phone credits" in lines
    assert "'=cmd" in lines


def test_an_empty_report_says_what_it_is_for(as_alice: Client) -> None:
    assert "No credit spent yet" in body(as_alice, "/reports/credits/")


def test_the_chart_is_to_scale() -> None:
    today = timezone.now().date()
    months = [usage.Month(today, 30, 10, 0), usage.Month(today, 0, 0, 0), usage.Month(today, 20, 0, 0)]
    drawn = bars(months)
    assert [bar.month.total for bar in drawn] == [20, 0, 40]
    assert [bar.email_height + bar.phone_height for bar in drawn] == [HEIGHT / 2, 0, HEIGHT]
    assert all(bar.phone_y >= 0 for bar in drawn)
    assert bars([]) == []


# ── API ─────────────────────────────────────────────────────────────────────


def test_the_api_says_what_is_left_starts_a_request_and_follows_it(
    as_alice: Client, alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Give
) -> None:
    give(email=7)
    assert as_alice.get("/api/v1/credits/").json()[0]["available"] == 7
    ada = employee(alice)
    form = {"kind": "email", "candidate_ids": [ada.pk], "request_key": str(uuid.uuid4())}
    made = [as_alice.post("/api/v1/finding/", form, content_type="application/json") for _ in range(2)]
    assert [answer.status_code for answer in made] == [202, 202]
    assert made[0].json()["id"] == made[1].json()["id"]
    hunter_server.will_answer(hunter_knows("ada@voltra.example"))
    work(Finding.objects.for_organisation(alice.organisation_id).get())
    told = as_alice.get(f"/api/v1/finding/{made[0].json()['id']}/").json()
    assert (told["status"], told["counts"]["found"], told["counts"]["waiting"]) == ("done", 1, 0)
    (person,) = as_alice.get(f"/api/v1/finding/{told['id']}/people/").json()["results"]
    assert (person["candidate_id"], person["status"], person["provider"]) == (ada.pk, "found", "hunter")
    assert as_alice.get("/api/v1/credits/usage/").json()[0]["email"] == 1


def test_the_api_previews_and_asks_for_whom_a_question_finds(
    as_alice: Client, alice: User, hunter: FindingProvider, give: Give
) -> None:
    give(email=1)
    employee(alice, tags=["Fair"])
    employee(alice, "Bea", tags=["Fair"], emails=["bea@voltra.example"])
    employee(alice, "Cleo", tags=["Fair"], company="")
    employee(alice, "Dana")
    form = {"kind": "email", "question": {"filters": {"tag": ["fair"]}}}
    asked = as_alice.post("/api/v1/finding/preview/", form, content_type="application/json")
    assert asked.json() == {
        "people": 3, "most": 1, "had": 1, "available": 1, "affordable": True,
        "skipped": [{"reason": finding.UNKNOWN, "people": 1}],
    }  # fmt: skip
    assert books(alice) == (1, 0)
    made = as_alice.post("/api/v1/finding/", form, content_type="application/json").json()
    assert made["counts"] == {**made["counts"], "waiting": 1, "had": 1, "skipped": 1}
    assert books(alice) == (0, 1)


def test_the_api_refuses_in_words(
    as_alice: Client, alice: User, mallory: User, hunter: FindingProvider, give: Give
) -> None:
    give(email=1)
    theirs = make_project(mallory)
    team = [employee(alice).pk, employee(alice, "Bea").pk]

    def post(form: object) -> tuple[int, object]:
        answer = as_alice.post("/api/v1/finding/", form, content_type="application/json")
        return answer.status_code, answer.json().get("code")

    assert post({"kind": "email", "candidate_ids": team}) == (409, "not_enough_credits")
    assert post({"kind": "email", "project_id": theirs.pk})[0] == 404
    assert post({"kind": "phone", "candidate_ids": team}) == (409, "no_provider")
    refused: tuple[object, ...] = (
        {},
        {"kind": "fax", "candidate_ids": team},
        {"kind": "email"},
        {"kind": "email", "candidate_ids": []},
        {"kind": "email", "candidate_ids": ["x"]},
        {"kind": "email", "candidate_ids": [10**30]},
        {"kind": "email", "candidate_ids": team, "project_id": 1},
        {"kind": "email", "candidate_ids": team, "question": {}},
        {"kind": "email", "question": {"tag": ["fair"]}},
        {"kind": "email", "question": {"filters": {"shoe": ["fair"]}}},
        {"kind": "email", "question": {"filters": {"tag": []}}},
        {"kind": "email", "candidate_ids": team, "request_key": "no uuid"},
        [],
    )
    for wrong in refused:
        assert post(wrong)[0] in (400, 422), wrong
    assert books(alice) == (1, 0)


@pytest.mark.parametrize("day", [1, 2, 27, 28, 31])
def test_the_clock_fills_up_whoever_is_due_on_any_day(alice: User, mallory: User, day: int) -> None:
    now = datetime.datetime(2026, 12, day, 12, tzinfo=datetime.UTC)
    assert ledger.refresh_due(now=now) == 2
    assert ledger.refresh_due(now=now) == 0
    assert CreditEntry.objects.for_organisation(mallory.organisation_id).filter(event="grant").count() == 2
