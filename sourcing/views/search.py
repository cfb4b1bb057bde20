"""The people list: the box, filters with counts, suggestions, saved searches, synonyms."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import settings_pages
from accounts.models import User
from accounts.permissions import Right, can, needs
from foundation.problems import Problem
from sourcing import selectors, slots
from sourcing.forms.search import SavedSearchForm, SynonymForm
from sourcing.models import SavedSearch
from sourcing.search import areas, facets, query, saved, suggesting, synonyms
from sourcing.search.question import Order, Question
from sourcing.views.found import echo, found_rows
from sourcing.views.person import person_context
from sourcing.views.problems import onto_form
from sourcing.views.requests import number, private, viewer_of, wants_part
from sourcing.views.rows import bulk_actions

ORDERS = {
    Order.RECENT: "Last activity",
    Order.RELEVANCE: "Relevance",
    Order.NAME: "Name",
    Order.YEARS: "Experience",
}
#: The short course behind the question mark of the box.
SYNTAX = (
    ("python django", "both words, anywhere; the last may be only begun"),
    ('"machine learning"', "the exact phrase"),
    ("java OR kotlin", "either word"),
    ("-manager", "leave these out; NOT does the same"),
    ("(a OR b) c", "brackets group"),
    ("engin*", "words that begin so"),
    ("title:lead skill:c++", "in one field: title company school skill location tag, and your own fields"),
    ("email:jo@voltra.example", "one whole address"),
)
#: Kinds one filter's own type-ahead may ask for.
_SUGGESTED = frozenset({*suggesting.KINDS, "past_company"})


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The start of the product is the list of people; the page there asks for login and right.

    Whoever may not see people is here to lend a mailbox, and begins where that is linked.
    """
    if request.user.is_authenticated and not can(request.user, Right.CANDIDATE_VIEW):
        return redirect("outreach:settings")
    return redirect("sourcing:people")


