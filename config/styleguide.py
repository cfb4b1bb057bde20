"""``/styleguide/``: every component in every state, for whoever builds a page. Mounted in debug and tests only."""

from __future__ import annotations

import dataclasses
import datetime
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from config import statuses

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff " * 8


@dataclasses.dataclass(frozen=True)
class Somebody:
    """Who is logged in, for a page that needs no login."""

    pk: int = 1
    name: str = "Alice Aubert"
    email: str = "alice@northgate-search.example"
    organisation: str = "Northgate Search"
    get_role_display: str = "Admin"

    def __str__(self) -> str:
        return self.name


class ExampleForm(forms.Form):
    """Each kind of control once."""

    name = forms.CharField(label="Name", help_text="As recipients see it.", max_length=60)
    api_key = forms.CharField(label="API Key", help_text="Admin → Settings → Generate API Key.")
    daily_limit = forms.IntegerField(
        label="Daily limit",
        max_value=2000,
        error_messages={"max_value": "Gmail allows 2,000 a day. Enter at most 2000."},
    )
    zone = forms.ChoiceField(
        label="Time zone", choices=[("Europe/Paris", "Paris"), ("Europe/Berlin", "Berlin")], required=False
    )
    signature = forms.CharField(label="Signature", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    preference = forms.ChoiceField(
        label="When to send",
        choices=[("best", "Best time"), ("time", "Specific time"), ("start", "When the campaign is started")],
        widget=forms.RadioSelect,
    )
    capabilities = forms.MultipleChoiceField(
        label="Capabilities",
        choices=[("export", "Export"), ("pools", "Enable Pools")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    dummy = forms.BooleanField(
        label="Generate dummy email addresses",
        help_text="People without an address get one nobody reads.",
        required=False,
    )
    file = forms.FileField(label="CSV file", help_text="Up to 50 MB. The first row names the columns.")

    def clean(self) -> dict[str, Any]:
        """Always refuses, so that the form's own error shows."""
        raise forms.ValidationError("SourceWhale refused this key (401): “Invalid API key”.")


def styleguide(request: HttpRequest) -> HttpResponse:
    """The page; a POST shows the form with its errors (422), as a part for htmx."""
    if request.method == "POST":
        form = ExampleForm(request.POST, request.FILES)
        template = "styleguide.html#form" if request.headers.get("HX-Request") else "styleguide.html"
        return render(request, template, {**_sample(), "form": form}, status=422)
    if "toast" in request.GET:
        messages.success(request, "3 people added to “Python Paris”", extra_tags="/styleguide/undo/")
    return render(request, "styleguide.html", {**_sample(), "form": ExampleForm()})


def undo(request: HttpRequest) -> HttpResponse:
    """Answers an Undo the way a page does: nothing to swap, a toast."""
    answer = HttpResponse(status=204 if request.method == "POST" else 405)
    answer["HX-Trigger"] = '{"toast": {"text": "Undone"}}'
    return answer


def drawer(request: HttpRequest) -> HttpResponse:
    """The person drawer as a part; the whole page with it open without htmx."""
    template = "styleguide.html#person" if request.headers.get("HX-Request") else "styleguide.html"
    return render(request, template, {**_sample(), "form": ExampleForm(), "open": True})


def frame_sample() -> SimpleNamespace:
    """A frame with something in every place, in the shape of ``config.frame``."""

    def item(id: str, label: str, *, icon: str, count: int = 0, active: bool = False) -> SimpleNamespace:  # noqa: A002
        return SimpleNamespace(id=id, label=label, icon=icon, url=f"/{id}/", count=count, active=active)

    return SimpleNamespace(
        nav=[
            item("people", "Search", icon="search", active=True),
            item("projects", "Projects", icon="folder"),
            item("outreach", "Outreach", icon="send"),
            item("inbox", "Inbox", icon="inbox", count=7),
        ],
        outreach_settings=item("outreach/settings", "Outreach Settings", icon="sliders-horizontal"),
        menu=[
            item("integrations", "Integrations", icon="plug"),
            item("settings", "Settings", icon="settings"),
            item("admin", "Admin", icon="shield-check"),
        ],
        menu_active=False,
        recent=[
            SimpleNamespace(name="Senior Backend, Munich", url="/projects/1/", tone="teal", active=False),
            SimpleNamespace(name="ليلى حداد", url="/projects/2/", tone="amber", active=False),
        ],
        search_url="/people/",
        tray_url="",
    )


def _sample() -> dict[str, Any]:
    now = timezone.now()
    words = list(statuses.DOTS)
    people = [
        ("Lukas Brandt", "Staff Backend Engineer", "Helia Energy", "Munich, Germany", "ok", 1, "Replied"),
        ("Amélie Rousseau", "Senior Python Developer", "Docklet", "Paris, France", "ok", 0, "Started"),
        (
            "Priya Raghunathan",
            "Senior Backend Engineer",
            "Kettle Health",
            "Munich, Germany",
            "bad",
            0,
            "Bounced",
        ),
        (
            "ليلى حداد",
            "Data Platform Engineer",
            "Sahab Analytics",
            "Vienna, Austria",
            "ok",
            0,
            "Needs attention",
        ),
        (LONG_NAME, "Principal Engineer " * 9, "Landeskreditanstalt " * 9, "Munich, Germany", "no", 0, ""),
    ]
    return {
        "user": Somebody(),
        "frame": frame_sample(),
        "words": words,
        "people": [
            SimpleNamespace(
                pk=number,
                name=name,
                title=title,
                company=company,
                place=place,
                mail=mail,
                phone=phone,
                status=word,
                seen=now - datetime.timedelta(hours=number * 31),
            )
            for number, (name, title, company, place, mail, phone, word) in enumerate(people)
        ],
        "tabs": [
            {"label": "Candidates", "url": "#", "active": True, "count": 1284},
            {"label": "Outreach", "url": "#", "active": False, "count": 2},
            {"label": "Outreach Settings", "url": "#", "active": False},
        ],
        "views": [
            {"label": "Board", "url": "#", "active": True, "icon": "square-kanban"},
            {"label": "Table", "url": "#", "active": False, "icon": "table-2"},
        ],
        "page": SimpleNamespace(next="abc", previous="xyz"),
        "runs": [
            _run(
                "Import people.csv", "running", total=148, done=96, failed=2, cancel_url="/styleguide/undo/"
            ),
            _run("Export to SourceWhale", "queued"),
            _run("Export Complete", "done", total=45, done=45, note="42 sent, 3 skipped", url="#"),
            _run("Import old.csv", "failed", total=9, failed=9, problem="the file is not a table"),
        ],
        "running": 2,
        "heading": "2 running",
        "soon": now + datetime.timedelta(minutes=18),
        "seconds_left": 1062,
        "moments": [
            now - datetime.timedelta(**age)
            for age in ({"minutes": 3}, {"hours": 5}, {"days": 3}, {"days": 40})
        ],
    }


def _run(title: str, status: str, **values: Any) -> SimpleNamespace:
    return SimpleNamespace(
        **{"title": title, "status": status, "total": 0, "done": 0, "failed": 0, "note": ""} | values
    )


urlpatterns = [
    path("styleguide/", styleguide, name="styleguide"),
    path("styleguide/undo/", undo, name="styleguide_undo"),
    path("styleguide/person/", drawer, name="styleguide_person"),
]
