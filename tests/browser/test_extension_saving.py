"""What the extension saves is neither lost nor doubled, whatever the line, the server or the browser does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.extension import ExtensionBrowser, extension_browser
from tests.browser.misbehaving import MisbehavingBeckon, misbehaving_beckon

HOUR = 3_600_000


class Panel:
    """The modules of the extension, as a panel has them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.server = ""

    def run(self, code: str, given: Any = None) -> Any:
        """Run a function body; what it throws comes back as {"threw": its class, "seconds", "message"}."""
        return self.page.evaluate(
            f"""async ([server, given]) => {{
              const queue = await import("/beckon/queue.js"), servers = await import("/beckon/servers.js");
              const {{ Client }} = await import("/beckon/client.js");
              const client = new Client(server, {{ timeout: 250 }});
              try {{ return await (async () => {{ {code} }})(); }} catch (problem) {{
                return {{ threw: problem.name, message: problem.message, seconds: problem.seconds }};
              }}
            }}""",
            [self.server, given],
        )

    def pair(self, beckon: MisbehavingBeckon, code: str = "GOODX-CODEX") -> Any:
        """Connect to it."""
        paired = self.run("return servers.pair(given[0], given[1])", [beckon.origin, code])
        self.server = paired.get("id", self.server)
        return paired

    def keep(self, name: str = "Ida") -> str:
        """Keep a save without sending it; its key."""
        key: str = self.run(
            "const key = crypto.randomUUID();"
            "await queue.add(server, {key, title: given, body: JSON.stringify({name: given}), draft: {name: given}});"
            "return key",
            name,
        )
        return key

    def send(self, key: str) -> dict[str, Any]:
        """Press: how it stands then."""
        sent: dict[str, Any] = self.run("return queue.send(await queue.get(given), client)", key)
        return sent

    def send_due(self) -> Any:
        """What every panel does by itself each minute."""
        return self.run("return queue.sendDue(server, client)")

    def saves(self) -> list[dict[str, Any]]:
        """What is kept."""
        kept: list[dict[str, Any]] = self.run("return queue.list(server)")
        return kept

    def change(self, key: str, **values: Any) -> None:
        """Alter what is kept, as time would."""
        self.run(
            "const save = await queue.get(given[0]);"
            "await chrome.storage.local.set({['save:' + given[0]]: {...save, ...given[1]}})",
            [key, values],
        )


@pytest.fixture(scope="module")
def chrome(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExtensionBrowser]:
    with extension_browser(browser, tmp_path_factory.mktemp("extension")) as opened:
        opened.panels = [Panel(opened.bare_page()), Panel(opened.bare_page())]  # type: ignore[attr-defined]
        yield opened


@pytest.fixture
def beckon() -> Iterator[MisbehavingBeckon]:
    with misbehaving_beckon() as made:
        yield made


@pytest.fixture
def panel(chrome: ExtensionBrowser, beckon: MisbehavingBeckon) -> Panel:
    """One panel, paired with an empty storage."""
    first: Panel = chrome.panels[0]  # type: ignore[attr-defined]
    first.run("await chrome.storage.local.clear()")
    first.pair(beckon)
    return first


@pytest.fixture
def other(chrome: ExtensionBrowser, panel: Panel) -> Panel:
    """A second panel of the same browser."""
    second: Panel = chrome.panels[1]  # type: ignore[attr-defined]
    second.server = panel.server
    return second


def states(panel: Panel) -> list[str]:
    return [save["state"] for save in panel.saves()]


# ── the line and the server ──────────────────────────────────────────────────


def test_a_save_is_sent_once_and_its_answer_comes_back(panel: Panel, beckon: MisbehavingBeckon) -> None:
    sent = panel.send(panel.keep())
    assert (sent["state"], sent["answer"]["person"]["id"]) == ("sent", 1)
    panel.send_due()
    assert beckon.done == [{"name": "Ida"}]
    assert len(beckon.keys()) == 1
    # What was said of the person is not kept any longer than needed.
    kept = panel.saves()[0]
    assert (kept["body"], kept["draft"]) == ("", None)


def test_while_the_server_is_down_it_waits_and_goes_once_when_it_is_back(
    panel: Panel, beckon: MisbehavingBeckon
) -> None:
    beckon.down()
    sent = panel.send(panel.keep())
    assert (sent["state"], sent["reason"]) == ("waiting", f"127.0.0.1:{beckon.port} cannot be reached.")
    panel.send_due()
    assert states(panel) == ["waiting"]
    beckon.up()
    panel.send_due()
    panel.send_due()
    assert beckon.done == [{"name": "Ida"}]
    assert states(panel) == ["sent"]


