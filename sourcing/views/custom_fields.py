"""Settings, *Custom fields*: an administrator defines what is kept about people beside our own fields."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import settings_pages
from accounts.permissions import Right, needs
from foundation.problems import Problem
from sourcing import defining_fields
from sourcing.forms.custom_fields import CustomFieldForm
from sourcing.views.problems import onto_form
from sourcing.views.requests import viewer_of


@require_http_methods(["GET", "POST"])
@needs(Right.ORGANISATION_EDIT)
def page(request: HttpRequest) -> HttpResponse:
    """The fields in order, those archived, and the form of a new one."""
    viewer = viewer_of(request)
    form = CustomFieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        assert viewer.organisation is not None
        try:
            defining_fields.add(organisation=viewer.organisation, actor=viewer, **form.cleaned_data)
        except Problem as problem:
            onto_form(problem, form)
        else:
            messages.success(request, "Field added.")
            return redirect("sourcing:custom_fields")
    context = {
        "form": form,
        "fields": list(defining_fields.fields_of(viewer)),
        "archived": list(defining_fields.fields_of(viewer, archived=True)),
    }
    return _page(request, "custom_fields", context, form)


@require_http_methods(["GET", "POST"])
@needs(Right.ORGANISATION_EDIT)
def edit(request: HttpRequest, field_id: int) -> HttpResponse:
    """Another name, other choices; the kind stays, because values have it."""
    viewer = viewer_of(request)
    field = defining_fields.field_for(viewer, field_id)
    form = CustomFieldForm(
        request.POST or None, initial={"label": field.label, "choices": "\n".join(field.choices)}
    )
    del form.fields["kind"]
    if field.kind not in defining_fields.WITH_CHOICES:
        del form.fields["choices"]
    if request.method == "POST" and form.is_valid():
        try:
            defining_fields.change(field=field, actor=viewer, **form.cleaned_data)
        except Problem as problem:
            onto_form(problem, form)
        else:
            messages.success(request, "Field saved.")
            return redirect("sourcing:custom_fields")
    return _page(request, "custom_field", {"form": form, "field": field}, form)


@require_POST
@needs(Right.ORGANISATION_EDIT)
def move(request: HttpRequest, field_id: int) -> HttpResponse:
    """One place up (``by=-1``) or down."""
    field = defining_fields.field_for(viewer_of(request), field_id)
    by = -1 if request.POST.get("by") == "-1" else 1
    defining_fields.move(field=field, actor=viewer_of(request), by=by)
    return redirect("sourcing:custom_fields")


@require_POST
@needs(Right.ORGANISATION_EDIT)
def archive(request: HttpRequest, field_id: int) -> HttpResponse:
    """Hide a field; its values stay."""
    field = defining_fields.field_for(viewer_of(request), field_id)
    defining_fields.archive(field=field, actor=viewer_of(request))
    messages.success(request, "Field archived. Its values are kept.")
    return redirect("sourcing:custom_fields")


@require_POST
@needs(Right.ORGANISATION_EDIT)
def bring_back(request: HttpRequest, field_id: int) -> HttpResponse:
    """Show an archived field again."""
    field = defining_fields.field_for(viewer_of(request), field_id)
    defining_fields.bring_back(field=field, actor=viewer_of(request))
    return redirect("sourcing:custom_fields")


def _page(request: HttpRequest, name: str, context: dict[str, Any], form: CustomFieldForm) -> HttpResponse:
    context["tabs"] = settings_pages.tabs(viewer_of(request), active="sourcing:custom_fields")
    return render(request, f"sourcing/{name}.html", context, status=422 if form.errors else 200)
