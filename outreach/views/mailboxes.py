"""Outreach Settings: connected e-mail accounts (seed 002, "Reset your Email Connection")."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, can, needs, viewer_of
from foundation.problems import Invalid, Problem
from outreach import mailboxes, presets, selectors
from outreach.forms import LimitsForm, MailboxForm, ReconnectForm, initial_for
from outreach.views.suppression import settings_tabs


@require_GET
@needs(Right.MAILBOX_VIEW)
def settings(request: HttpRequest) -> HttpResponse:
    """The list with health, today's count and the 3-dot menu of each account."""
    viewer = viewer_of(request)
    context = {
        "accounts": selectors.mailbox_views(viewer, now=timezone.now()),
        "may_link": can(viewer, Right.MAILBOX_LINK),
        "tabs": settings_tabs("settings", viewer),
    }
    return render(request, "outreach/settings.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.MAILBOX_LINK)
def new(request: HttpRequest) -> HttpResponse:
    """Link an e-mail account; the servers are filled in from the address."""
    address = request.GET.get("address", "").strip()
    known = address if "@" in address else ""
    if request.method == "GET":
        form = MailboxForm(initial=initial_for(known) if known else None)
        return _form_page(request, form, note=presets.preset_for(known).note if known else "")
    form = MailboxForm(request.POST)
    if form.is_valid():
        try:
            mailbox = mailboxes.link(
                actor=viewer_of(request),
                address=form.cleaned_data["address"],
                display_name=form.cleaned_data["display_name"],
                now=timezone.now(),
                **form.servers(),
            )
        except Problem as problem:
            _show(problem, form)
        else:
            messages.success(request, f"{mailbox.address} is connected.")
            return redirect("outreach:settings")
    return _form_page(request, form, status=422)


@require_http_methods(["GET", "POST"])
@needs(Right.MAILBOX_LINK)
def reconnect(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """New passwords or servers for a linked account."""
    mailbox = mailboxes.editable(viewer_of(request), mailbox_id)
    initial = ReconnectForm.initial_of(mailbox)
    if request.method == "GET":
        return _form_page(request, ReconnectForm(initial=initial), mailbox=mailbox)
    form = ReconnectForm(request.POST, initial=initial)
    if form.is_valid():
        try:
            mailboxes.reconnect(
                actor=viewer_of(request),
                mailbox_id=mailbox_id,
                display_name=form.cleaned_data["display_name"],
                now=timezone.now(),
                **form.servers(),
            )
        except Problem as problem:
            _show(problem, form)
        else:
            messages.success(request, f"{mailbox.address} is connected.")
            return redirect("outreach:settings")
    return _form_page(request, form, mailbox=mailbox, status=422)


@require_http_methods(["GET", "POST"])
@needs(Right.MAILBOX_LINK)
def remove(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """*Remove Account*: Disconnect, and Disconnect once more in the pop-up."""
    mailbox = mailboxes.editable(viewer_of(request), mailbox_id)
    if request.method == "GET":
        return render(request, "outreach/mailbox_remove.html", {"mailbox": mailbox})
    mailboxes.remove(actor=viewer_of(request), mailbox_id=mailbox_id)
    messages.success(request, f"{mailbox.address} is disconnected.")
    return redirect("outreach:settings")


@require_http_methods(["GET", "POST"])
@needs(Right.MAILBOX_LINK)
def limits(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """The mailbox's own limit and gap."""
    mailbox = mailboxes.editable(viewer_of(request), mailbox_id)
    initial = {name: getattr(mailbox, name) for name in LimitsForm.base_fields}
    form = LimitsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            mailboxes.set_limits(
                actor=viewer_of(request), mailbox_id=mailbox_id, now=timezone.now(), **form.cleaned_data
            )
        except Invalid as problem:
            _show(problem, form)
        else:
            messages.success(request, f"The limits of {mailbox.address} are saved.")
            return redirect("outreach:settings")
    context = {"mailbox": mailbox, "form": form}
    return render(request, "outreach/mailbox_limits.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Right.MAILBOX_LINK)
def set_default(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """*Set as default*."""
    mailbox = mailboxes.set_default(actor=viewer_of(request), mailbox_id=mailbox_id)
    messages.success(request, f"New campaigns start with {mailbox.address}.")
    return redirect("outreach:settings")


@require_POST
@needs(Right.MAILBOX_LINK)
def resume(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """End a pause."""
    mailbox = mailboxes.resume(actor=viewer_of(request), mailbox_id=mailbox_id, now=timezone.now())
    messages.success(request, f"{mailbox.address} sends again.")
    return redirect("outreach:settings")


def _form_page(
    request: HttpRequest, form: MailboxForm, *, mailbox: object = None, note: str = "", status: int = 200
) -> HttpResponse:
    context = {"form": form, "mailbox": mailbox, "note": note}
    return render(request, "outreach/mailbox_form.html", context, status=status)


def _show(problem: Problem, form: MailboxForm | LimitsForm) -> None:
    """The server's words beside the field they concern, the rest above the form."""
    form.add_error(None, str(problem))
    for name, text in (problem.fields if isinstance(problem, Invalid) else {}).items():
        form.add_error(name, text)
