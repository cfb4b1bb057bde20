"""One call of every operation of the API that writes, which is done: in the world of ``tests.test_access``, as Alice,
who owns everything there and is an administrator.

Read by tests that say something of all writes: that each is in the audit trail, that each update minds ``If-Match``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from accounts import pairing
from accounts.models import Role, User
from campaigns import editing, intervening, lifecycle, rescheduling
from campaigns.models import Campaign, Recipient, Step, StepVariant
from config import api_schema
from foundation import runs
from foundation.models import Run
from integrations import company_choice, field_table
from integrations.models import Connection, ExportItem, FieldRow
from outreach.models import FuseTrip, InboundMessage, Mailbox, Message
from outreach.states import MailboxStatus, MessageStatus
from sourcing import bulk, collaborators, history, people, projects, values
from sourcing.finding import allowance, setup
from sourcing.importing import uploading
from sourcing.models import (
    Candidate,
    ContactPoint,
    DuplicatePair,
    Finding,
    ImportRun,
    Project,
    ProjectMember,
    RetentionProposal,
    Stage,
)
from sourcing.resumes import intake
from tests.campaigns import making
from tests.integrations import making as systems
from tests.integrations import syncs
from tests.outreach import sandbox_process
from tests.outreach.making import mailbox, seal
from tests.test_access import World
from tests.undone import undone

JSON = "application/json"
#: Of a zone that is not the server's.
SOON = (timezone.now() + timedelta(days=3)).astimezone(ZoneInfo("Asia/Tokyo")).isoformat()


@dataclass
class Made:
    """The world with Alice, and the ids its addresses are made of."""

    alice: User
    ids: dict[str, Any]

    def one(self, model: Any, key: str) -> Any:
        """Alice's object of this id."""
        return model.objects.for_organisation(self.alice.organisation_id).get(pk=self.ids[key])

    def change(self, model: Any, key: str, **columns: Any) -> None:
        """Write columns of one of Alice's objects past every rule."""
        rows = model.objects.for_organisation(self.alice.organisation_id).filter(pk=self.ids[key])
        rows.update(**columns)

    def anybody(self, **columns: Any) -> Candidate:
        """One more person."""
        return people.create_candidate(
            organisation=self.alice.organisation,
            actor=self.alice,
            first_name=columns.pop("first_name", "Ola"),
            emails=[("ola@work.example", "work")],
            **columns,
        )


def made_of(world: World) -> Made:
    """Alice as an administrator."""
    alice = User.objects.get(pk=world.ids["user_id"])
    alice.role = Role.ADMIN
    alice.save(update_fields=["role"])
    return Made(alice, {**world.ids, "id": world.ids["connection_id"]})


Body = Mapping[str, Any] | Callable[[Made], Mapping[str, Any]] | None


@dataclass(frozen=True)
class Call:
    """``prepare`` makes what the operation needs, may answer further ids, and is undone with the call."""

    body: Body = None
    prepare: Callable[[Made], dict[str, Any] | None] | None = None
    query: Callable[[Made], Mapping[str, Any]] | None = None
    multipart: bool = False
    headers: Callable[[Made], Mapping[str, str]] | None = None


# ── what an operation needs ─────────────────────────────────────────────────


def _bulk(made: Made) -> dict[str, Any]:
    whom = bulk.Whom(ids=(made.ids["candidate_id"],))
    return {"run_id": bulk.start(actor=made.alice, action="tag", whom=whom, values={"tag": "Rust"}).pk}


def _bulk_done(made: Made) -> dict[str, Any]:
    found = _bulk(made)
    runs.work(found["run_id"])
    return found


def _code(made: Made) -> dict[str, Any]:
    return {"code": pairing.start(actor=made.alice, now=timezone.now())[1]}


def _paired(made: Made) -> dict[str, Any]:
    code = _code(made)["code"]
    return {"tokens": pairing.redeem(code=code, name="Chromium", now=timezone.now())[1]}


