"""What every page with the editor shares: what it shows, what it reads, the check while typing, files and tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.permissions import Right, needs, viewer_of
from foundation.problems import Invalid
from outreach import checking, contents, files, filling, rich_text, single, templates, variables
from outreach.contents import Content
from outreach.models import TemplateKind
from sourcing import selectors as people
from sourcing.models import Candidate
from sourcing.search import suggesting

#: People offered for a preview by a few letters of their name.
OFFERED = 5


def editor(viewer: User, content: Content, *, check_url: str = "") -> dict[str, Any]:
    """What ``outreach/_editor.html`` draws beside the form's own fields."""
    return {
        "markup": rich_text.sanitised(content.body_html) or rich_text.from_text(content.body),
        "attachments": files.readable(viewer, content.attachments),
        "variables": variables.grouped(filling.variables_of(viewer.organisation_id or 0)),
        "snippets": [
            (snippet, rich_text.sanitised(snippet.body_html) or rich_text.from_text(snippet.body))
            for snippet in templates.visible(viewer, TemplateKind.SNIPPET)
        ],
        "check_url": check_url or reverse("outreach:check"),
        "limits": (settings.ATTACHMENT_BYTES >> 20, settings.MESSAGE_FILES_BYTES >> 20),
    }


def initial_of(content: Content) -> dict[str, str]:
    """A content as the form's initial values."""
    return {"subject": content.subject, "body": content.body}


def tell(form: Form, problem: Invalid) -> None:
    """A problem beside the field it is about, else above the form."""
    for name, text in (problem.fields or {"": str(problem)}).items():
        form.add_error(name if name in form.fields else None, text)


def shown(request: HttpRequest, content: Content) -> Content:
    """What the editor shows: what was posted and refused, else the content as it is stored."""
    if request.method != "POST":
        return content
    kept = {int(each) for each in request.POST.getlist("attachment") if each.isascii() and each.isdigit()}
    markup = rich_text.sanitised(request.POST.get("body_html", "")[: contents.LONGEST_PASTE])
    return Content(
        request.POST.get("subject", ""),
        request.POST.get("body", ""),
        markup,
        tuple(dict.fromkeys([*rich_text.files_in(markup), *sorted(kept), *content.files])),
    )


def as_posted(request: HttpRequest, content: Content) -> QueryDict:
    """The same as the check is posted from a page with script: for the page as it begins."""
    data = request.POST.copy() if request.method == "POST" else QueryDict(mutable=True)
    if request.method != "POST":
        data.update({"subject": content.subject, "body": content.body, "body_html": content.body_html})
        data.setlist("attachment", [str(pk) for pk in content.files])
    for name in ("person", "find"):
        if request.GET.get(name):
            data[name] = request.GET[name]
    return data


def content_from(request: HttpRequest, *, before: Content | None = None) -> Content:
    """What was posted; new attachments are stored. Raises Invalid, whose text stands above the form.

    Without script only the plain text comes; if it is ``before``'s words unchanged, its form is kept.
    """
    viewer = viewer_of(request)
    new = [files.keep(actor=viewer, upload=upload).pk for upload in request.FILES.getlist("attach")]
    return _typed(viewer, request.POST, attachments=[*_kept(request.POST), *new], before=before)


def _kept(data: QueryDict) -> list[int]:
    ids = [int(each) for each in data.getlist("attachment") if each.isascii() and each.isdigit()]
    return ids[: contents.MOST_ATTACHMENTS]


