"""Settings: profile, organisation, members, API tokens, audit trail; and the page behind an invitation link."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit_words, invitations, members, selectors, settings_pages, tokens
from accounts.forms import InviteForm, JoinForm, OrganisationForm, ProfileForm, TokenForm
from accounts.models import Role, User
from accounts.permissions import SCOPES, Right, can, needs, viewer_of
from foundation.paging import keyset
from foundation.problems import Conflict, Invalid


def _page(request: HttpRequest, active: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    tabs = settings_pages.tabs(viewer_of(request), active=f"accounts:{active}")
    return render(request, f"settings/{active}.html", {**context, "tabs": tabs}, status=status)


def _try(form: forms.Form, act: Callable[[], object]) -> bool:
    """Do it; a refusal becomes the form's errors."""
    try:
        act()
    except Invalid as problem:
        for name, text in problem.fields.items():
            form.add_error(name if name in form.fields else None, text)
    except Conflict as problem:
        form.add_error(None, str(problem))
    return not form.errors


@needs(Right.PROFILE_EDIT)
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """The own name and time zone."""
    user = viewer_of(request)
    form = ProfileForm(request.POST or None, initial={"name": user.name, "time_zone": user.time_zone})
    if (
        request.method == "POST"
        and form.is_valid()
        and _try(form, lambda: members.change_profile(actor=user, **form.cleaned_data))
    ):
        messages.success(request, "Profile saved.")
        return redirect("accounts:profile")
    return _page(request, "profile", {"form": form}, 422 if form.errors else 200)


@needs(Right.ORGANISATION_EDIT)
@require_http_methods(["GET", "POST"])
def organisation(request: HttpRequest) -> HttpResponse:
    """Name, grace, and what the plan includes."""
    user = viewer_of(request)
    assert user.organisation is not None
    row = user.organisation
    form = OrganisationForm(
        request.POST or None, initial={"name": row.name, "start_grace_minutes": row.start_grace_minutes}
    )
    if (
        request.method == "POST"
        and form.is_valid()
        and _try(form, lambda: members.change_organisation(actor=user, **form.cleaned_data))
    ):
        messages.success(request, "Organisation saved.")
        return redirect("accounts:organisation")
    return _page(request, "organisation", {"form": form, "organisation": row}, 422 if form.errors else 200)


@needs(Right.MEMBER_VIEW)
def member_list(request: HttpRequest) -> HttpResponse:
    """Who is here, and open invitations."""
    user = viewer_of(request)
    context = {
        "members": selectors.members(user),
        "invitations": selectors.open_invitations(user),
        "may_invite": can(user, Right.MEMBER_INVITE),
        "roles": Role.choices,
        "now": timezone.now(),
        "form": InviteForm(),
    }
    return _page(request, "members", context)


@needs(Right.MEMBER_INVITE)
@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Make an invitation; its link is on the answer and nowhere else."""
    user = viewer_of(request)
    form = InviteForm(request.POST)
    made: list[str] = []
    if form.is_valid():
        _try(
            form,
            lambda: made.append(invitations.invite(actor=user, now=timezone.now(), **form.cleaned_data)[1]),
        )
    context = {
        "members": selectors.members(user),
        "invitations": selectors.open_invitations(user),
        "may_invite": True,
        "roles": Role.choices,
        "now": timezone.now(),
        "form": InviteForm() if made else form,
        "link": invitations.link(made[0]) if made else "",
    }
    return _page(request, "members", context, 200 if made else 422)


@needs(Right.MEMBER_INVITE)
@require_POST
def revoke_invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """The link stops working."""
    user = viewer_of(request)
    invitations.revoke(
        actor=user, invitation=selectors.invitation_for(user, invitation_id), now=timezone.now()
    )
    messages.success(request, "Invitation revoked.")
    return redirect("accounts:members")


@needs(Right.MEMBER_INVITE)
@require_POST
def change_role(request: HttpRequest, user_id: int) -> HttpResponse:
    """Another role for a member."""
    user = viewer_of(request)
    members.change_role(
        actor=user, member=selectors.member_for(user, user_id), role=request.POST.get("role", "")
    )
    messages.success(request, "Role changed.")
    return redirect("accounts:members")


@needs(Right.MEMBER_INVITE)
@require_POST
def set_active(request: HttpRequest, user_id: int) -> HttpResponse:
    """Keep a member out, or let them in again."""
    user = viewer_of(request)
    active = request.POST.get("active") == "1"
    members.set_active(actor=user, member=selectors.member_for(user, user_id), active=active)
    messages.success(request, "Member let in again." if active else "Member deactivated.")
    return redirect("accounts:members")


@needs(Right.TOKEN_CREATE)
@require_http_methods(["GET", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """The own tokens; a new one is shown on the answer and nowhere else."""
    user = viewer_of(request)
    offered = [(str(right), words) for right, words in SCOPES.items() if can(user, right)]
    form = TokenForm(request.POST or None, offered=offered)
    made: list[str] = []
    if request.method == "POST" and form.is_valid():
        _try(form, lambda: made.append(tokens.create(actor=user, now=timezone.now(), **form.cleaned_data)[1]))
    context = {
        "form": TokenForm(offered=offered) if made else form,
        "tokens": selectors.tokens(user),
        "secret": made[0] if made else "",
        "now": timezone.now(),
    }
    return _page(request, "tokens", context, 422 if form.errors else 200)


@needs(Right.TOKEN_CREATE)
@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """The token stops working."""
    user = viewer_of(request)
    tokens.revoke(actor=user, token=selectors.token_for(user, token_id), now=timezone.now())
    messages.success(request, "Token revoked.")
    return redirect("accounts:tokens")


@needs(Right.AUDIT_VIEW)
def audit(request: HttpRequest) -> HttpResponse:
    """Who changed what, newest first."""
    page = keyset(
        selectors.audit_entries(viewer_of(request)),
        order=("-at", "-pk"),
        after=request.GET.get("after"),
        size=50,
    )
    return _page(request, "audit", {"page": page, "lines": [audit_words.line(entry) for entry in page.rows]})


@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Behind the link: say who you are and choose a password."""
    found = invitations.find(secret, now=timezone.now())
    form = JoinForm(request.POST or None)
    made: list[User] = []
    if request.method == "POST" and form.is_valid():
        _try(
            form,
            lambda: made.append(invitations.accept(secret=secret, now=timezone.now(), **form.cleaned_data)),
        )
    if made:
        login(request, made[0], backend="django.contrib.auth.backends.ModelBackend")
        return redirect("/")
    context = {"form": form, "invitation": found}
    return render(request, "accounts/invitation.html", context, status=422 if form.errors else 200)
