"""The Integrations page and the wizard that connects a system (seed 000, "Setting up your Integration")."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, can
from foundation.problems import Invalid
from integrations import connections, opening, registry, same_account, selectors, webhooks
from integrations.forms import CapabilitiesForm, IdentityForm, WebhookSecretForm
from integrations.models import Connection, ConnectionStatus
from integrations.states import ESTABLISHED
from integrations.views.gate import Request, integrations_page
from integrations.views.signing_in import channel
from integrations.views.tabs import tabbed, unconnected

#: Removed connections offered as "the same account as before".
MOST_REMOVED = 5


def _card(connection: Connection, viewer: Any) -> dict[str, Any]:
    found = opening.vendor_of(connection)
    words = {"export": "Export", "pools": "Pools", connections.PULL: "Bring people in"}
    return {
        "row": connection,
        "vendor": found,
        "capabilities": ", ".join(words[box] for box in connection.capabilities if box in words),
        "exports": selectors.exports(viewer).filter(connection=connection).count(),
        "established": connection.status in ESTABLISHED,
    }


@require_GET
@integrations_page(Right.CONNECTION_VIEW)
def overview(request: Request) -> HttpResponse:
    """Your connections, the verified ones first with their green check; below, what can be connected."""
    cards = [_card(row, request.user) for row in selectors.connections(request.user)]
    standings = selectors.sync_standings(request.user, [card["row"].pk for card in cards])
    for card in cards:
        card["sync"] = standings[card["row"].pk]
    taken = {card["row"].vendor for card in cards}
    search = request.GET.get("q", "").strip()
    wanted = search.casefold()
    available = [
        found
        for found in registry.connector_classes()
        if found.slug not in taken and wanted in found.display_name.casefold()
    ]
    shown = [
        card
        for card in cards
        if wanted in card["row"].label.casefold() or wanted in card["vendor"].display_name.casefold()
    ]
    context = {
        "established": [card for card in shown if card["established"]],
        "unfinished": [card for card in shown if not card["established"]],
        "available": available,
        "search": search,
        "may_edit": can(request.user, Right.CONNECTION_EDIT),
    }
    return render(request, "integrations/overview.html", context)


@require_GET
@integrations_page(Right.CONNECTION_EDIT)
def systems(request: Request) -> HttpResponse:
    """*+ Add a Connection*: every system with Connect, and the accounts that are connected already."""
    rows = list(selectors.connections(request.user))
    listed = [
        {"vendor": found, "connections": [row for row in rows if row.vendor == found.slug]}
        for found in registry.connector_classes()
    ]
    return render(request, "integrations/systems.html", {"systems": listed})


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CONNECTION_EDIT)
def connect(request: Request, vendor: str) -> HttpResponse:
    """The Capabilities tab of a new connection; Confirm Choices leads to Credentials. An unfinished one goes on."""
    found = registry.connector_class(vendor)
    live = selectors.connections(request.user).filter(vendor=vendor)
    draft = live.filter(status=ConnectionStatus.DRAFT).first()
    if draft is not None and request.method == "GET":
        return redirect("integrations:capabilities", draft.pk)
    before = list(selectors.removed_connections(request.user, vendor)[:MOST_REMOVED])
    form = CapabilitiesForm(found, _entered(request))
    if request.method == "POST" and form.is_valid():
        same = next((row for row in before if str(row.pk) == request.POST.get("same_account")), None)
        try:
            made = connections.begin(actor=request.user, vendor=vendor, again=same, **form.cleaned_data)
            return redirect("integrations:credentials", made.pk)
        except Invalid as problem:
            _refuse(form, problem)
    context = unconnected(found) | {"form": form, "before": before, "others": live.exists()}
    return render(request, "integrations/capabilities.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CONNECTION_EDIT)
def capabilities(request: Request, connection_id: int) -> HttpResponse:
    """Change the ticks of a connection; an unfinished one goes on to Credentials."""
    connection = selectors.connection_for(request.user, connection_id)
    found = opening.vendor_of(connection)
    initial = {"capabilities": connection.capabilities, "name": connection.name}
    form = CapabilitiesForm(found, _entered(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            connections.choose(actor=request.user, connection=connection, **form.cleaned_data)
            if connection.status == ConnectionStatus.DRAFT:
                return redirect("integrations:credentials", connection.pk)
            messages.success(request, "Capabilities saved.")
            return redirect("integrations:connection", connection.pk)
        except Invalid as problem:
            _refuse(form, problem)
            connection.refresh_from_db()
    context = tabbed(request, connection, "capabilities") | {"form": form}
    return render(request, "integrations/capabilities.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CONNECTION_EDIT)
def credentials(request: Request, connection_id: int) -> HttpResponse:
    """The Credentials tab; Submit saves and starts the verification by itself."""
    connection = selectors.connection_for(request.user, connection_id)
    found = opening.vendor_of(connection)
    form = found.credentials_form(_entered(request))
    if request.method == "POST" and form.is_valid():
        try:
            connections.submit(actor=request.user, connection=connection, values=form.cleaned_data)
            return redirect("integrations:verification", connection.pk)
        except same_account.SameAccount as problem:
            form.add_error(None, str(problem))
    context = tabbed(request, connection, "credentials") | {
        "form": form,
        "has_secret": bool(connection.secret),
        "oauth": found.oauth(),
        "channel": channel(connection.pk),
    }
    answer = render(request, "integrations/credentials.html", context, status=422 if form.errors else 200)
    if context["oauth"] is not None:
        # The window of a sign-in is looked at until it closes.
        answer["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    return answer


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CONNECTION_EDIT)
def verification(request: Request, connection_id: int) -> HttpResponse:
    """Each check with its line; the page asks again while checks are waiting, and is loaded anew at the end, because
    the tabs and the word beside the name depend on how it went. POST verifies once more."""
    connection = selectors.connection_for(request.user, connection_id)
    if request.method == "POST":
        connections.verify(actor=request.user, connection=connection)
        return redirect("integrations:verification", connection.pk)
    context = tabbed(request, connection, "verification") | {
        "lines": connection.verification,
        "run": connection.verification_run,
        "working": connections.verifying(connection),
        "connected": connection.status == ConnectionStatus.CONNECTED,
    }
    name = "integrations/verification.html"
    if not request.htmx:
        return render(request, name, context)
    answer = render(request, f"{name}#lines", context)
    if not context["working"]:
        answer["HX-Refresh"] = "true"
    return answer


@require_GET
@integrations_page(Right.CONNECTION_VIEW)
def connection_page(request: Request, connection_id: int) -> HttpResponse:
    """One connection: where it stands, who the viewer is there, its exports."""
    connection = selectors.connection_for(request.user, connection_id)
    return _connection(request, connection)


@require_POST
@integrations_page(Right.CANDIDATE_EXPORT)
def save_identity(request: Request, connection_id: int) -> HttpResponse:
    """The viewer's own address at the vendor."""
    connection = selectors.connection_for(request.user, connection_id)
    form = IdentityForm(opening.vendor_of(connection), request.user, request.POST)
    try:
        connections.set_identity(
            actor=request.user, connection=connection, email=request.POST.get("email", "")
        )
    except Invalid as problem:
        form.add_error("email", problem.fields["email"])
        return _connection(request, connection, identity_form=form)
    messages.success(request, "Saved.")
    return redirect("integrations:connection", connection.pk)