@require_GET
@needs(Right.CANDIDATE_VIEW)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, or who fits the question; ``person=<id>`` opens the drawer beside the list. The id of somebody
    who was merged leads to who they are now."""
    viewer = viewer_of(request)
    chosen = number(request.GET.get("person"))
    try:
        person = selectors.candidate_for(viewer, chosen) if chosen is not None else None
    except selectors.CandidateMerged as merged:
        return redirect(_with_person(request, merged.survivor_id))
    context: dict[str, Any] = person_context(viewer, person) if person else {}
    if person and wants_part(request, "drawer"):
        context["close_url"] = _without_person(request)
        return private(render(request, "sourcing/_drawer.html", context))
    question = Question.from_query(request.GET)
    after, counted = request.GET.get("after"), "counts" in request.GET
    page = query.people(viewer=viewer, question=question, after=after, counted=counted)
    context |= {
        "question": question,
        "orders": [(order.value, label, order is question.order) for order, label in ORDERS.items()],
        "page": page,
        "rows": found_rows(viewer, page),
        "marks": slots.candidate_mark.visible(viewer),
        "bulk_actions": bulk_actions(viewer),
        "anybody": bool(page.people)
        or not question.is_everybody
        or selectors.visible_candidates(viewer).exists(),
        "may_import": can(viewer, Right.CANDIDATE_IMPORT),
        "may_edit": can(viewer, Right.CANDIDATE_EDIT),
        "close_url": _without_person(request),
        "opens": _with_person(request, ""),
        "echo": echo(question.text, page.misread),
        "echo_nice": echo(question.nice, page.misread_nice),
        "also": _also(viewer, question),
        "saved": _opened(viewer, request),
        "searches": list(saved.visible(viewer)[:50]),
        "syntax_help": SYNTAX,
        "may_set_synonyms": can(viewer, Right.ORGANISATION_EDIT),
        "counts_url": f"{reverse('sourcing:people_counts')}?{question.as_query()}",
    }
    if counted:
        context |= _column(viewer, question)
    return private(render(request, "sourcing/people.html", context))


@require_GET
@needs(Right.CANDIDATE_VIEW)
def counts(request: HttpRequest) -> HttpResponse:
    """The filter column with counts; asked for after the rows, whose estimated total it puts right."""
    viewer, question = viewer_of(request), Question.from_query(request.GET)
    if not wants_part(request, "filters"):
        return redirect(f"{reverse('sourcing:people')}?{question.as_query()}&counts=1")
    context = _column(viewer, question) | {"may_select": bool(bulk_actions(viewer))}
    return private(render(request, "sourcing/_counts.html", context))


@require_GET
@needs(Right.CANDIDATE_VIEW)
def exact_total(request: HttpRequest) -> HttpResponse:
    """How many fit, counted to the last one."""
    total = query.total(viewer=viewer_of(request), question=Question.from_query(request.GET))
    return private(render(request, "sourcing/_total.html", {"total": total}))


@require_GET
@needs(Right.CANDIDATE_VIEW)
def suggest(request: HttpRequest) -> HttpResponse:
    """Type-ahead: with ``kind`` values of one filter, else people and values for the box."""
    viewer, kind = viewer_of(request), request.GET.get("kind", "")
    if kind:
        wanted = next((value for value in reversed(request.GET.getlist(kind)) if value), "")
        found = suggesting.values(viewer=viewer, text=wanted, kinds=[kind]) if kind in _SUGGESTED else []
        return private(render(request, "sourcing/_suggested_values.html", {"suggestions": found}))
    question = Question.from_query(request.GET)
    last = question.text.rsplit(" ", 1)[-1]
    whole = suggesting.values(viewer=viewer, text=question.text)
    context = {
        "people": suggesting.people(viewer=viewer, text=question.text),
        "suggestions": [
            (each, question.having(each.kind, (*question.filters.get(each.kind, ()), each.folded)))
            for each in (whole or suggesting.values(viewer=viewer, text=last))
        ],
    }
    return private(render(request, "sourcing/_suggestions.html", context))


@require_GET
@needs(Right.CANDIDATE_VIEW)
def saved_search(request: HttpRequest, saved_search_id: int) -> HttpResponse:
    """Open a saved search: the list with its question."""
    found = saved.one(viewer_of(request), saved_search_id)
    return redirect(_list_of(found))


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_VIEW)
def saved_search_new(request: HttpRequest) -> HttpResponse:
    """Keep the question of the address under a name."""
    viewer = viewer_of(request)
    question = Question.posted(request.POST) if request.method == "POST" else Question.from_query(request.GET)
    form = SavedSearchForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            found = saved.save(actor=viewer, question=question, **form.cleaned_data)
        except Problem as problem:
            onto_form(problem, form, "name")
        else:
            messages.success(request, "Search saved")
            return redirect(_list_of(found))
    context = {"form": form, "question": question}
    return render(request, "sourcing/saved_search.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_VIEW)
def saved_search_edit(request: HttpRequest, saved_search_id: int) -> HttpResponse:
    """Name, sharing and daily e-mail; with ``question`` in the address also what is asked."""
    viewer = viewer_of(request)
    found = saved.own(viewer, saved_search_id)
    initial = {"name": found.name, "shared": found.shared, "daily": found.daily}
    form = SavedSearchForm(request.POST or None, initial=initial)
    asked = request.POST.get("question") or request.GET.get("question")
    if request.method == "POST" and form.is_valid():
        question = Question.from_string(asked) if asked else None
        try:
            saved.change(saved_search=found, actor=viewer, question=question, **form.cleaned_data)
        except Problem as problem:
            onto_form(problem, form, "name")
        else:
            messages.success(request, "Search saved")
            return redirect(found.url)
    context = {
        "form": form,
        "found": found,
        "question": Question.from_string(asked) if asked else Question.from_json(found.question),
    }
    return render(request, "sourcing/saved_search.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Right.CANDIDATE_VIEW)
def saved_search_delete(request: HttpRequest, saved_search_id: int) -> HttpResponse:
    """Forget a saved search; the people stay."""
    viewer = viewer_of(request)
    saved.delete(saved_search=saved.own(viewer, saved_search_id), actor=viewer)
    messages.success(request, "Search deleted")
    return redirect("sourcing:people")


@require_http_methods(["GET", "POST"])
@needs(Right.ORGANISATION_EDIT)
def synonym_list(request: HttpRequest) -> HttpResponse:
    """Words that mean the same, to read and to add."""
    viewer = viewer_of(request)
    form = SynonymForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            synonyms.add(actor=viewer, **form.cleaned_data)
        except Problem as problem:
            onto_form(problem, form, "word")
        else:
            return redirect("sourcing:synonyms")
    context = {
        "form": form,
        "pairs": list(synonyms.of(viewer)),
        "tabs": settings_pages.tabs(viewer, active="sourcing:synonyms"),
    }
    return render(request, "sourcing/synonyms.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Right.ORGANISATION_EDIT)
def synonym_remove(request: HttpRequest, synonym_id: int) -> HttpResponse:
    """Take a pair away."""
    synonyms.remove(actor=viewer_of(request), synonym_id=synonym_id)
    return redirect("sourcing:synonyms")


def _column(viewer: User, question: Question) -> dict[str, Any]:
    """The filter column: groups with counts, projects to leave out, the radius."""
    column = facets.column(viewer=viewer, question=question)
    return {
        "question": question,
        "filters": column.filters,
        "total": column.total,
        "projects": column.projects,
        "left_out": question.filters.get("not_in_project", ()),
        "radii": areas.RADII if areas.known() else (),
        "within": next(iter(question.filters.get("within", ())), ""),
    }


def _also(viewer: User, question: Question) -> list[tuple[str, Question]]:
    """Synonyms of what was typed, each as the question that asks for either."""
    said = question.text.strip()
    if not said or len(said) > 100:
        return []
    others = suggesting.synonyms_of(viewer, said)
    typed = f'"{said}"' if " " in said and '"' not in said else said
    return [
        (other, Question(f'{typed} OR "{other}" ', question.nice, question.filters, question.order))
        for other in others
    ]


def _opened(viewer: User, request: HttpRequest) -> SavedSearch | None:
    """The saved search the list was opened from, as long as the viewer may see it."""
    chosen = number(request.GET.get("saved"))
    return saved.visible(viewer).filter(pk=chosen).first() if chosen is not None else None


def _list_of(found: SavedSearch) -> str:
    question = Question.from_json(found.question).as_query()
    return f"{reverse('sourcing:people')}?{question}{'&' if question else ''}saved={found.pk}"


def _row_query(request: HttpRequest) -> str:
    """The list's question without the drawer."""
    values = request.GET.copy()
    values.pop("person", None)
    return values.urlencode()


def _with_person(request: HttpRequest, candidate_id: object) -> str:
    """The list's address with the drawer of a person; with "" for the id it lacks only that."""
    rest = _row_query(request)
    return f"{request.path}?{rest}{'&' if rest else ''}person={candidate_id}"


def _without_person(request: HttpRequest) -> str:
    rest = _row_query(request)
    return reverse("sourcing:people") + (f"?{rest}" if rest else "")