def _paused(made: Made) -> None:
    lifecycle.pause(campaign=made.one(Campaign, "campaign_id"), actor=made.alice, now=timezone.now())


def _other_sender(made: Made) -> dict[str, Any]:
    return {"mailbox": mailbox(made.alice, address="second@acme.example").pk}


def _draft(made: Made) -> dict[str, Any]:
    return {"campaign_id": making.campaign("Cleo", alice=made.alice, steps=1).pk}


def _version(made: Made) -> dict[str, Any]:
    return {"title": "CTO", "version": made.one(Candidate, "candidate_id").version}


def _seen(made: Made) -> dict[str, Any]:
    row = history.row_for(made.one(Candidate, "candidate_id"), "education", made.ids["row_id"])
    return {"school": "TU Wien", "seen": values.mark(history.content(row))}


def _two_schools(made: Made) -> dict[str, Any]:
    ada = made.one(Candidate, "candidate_id")
    return {
        "row_id": history.add(candidate=ada, actor=made.alice, kind="education", entry={"school": "ETH"}).pk
    }


def _certain(made: Made) -> None:
    made.change(DuplicatePair, "pair_id", certain=True)


#: Sure enough to be confirmed among many.
RESUME = b"Ida Hansen\nida@voltra.example\n\nExperience\n\n2019 - 2021\nData Engineer\nVoltra GmbH\n"


def _files(_made: Made) -> dict[str, Any]:
    return {"files": [SimpleUploadedFile("ida.txt", RESUME)]}


def _resume(made: Made) -> dict[str, Any]:
    run = intake.upload(actor=made.alice, uploads=_files(made)["files"])
    while runs.work(run.pk):
        pass
    return {"file_id": intake.files_of(run).get().pk}


def _proposed(made: Made) -> dict[str, Any]:
    row = RetentionProposal.objects.create(
        organisation=made.alice.organisation,
        candidate_id=made.ids["candidate_id"],
        inactive_since=timezone.now(),
    )
    return {"proposal_id": row.pk}


def _kept(made: Made) -> dict[str, Any]:
    return {"proposal_ids": [made.ids["proposal_id"]], "until": "2099-01-01", "why": "In talks"}


def _other(made: Made) -> dict[str, Any]:
    return {"other": made.one(DuplicatePair, "pair_id").second_id}


def _displayed(made: Made) -> None:
    made.change(FieldRow, "remote_field_id", displayed=True)


def _mapped(made: Made) -> None:
    made.change(FieldRow, "remote_field_id", variable="title")


def _listed(made: Made) -> None:
    made.change(Connection, "id", job_statuses=["open"])


def _whale(made: Made) -> dict[str, Any]:
    """The SourceWhale that a server of ours plays."""
    return {"id": systems.connection(made.alice, name="Berlin").pk}


def _export(made: Made) -> dict[str, Any]:
    whom = [made.ids["candidate_id"]]
    return {"connection": made.ids["id"], "mode": "candidates", "target_id": "ruby", "candidates": whom}


def _setting(_made: Made) -> dict[str, Any]:
    return {"name": "add"}


def _undoable_export(made: Made) -> dict[str, Any]:
    made.change(ExportItem, "item_id", status="sent", remote_id="r1", made_record=True)
    return {"id": made.ids["export_id"]}


def _export_under_way(made: Made) -> dict[str, Any]:
    found = _whale(made)
    row = Connection.objects.for_organisation(made.alice.organisation_id).get(pk=found["id"])
    return {"id": systems.export(made.alice, row, made.anybody()).pk}


def _whom_to_send(made: Made) -> dict[str, Any]:
    return {"connection": made.ids["connection_id"], "candidates": [made.ids["candidate_id"]]}


def _failed_item(made: Made) -> dict[str, Any]:
    return {"id": made.ids["export_id"]}


