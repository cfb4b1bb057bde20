"""Starting and steering a sandbox from tests, benchmarks and the demo.

::

    with Sandbox.start(folder, switches={"answer_delay": 0.05}) as world:
        world.smtp_port, world.password("alice@demo.example")
        world.control(smtp_hang=True)
        world.ledger()["duplicates"]
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

_ROOT = Path(__file__).resolve().parent.parent
_START_PATIENCE = 20.0
_STOP_PATIENCE = 10.0
_CALL_PATIENCE = 30.0


class SandboxFailed(Exception):
    """The sandbox did not start, or did not do what it was told; the text holds its own words."""


class Sandbox:
    """A running sandbox. Made by ``start``, or by ``attach`` for one that somebody else runs."""

    def __init__(self, addresses: Mapping[str, Any], process: subprocess.Popen[bytes] | None = None) -> None:
        #: What ``sandbox.json`` says.
        self.addresses = dict(addresses)
        self.process = process

    @classmethod
    def start(
        cls,
        directory: Path,
        *,
        accounts: Mapping[str, str] | None = None,
        switches: Mapping[str, Any] | None = None,
        arguments: Sequence[str] = (),
    ) -> Self:
        """Spawn ``python -m sandbox`` over ``directory`` and wait until it listens; SandboxFailed otherwise.

        ``accounts``: passwords by address. ``switches``: as for ``control``. It ends when the calling thread
        ends (Linux): call this from the main thread.
        """
        directory = Path(directory).resolve()
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "sandbox.json").unlink(missing_ok=True)
        command = [sys.executable, "-m", "sandbox", "--dir", str(directory), "--die-with", str(os.getpid())]
        for address, password in (accounts or {}).items():
            command += ["--account", f"{address}:{password}"]
        for name, value in (switches or {}).items():
            command += ["--set", f"{name}={str(value).lower() if isinstance(value, bool) else value}"]
        log = directory / "sandbox.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [*command, *arguments], cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        return cls(_wait_for(directory / "sandbox.json", process, log), process)

    @classmethod
    def attach(cls, directory: Path) -> Self:
        """The sandbox that runs over ``directory``, as its ``sandbox.json`` says."""
        return cls(json.loads((Path(directory) / "sandbox.json").read_text()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop it cleanly; kill it if it does not go. Nothing happens to an attached one."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def host(self) -> str:
        """Where everything listens."""
        return str(self.addresses["host"])

    @property
    def smtp_port(self) -> int:
        """SMTP with STARTTLS on offer."""
        return int(self.addresses["ports"]["smtp"])

    @property
    def smtps_port(self) -> int:
        """SMTP with TLS from the first byte."""
        return int(self.addresses["ports"]["smtps"])

    @property
    def imap_port(self) -> int:
        """IMAP with STARTTLS on offer."""
        return int(self.addresses["ports"]["imap"])

    @property
    def imaps_port(self) -> int:
        """IMAP with TLS from the first byte."""
        return int(self.addresses["ports"]["imaps"])

    @property
    def http_port(self) -> int:
        """Pages, control and SourceWhale."""
        return int(self.addresses["ports"]["http"])

    @property
    def certificate(self) -> Path:
        """The certificate of the TLS ports, to be trusted as a CA."""
        return Path(self.addresses["certificate"])

    @property
    def sourcewhale_url(self) -> str:
        """Base of the stand-in's API, before ``/v1``."""
        return str(self.addresses["sourcewhale"]["base_url"])

    @property
    def sourcewhale_keys(self) -> list[dict[str, Any]]:
        """Keys with account, rights, users, campaigns and projects: main account, second account, no rights."""
        return list(self.addresses["sourcewhale"]["keys"])

    @property
    def smartrecruiters(self) -> dict[str, Any]:
        """Base URL, sign-in addresses, client and keys (administrator, recruiter, reader) of the stand-in."""
        return dict(self.addresses["smartrecruiters"])

    @property
    def cats(self) -> dict[str, Any]:
        """``base_url`` of the stand-in CATS and its ``keys``: main account, second account, no rights."""
        return dict(self.addresses["cats"])

    @property
    def pinpoint(self) -> dict[str, Any]:
        """``base_url`` (with ``{subdomain}``) of the stand-in Pinpoint and its ``keys``: all rights, second account,
        reading only, not activated.
        """
        return dict(self.addresses["pinpoint"])

    @property
    def finding(self) -> dict[str, Any]:
        """Base URL and key of each provider of contact data by slug, and ``empty_key``."""
        return dict(self.addresses["finding"])

    def asked(self) -> list[dict[str, Any]]:
        """Whom the providers of contact data were asked about, oldest first."""
        return self.get("/control/finding")  # type: ignore[no-any-return]

    def password(self, address: str) -> str:
        """The password of a mail account, the same for SMTP and IMAP."""
        for account in self.addresses["accounts"]:
            if account["address"] == address:
                return str(account["password"])
        raise KeyError(address)

    def control(self, **switches: Any) -> dict[str, Any]:
        """Change switches (``sandbox/switches.py``) and give all of them."""
        if switches:
            return self.post("/control", switches)  # type: ignore[no-any-return]
        return self.get("/control")  # type: ignore[no-any-return]

    def reset(self) -> None:
        """Every switch back to its default, no faults ordered."""
        self.post("/control/reset", {})
        self.post("/control/sourcewhale/faults/clear", {})
        self.post("/control/cats/faults/clear", {})
        self.post("/control/pinpoint/faults/clear", {})

    def ledger(self) -> dict[str, Any]:
        """Counts of what the SMTP server saw, and ``pending_answers``."""
        return self.get("/control/ledger")  # type: ignore[no-any-return]

    def messages(self, **filters: Any) -> list[dict[str, Any]]:
        """Accepted messages, oldest first; ``after``, ``recipient``, ``account``, ``limit``."""
        query = f"?{urlencode(filters)}" if filters else ""
        return self.get(f"/control/ledger/messages{query}")  # type: ignore[no-any-return]

    def message(self, number: int) -> dict[str, Any]:
        """One accepted message with all its headers."""
        return self.get(f"/control/ledger/messages/{number}")  # type: ignore[no-any-return]

    def raw(self, number: int) -> bytes:
        """The bytes of one accepted message."""
        return self._call("GET", f"/control/ledger/messages/{number}.eml")

    def refused(self) -> list[dict[str, Any]]:
        """Refusals and cut lines, newest first."""
        return self.get("/control/ledger/refused")  # type: ignore[no-any-return]

    def clear(self) -> None:
        """Forget the books of mail and everything SourceWhale holds; mailboxes stay."""
        self.post("/control/ledger/clear", {})
        self.post("/control/sourcewhale/clear", {})
        self.post("/control/cats/clear", {})
        self.post("/control/pinpoint/clear", {})
        self.post("/control/finding/clear", {})

    def deliver(self, mailbox: str, raw: bytes | None = None, **parts: Any) -> int:
        """Put a mail into an INBOX: ``raw`` bytes, or ``subject``, ``text``, ``headers``, ``from_``; its UID."""
        order: dict[str, Any] = {"mailbox": mailbox, **parts}
        if "from_" in order:
            order["from"] = order.pop("from_")
        if raw is not None:
            order["raw_base64"] = base64.b64encode(raw).decode()
        return int(self.post("/control/deliver", order)["uid"])

    def change_uid_validity(self, mailbox: str, folder: str = "INBOX") -> int:
        """Rebuild a folder with new UIDs; the new UIDVALIDITY."""
        return int(self.post("/control/uidvalidity", {"mailbox": mailbox, "folder": folder})["uid_validity"])

    def mailboxes(self) -> dict[str, dict[str, dict[str, int]]]:
        """UIDVALIDITY, next UID and number of messages by account and folder."""
        return self.get("/control/mailboxes")  # type: ignore[no-any-return]

    def wait_for_answers(self, patience: float = 10.0) -> None:
        """Wait until no bounce, reply or note is still to come; SandboxFailed if it takes longer."""
        end = time.monotonic() + patience
        while self.ledger()["pending_answers"]:
            if time.monotonic() > end:
                raise SandboxFailed("answers are still to come")
            time.sleep(0.02)

    def fault(self, kind: str, **details: Any) -> None:
        """Order a failure of SourceWhale's next request; see ``sandbox.faults.Fault``."""
        self.post("/control/sourcewhale/faults", {"kind": kind, **details})

    def oauth(self) -> dict[str, int]:
        """Tokens exchanged, refreshed, refused, revoked so far, and how many access tokens are alive."""
        return self.get("/control/oauth")  # type: ignore[no-any-return]

    def expire_tokens(self) -> int:
        """End every access token now, as an hour does; how many were alive."""
        return int(self.post("/control/oauth/expire", {})["expired"])

    def withdraw_consent(self, account: str) -> int:
        """What an owner does at the provider: all tokens of the account end; how many refresh tokens that were."""
        return int(self.post("/control/oauth/withdraw", {"account": account})["ended"])

    def agree(self, authorize_url: str, *, account: str, decision: str = "allow") -> str:
        """Press Allow (or Cancel) on the page behind ``authorize_url`` as ``account``; where it leads back to."""
        parts = urlsplit(authorize_url)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = urlencode({**asked, "account": account, "decision": decision})
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_CALL_PATIENCE)
        try:
            connection.request(
                "POST", parts.path, body, {"Content-Type": "application/x-www-form-urlencoded"}
            )
            answer = connection.getresponse()
            words = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        where = answer.getheader("Location")
        if where is None:
            raise SandboxFailed(f"{answer.status} {words}")
        return where

    def people(self) -> list[dict[str, Any]]:
        """Everybody SourceWhale holds."""
        return self.get("/control/sourcewhale/people")  # type: ignore[no-any-return]

    def sourcewhale(self) -> dict[str, Any]:
        """Counts of what SourceWhale holds and was asked."""
        return self.get("/control/sourcewhale")  # type: ignore[no-any-return]

    def sourcewhale_requests(self) -> list[dict[str, Any]]:
        """The request log, newest first."""
        return self.get("/control/sourcewhale/requests")  # type: ignore[no-any-return]

    def get(self, path: str) -> Any:
        """A JSON answer of the control door."""
        return json.loads(self._call("GET", path))

    def post(self, path: str, value: Any) -> Any:
        """A JSON answer to a JSON order."""
        return json.loads(self._call("POST", path, json.dumps(value).encode()))

    def _call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        where = urlsplit(self.addresses["url"])
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=_CALL_PATIENCE)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise SandboxFailed(f"{method} {path}: {answer.status} {content.decode('utf-8', 'replace')}")
        return content


def _wait_for(file: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    end = time.monotonic() + _START_PATIENCE
    while not file.exists():
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            process.wait()
            raise SandboxFailed(f"the sandbox did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)
    found: dict[str, Any] = json.loads(file.read_text())
    return found