@pytest.mark.parametrize("mishap", ["lost", "cut after", "hang", "hang after", "portal", "elsewhere"])
def test_when_no_answer_comes_the_same_is_sent_again_under_the_same_key(
    panel: Panel, beckon: MisbehavingBeckon, mishap: str
) -> None:
    beckon.mishaps["saves"].append(mishap)
    first = panel.send(panel.keep())
    assert first["state"] == "waiting"
    assert first["unknown_since"]
    beckon.let_go()
    panel.send_due()
    assert states(panel) == ["sent"]
    assert beckon.done == [{"name": "Ida"}]
    calls = [(call.key, call.body) for call in beckon.calls if call.path.endswith("/saves/")]
    assert len(calls) == 2
    assert len(set(calls)) == 1
    # Nobody else ever saw the token.
    assert not any(call.path == "/stolen/" for call in beckon.calls)


def test_a_server_that_breaks_on_one_save_still_gets_the_others_and_is_not_hammered(
    panel: Panel, beckon: MisbehavingBeckon
) -> None:
    beckon.mishaps["saves"] += ["500"]
    ida, bo = panel.keep("Ida"), panel.keep("Bo")
    panel.change(ida, at=1)
    panel.send_due()
    assert beckon.done == [{"name": "Bo"}]
    panel.send_due()
    assert beckon.keys() == [ida, bo]
    panel.change(ida, not_before=0)
    panel.send_due()
    assert beckon.keys() == [ida, bo, ida]
    assert beckon.done == [{"name": "Bo"}, {"name": "Ida"}]


def test_an_asked_for_wait_is_kept_to(panel: Panel, beckon: MisbehavingBeckon) -> None:
    beckon.mishaps["saves"].append("429")
    ida = panel.keep()
    before = panel.run("return Date.now()")
    first = panel.send(ida)
    assert first["reason"] == "Beckon asks to wait 7 s."
    assert first["unknown_since"] is None  # it said that it did nothing
    assert 7_000 <= first["not_before"] - before < 9_000
    panel.send_due()
    assert len(beckon.keys()) == 1
    panel.change(ida, not_before=0)
    panel.send_due()
    assert len(beckon.done) == 1


def test_what_may_have_arrived_longer_ago_than_beckon_remembers_is_asked_about(
    panel: Panel, beckon: MisbehavingBeckon
) -> None:
    beckon.mishaps["saves"] += ["lost", "429", "lost"]
    ida = panel.keep()
    now = panel.send(ida)["unknown_since"]
    # Later tries make it no younger, nor does a refusal that says nothing of the first.
    assert panel.send(ida)["unknown_since"] == panel.send(ida)["unknown_since"] == now
    panel.change(ida, not_before=0, unknown_since=now - 23 * HOUR - 1)
    panel.send_due()
    assert len(beckon.keys()) == 3
    panel.run("await queue.again(await queue.get(given))", ida)
    panel.send_due()
    assert beckon.keys() == [ida] * 4
    assert len(beckon.done) == 1
    # One that surely never arrived may be as old as it likes.
    bo = panel.keep("Bo")
    panel.change(bo, at=now - 500 * HOUR)
    panel.send_due()
    assert len(beckon.done) == 2


def test_a_refused_save_stays_with_its_reason_until_it_is_edited_or_discarded(
    panel: Panel, beckon: MisbehavingBeckon
) -> None:
    beckon.mishaps["saves"].append("duplicate")
    ida = panel.keep()
    refused = panel.send(ida)
    assert (refused["state"], refused["reason"]) == ("refused", "Ida Hansen is known.")
    assert refused["problem"]["duplicates"][0]["candidate_id"] == 5
    panel.send_due()
    assert len(beckon.keys()) == 1
    edited = {"key": ida, "title": "Ida", "body": json.dumps({"name": "Ida", "candidate": 5}), "draft": {}}
    panel.run("await queue.add(server, given)", edited)
    assert panel.send(ida)["state"] == "sent"
    assert beckon.keys() == [ida, ida]
    assert beckon.done == [{"name": "Ida", "candidate": 5}]
    beckon.mishaps["saves"].append("duplicate")
    bo = panel.keep("Bo")
    panel.send(bo)
    panel.run("await queue.discard(await queue.get(given))", bo)
    assert [save["key"] for save in panel.saves()] == [ida]