def _provider(made: Made) -> dict[str, Any]:
    setup.save(actor=made.alice, slug="hunter", key="a-key")
    allowance.change(actor=made.alice, monthly_email=5, monthly_phone=0, refresh_day=1)
    person = people.create_candidate(
        organisation=made.alice.organisation, actor=made.alice, first_name="Nina", last_name="Lund", company="Voltra"
    )  # fmt: skip
    return {"candidate_id": person.pk}


def _providers(made: Made) -> None:
    for slug in ("hunter", "people_data_labs"):
        setup.save(actor=made.alice, slug=slug, key="a-key")


def _finding_under_way(made: Made) -> None:
    with transaction.atomic():
        run = runs.start(
            kind="finding", organisation=made.alice.organisation, actor=made.alice, title="Finding"
        )
    made.change(Finding, "finding_id", run=run)


def _import(made: Made) -> dict[str, Any]:
    file = SimpleUploadedFile("people.csv", b"First name,E-mail\nIda,ida@voltra.example\n", "text/csv")
    return {"import_id": uploading.upload(actor=made.alice, file=file).pk}


def _import_done(made: Made) -> dict[str, Any]:
    found = _import(made)
    waiting = ImportRun.objects.for_organisation(made.alice.organisation_id).get(pk=found["import_id"])
    row = uploading.start(import_run=waiting, actor=made.alice)
    while not Run.objects.for_organisation(made.alice.organisation_id).get(pk=row.run_id).ended:
        runs.work(row.run_id)
    return found


def _names_somebody(made: Made) -> None:
    made.change(
        InboundMessage,
        "inbound_id",
        body_text="Not me, but you should contact my colleague Ben Lee, ben.lee@example.org.",
        interest="referral",
    )


def _answerable(made: Made) -> None:
    made.change(InboundMessage, "inbound_id", from_address="ada@work.example", subject="Re: Hello")


def _bob(made: Made) -> dict[str, Any]:
    colleagues = User.objects.filter(organisation=made.alice.organisation, role=Role.RECRUITER)
    return {"user": colleagues.exclude(pk=made.alice.pk)[0].pk}


def _colleague(made: Made) -> dict[str, Any]:
    return {"user_id": _bob(made)["user"]}


def _member(made: Made) -> dict[str, Any]:
    return {"user_id": _bob(made)["user"], "role": "editor"}


def _with_member(made: Made) -> dict[str, Any]:
    user = User.objects.get(pk=_bob(made)["user"])
    collaborators.set_role(
        project=made.one(Project, "project_id"), actor=made.alice, user=user, role="editor"
    )
    return {"user_id": user.pk}


def _blown(made: Made) -> None:
    FuseTrip.objects.create(
        organisation=made.alice.organisation, mailbox_id=made.ids["mailbox_id"], kind="bounces",
        tripped_at=timezone.now(), counted_from=timezone.now(), sent=100, cases=9,
    )  # fmt: skip


def mail_servers(mail: Mapping[str, Any]) -> dict[str, Any]:
    """Both servers of a sandbox (``tests.outreach.sandbox_process``) as the API takes them."""
    return {
        f"{side}_{name}": value
        for side in ("smtp", "imap")
        for name, value in (
            ("host", mail["host"]),
            ("port", mail["ports"][side]),
            ("security", "none"),
            ("username", sandbox_process.ADDRESS),
        )
    } | {"smtp_password": sandbox_process.PASSWORD}


def _link(made: Made) -> dict[str, Any]:
    return {"address": sandbox_process.ADDRESS, **mail_servers(made.ids["mail"])}


def _refused_until_now(made: Made) -> None:
    box = made.one(Mailbox, "mailbox_id")
    for name, value in mail_servers(made.ids["mail"]).items():
        setattr(box, name, value)
    box.status = MailboxStatus.NEEDS_RECONNECT
    seal(box, {"smtp_password": sandbox_process.PASSWORD, "imap_password": sandbox_process.PASSWORD})
    box.save()


def _mailbox_paused(made: Made) -> None:
    made.change(Mailbox, "mailbox_id", status=MailboxStatus.PAUSED)


