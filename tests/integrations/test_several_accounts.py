"""Two accounts at one vendor: each is exported to, pulled and matched for itself, and called by its own name."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.utils import timezone

from accounts.models import User
from foundation import runs
from integrations import connections, field_table, person_data, places, pulling, sync_settings
from integrations.models import Connection, Export, ExportMode, Pull, SyncStatus
from sourcing.models import Candidate
from sourcing.search import facets, facts
from sourcing.search.question import Question
from tests.integrations import making, syncs, toy
from tests.integrations.pages import logged_in, text, url
from tests.integrations.small_sourcewhale import SmallSourceWhale
from tests.integrations.test_pulling import LATER
from tests.integrations.toy import ToyClient, ToyServer, toy_server

pytestmark = pytest.mark.django_db

LONDON = "toy-key-london"


@pytest.fixture(name="london")
def _london(toy: ToyServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[ToyServer]:
    """A second account of Toy; which one is called is said by the key."""
    with toy_server(LONDON) as server:
        servers = {toy.key: toy, LONDON: server}
        monkeypatch.setattr(
            ToyClient,
            "base_url",
            lambda client: servers[client._credentials["api_key"]].server.url,
        )
        yield server


def accounts(alice: User, *, boxes: tuple[str, ...] = ("export", "pull")) -> tuple[Connection, Connection]:
    """Toy and Toy (London)."""
    rows = (
        making.connection(alice, vendor="toy", key=toy.KEY, capabilities=list(boxes)),
        making.connection(alice, vendor="toy", key=LONDON, capabilities=list(boxes), name="London"),
    )
    for row in rows:
        field_table.discover(row)
    return rows


def pulled(row: Connection) -> str:
    """Read what changed at one account; the run's summary."""
    run = Pull.objects.for_organisation(row.organisation_id).get(connection=row).run
    assert run is not None
    runs.work(run.pk)
    run.refresh_from_db()
    return str(run.result["summary"])


def test_an_export_to_one_leaves_the_other_alone(toy: ToyServer, london: ToyServer) -> None:
    alice = making.alice()
    first, second = accounts(alice)
    ada = making.person(alice)
    asked = {"mode": ExportMode.CANDIDATES, "target_id": "j1"}
    making.work(making.export(alice, second, ada, **asked))
    assert (len(toy.people), len(london.people)) == (0, 1)
    assert making.link(first, ada) is None
    assert [mark.label for mark in places.marks([ada.pk], alice)[ada.pk]] == ["Toy (London)"]
    # There, they were exported before; here, they were not.
    making.work(making.export(alice, first, ada, **asked))
    assert (len(toy.people), len(london.people)) == (1, 1)
    skipped = making.work(making.export(alice, second, ada, **asked))
    assert making.item(skipped, ada).reason == "Already exported."
    told = {moment.text for moment in person_data.timeline(ada, alice, 10)}
    assert told == {"Exported to Toy: Ruby lead", "Exported to Toy (London): Ruby lead"}


def test_both_are_read_and_each_knows_its_own_records_and_its_own_echo(
    toy: ToyServer, london: ToyServer
) -> None:
    alice = making.alice()
    first, second = accounts(alice)
    # The same number there is another person in the other account; the same address is the same person.
    toy.add("r1", first="Ada", last="Byron", title="Dev", emails=["ada@there.example"])
    london.add("r1", first="Bea", last="Curie", title="Ops", emails=["bea@there.example"])
    london.add("r2", first="Ada", last="Byron", title="Dev", emails=["ada@there.example"])
    assert pulling.start_due(now=timezone.now() + LATER) == 2
    assert [pulled(first), pulled(second)] == ["1 new", "1 new"]
    people = Candidate.objects.for_organisation(alice.organisation_id).order_by("pk")
    assert [(one.first_name, one.source) for one in people] == [("Ada", "Toy"), ("Bea", "Toy (London)")]
    ada, bea = people
    links = [making.link(row, one) for one in (ada, bea) for row in (first, second)]
    assert [link and link.remote_id for link in links] == ["r1", "r2", None, "r1"]
    # What was written to one comes back as an echo from it alone.
    making.work(
        making.export(alice, first, ada, mode=ExportMode.CANDIDATES, target_id="j1", include_exported=True)
    )
    pulling.start_due(now=timezone.now() + 2 * LATER)
    assert [pulled(first), pulled(second)] == ["Nothing had changed", "Nothing had changed"]


