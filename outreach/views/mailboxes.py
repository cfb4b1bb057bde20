"""Outreach Settings: connected e-mail accounts (seed 002, "Reset your Email Connection")."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Role
from accounts.permissions import Right, can, needs, viewer_of
from foundation.problems import Conflict, Invalid, Problem
from outreach import consent, lending, mailboxes, presets, providers, selectors
from outreach.forms import LendForm, LimitsForm, MailboxForm, ReconnectForm, initial_for
from outreach.views.suppression import settings_tabs


@require_GET
@needs(Right.MAILBOX_VIEW)
def settings(request: HttpRequest) -> HttpResponse:
    """The list with health, today's count and the 3-dot menu of each account."""
    viewer = viewer_of(request)
    context = {
        "accounts": selectors.mailbox_views(viewer, now=timezone.now()),
        "may_link": can(viewer, Right.MAILBOX_LINK),
        "only_lends": not can(viewer, Right.CAMPAIGN_VIEW),
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
        preset = presets.preset_for(known) if known else None
        return _form_page(
            request, form, note=preset.note if preset else "", sign_in=preset.sign_in if preset else ""
        )
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
    mailboxes.remove(actor=viewer_of(request), mailbox_id=mailbox_id, now=timezone.now())
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


@require_POST
@needs(Right.MAILBOX_LINK)
def check_again(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """*Check again*: what was refused may have been allowed by an administrator meanwhile."""
    try:
        mailbox = mailboxes.check_again(actor=viewer_of(request), mailbox_id=mailbox_id, now=timezone.now())
    except Conflict as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"{mailbox.address} is connected.")
    return redirect("outreach:settings")


@require_http_methods(["GET", "POST"])
@needs(Right.MAILBOX_LINK)
def lend(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """*Lend*: who may send from this account; adding somebody, and taking it back."""
    viewer = viewer_of(request)
    mailbox = mailboxes.editable(viewer, mailbox_id)
    form = LendForm(request.POST if request.method == "POST" else None, mailbox=mailbox)
    if request.method == "POST" and form.is_valid():
        borrower = form.cleaned_data["user"]
        try:
            lending.lend(actor=viewer, mailbox_id=mailbox_id, user_id=borrower.pk, now=timezone.now())
        except Invalid as problem:
            _show(problem, form)
        else:
            messages.success(request, f"{borrower.name} may send from {mailbox.address}.")
            return redirect("outreach:mailbox_lend", mailbox_id)
    context = {
        "mailbox": mailbox,
        "form": form,
        "loans": lending.loans_of([mailbox], organisation_id=mailbox.organisation_id),
        "is_mine": mailbox.owner_id == viewer.pk,
    }
    return render(request, "outreach/mailbox_lend.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Right.MAILBOX_VIEW)
def withdraw(request: HttpRequest, loan_id: int) -> HttpResponse:
    """Take a loan back, or give one back."""
    viewer = viewer_of(request)
    loan = lending.withdraw(actor=viewer, loan_id=loan_id, now=timezone.now())
    messages.success(request, f"{loan.user.name} no longer sends from {loan.mailbox.address}.")
    if loan.user_id == viewer.pk:
        return redirect("outreach:settings")
    return redirect("outreach:mailbox_lend", loan.mailbox_id)


def _form_page(
    request: HttpRequest,
    form: MailboxForm,
    *,
    mailbox: object = None,
    note: str = "",
    sign_in: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "mailbox": mailbox,
        "note": note,
        "sign_in": sign_in,
        "providers": providers.all_of_them(),
        "redirect_uri": consent.redirect_uri(),
        "may_set_up": viewer_of(request).role == Role.ADMIN,
    }
    return render(request, "outreach/mailbox_form.html", context, status=status)


def _show(problem: Problem, form: MailboxForm | LimitsForm | LendForm) -> None:
    """The server's words beside the field they concern, the rest above the form."""
    form.add_error(None, str(problem))
    for name, text in (problem.fields if isinstance(problem, Invalid) else {}).items():
        form.add_error(name, text)