def _single(made: Made) -> dict[str, Any]:
    point = ContactPoint.objects.for_organisation(made.alice.organisation_id).filter(
        candidate_id=made.ids["candidate_id"], kind="email"
    )[0]
    return {
        "candidate": made.ids["candidate_id"], "contact_point": point.pk, "mailbox": made.ids["mailbox_id"],
        "subject": "Hello", "body": "Hello there.",
    }  # fmt: skip


def _uncertain(made: Made) -> None:
    made.change(Message, "message_id", status=MessageStatus.UNCERTAIN, sending_at=timezone.now())


def _in_project(made: Made) -> None:
    projects.add_people(
        project=made.one(Project, "project_id"), actor=made.alice, candidate_ids=[made.ids["candidate_id"]]
    )


def _in_stage(made: Made) -> dict[str, Any]:
    member = ProjectMember.objects.for_organisation(made.alice.organisation_id).filter(
        project_id=made.ids["project_id"]
    )[0]
    other = Stage.objects.for_organisation(made.alice.organisation_id).filter(
        project_id=made.ids["project_id"]
    )
    return {"candidate_ids": [member.candidate_id], "stage_id": other.exclude(pk=member.stage_id)[0].pk}


def _stages(made: Made) -> dict[str, Any]:
    rows = Stage.objects.for_organisation(made.alice.organisation_id).filter(
        project_id=made.ids["project_id"]
    )
    return {"stage_ids": list(rows.order_by("-position").values_list("pk", flat=True))}


def _empty_stage(made: Made) -> dict[str, Any]:
    return {"stage_id": _stages(made)["stage_ids"][0]}


def _marked(made: Made) -> None:
    made.change(Recipient, "recipient_id", interest="interested", interest_by=made.alice)


def _recipient(**columns: Any) -> Callable[[Made], None]:
    """The recipient as it would stand after something else."""
    return lambda made: made.change(Recipient, "recipient_id", **columns)


def _at_another_address(made: Made) -> None:
    intervening.use_address(
        recipient_id=made.ids["recipient_id"], address="ada@new.example", actor=made.alice
    )


def _with_a_placeholder(made: Made) -> None:
    for model in (Step, StepVariant):
        rows = model.objects.for_organisation(made.alice.organisation_id)
        rows.update(body="Dear Ada, [[why you]]", body_html="")


def _next_step(made: Made) -> dict[str, Any]:
    return {"step_id": made.one(Recipient, "recipient_id").next_step_id}


def _own_text(made: Made) -> dict[str, Any]:
    found = _next_step(made)
    rescheduling.edit(
        recipient_id=made.ids["recipient_id"], step_id=found["step_id"], subject="Hi", body="Hi", actor=made.alice
    )  # fmt: skip
    return found


def _call_is_due(made: Made) -> dict[str, Any]:
    made_campaign = making.campaign("Bea", alice=made.alice, steps=1)
    editing.add_step(
        campaign=made_campaign, kind="call", subject="Ring", body="Ask.", days=0, actor=made.alice
    )
    call = Step.objects.for_organisation(made.alice.organisation_id).get(campaign=made_campaign, kind="call")
    editing.move_step(step=call, to=1, actor=made.alice)
    now = timezone.now()
    started = making.started(making.fresh(made_campaign), now=now - timedelta(days=3))
    return {"recipient_id": making.recipient(started, "Bea").pk, "step_id": call.pk}


def _toy(made: Made) -> dict[str, Any]:
    """A system with companies, which a server of ours plays."""
    row = syncs.connection(made.alice, capabilities=[])
    field_table.discover(row)
    ada = made.anybody(record_type="contact", company="Engines")
    return {"id": row.pk, "toy_person": ada.pk}


def _decided(made: Made) -> dict[str, Any]:
    found = _toy(made)
    row = Connection.objects.for_organisation(made.alice.organisation_id).get(pk=found["id"])
    ada = Candidate.objects.for_organisation(made.alice.organisation_id).get(pk=found["toy_person"])
    company_choice.choose(
        actor=made.alice, connection=row, candidate=ada, company_id="c1", search="Engines", everybody=False
    )
    return found


