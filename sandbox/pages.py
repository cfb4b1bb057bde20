"""The frame of every page, its building blocks, and the overview. Everything that came from outside is escaped."""

from __future__ import annotations

import html
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.http_server import Response

_STYLE = Path(__file__).with_name("style.css")
#: How many people or requests a page shows, the newest.
SHOWN = 500


class Markup(str):
    """Text that is HTML already; ``esc`` leaves it alone."""

    __slots__ = ()


def esc(value: object) -> str:
    """A value as HTML."""
    return value if isinstance(value, Markup) else html.escape(str(value))


def link(href: str, text: object) -> Markup:
    """A link."""
    return Markup(f'<a href="{html.escape(href)}">{esc(text)}</a>')


def clock(moment: float) -> str:
    """Epoch seconds as date and time, UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment))


def page(title: str, body: str) -> str:
    """A whole page."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{esc(title)} · Beckon sandbox</title>"
        '<link rel="stylesheet" href="/style.css"></head><body>'
        '<header><div><strong>Beckon sandbox</strong><a href="/">Overview</a><a href="/mail/">Mail</a>'
        '<a href="/mail/refused">Refused</a><a href="/sourcewhale/">SourceWhale</a>'
        '<a href="/sourcewhale/requests">Requests</a>'
        '<a href="/smartrecruiters/">SmartRecruiters</a>'
        '<a href="/cats/">CATS</a>'
        '<a href="/pinpoint/">Pinpoint</a>'
        '<a href="/finding">Contact data</a></div></header>'
        f"<main><h1>{esc(title)}</h1>{body}</main></body></html>\n"
    )


def numbers(values: Mapping[str, object]) -> str:
    """Labelled figures in a row."""
    cells = "".join(f"<div><dt>{esc(name)}</dt><dd>{esc(value)}</dd></div>" for name, value in values.items())
    return f'<dl class="numbers">{cells}</dl>'


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> str:
    """A table, or ``empty`` as a sentence."""
    lines = ["<tr>" + "".join(f"<td>{esc(cell)}</td>" for cell in row) + "</tr>" for row in rows]
    if not lines:
        return f'<p class="soft">{esc(empty)}</p>'
    top = "".join(f'<th scope="col">{esc(name)}</th>' for name in head)
    body = "".join(lines)
    return f'<div class="scroll" tabindex="0"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def pairs(values: Iterable[tuple[str, object]]) -> str:
    """A table of names and values."""
    lines = "".join(
        f'<tr><th scope="row">{esc(name)}</th><td>{esc(value)}</td></tr>' for name, value in values
    )
    return f'<div class="scroll" tabindex="0"><table><tbody>{lines}</tbody></table></div>'


def style() -> Response:
    """The style sheet."""
    return Response(200, _STYLE.read_bytes(), "text/css; charset=utf-8")


def overview(
    addresses: Mapping[str, Any], mail: Mapping[str, Any], sourcewhale: Mapping[str, Any]
) -> Response:
    """What runs where, and how much has arrived."""
    ports, host = addresses["ports"], addresses["host"]
    body = (
        "<p>The outside world of this installation: a mail world, stand-ins for "
        "SourceWhale, SmartRecruiters, CATS and Pinpoint, and providers of contact data. Nothing here "
        "leaves this machine.</p>"
        + numbers(
            {
                "messages taken": mail["accepted"],
                "refused": mail["refused"],
                "arrived more than once": mail["duplicates"],
                "answers sent back": sum(mail["answers"].values()),
                "people at SourceWhale": sourcewhale["people"],
            }
        )
        + "<h2>Servers</h2>"
        + pairs(
            [
                ("SMTP, STARTTLS on offer", f"{host}:{ports['smtp']}"),
                ("SMTP over TLS", f"{host}:{ports['smtps']}"),
                ("IMAP, STARTTLS on offer", f"{host}:{ports['imap']}"),
                ("IMAP over TLS", f"{host}:{ports['imaps']}"),
                ("SourceWhale", addresses["sourcewhale"]["base_url"]),
                ("SmartRecruiters", addresses["smartrecruiters"]["base_url"]),
                ("CATS", addresses["cats"]["base_url"]),
                ("Pinpoint", addresses["pinpoint"]["base_url"]),
                ("Hunter", addresses["finding"]["hunter"]["base_url"]),
                ("People Data Labs", addresses["finding"]["people_data_labs"]["base_url"]),
                ("Google sign-in", addresses["oauth"]["google"]["authorize_url"]),
                ("Microsoft sign-in", addresses["oauth"]["microsoft"]["authorize_url"]),
                ("Control", addresses["control_url"]),
            ]
        )
        + "<h2>Mail accounts</h2>"
        + table(
            ["Address", "Password"],
            [(each["address"], each["password"]) for each in addresses["accounts"]],
            empty="None.",
        )
        + _what_to_type(addresses)
        + _addresses_that_behave()
    )
    return Response.html(page("Overview", body))


