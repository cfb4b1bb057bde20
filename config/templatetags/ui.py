"""Beckon's components as template tags; ``/styleguide/`` shows each with its states. Loaded in every template.

====================================================  =======================================================
``{% icon "mail" %}`` ``{% icon "mail" 3.5 %}``        Lucide icon, size in Tailwind steps; decorative unless ``label=``
``{% status recipient.word %}``                        dot and word; ``plain=True`` in tables and cards
``{% avatar person %}``                                initials on a stable colour; the name must stand beside it
``{% ats "sourcewhale" ok=True %}``                    letter tile of a connected system with the green check
``{% mailmark "ok" %}`` ``{% phonemark True %}``       e-mail: ok, bad, no; phone: found or not
``{% when moment %}`` ``{% when moment planned=True %}``  relative date, exact on hover; planned: minute and zone
``{% nothing "no outreach" %}``                        the quiet dash with its spoken word
``{% field form.email %}`` ``{% fields form %}``       label, control, help, error; all of a form
``{% form_errors form %}``                             what is wrong with the form as a whole
``{% heading "Title" parent=… parent_url=… %}``        breadcrumb and the page's one h1, for block ``top``
``{% tabs items "Project" %}``                         items: ``label, url, active, count`` as attributes or keys
``{% segmented items "View" %}``                       items: ``label, url, active, icon``
``{% pager page %}``                                   previous / next of a keyset page, inside ``#results`` by htmx
``{% progress 96 148 "Import" %}``                     a bar with its label; ``None`` as total: unknown length
``{% empty … %}``                                      empty page: ``icon title text action url link link_url``
``{% copy token "Copy token" %}``                      a button that copies a text
``{% banner "amber" %}…{% endbanner %}``               tones: primary, green, amber, red, plain; ``icon= alert=``
``{% menu "id" "More actions" %}…{% endmenu %}``       a button with a popover of ``.pop-item`` links and buttons
``{% dialog "id" "Title?" %}…{% enddialog %}``         opened by ``<button command="show-modal" commandfor="id">``
``{{ n|thousands }}`` ``{{ n|about }}``                1,284 and ≈ 41,000
====================================================  =======================================================

What ``templates/base.html`` expects: ``frame`` from the context processor ``config.frame.frame`` (its
dataclasses say the shape); blocks ``title``, ``top`` (``{% heading %}``), ``search``, ``actions``, ``main``,
``drawer``, ``head``.
"""

from __future__ import annotations

import datetime
import zlib
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.template import loader
from django.template.context import RequestContext
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from config import dates, form_fields, icons, statuses

register = template.Library()

#: Systems a connection may lead to: our own two letters, never a vendor's logo.
ATS_TILES = {
    "sourcewhale": ("SW", "SourceWhale"),
    "smartrecruiters": ("SR", "SmartRecruiters"),
    "cats": ("CA", "CATS"),
    "pinpoint": ("PP", "Pinpoint"),
}
BANNER_ICONS = {
    "primary": "info",
    "green": "circle-check",
    "amber": "triangle-alert",
    "red": "circle-alert",
    "plain": "info",
}
MAIL_ICONS = {
    "ok": ("", "mail", "E-mail found"),
    "bad": (" text-error", "mail-x", "E-mail bounced"),
    "no": (" mark-off", "mail-question-mark", "No e-mail yet"),
}
PHONE_ICON = "phone"


# A page of people draws hundreds of the same few. ``typed``: a safe string is equal to the plain one and is escaped
# differently.
@register.simple_tag
@lru_cache(maxsize=1_024, typed=True)
def icon(name: str, size: float = 4, css: str = "", label: str = "") -> SafeString:
    """A Lucide icon drawn in the text's colour. Raises icons.UnknownIcon for a name that was not built."""
    hidden = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="size-{} flex-none{}{}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        size,
        " " if css else "",
        css,
        hidden,
        mark_safe(icons.shapes(name)),  # noqa: S308 - our own build of Lucide's files
    )


@register.simple_tag
def status(word: str, *, plain: bool = False, note: str = "") -> SafeString:
    """A status badge: the word of ``config.statuses`` with its dot; ``note`` becomes the tooltip."""
    return format_html(
        '<span class="badge{}"{}><span class="dot {}" aria-hidden="true"></span>{}</span>',
        " badge-plain" if plain else "",
        format_html(' title="{}"', note) if note else "",
        statuses.dot(str(word)),
        word,
    )