def _toy_person(**further: Any) -> Callable[[Made], dict[str, Any]]:
    return lambda made: {"candidate": made.ids["toy_person"], **further}


def _file(name: str, content: bytes) -> Callable[[Made], dict[str, Any]]:
    return lambda _made: {"file": SimpleUploadedFile(name, content)}


def _of_person(key: str = "candidate") -> Callable[[Made], dict[str, Any]]:
    return lambda made: {key: made.ids["candidate_id"]}


def _people(key: str = "candidate_ids", **further: Any) -> Callable[[Made], dict[str, Any]]:
    return lambda made: {key: [made.ids["candidate_id"]], **further}


def _new_people(key: str = "candidate_ids") -> Callable[[Made], dict[str, Any]]:
    return lambda made: {key: [made.anybody().pk]}


#: By the operation's id in the schema.
CALLS: Mapping[str, Call] = {
    "browsers_disconnect": Call(),
    "browsers_read_warning": Call(),
    "bulk_start": Call(_people(action="tag", values={"tag": "Rust"})),
    "bulk_cancel": Call(prepare=_bulk),
    "bulk_undo": Call(prepare=_bulk_done),
    "campaigns_add_people": Call(_new_people("candidates")),
    "campaigns_create": Call(lambda made: {"name": "Second wave", "project": made.ids["project_id"]}),
    "campaigns_change": Call({"name": "Wave two", "daily_limit": 40}),
    "campaigns_choose_sender": Call(_other_sender, _paused),
    "campaigns_start": Call(prepare=_draft),
    "campaigns_pause": Call({"resume_at": SOON}),
    "campaigns_resume": Call(prepare=_paused),
    "campaigns_step_sender": Call(lambda made: {"mailbox": made.ids["mailbox_id"]}, _paused),
    "campaigns_step_add": Call({"kind": "call", "subject": "Ring", "body": "Ask.", "days": 1}),
    "campaigns_step_remove": Call(),
    "campaigns_step_check": Call({"body": "Hi {{ first_name }}"}),
    "campaigns_step_test": Call({"body": "Hi {{ first_name }}"}),
    "campaigns_variants_share": Call({"shares": {"A": 40, "B": 60}}),
    "campaigns_variants_add": Call(),
    "campaigns_variant_remove": Call(),
    "campaigns_variant_edit": Call({"subject": "Hello", "body": "Dear {{ first_name }}, a question."}),
    "candidates_create": Call({"first_name": "Ida", "emails": [{"value": "ida@voltra.example"}]}),
    "candidates_change": Call(_version),
    "archives_create": Call(),
    "contact_points_create": Call({"kind": "email", "value": "new@home.example"}),
    "candidates_erase": Call({"reason": "request", "block": False}),
    "files_create": Call(_file("cv.txt", b"Ada Lovelace, engineer"), multipart=True),
    "history_create": Call({"school": "ETH"}),
    "history_remove": Call(),
    "history_change": Call(_seen),
    "history_move": Call({"by": 1}, _two_schools),
    "lawful_bases_create": Call({"basis": "contract", "reason": "A job", "since": "2026-05-01"}),
    "lawful_bases_withdraw": Call(),
    "candidates_merge": Call(_other),
    "notes_create": Call({"body": "Met at EuroPython"}),
    "candidates_unsubscribe": Call({"note": "On the phone"}),
    "connections_companies_create": Call(_toy_person(owner="o1"), _toy),
    "connections_companies_update": Call(_toy_person(company=None), _decided),
    "connections_company_fields_update": Call({"info": "town", "warning": ""}, _toy),
    "connections_connect": Call(
        {
            "vendor": "cats",
            "account_name": "Berlin",
            "capabilities": ["export"],
            "credentials": {"api_key": "a-key-of-cats"},
        }
    ),
    "connections_change": Call({"capabilities": ["export"], "source_label": "Acme"}),
    "connections_remove": Call(),
    "connections_enter_credentials": Call({"values": {"api_key": "another-key-0001"}}),
    "connections_verify": Call(prepare=_whale),
    "connections_webhook_secret": Call({"secret": "whsec-0123456789"}),
    "connections_sync_tasks_retry_all": Call(),
    "connections_sync_tasks_retry": Call(),
    "connections_sync_tasks_cancel": Call(),
    "connections_set_identity": Call({"email": "ada@sourcewhale.example"}),
    "connections_entries_partial_update": Call(
        {"values": {"title": "CTO"}}, _displayed, query=_of_person()
    ),
    "connections_fields_discover_create": Call(prepare=_toy),
    "connections_fields_reset_all": Call({"record_type": "candidate"}, _mapped),
    "connections_fields_partial_update": Call({"displayed": True}),
    "connections_fields_reset_create": Call(prepare=_mapped),
    "connections_job_statuses_update": Call({"statuses": []}, _listed),
    "connections_settings_partial_update": Call({"values": {"add": "added"}}, query=lambda _made: {"team": "true"}),
    "connections_settings_lock_update": Call({"locked": True}, _setting),
    "contact_points_remove": Call(),
    "contact_points_change": Call({"status": "verified"}),
    "credits_change_allowance": Call({"monthly_email": 40}),
    "credits_grant": Call({"kind": "email", "amount": 50, "note": "Invoice 7"}),
    "credits_change_provider": Call({"key": "a-key", "cost": "0.05"}),
    "credits_move_provider": Call({"earlier": False}, _providers),
    "credits_remove_provider": Call(prepare=_providers),
    "custom_fields_create": Call({"label": "Shoe size", "kind": "text"}),
    "custom_fields_change": Call({"label": "Seniority"}),
    "duplicates_change_rule": Call({"refuse": True}),
    "duplicates_scan": Call(),
    "duplicates_merge_certain": Call(prepare=_certain),
    "duplicates_decide": Call({"state": "not_duplicate"}),
    "exports_create": Call(_export, _whale),
    "exports_cancel": Call(prepare=_export_under_way),
    "exports_items_retry": Call(prepare=_failed_item),
    "exports_retry": Call(prepare=_failed_item),
    "exports_preview": Call(_whom_to_send),
    "exports_undo_create": Call(prepare=_undoable_export),
    "files_remove": Call(),
    "finding_preview": Call(_people(kind="email")),
    "finding_start": Call(_people(kind="email"), _provider),
    "finding_cancel": Call(prepare=_finding_under_way),
    "imports_create": Call(_file("people.csv", b"First name,E-mail\nIda,ida@x.example\n"), multipart=True),
    "imports_change": Call({"tags": ["Fair"]}, _import),
    "imports_discard": Call(prepare=_import),
    "imports_check_create": Call(prepare=_import),
    "imports_start_create": Call(prepare=_import),
    "imports_undo_create": Call(prepare=_import_done),
    "holidays_create": Call({"date": "2026-12-26", "name": "Boxing Day"}),
    "holidays_remove": Call(),
    "inbox_write": Call({"interest": "interested"}),
    "inbox_read_all": Call(),
    "inbox_add_referral": Call({"address": "ben.lee@example.org"}, _names_somebody),
    "inbox_reply": Call({"body": "Gladly."}, _answerable),
    "invitations_create": Call({"email": "ida@acme.example", "role": "viewer"}),
    "invitations_revoke": Call(),
    "loans_delete": Call(),
    "loans_create": Call(_bob),
    "mailboxes_change": Call({"signature": "Alice", "daily_limit": 40}),
    "mailboxes_check": Call(),
    "mailboxes_compare": Call(),
    "mailboxes_link": Call(_link),
    "mailboxes_reconnect": Call(lambda made: mail_servers(made.ids["mail"])),
    "mailboxes_release": Call({"reason": "An old list, which is gone"}, _blown),
    "mailboxes_remove": Call(),
    "mailboxes_resume": Call(prepare=_mailbox_paused),
    "mailboxes_try_again": Call(prepare=_refused_until_now),
    "merges_undo": Call(),
    "me_change": Call({"name": "Alice Aubert-Klein"}),
    "members_change": Call({"role": "viewer"}, _colleague),
    "messages_create": Call(_single),
    "messages_answer": Call({"was_sent": True}, _uncertain),
    "messages_answer_many": Call(lambda made: {"messages": [made.ids["message_id"]], "was_sent": False}, _uncertain),
    "messages_cancel": Call(),
    "messages_not_before": Call({"moment": SOON}),
    "messages_send_now": Call(),
    "messages_write_text": Call({"subject": "Hello again", "body": "Another text."}),
    "notes_remove": Call(),
    "notes_change": Call({"body": "Met at PyCon, twice"}),
    "notices_create": Call(_people(way="call")),
    "organisation_change": Call({"start_grace_minutes": 30}),
    "pairing_create": Call(lambda made: {"code": made.ids["code"], "name": "Chromium"}, _code),
    "pairing_refresh": Call(lambda made: {"refresh_token": made.ids["tokens"].refresh}, _paired),
    "pairing_end": Call(prepare=_paired, headers=lambda made: {"Authorization": f"Bearer {made.ids['tokens'].access}"}),
    "panel_lookup": Call({"first_name": "Ida", "last_name": "Hansen", "company": "Voltra"}),
    "panel_save": Call({"profile": {"first_name": "Ida", "last_name": "Hansen", "site": "voltra.example"}},
                       headers=lambda _made: {"Idempotency-Key": "one"}),
    "privacy_rules_change": Call({"notices": True}),
    "projects_create": Call({"name": "Munich"}),
    "projects_change": Call({"name": "Backend, Berlin"}),
    "projects_change_outreach_settings": Call({"prefer": "work"}),
    "projects_comment": Call({"body": "A good list."}),
    "projects_duplicate": Call({"name": "Backend II"}),
    "projects_set_member": Call(_member),
    "projects_remove_member": Call(prepare=_with_member),
    "projects_move_people": Call(_in_stage, _in_project),
    "projects_remove_people": Call(_people(), _in_project),
    "projects_add_people": Call(_new_people()),
    "projects_share": Call({"label": "Dana", "names_hidden": True}),
    "projects_unshare": Call(),
    "projects_add_stage": Call({"name": "Second call"}),
    "projects_set_default_stages": Call({"names": ["To call", "Called"]}),
    "projects_order_stages": Call(_stages),
    "projects_remove_stage": Call(prepare=_empty_stage),
    "projects_rename_stage": Call({"name": "Screening call"}),
    "recipients_fill_in": Call({"texts": {"why you": "You wrote a parser."}}, _with_a_placeholder),
    "recipients_forget_address": Call(prepare=_at_another_address),
    "recipients_go_on": Call(prepare=_recipient(hold="paused", hold_code="paused_by_hand")),
    "recipients_is_a_reply": Call({"is_reply": True}, _recipient(hold="possible_reply")),
    "recipients_not_a_reply": Call(prepare=_recipient(progress="replied", ended_at=timezone.now())),
    "recipients_pause": Call(),
    "recipients_set_address": Call({"address": "ada@new.example"}),
    "recipients_start_again": Call(prepare=_recipient(progress="stopped", ended_at=timezone.now())),
    "recipients_stop": Call(),
    "recipients_write_fields": Call({"first_name": "Addy"}),
    "recipients_unmark": Call(prepare=_marked),
    "recipients_mark": Call({"interest": "interested", "reason": "Wants to move"}),
    "planned_cancel": Call(prepare=_next_step),
    "planned_not_before": Call({"moment": SOON}, _next_step),
    "planned_send_now": Call(prepare=_next_step),
    "planned_undo_text": Call(prepare=_own_text),
    "planned_write_text": Call({"subject": "Hi", "body": "Hi {{ first_name }}"}, _next_step),
    "resumes_upload": Call(_files, multipart=True),
    "resumes_add": Call({"title": "CTO"}, _resume),
    "resumes_confirm": Call(lambda made: {"file_ids": [made.ids["file_id"]]}, _resume),
    "resumes_keep": Call(prepare=_resume),
    "retention_proposals_keep": Call(_kept, _proposed),
    "runs_cancel": Call(),
    "searches_create": Call({"name": "Rust", "question": "q=skill:rust"}),
    "searches_delete": Call(),
    "sending_settings_change": Call({"start_grace_minutes": 30, "opens": "08:30", "closes": "18:00"}),
    "searches_change": Call({"name": "All of them"}),
    "social_profiles_create": Call({"url": "https://gitlab.com/ada"}),
    "social_profiles_remove": Call(),
    "suppressions_create": Call({"kind": "domain", "value": "rival.example"}),
    "suppressions_load": Call(_file("list.csv", b"rival.example"), multipart=True),
    "suppressions_remove": Call(query=lambda _made: {"why": "A client no longer"}),
    "synonyms_create": Call({"word": "PM", "same_as": "product manager"}),
    "synonyms_remove": Call(),
    "tasks_answer": Call({"outcome": "done", "note": "ok"}, _call_is_due),
    "templates_create": Call({"name": "First", "subject": "Hello", "body": "Hello {{ first_name }}"}),
    "templates_delete": Call(),
    "templates_duplicate": Call({"shared": True}),
    "templates_write": Call({"name": "Hello", "subject": "Hello", "body": "Hello there"}),
    "text_files_create": Call(_file("brief.txt", b"About us"), multipart=True),
    "texts_check": Call(lambda made: {"subject": "Hi", "body": "Hi there", "candidate": made.ids["candidate_id"]}),
    "texts_test": Call({"subject": "Hi", "body": "Hi {{ first_name }}"}),
    "tokens_revoke": Call(),
    "values_use": Call(),
    "webhooks_create": Call({"url": "https://hooks.example.com/new"}),
    "webhooks_delete": Call(),
    "webhooks_change": Call({"description": "For the board"}),
    "webhooks_replay": Call({}),
    "webhooks_rotate": Call(),
    "webhooks_test": Call(),
}  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """One operation of the schema."""

    id: str
    method: str
    path: str
    told: Mapping[str, Any]


