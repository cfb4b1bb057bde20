"""Templates and snippets: the list, writing one, copies."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, can, needs, viewer_of
from foundation.paging import keyset
from foundation.problems import Invalid
from outreach import templates
from outreach.contents import Content
from outreach.forms import TemplateForm
from outreach.models import Template, TemplateKind
from outreach.views import editor

PER_PAGE = 50
_KINDS = ((TemplateKind.MESSAGE, "Templates", "file-text"), (TemplateKind.SNIPPET, "Snippets", "text-quote"))


def _kind(text: str | None) -> str:
    return TemplateKind.SNIPPET if text == TemplateKind.SNIPPET else TemplateKind.MESSAGE


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def index(request: HttpRequest) -> HttpResponse:
    """The viewer's own and the team's, by name; ``?kind=snippet`` the snippets."""
    viewer, kind = viewer_of(request), _kind(request.GET.get("kind"))
    rows = templates.visible(viewer, kind)
    if text := request.GET.get("q", "").strip()[:100]:
        rows = rows.filter(name__icontains=text)
    page = keyset(rows, order=("name", "id"), after=request.GET.get("after"), size=PER_PAGE)
    context = {
        "page": page,
        "q": text,
        "kind": kind,
        "kinds": [
            {"label": label, "url": f"?kind={each}", "active": each == kind, "icon": icon}
            for each, label, icon in _KINDS
        ],
        "may_edit": can(viewer, Right.CAMPAIGN_EDIT),
    }
    return render(request, "outreach/templates.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.CAMPAIGN_EDIT)
def new(request: HttpRequest) -> HttpResponse:
    """An empty one."""
    return _form(request, None, Content(), _kind(request.GET.get("kind")))


@require_http_methods(["GET", "POST"])
@needs(Right.CAMPAIGN_VIEW)
def template(request: HttpRequest, template_id: int) -> HttpResponse:
    """Write it, or read a colleague's."""
    viewer = viewer_of(request)
    found = templates.template_for(viewer, template_id)
    if request.method == "POST" or templates.may_edit(viewer, found):
        return _form(request, found, templates.content_of(found), found.kind)
    content = templates.content_of(found)
    context = {
        "template": found,
        "editor": editor.editor(viewer, content),
        "may_duplicate": can(viewer, Right.CAMPAIGN_EDIT),
    }
    return render(request, "outreach/template.html", context)


def _form(request: HttpRequest, found: Template | None, before: Content, kind: str) -> HttpResponse:
    viewer = viewer_of(request)
    initial = editor.initial_of(before) | {
        "name": found.name if found else "",
        "shared": bool(found and found.shared),
    }
    form, content = TemplateForm(request.POST or None, initial=initial), before
    if request.method == "POST" and form.is_valid():
        try:
            content = editor.content_from(request, before=before)
            saved = templates.save(
                actor=viewer,
                name=form.cleaned_data["name"],
                shared=form.cleaned_data["shared"],
                content=content,
                kind=kind,
                template=found,
            )
        except Invalid as problem:
            editor.tell(form, problem)
        else:
            messages.success(request, f"{saved.get_kind_display()} saved.")
            return redirect("outreach:template", saved.pk)
    context = {
        "form": form,
        "template": found,
        "kind": kind,
        "snippet": kind == TemplateKind.SNIPPET,
        "editor": editor.editor(viewer, editor.shown(request, content)),
        **_checked(request, content, kind),
        "back": f"{reverse('outreach:templates')}?kind={kind}",
    }
    return render(request, "outreach/template_form.html", context, status=422 if form.errors else 200)


def _checked(request: HttpRequest, content: Content, kind: str) -> dict[str, object]:
    """Findings and preview as the page begins with them."""
    if not content.text.strip() and request.method == "GET":
        return {}
    data = editor.as_posted(request, content)
    return editor.checked(viewer_of(request), data, subject_optional=kind == TemplateKind.SNIPPET)


@require_POST
@needs(Right.CAMPAIGN_EDIT)
def duplicate(request: HttpRequest, template_id: int) -> HttpResponse:
    """A copy for oneself, or with ``shared`` for the team."""
    viewer = viewer_of(request)
    found = templates.template_for(viewer, template_id)
    copy = templates.duplicate(template=found, actor=viewer, shared=request.POST.get("shared") == "1")
    messages.success(request, "Duplicated for the team." if copy.shared else "Duplicated for you.")
    return redirect("outreach:template", copy.pk)


@require_POST
@needs(Right.CAMPAIGN_EDIT)
def remove(request: HttpRequest, template_id: int) -> HttpResponse:
    """Take it away."""
    viewer = viewer_of(request)
    found = templates.template_for(viewer, template_id)
    kind = found.kind
    templates.remove(template=found, actor=viewer)
    messages.success(request, "Removed.")
    return redirect(f"{reverse('outreach:templates')}?kind={kind}")