@require_POST
@integrations_page(Right.CONNECTION_EDIT)
def save_webhook_secret(request: Request, connection_id: int) -> HttpResponse:
    """The secret with which webhooks made at the vendor are signed; never shown again."""
    connection = selectors.connection_for(request.user, connection_id)
    form = WebhookSecretForm(request.POST)
    if form.is_valid():
        try:
            webhooks.set_secret(actor=request.user, connection=connection, secret=form.cleaned_data["secret"])
        except Invalid as problem:
            form.add_error("secret", problem.fields["secret"])
    if form.errors:
        return _connection(request, connection, secret_form=form)
    messages.success(request, "Saved.")
    return redirect("integrations:connection", connection.pk)


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CONNECTION_EDIT)
def remove(request: Request, connection_id: int) -> HttpResponse:
    """Names what is lost and what stays; POST removes."""
    connection = selectors.connection_for(request.user, connection_id)
    if request.method == "POST":
        connections.remove(actor=request.user, connection=connection)
        messages.success(request, f"{connection.label} was removed.")
        return redirect("integrations:overview")
    context = {"connection": connection, "vendor": opening.vendor_of(connection)}
    return render(request, "integrations/remove.html", context)


def _connection(
    request: Request,
    connection: Connection,
    *,
    identity_form: IdentityForm | None = None,
    secret_form: WebhookSecretForm | None = None,
) -> HttpResponse:
    found = opening.vendor_of(connection)
    may_edit = can(request.user, Right.CONNECTION_EDIT)
    context = tabbed(request, connection, "overview") | {
        "card": _card(connection, request.user),
        "identity_form": identity_form
        or IdentityForm(found, request.user, initial={"email": selectors.identity(request.user, connection)}),
        "exports": selectors.exports(request.user).filter(connection=connection)[:10],
        "may_edit": may_edit,
        "may_export": can(request.user, Right.CANDIDATE_EXPORT),
    }
    hook = webhooks.hook_of(connection)
    if hook is not None and may_edit and webhooks.made_by_hand(found):
        context |= {
            "webhook_address": webhooks.address(hook),
            "secret_form": secret_form or WebhookSecretForm(),
        }
    wrong = identity_form or secret_form
    return render(request, "integrations/connection.html", context, status=422 if wrong else 200)


def _refuse(form: CapabilitiesForm, problem: Invalid) -> None:
    """What the operation refused, beside its control where it names one."""
    for name, text in problem.fields.items() or [(None, str(problem))]:
        form.add_error(name, text)


def _entered(request: Request) -> Any:
    """What was posted, an empty form included; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None