def writes() -> list[Operation]:
    """Every operation that is no GET, as the schema tells it."""
    return [
        Operation(told["operationId"], method, path, told)
        for path, methods in api_schema.schema()["paths"].items()
        for method, told in methods.items()
        if method in {"post", "put", "patch", "delete"}
    ]


def address(operation: Operation, call: Call, made: Made) -> str:
    """Where it is asked for."""
    query = f"?{urlencode(call.query(made))}" if call.query else ""
    return operation.path.format(**made.ids) + query


def send(client: Client, operation: Operation, made: Made, **headers: str) -> HttpResponse:
    """Ask for it, after :func:`prepared`."""
    return request(operation, made)(client, **headers)


def request(operation: Operation, made: Made) -> Callable[..., HttpResponse]:
    """What asks for it, byte for byte the same each time."""
    call = CALLS[operation.id]
    body = call.body(made) if callable(call.body) else call.body
    path = address(operation, call, made)
    own = call.headers(made) if call.headers else {}
    if call.multipart:
        sent, kind = encode_multipart(BOUNDARY, body), MULTIPART_CONTENT
    else:
        sent, kind = "" if body is None else json.dumps(body), JSON

    def asked(client: Client, **headers: str) -> HttpResponse:
        return client.generic(
            operation.method.upper(), path, sent, content_type=kind, headers={**headers, **own}
        )

    return asked


@contextmanager
def prepared(operation: Operation, made: Made) -> Iterator[Made]:
    """The world with what the operation needs; all of it is undone at the end."""
    with undone():
        prepare = CALLS[operation.id].prepare
        further = prepare(made) if prepare else None
        yield Made(made.alice, {**made.ids, **(further or {})})
