"""One mailbox's own page: is all its mail read, how much may it send, will its mail arrive, has it stopped itself."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, needs, viewer_of
from foundation.problems import Invalid
from outreach import deliverability, fuses, mailbox_figures, mailbox_sender, mailboxes, selectors, tasks
from outreach.forms import GoOnForm, SenderForm
from outreach.gap_view import gap_view
from outreach.inbound import gaps


@require_GET
@needs(Right.MAILBOX_VIEW)
def page(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Gap meter, limits, the next seven days, fuses; what can be changed leads to its own form."""
    return _page(request, mailbox_id, GoOnForm())


@require_POST
@needs(Right.MAILBOX_LINK)
def compare(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """*Compare now*."""
    with transaction.atomic():
        meter = gaps.ask(actor=viewer_of(request), mailbox_id=mailbox_id, now=timezone.now())
        transaction.on_commit(lambda: tasks.compare_mailbox.delay(meter.mailbox_id), robust=True)
    messages.success(request, "The comparison begins.")
    return redirect("outreach:mailbox", mailbox_id=mailbox_id)


@require_POST
@needs(Right.MAILBOX_LINK)
def check(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """*Check now*: the domain's records, and a test mail to oneself."""
    with transaction.atomic():
        deliverability.ask(actor=viewer_of(request), mailbox_id=mailbox_id, now=timezone.now())
        transaction.on_commit(lambda: tasks.check_mailbox.delay(mailbox_id), robust=True)
    messages.success(request, "The domain is looked up, and a test mail goes to the mailbox itself.")
    return redirect("outreach:mailbox", mailbox_id=mailbox_id)


@require_http_methods(["GET", "POST"])
@needs(Right.MAILBOX_LINK)
def sender(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Signature and where answers go."""
    mailbox = mailboxes.editable(viewer_of(request), mailbox_id)
    initial = {"signature": mailbox.signature, "reply_to": mailbox.reply_to}
    form = SenderForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            mailbox_sender.change(actor=viewer_of(request), mailbox_id=mailbox_id, **form.cleaned_data)
        except Invalid as problem:
            for name, text in problem.fields.items():
                form.add_error(name, text)
        else:
            messages.success(request, "Saved. Every message that leaves from now on has it.")
            return redirect("outreach:mailbox", mailbox_id=mailbox_id)
    context = {"mailbox": mailbox, "form": form}
    return render(request, "outreach/mailbox_sender.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Right.MAILBOX_LINK)
def go_on(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Let a mailbox that stopped itself go on, with a reason."""
    form = GoOnForm(request.POST)
    if form.is_valid():
        try:
            fuses.go_on(
                actor=viewer_of(request),
                mailbox_id=mailbox_id,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except Invalid as problem:
            form.add_error("reason", str(problem))
        else:
            messages.success(request, "The mailbox goes on. Its cases are counted anew.")
            return redirect("outreach:mailbox", mailbox_id=mailbox_id)
    return _page(request, mailbox_id, form, status=422)


def _page(request: HttpRequest, mailbox_id: int, form: GoOnForm, *, status: int = 200) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    mailbox = mailbox_figures.visible(viewer, mailbox_id)
    context = {
        "mailbox": mailbox,
        "account": selectors.mailbox_view(viewer, mailbox, now=now),
        "gap": gap_view(viewer, mailbox),
        "limits": mailbox_figures.limits_view(mailbox, now=now),
        "delivery": deliverability.checked(mailbox, now=now),
        "providers_own": deliverability.providers_own(mailbox),
        "week": mailbox_figures.week_of(mailbox, now=now, zone=ZoneInfo(viewer.time_zone)),
        "fuse": mailbox_figures.fuse_view(viewer, mailbox, now=now),
        "form": form,
    }
    return render(request, "outreach/mailbox.html", context, status=status)