@register.simple_tag
def avatar(person: Any, size: str = "", seed: object = None) -> SafeString:
    """Initials of a person, user or plain name; ``size``: xs, sm, lg or nothing. Hidden from readers: the name
    stands beside it. The colour hangs on the primary key (or ``seed``), so it outlives a change of name."""
    name = person if isinstance(person, str) else getattr(person, "name", "") or str(person)
    key = seed if seed is not None else getattr(person, "pk", None) or name
    return _initials_on(zlib.crc32(str(key).encode()) % 12 * 30, size, _initials(str(name)))


# Two letters on twelve colours: a page draws the same again and again.
@lru_cache(maxsize=4_096)
def _initials_on(colour: int, size: str, initials: str) -> SafeString:
    return format_html(
        '<span class="avatar-i av-{}{}" aria-hidden="true">{}</span>',
        colour,
        f" avatar-{size}" if size else "",
        initials,
    )


def _initials(name: str) -> str:
    words = ["".join(letter for letter in word if letter.isalnum()) for word in name.split("@")[0].split()]
    letters = [word[0] for word in words if word]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "?"


@register.simple_tag
def ats(
    slug: str, *, ok: bool = False, size: str = "", word: str = "exported", silent: bool = False
) -> SafeString:
    """The letter tile of a system. ``ok`` adds the green check and makes the label "SourceWhale, exported";
    ``silent`` when the name stands beside it."""
    letters, name = ATS_TILES.get(slug, (slug[:2].upper(), slug.title()))
    said = f"{name}, {word}" if ok else f"{name}, not {word}"
    return format_html(
        '<span class="ats{}{}" {}>{}</span>',
        f" ats-{size}" if size else "",
        " ats-ok" if ok else "",
        mark_safe('aria-hidden="true"')
        if silent
        else format_html('role="img" aria-label="{}" title="{}"', said, said),
        letters,
    )


@register.simple_tag
def mailmark(state: str) -> SafeString:
    """Whether a person has an e-mail address: ``ok``, ``bad`` (bounced), ``no`` or nothing."""
    css, name, words = MAIL_ICONS[state or "no"]
    return _mark(css, name, words)


@register.simple_tag
def phonemark(found: object, *, slot: bool = True) -> SafeString:
    """A phone when there is one; otherwise an empty slot with a spoken word (or nothing: ``slot=False``)."""
    if found:
        return _mark("", PHONE_ICON, "Phone found")
    return mark_safe('<span class="mark"><span class="sr">No phone</span></span>') if slot else SafeString("")


@lru_cache(maxsize=64, typed=True)
def _mark(css: str, name: str, words: str) -> SafeString:
    return format_html('<span class="mark{}" title="{}">{}</span>', css, words, icon(name, label=words))


@register.simple_tag
def when(
    moment: datetime.datetime | None,
    *,
    planned: bool = False,
    zone: str | datetime.tzinfo | None = None,
    css: str = "",
) -> SafeString:
    """A ``time`` element in ``zone`` (the viewer's active one by default); "—" for None.

    Relative within 7 days with the exact time on hover; ``planned=True`` writes minute and zone out.
    """
    if moment is None:
        return nothing("never")
    where = dates.zone_of(zone) if zone else timezone.get_current_timezone()
    now = timezone.now()
    text = dates.planned(moment, where, now=now) if planned else dates.relative(moment, where, now=now)
    exact, named = escape(dates.exact(moment, where)), f' class="{escape(css)}"' if css else ""
    # Not format_html, which takes longer than all the rest: a page of people has fifty of these.
    return mark_safe(  # noqa: S308 - every part is escaped, or digits
        f'<time datetime="{moment.isoformat()}" title="{exact}"{named}>{escape(text)}</time>'
    )


@register.simple_tag
@lru_cache(maxsize=256, typed=True)
def nothing(spoken: str) -> SafeString:
    """Absence is quiet: a dash to the eye, ``spoken`` to a screen reader."""
    return format_html(
        '<span class="text-subtle"><span aria-hidden="true">—</span><span class="sr">{}</span></span>', spoken
    )


@register.inclusion_tag("ui/field.html")
def field(
    bound: BoundField,
    *,
    label: str | None = None,
    hint: str | None = None,
    css: str = "",
    hidden: bool = False,
) -> dict[str, Any]:
    """One form field. ``label`` and ``hint`` replace the form's own; ``hidden`` keeps the label for readers only."""
    shown = form_fields.view(bound, css=css, help_text=hint)
    return {"field": shown, "label": shown.label if label is None else label, "hidden": hidden}


@register.inclusion_tag("ui/fields.html")
def fields(form: BaseForm) -> dict[str, Any]:
    """Everything of a form inside its ``<form>``: form-wide errors, hidden and visible fields in order."""
    return {"form": form}


