"""Applications: listed, made, changed. There is no way to remove one."""

from __future__ import annotations

import builtins
from typing import Any

from sandbox.ats.pinpoint import documents
from sandbox.ats.pinpoint.accounts import STAGES
from sandbox.ats.pinpoint.call import Call, Failure, related_id
from sandbox.ats.pinpoint.records import Application, Records
from sandbox.switches import Switches

_NEEDED = ("first_name", "last_name", "email")
_CHANGEABLE = frozenset(
    (
        "locale", "phone_iso2", "first_name", "last_name", "email", "phone", "date_of_birth", "linkedin_url",
        "address1", "address2", "town", "country", "postcode", "start_on",
    )
)  # fmt: skip
_AT_CREATION = frozenset(("summary", "cv_base64_data", "cv_base64_filename"))
#: Known to the vendor's newer pages only.
_SKIP = "skip_notifications_on_create"
_ADD, _REMOVE = "add_tags_with_context", "remove_tag_with_context"
_VISIBILITIES = ("confidential", "external", "internal")
_ORDERS = {name: f"{name} ASC" for name in ("id", "created_at", "updated_at")}
_ORDERS |= {f"-{name}": f"{name} DESC" for name in ("id", "created_at", "updated_at")}
_LIST_PARAMETERS = (
    "include", "fields[applications]", "extra_fields[applications]", "filter[job_id]", "filter[stage_id]",
    "filter[job_visibility]", "filter[stage_basic_type]", "filter[created_at][gt]", "filter[created_at][lt]",
    "filter[updated_at][gt]", "filter[updated_at][lt]",
)  # fmt: skip


