"""Everything together: starts the servers, says where they are, stops them."""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import Any

from sandbox import certificate, pages
from sandbox.ats.cats.api import Cats
from sandbox.ats.pinpoint.api import Pinpoint
from sandbox.ats.smartrecruiters.api import SmartRecruiters
from sandbox.control import Control
from sandbox.finding import pages as finding_pages
from sandbox.finding.api import Finding
from sandbox.http_server import HttpServer, Request, Response
from sandbox.mail.imap_server import ImapServer
from sandbox.mail.ledger import Ledger
from sandbox.mail.pages import MailPages
from sandbox.mail.postoffice import PostOffice
from sandbox.mail.store import MailStore
from sandbox.mail.submission import SubmissionServer
from sandbox.oauth.server import Authorization
from sandbox.options import Options
from sandbox.processes import write_whole
from sandbox.sourcewhale.api import SourceWhale
from sandbox.switches import Switches

ADDRESSES = "sandbox.json"


class World:
    """One running sandbox over one directory."""

    def __init__(self, options: Options, switches: Switches) -> None:
        self._options = options
        options.directory.mkdir(parents=True, exist_ok=True)
        self._file = options.directory / ADDRESSES
        self._file.unlink(missing_ok=True)
        self._store = MailStore(options.directory / "mailboxes.sqlite3")
        for address in options.accounts:
            self._store.ensure_account(address)
        self._ledger = Ledger(options.directory / "ledger.sqlite3")
        self._office = PostOffice(self._store, self._ledger, switches)
        self._authorization = Authorization(switches, options.accounts)
        opens = self._authorization.grants.opens
        self._submission = SubmissionServer(self._office, switches, options.accounts, opens)
        self._imap = ImapServer(self._store, switches, options.accounts, opens)
        self._sourcewhale = SourceWhale(
            options.directory / "sourcewhale.sqlite3", switches, list(options.accounts)
        )
        self._smartrecruiters = SmartRecruiters(options.directory / "smartrecruiters.sqlite3")
        self._cats = Cats(options.directory / "cats.sqlite3", switches, list(options.accounts))
        self._pinpoint = Pinpoint(options.directory / "pinpoint.sqlite3", switches)
        self._finding = Finding(switches)
        self._control = Control(
            switches, self._office, self._sourcewhale, self._finding, self._authorization, self._cats
        )
        self._mail_pages = MailPages(self._office)
        self._http = HttpServer(self._handle)
        self._servers: list[asyncio.base_events.Server] = []
        self.addresses: dict[str, Any] = {}

    async def start(self) -> None:
        """Listen everywhere, then write the addresses, complete or not at all."""
        tls, certificate_file = certificate.make(self._options.directory)
        options, host = self._options, self._options.bind
        ports = {}
        for name, listening in (
            ("smtp", self._submission.listen(host, options.smtp_port, tls=tls, implicit=False)),
            ("smtps", self._submission.listen(host, options.smtps_port, tls=tls, implicit=True)),
            ("imap", self._imap.listen(host, options.imap_port, tls=tls, implicit=False)),
            ("imaps", self._imap.listen(host, options.imaps_port, tls=tls, implicit=True)),
            ("http", self._http.listen(host, options.http_port)),
        ):
            server = await listening
            self._servers.append(server)
            ports[name] = server.sockets[0].getsockname()[1]
        url = f"http://{host}:{ports['http']}"
        self.addresses = {
            "pid": os.getpid(),
            "started_at": time.time(),
            "host": host,
            "ports": ports,
            "accounts": [{"address": a, "password": p} for a, p in options.accounts.items()],
            "certificate": str(certificate_file.resolve()),
            "url": f"{url}/",
            "mail_url": f"{url}/mail/",
            "control_url": f"{url}/control",
            "sourcewhale": {
                "base_url": f"{url}/sourcewhale/public-api",
                "url": f"{url}/sourcewhale/",
                "keys": self._sourcewhale.keys(),
            },
            "smartrecruiters": self._smartrecruiters.addresses(url),
            "cats": self._cats.addresses(url),
            "pinpoint": self._pinpoint.addresses(url),
            "finding": self._finding.addresses(url),
            "oauth": self._authorization.addresses(url),
        }
        write_whole(self._file, json.dumps(self.addresses, indent=2))

    async def stop(self) -> None:
        """Take nothing new, let pending answers arrive, end every connection, close the files."""
        self._file.unlink(missing_ok=True)
        for server in self._servers:
            server.close()
        self._office.flush()
        self._submission.close()
        await self._imap.close()
        await self._http.close()
        await self._sourcewhale.close()
        await self._smartrecruiters.close()
        await self._cats.close()
        await self._pinpoint.close()
        self._store.close()
        self._ledger.close()

    async def _handle(self, request: Request) -> Response:
        path = request.path
        if path.startswith("/control/smartrecruiters"):
            return await self._smartrecruiters.control(request)
        if path.startswith("/control/pinpoint"):
            return await self._pinpoint.control(request)
        if path == "/control" or path.startswith("/control/"):
            return await self._control.handle(request)
        if path.startswith("/sourcewhale/"):
            return await self._sourcewhale.handle(request)
        if path.startswith("/smartrecruiters/"):
            return await self._smartrecruiters.handle(request)
        if path.startswith("/cats/"):
            return await self._cats.handle(request)
        if path.startswith("/pinpoint/"):
            return await self._pinpoint.handle(request)
        if path.startswith("/finding/"):
            return await self._finding.handle(request)
        if path.startswith("/oauth/"):
            return await self._authorization.handle(request)
        if request.method not in ("GET", "HEAD"):
            return Response(405, b"only GET\n")
        if path == "/finding":
            return finding_pages.requests(self._finding)
        if path == "/style.css":
            return pages.style()
        if path == "/mail" or path.startswith("/mail/"):
            return self._mail_pages.handle(request)
        if path == "/":
            return pages.overview(self.addresses, self._ledger.summary(), self._sourcewhale.counts())
        return Response.html(pages.page("Not found", "<p>There is no such page.</p>"), 404)