def _what_to_type(addresses: Mapping[str, Any]) -> str:
    """The credentials that open each stand-in, as its connection asks for them."""
    smartrecruiters = addresses["smartrecruiters"]
    return (
        _keys_by_account("SourceWhale", addresses["sourcewhale"]["keys"])
        + "<h2>SmartRecruiters keys</h2><p>Or <em>Allow access</em> on its own page: nothing to type. "
        "Or a customer's own client: "
        f"<code>{esc(smartrecruiters['customer_client_id'])}</code> with the secret "
        f"<code>{esc(smartrecruiters['customer_client_secret'])}</code>.</p>"
        + table(
            ["Key", "User", "Rights"],
            [
                (each["key"], each["user"], "all" if each["scopes"] is None else ", ".join(each["scopes"]))
                for each in smartrecruiters["keys"]
            ],
            empty="None.",
        )
        + _keys_by_account("CATS", addresses["cats"]["keys"])
        + "<h2>Pinpoint subdomains and keys</h2>"
        + table(
            ["Subdomain", "Key", "Account", "Rights"],
            [
                (each["subdomain"], each["key"], each["account"], each["rights"])
                for each in addresses["pinpoint"]["keys"]
            ],
            empty="None.",
        )
    )


def _keys_by_account(vendor: str, keys: Iterable[Mapping[str, Any]]) -> str:
    rows = [(each["key"], each["account"], "all" if each["allowed"] else "none (403)") for each in keys]
    return f"<h2>{esc(vendor)} keys</h2>" + table(["Key", "Account", "Rights"], rows, empty="None.")


def _addresses_that_behave() -> str:
    rows = (
        ("accept", "takes the mail"),
        ("reject", "refused at RCPT, 550 5.1.1"),
        ("bounce", "taken; a delivery report comes back"),
        ("ooo", "taken; an out-of-office note with a return date comes back"),
        ("reply", "taken; a reply in the same thread comes back"),
        ("replyother", "taken; a reply from another address with another subject comes back"),
        ("greylist", "451 4.7.1 the first time, taken afterwards"),
        ("drop", "taken, but the line is cut before the answer"),
        ("slow", "taken after a delay"),
        ("rewrite", "taken under a new Message-ID, with a copy in Sent"),
    )
    intro = (
        "<h2>Addresses that behave</h2><p>The local part begins with one of these words and goes on with "
        "<code>.</code>, <code>-</code>, <code>+</code>, a digit or <code>@</code>. "
        "Any other is taken in silence.</p>"
    )
    return intro + table(["Word", "What happens"], rows, empty="")


def requests_page(title: str, requests: Sequence[Mapping[str, Any]]) -> Response:
    """The newest requests to a vendor, as its records keep them."""
    rows = [
        (
            clock(each["at"]),
            each["account"] or "(no key)",
            f"{each['method']} {each['path']}",
            each["status"] or "no answer",
            each["note"],
            Markup(f"<code>{esc(_short(each))}</code>"),
        )
        for each in requests
    ]
    body = f'<p class="soft">The newest {SHOWN}; times are UTC. Keys are not kept.</p>' + table(
        ["Time", "Account", "Request", "Status", "", "Query, body"], rows, empty="No request yet."
    )
    return Response.html(page(title, body))


def _short(request: Mapping[str, Any]) -> str:
    query = " ".join(f"{name}={value}" for name, value in request["query"].items())
    return f"{query} {request['body']}".strip()[:400]