def test_what_may_have_arrived_is_never_replaced_by_an_edit(panel: Panel, beckon: MisbehavingBeckon) -> None:
    beckon.mishaps["saves"].append("cut after")
    ida = panel.keep()
    panel.send(ida)
    kept = panel.run(
        "return queue.add(server, given)",
        {"key": ida, "title": "Ida", "body": '{"name": "Other"}', "draft": {}},
    )
    assert json.loads(kept["body"]) == {"name": "Ida"}
    panel.send_due()
    assert beckon.done == [{"name": "Ida"}]


# ── panels and browsers ──────────────────────────────────────────────────────


def test_two_panels_that_send_the_same_queue_at_once_send_each_save_once(
    panel: Panel, other: Panel, beckon: MisbehavingBeckon
) -> None:
    keys = {panel.keep(name) for name in ("Ida", "Bo", "Cy", "Di")}
    start = "window.sending = queue.sendDue(server, client); return null"
    panel.run(start)
    other.run(start)
    panel.run("await window.sending")
    other.run("await window.sending")
    assert sorted(beckon.keys()) == sorted(keys)
    assert len(beckon.done) == 4


def test_a_save_is_kept_at_once_while_another_panel_waits_for_an_answer(
    panel: Panel, other: Panel, beckon: MisbehavingBeckon
) -> None:
    beckon.mishaps["saves"].append("hang")
    panel.keep("Ida")
    panel.run("window.sending = queue.sendDue(server, client); return null")
    assert len(other.run("await queue.add(server, given); return queue.list(server)", {
        "key": "k-bo", "title": "Bo", "body": "{}", "draft": {}
    })) == 2  # fmt: skip
    beckon.let_go()
    panel.run("await window.sending")


def test_a_browser_that_is_closed_while_it_sends_knows_afterwards(
    browser: Browser, beckon: MisbehavingBeckon, tmp_path: Path
) -> None:
    with extension_browser(browser, tmp_path) as chrome:
        panel = Panel(chrome.bare_page())
        panel.pair(beckon)
        ida = panel.keep()
        beckon.mishaps["saves"].append("hang after")
        panel.run("queue.send(await queue.get(given), new Client(server)); return null", ida)
        while not beckon.done:
            panel.page.wait_for_timeout(5)
        chrome.close()
        beckon.let_go()
        chrome.open()
        again = Panel(chrome.bare_page())
        again.server = panel.server
        assert states(again) == ["waiting"]
        # By a press: a browser that still saw its line cut lets the save wait a moment by itself.
        again.run("await queue.send(await queue.get(given), new Client(server)); return null", ida)
        assert states(again) == ["sent"]
    assert beckon.keys() == [ida, ida]
    assert beckon.done == [{"name": "Ida"}]


def test_a_full_storage_loses_nothing_and_sends_nothing_unkept_by_itself(
    panel: Panel, beckon: MisbehavingBeckon
) -> None:
    fill = """let size = 4 * 1024 * 1024, count = 0;
      while (size >= 1) {
        try { await chrome.storage.local.set({["fill" + count++]: "x".repeat(size)}) } catch { size >>= 1 }
      }"""
    ida = panel.keep()
    panel.run(fill)
    assert panel.run("return queue.add(server, given)", {"key": "k-bo", "title": "Bo", "body": "{}", "draft": {}})[
        "threw"
    ] == "NoRoom"  # fmt: skip
    # That it is tried could not be kept, so it is not tried.
    assert panel.send(ida)["threw"] == "NoRoom"
    assert beckon.keys() == []
    # The person may send it while the panel is open, under one key.
    unkept = {"key": "k-bo", "title": "Bo", "body": '{"name": "Bo"}', "draft": {}}
    beckon.mishaps["saves"].append("cut after")
    assert panel.run("return queue.sendUnkept(server, given, client)", unkept)["state"] == "waiting"
    assert panel.run("return queue.sendUnkept(server, given, client)", unkept)["state"] == "sent"
    assert beckon.done == [{"name": "Bo"}]
    panel.run(
        "const names = Object.keys(await chrome.storage.local.get(null));"
        "await chrome.storage.local.remove(names.filter(name => name.startsWith('fill')))"
    )
    assert panel.send(ida)["state"] == "sent"


# ── tokens ───────────────────────────────────────────────────────────────────


def test_an_expired_token_is_renewed_once_among_all_panels(
    panel: Panel, other: Panel, beckon: MisbehavingBeckon
) -> None:
    beckon.expired = True
    start = "window.asked = Promise.all([1, 2, 3].map(() => client.get('/api/v1/x/'))); return null"
    panel.run(start)
    other.run(start)
    assert panel.run("return window.asked") == [{"ok": True}] * 3
    assert other.run("return window.asked") == [{"ok": True}] * 3
    assert beckon.count("/refresh/") == 1