@register.inclusion_tag("ui/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """Errors of the form as a whole, announced; nothing when there is none."""
    return {"errors": [str(error) for error in form.non_field_errors()]}


@register.inclusion_tag("ui/heading.html")
def heading(title: str, *, parent: str = "", parent_url: str = "", status: str = "") -> dict[str, Any]:
    """The page's one ``h1`` in the top bar, after the page it belongs to, with its status if it has one."""
    return {"title": title, "parent": parent, "parent_url": parent_url, "status": status}


@register.inclusion_tag("ui/tabs.html")
def tabs(items: list[Any], label: str) -> dict[str, Any]:
    """Links that look like tabs: each has a URL. Items: ``label, url, active, count`` (count optional)."""
    return {"items": items, "label": label}


@register.inclusion_tag("ui/segmented.html")
def segmented(items: list[Any], label: str) -> dict[str, Any]:
    """Two to four views of the same thing. Items: ``label, url, active, icon`` (icon optional)."""
    return {"items": items, "label": label}


@register.inclusion_tag("ui/pager.html", takes_context=True)
def pager(context: RequestContext, page: Any, *, target: str = "#results") -> dict[str, Any]:
    """Previous and next of ``foundation.paging.KeysetPage``; keeps the rest of the address.

    Both cursors travel as ``after``. The links work without script; with it only ``target`` is swapped.
    """

    def link(cursor: str | None) -> str:
        if not cursor:
            return ""
        query = context["request"].GET.copy()
        query["after"] = cursor
        return f"?{query.urlencode()}"

    return {"next": link(page.next), "previous": link(page.previous), "target": target}


@register.inclusion_tag("ui/progress.html")
def progress(done: int, total: int | None, label: str) -> dict[str, Any]:
    """A labelled bar; without a total it says only that something is going on."""
    share = round(100 * done / total) if total else None
    return {"done": done, "total": total, "label": label, "share": share}


@register.inclusion_tag("ui/empty.html")
def empty(
    title: str,
    *,
    icon: str = "inbox",
    text: str = "",
    action: str = "",
    url: str = "",
    link: str = "",
    link_url: str = "",
) -> dict[str, Any]:
    """An empty page says what it is for and offers the one next step (and at most one quiet link)."""
    return {
        "title": title,
        "icon": icon,
        "text": text,
        "action": action,
        "url": url,
        "link": link,
        "link_url": link_url,
    }


@register.inclusion_tag("ui/copy.html")
def copy(text: str, label: str = "Copy") -> dict[str, Any]:
    """A button that puts ``text`` on the clipboard and says so."""
    return {"text": text, "label": label}


@register.simple_block_tag
def banner(
    content: str, tone: str = "plain", *, icon: str = "", alert: bool = False, css: str = ""
) -> SafeString:
    """A note where the problem is: icon, text, at most two actions. ``alert`` announces it at once."""
    return _include(
        "ui/banner.html",
        {
            "content": content,
            "tone": "" if tone == "plain" else f"tone-{tone}",
            "ink": {
                "amber": "text-warning",
                "green": "text-success",
                "red": "text-error",
                "primary": "text-primary",
            }.get(tone, "text-muted"),
            "icon": icon or BANNER_ICONS[tone],
            "alert": alert,
            "css": css,
        },
    )


@register.simple_block_tag
def menu(
    content: str,
    id: str,  # noqa: A002 - the HTML attribute
    label: str,
    *,
    icon: str = "ellipsis",
    text: str = "",
    css: str = "btn btn-ghost btn-sm",
    side: str = "end",
) -> SafeString:
    """A button and its popover. With ``text`` the button shows it (then ``label`` names the popover)."""
    return _include(
        "ui/menu.html",
        {"content": content, "id": id, "label": label, "icon": icon, "text": text, "css": css, "side": side},
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str, *, open: bool = False) -> SafeString:  # noqa: A002 - HTML names
    """A modal question. Inside stands a form with its own URL; Cancel is
    ``<button type="button" class="btn" command="close" commandfor="id" autofocus>``."""
    return _include("ui/dialog.html", {"content": content, "id": id, "title": title, "open": open})


def _include(name: str, values: dict[str, Any]) -> SafeString:
    return SafeString(loader.get_template(name).render(values))


@register.filter
def thousands(number: int | None) -> str:
    """1284 → "1,284"; None → "—"."""
    return "—" if number is None else f"{number:,}"


@register.filter
def about(number: int) -> str:
    """An estimate says so: 41234 → "≈ 41,000", two leading digits."""
    digits = max(len(str(abs(number))) - 2, 0)
    return f"≈ {round(number, -digits):,}"