class People:
    """``/applications`` of every account."""

    def __init__(self, records: Records, switches: Switches) -> None:
        self._records = records
        self._switches = switches

    def list(self, call: Call) -> dict[str, Any]:
        """A page; those on confidential jobs only when asked for."""
        call.allow(*_LIST_PARAMETERS)
        limit, skip = call.page()
        order = ", ".join(_ORDERS[word] for word in call.words("sort", *_ORDERS)) or "id ASC"
        found = self._records.applications(
            call.account.name, self._where(call), order=order, limit=limit, skip=skip
        )
        return self._document(call, found, many=True)

    def show(self, call: Call) -> dict[str, Any]:
        """One application."""
        call.allow(*_LIST_PARAMETERS[:3])
        return self._document(call, [self._named(call)], many=False)

    def make(self, call: Call) -> tuple[dict[str, Any], Application]:
        """Refuse what is wrong, all at once; else a person on a job, who is e-mailed unless it was said not to."""
        attributes, relationships = call.resource("applications")
        self._permit(attributes, _CHANGEABLE | _AT_CREATION | {_SKIP})
        job = call.account.job(related_id(relationships, "job", "jobs"))
        needed = (*_NEEDED, *(job.needs if job else ()))
        wrong = _blank(attributes, needed)
        if job is None:
            wrong.append(("Job must exist", "/data/relationships/job"))
        elif job.status in ("archived", "closed"):
            wrong.append((f"Job is {job.status}", "/data/relationships/job"))
        if wrong:
            raise Failure(422, *wrong)
        assert job is not None
        person = {
            name: value for name, value in attributes.items() if name in _CHANGEABLE or name == "summary"
        }
        number = self._records.apply(
            call.account.name, [person], job=job.id, stage="700", emailed=not attributes.get(_SKIP)
        )
        made = self._records.application(call.account.name, number)
        assert made is not None
        return self._document(call, [made], many=False), made

    def change(self, call: Call) -> tuple[dict[str, Any], Application]:
        """Replace what is given, move to a stage, add and remove tags."""
        row = self._named(call)
        attributes, relationships = call.resource("applications")
        self._permit(attributes, _CHANGEABLE | {_ADD, _REMOVE})
        if wrong := _blank({**row.fields, **attributes}, _NEEDED):
            raise Failure(422, *wrong)
        stage = related_id(relationships, "stage", "stages")
        if stage and stage not in STAGES:
            raise Failure(422, ("Stage must exist", "/data/relationships/stage"))
        fields = {name: value for name, value in attributes.items() if name in _CHANGEABLE}
        row = self._records.change(
            row,
            fields=fields,
            tags=_tags(row.tags, attributes),
            stage=stage,
            basic_type=STAGES.get(stage, ""),
        )
        return self._document(call, [row], many=False), row

    def _where(self, call: Call) -> builtins.list[tuple[str, Any]]:
        seen = call.words("filter[job_visibility]", *_VISIBILITIES) or ["external", "internal"]
        jobs = [job.id for job in call.account.jobs if job.visibility in seen]
        if "filter[job_id]" in call.query:
            jobs = [job for job in jobs if job == call.query["filter[job_id]"]]
        where: list[tuple[str, Any]] = [(f"job IN ({_marks(jobs)})", jobs)]
        if types := call.words("filter[stage_basic_type]", *STAGES.values()):
            stages = [number for number, basic_type in STAGES.items() if basic_type in types]
            where.append((f"stage IN ({_marks(stages)})", stages))
        if "filter[stage_id]" in call.query:
            where.append(("stage = ?", call.query["filter[stage_id]"]))
        for name in ("created_at", "updated_at"):
            for word, sign in (("gt", ">"), ("lt", "<")):
                moment = call.moment(f"filter[{name}][{word}]")
                if moment is not None:
                    where.append((f"{name} {sign} ?", moment))
        return where

    def _document(self, call: Call, found: builtins.list[Application], *, many: bool) -> dict[str, Any]:
        include = call.words("include", *documents.RELATED)
        only = call.words("fields[applications]", *documents.READABLE)
        extra = call.words("extra_fields[applications]", *documents.EXTRA)
        attributes = []
        if "custom_attributes" in include:
            attributes = self._records.attributes(call.account.name, [row.id for row in found])
        rows = [
            documents.application(row, only=only, extra=extra, include=include, attributes=attributes)
            for row in found
        ]
        beside = documents.beside(call.account, found, include, attributes)
        return {"data": rows if many else rows[0], "included": beside, "meta": {}}

    def _named(self, call: Call) -> Application:
        number = call.path[1]
        found = self._records.application(call.account.name, int(number)) if number.isdigit() else None
        if found is None:
            raise Failure(404, ("Record not found", ""))
        return found

    def _permit(self, attributes: dict[str, Any], known: frozenset[str]) -> None:
        if not self._switches.pinpoint_newer_attributes:
            known -= {_SKIP, _ADD, _REMOVE}
        if unknown := set(attributes) - known:
            name = min(unknown)
            raise Failure(400, (f"{name} is not permitted", f"/data/attributes/{name}"))
        for name, value in attributes.items():
            if name in _CHANGEABLE and not isinstance(value, str | None):
                raise Failure(400, (f"{name} is not a string", f"/data/attributes/{name}"))


def _blank(attributes: dict[str, Any], needed: tuple[str, ...]) -> list[tuple[str, str]]:
    return [
        (f"{name.replace('_', ' ').capitalize()} can't be blank", f"/data/attributes/{name}")
        for name in needed
        if not str(attributes.get(name) or "").strip()
    ]


def _tags(held: list[dict[str, str]], attributes: dict[str, Any]) -> list[dict[str, str]]:
    tags = list(held)
    for given in attributes.get(_ADD) or ():
        tag = {"name": str(given["tag"]), "context": str(given["context"])}
        if tag not in tags:
            tags.append(tag)
    if gone := attributes.get(_REMOVE):
        tags = [tag for tag in tags if (tag["name"], tag["context"]) != (gone["tag"], gone["context"])]
    return tags


def _marks(values: list[str]) -> str:
    return ", ".join("?" * len(values))
