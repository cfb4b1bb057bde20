"""The readable side of the ledger: what arrived, what was refused, one message in full."""

from __future__ import annotations

import re

from sandbox.http_server import Request, Response
from sandbox.mail.postoffice import PostOffice
from sandbox.pages import Markup, clock, esc, link, numbers, page, pairs, table

_SHOWN = 200


class MailPages:
    """Answers ``/mail/``."""

    def __init__(self, office: PostOffice) -> None:
        self._office = office
        self._ledger = office.ledger

    def handle(self, request: Request) -> Response:
        """One page."""
        path = request.path.removeprefix("/mail").strip("/")
        if path == "":
            return self._arrived(request.query.get("recipient", ""))
        if path == "refused":
            return self._refused()
        if found := re.fullmatch(r"messages/(\d+)", path):
            return self._message(int(found[1]))
        return Response.html(page("Not found", "<p>There is no such page.</p>"), 404)

    def _arrived(self, recipient: str) -> Response:
        counts = self._ledger.summary()
        rows = [
            (
                link(f"/mail/messages/{each['id']}", clock(each["at"])),
                each["account"],
                Markup(", ".join(link(f"/mail/?recipient={to}", to) for to in each["recipients"])),
                each["subject"],
                "" if each["answered"] else Markup('<span class="bad">not told</span>'),
            )
            for each in self._ledger.messages(recipient=recipient, limit=_SHOWN, newest_first=True)
        ]
        answers = [
            (clock(each["at"]), each["kind"], each["recipient"], each["mailbox"] or "(no mailbox here)")
            for each in self._ledger.answers(limit=_SHOWN)
        ]
        body = (
            numbers(
                {
                    "messages taken": counts["accepted"],
                    "people reached": counts["recipients"],
                    "arrived more than once": counts["duplicates"],
                    "taken, sender not told": counts["unanswered"],
                    "refused or cut": counts["refused"],
                    "answers still to come": self._office.pending,
                }
            )
            + (f"<p>Only {esc(recipient)}. {link('/mail/', 'Show all')}</p>" if recipient else "")
            + f'<h2>Taken</h2><p class="soft">The newest {_SHOWN}; times are UTC.</p>'
            + table(["Time", "Account", "To", "Subject", ""], rows, empty="Nothing has arrived yet.")
            + "<h2>Answers sent back</h2>"
            + table(["Time", "Kind", "From", "To mailbox"], answers, empty="None yet.")
        )
        return Response.html(page("What arrived", body))

    def _refused(self) -> Response:
        rows = [
            (clock(each["at"]), each["stage"], each["account"], each["recipient"], each["answer"])
            for each in self._ledger.refusals(limit=_SHOWN)
        ]
        body = f'<p class="soft">The newest {_SHOWN}; times are UTC.</p>' + table(
            ["Time", "At", "Account", "Recipient", "Answer"], rows, empty="Nothing was refused."
        )
        return Response.html(page("Refused", body))

    def _message(self, number: int) -> Response:
        found, raw = self._ledger.message(number), self._ledger.raw(number)
        if found is None or raw is None:
            return Response.html(page("Not found", "<p>There is no such message.</p>"), 404)
        body = (
            pairs(
                [
                    ("Taken", clock(found["at"])),
                    ("Account", found["account"]),
                    ("Envelope", f"{found['sender']} → {', '.join(found['recipients'])}"),
                    ("Message-ID", found["message_id"]),
                    ("Delivered as", found["delivered_message_id"]),
                    ("X-Beckon-Step", found["beckon_step"] or "–"),
                    ("X-Beckon-Ref", found["beckon_ref"] or "–"),
                    ("List-Unsubscribe", found["list_unsubscribe"] or "–"),
                    ("Size", f"{found['size']} bytes"),
                ]
            )
            + f"<p>{link(f'/control/ledger/messages/{number}.eml', 'The bytes')}</p>"
            + f"<h2>As received</h2><pre>{esc(raw.decode('utf-8', 'replace'))}</pre>"
        )
        return Response.html(page(found["subject"] or "(no subject)", body))