def test_what_happens_here_is_synced_by_the_settings_of_each(toy: ToyServer, london: ToyServer) -> None:
    alice = making.alice()
    first, second = accounts(alice, boxes=("export",))
    syncs.choose(second, sync_settings.ADD, "added")
    syncs.campaign(alice, "ada")
    syncs.sync(first)
    syncs.visit(second)
    assert syncs.tasks(first) == []
    assert [task.status for task in syncs.tasks(second)] == [SyncStatus.DONE]
    assert (len(toy.people), len(london.people)) == (0, 1)


def test_the_dialogue_asks_which_account_and_takes_no_other(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    first, second = making.connection(alice), making.connection(alice, name="London")
    stranger = making.connection(making.mallory())
    ada, page, address = making.person(alice), logged_in(alice), url("export_people_sourcewhale")
    assert f'?candidate={ada.pk}&amp;connection={second.pk}">Export to SourceWhale (London)' in text(
        page.get(ada.url)
    )
    shown = text(page.get(address, {"candidate": ada.pk, "connection": second.pk}))
    assert "SourceWhale account" in shown
    assert "Export 1 person to SourceWhale (London)" in shown
    assert f'value="{second.pk}" checked' in shown
    assert page.get(address, {"candidate": ada.pk, "connection": stranger.pk}).status_code == 404
    asked = {"candidate": ada.pk, "mode": "prospects", "target": "spring", "request_key": str(uuid.uuid4())}
    page.post(address, asked | {"connection": second.pk, "start": "1"})
    assert Export.objects.for_organisation(alice.organisation_id).get().connection == second
    # One that needs a person first is not offered while another works.
    connections.needs_reconnect(second, trouble="Key revoked")
    shown = text(page.get(address, {"candidate": ada.pk}))
    assert f'type="hidden" name="connection" value="{first.pk}"' in shown
    assert "SourceWhale account" not in shown


def test_filters_of_one_name_are_told_apart_by_their_account(toy: ToyServer, london: ToyServer) -> None:
    alice = making.alice()
    first, second = accounts(alice)
    ada = making.person(alice)
    asked = {"mode": ExportMode.CANDIDATES, "target_id": "j1"}
    making.work(making.export(alice, second, ada, **asked))

    def labels() -> list[str]:
        column = facets.column(viewer=alice, question=Question())
        return [each.label for each in column.filters if each.label.startswith("Exported")]

    assert labels() == ["Exported"]
    making.work(making.export(alice, first, ada, **asked))
    assert labels() == ["Exported · Toy", "Exported · Toy (London)"]
    connections.remove(actor=alice, connection=first)
    assert labels() == ["Exported · Toy, removed", "Exported · Toy (London)"]


def test_a_filter_from_another_system_is_told_apart_from_ours_of_the_same_name(toy: ToyServer) -> None:
    alice = making.alice()
    row = making.connection(alice)
    ada = making.person(alice, source="Career fair")
    facts.set([ada.pk], f"ats:{row.pk}", "source", ["Referral"])
    facts.set([ada.pk], f"ats:{row.pk}", "region", ["North"])
    labels = [each.label for each in facets.column(viewer=alice, question=Question()).filters]
    assert {"Source", f"Source · {row.label}", "Region"} <= {*labels}


def test_pages_and_api_call_each_by_its_name_and_offer_a_further_one(
    toy: ToyServer, london: ToyServer
) -> None:
    alice = making.alice()
    accounts(alice)
    page = logged_in(alice)
    assert "Toy (London)" in text(page.get(url("overview"), {"q": "lond"}))
    systems = text(page.get(url("systems")))
    assert "Edit Toy (London)" in systems
    assert "Connect another account" in systems
    refused = page.post(url("connect", "toy"), {"capabilities": ["export"], "name": "london"})
    assert refused.status_code == 422
    assert "Another Toy connection is called “london”." in text(refused)
    page.post(url("connect", "toy"), {"capabilities": ["export"], "name": "<b>Paris</b>"})
    (paris,) = [
        row for row in Connection.objects.for_organisation(alice.organisation_id) if "Paris" in row.name
    ]
    # One wizard at a time: what was begun goes on.
    assert page.get(url("connect", "toy")).headers["Location"] == url("capabilities", paris.pk)
    page.post(url("credentials", paris.pk), {"api_key": LONDON})
    page.post(url("connect", "toy"), {"capabilities": ["export"], "name": "Lyon"})
    lyon = Connection.objects.for_organisation(alice.organisation_id).get(name="Lyon")
    twice = page.post(url("credentials", lyon.pk), {"api_key": LONDON})
    assert twice.status_code == 422
    assert "Toy (&lt;b&gt;Paris&lt;/b&gt;) has this account already." in text(twice)
    names = {row["name"] for row in page.get("/api/v1/connections/").json()["results"]}
    assert names == {"Toy", "Toy (London)", "Toy (<b>Paris</b>)", "Toy (Lyon)"}