def test_a_token_about_to_expire_is_renewed_before_it_is_used(
    panel: Panel, beckon: MisbehavingBeckon
) -> None:
    panel.run(
        "const it = await servers.get(server);"
        "await chrome.storage.local.set({['server:' + server]: {...it, access_until: Date.now() + 1000}})"
    )
    assert panel.run("return client.get('/api/v1/x/')") == {"ok": True}
    assert [call.path for call in beckon.calls[-2:]] == ["/api/v1/pairing/refresh/", "/api/v1/x/"]


def test_a_lost_answer_to_a_renewal_does_not_end_the_pairing(panel: Panel, beckon: MisbehavingBeckon) -> None:
    beckon.expired = True
    beckon.mishaps["refresh"] += ["cut after", "hang after"]
    for _ in range(2):
        assert panel.run("return client.get('/api/v1/x/')")["threw"] == "Offline"
    beckon.let_go()
    assert panel.run("return client.get('/api/v1/x/')") == {"ok": True}
    assert not beckon.revoked


def test_new_tokens_that_cannot_be_kept_are_not_used(panel: Panel, beckon: MisbehavingBeckon) -> None:
    beckon.expired = True
    broken = """const set = chrome.storage.local.set;
      chrome.storage.local.set = () => Promise.reject(new Error("IO error"));
      try { return await client.get("/api/v1/x/").catch((problem) => ({ threw: problem.name })) }
      finally { chrome.storage.local.set = set }"""
    assert panel.run(broken) == {"threw": "NoRoom"}
    assert beckon.unused
    assert panel.run("return client.get('/api/v1/x/')") == {"ok": True}
    assert not beckon.revoked


def test_a_revoked_browser_says_so_keeps_what_waits_and_sends_it_once_paired_again(
    panel: Panel, beckon: MisbehavingBeckon
) -> None:
    beckon.revoked = True
    ida = panel.keep()
    sent = panel.send(ida)
    assert sent["state"] == "waiting"
    assert sent["reason"].startswith("This browser is no longer connected to Beckon. Pair it again")
    ended = panel.run("return servers.get(server)")
    assert (ended["ended"], ended["access_token"], ended["refresh_token"]) == (True, "", "")
    calls = len(beckon.calls)
    panel.send_due()
    assert len(beckon.calls) == calls
    before = panel.server
    panel.pair(beckon)
    assert panel.server == before
    panel.send_due()
    assert beckon.done == [{"name": "Ida"}]


# ── pairing ──────────────────────────────────────────────────────────────────


def test_a_wrong_code_is_told_and_leaves_nothing_behind(panel: Panel, beckon: MisbehavingBeckon) -> None:
    panel.run("await servers.forget(server)")
    refused = panel.pair(beckon, "WRONG-CODEX")
    assert (refused["threw"], refused["message"]) == ("Refused", "This code is not good any more.")
    assert panel.run("return servers.list()") == []
    beckon.down()
    assert panel.pair(beckon)["message"].endswith("cannot be reached. If it happens again, make a new code.")


def test_disconnecting_tells_the_server_and_forgets_it(panel: Panel, beckon: MisbehavingBeckon) -> None:
    panel.run("const { disconnect } = await import('/beckon/client.js'); await disconnect(server)")
    assert beckon.calls[-1].path == "/api/v1/pairing/"
    assert beckon.calls[-1].token
    assert panel.run("return servers.list()") == []
    assert panel.run("return client.get('/api/v1/x/')")["threw"] == "SignedOut"


def test_an_address_may_be_typed_in_many_ways_but_the_token_travels_safely(panel: Panel) -> None:
    good = {
        "beckon.example.com": "https://beckon.example.com",
        " https://beckon.example.com/people/7/?q=x ": "https://beckon.example.com",
        "BECKON.example.com:8443": "https://beckon.example.com:8443",
        "localhost:8000": "http://localhost:8000",
        "http://127.0.0.1:8000/": "http://127.0.0.1:8000",
        "bäckon.example": "https://xn--bckon-gra.example",
    }
    bad = [
        "", "   ", "https://", "http://beckon.example.com", "ftp://beckon.example.com", "javascript:alert(1)",
        "https://user:secret@beckon.example.com", "http://localhost.evil.example", "be ckon", "https://[::1",
        "chrome://settings", "x" * 5_000 + ":99999",
    ]  # fmt: skip
    found = panel.run(
        "return given.map(each => { try { return servers.originOf(each) } catch (it) { return it.name } })",
        [*good, *bad],
    )
    assert found == [*good.values(), *["BadAddress"] * len(bad)]