def _typed(
    viewer: User, data: QueryDict, *, attachments: list[int], before: Content | None = None
) -> Content:
    body, markup = data.get("body", ""), data.get("body_html")
    if markup is None:
        same = before is not None and before.rich and _lines(before.body) == _lines(body)
        markup = before.body_html if before is not None and same else ""
    return contents.written(
        actor=viewer,
        subject=data.get("subject", "")[:1_000],
        body=body,
        body_html=markup,
        attachments=attachments,
    )


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def person_asked(viewer: User, data: Mapping[str, Any]) -> tuple[int | None, Sequence[Candidate]]:
    """Whom to preview for: the id that was chosen, and people found by the letters typed beside it."""
    find, chosen = str(data.get("find", "")).strip()[:100], str(data.get("person", ""))
    found = suggesting.people(viewer=viewer, text=find, most=OFFERED) if find else []
    pk = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else None
    if pk is None and found:
        pk = found[0].pk
    return pk, found


def checked(viewer: User, data: QueryDict, *, subject_optional: bool = False) -> dict[str, Any]:
    """What ``outreach/_check.html`` shows of a text that belongs to no campaign."""
    content = draft_of(viewer, data)
    if isinstance(content, str):
        return drawn(checking.refused(content))
    candidate_id, found = person_asked(viewer, data)
    said = checking.of_text(
        content,
        viewer=viewer,
        candidate=people.candidate_for(viewer, candidate_id) if candidate_id else None,
        to_candidate=bool(data.get("fixed")),
        mailbox=single.senders(viewer).filter(pk=_number(data.get("mailbox"))).first(),
        subject_optional=subject_optional,
    )
    return drawn(said, found)


def drawn(said: checking.Checked, found: Sequence[Candidate] = ()) -> dict[str, Any]:
    """The context of ``outreach/_check.html``; ``found`` are people found by name."""
    return {"findings": said.findings, "preview": said.preview, "found": found}


def draft_of(viewer: User, data: QueryDict) -> Content | str:
    """The text as it stands in an editor, or the sentence why it cannot be taken."""
    try:
        return _typed(viewer, data, attachments=_kept(data))
    except Invalid as problem:
        return str(problem)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


@require_POST
@needs(Right.CAMPAIGN_EDIT)
def check(request: HttpRequest) -> HttpResponse:
    """The part beside the editor: what is wrong with the text as it stands, and how somebody would get it."""
    optional = request.POST.get("kind") == TemplateKind.SNIPPET
    context = checked(viewer_of(request), request.POST, subject_optional=optional)
    return render(request, "outreach/_check.html", context)


@require_POST
@needs(Right.CAMPAIGN_EDIT)
def test(request: HttpRequest) -> HttpResponse:
    """*Send me a test* of a text as it stands: to the viewer's own address, through the outbox."""
    viewer = viewer_of(request)
    content = draft_of(viewer, request.POST)
    if isinstance(content, str):
        raise Invalid(content)
    candidate_id, _found = person_asked(viewer, request.POST)
    candidate = people.candidate_for(viewer, candidate_id) if candidate_id else None
    mailbox = single.senders(viewer).filter(pk=_number(request.POST.get("mailbox"))).first()
    single.send_test(content=content, candidate=candidate, actor=viewer, mailbox=mailbox)
    return told(f"A test is on its way to {viewer.email}.")


def told(text: str) -> HttpResponse:
    """An answer that leaves the page as it is and says one sentence."""
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps({"toast": {"text": text}})
    return response


@require_POST
@needs(Right.CAMPAIGN_EDIT)
def upload(request: HttpRequest) -> HttpResponse:
    """A picture for the text; answers with the markup that shows it."""
    given = request.FILES.get("picture")
    if given is None:
        raise Invalid("Choose a picture.")
    kept = files.keep(actor=viewer_of(request), upload=given, picture=True)
    source = files.source_of(kept)
    return HttpResponse(
        format_html('<img src="{}" alt="{}">', source, kept.name.rpartition(".")[0] or kept.name)
    )


@require_GET
@needs(Right.CAMPAIGN_VIEW)  # type: ignore[arg-type]  # a streaming response is none of Django's HttpResponse
def file(request: HttpRequest, content_file_id: int) -> HttpResponseBase:
    """A picture to be looked at, anything else as a download."""
    return files.download(files.file_for(viewer_of(request), content_file_id))
