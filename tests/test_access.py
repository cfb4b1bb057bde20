"""Every address of the product × every role × a stranger. An address missing from the table fails.

Letters are who may: A admin, R recruiter, V viewer, M mailbox owner. Whoever may not gets 403, nobody logged in
the login page (the API: 401), and Mallory, an admin elsewhere, gets 404 for every object that is not hers.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import FileResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts import invitations, pairing, tokens
from accounts.models import Role
from campaigns import variants
from campaigns.models import Step
from foundation import runs
from integrations.models import Connection, Export, ExportItem, FieldRow, SyncTask
from outreach import files as content_files
from outreach import lending, templates
from outreach.contents import Content
from outreach.models import Holiday, InboundMessage, Message
from publishing import endpoints
from sourcing import (
    contact_points,
    defining_fields,
    history,
    merging,
    notes,
    privacy,
    sharing,
    social_profiles,
    suppressing,
)
from sourcing.models import DuplicatePair, DuplicateScan, Finding, ImportRun, OtherValue, PersonArchive
from sourcing.resumes import intake
from sourcing.search import saved, synonyms
from sourcing.search.question import Question
from tests.campaigns import making
from tests.outreach.making import NOW, user, write

#: Each of its walks asks every address.
pytestmark = pytest.mark.slow
ROLES = {"A": Role.ADMIN, "R": Role.RECRUITER, "V": Role.VIEWER, "M": Role.MAILBOX_OWNER}

#: Name → method and who may.
TABLE: dict[str, tuple[str, str]] = {
    "jump": ("GET", "ARVM"),
    "help": ("GET", "ARVM"),
    "accounts:profile": ("GET", "ARVM"),
    "accounts:organisation": ("GET", "A"),
    "accounts:members": ("GET", "ARV"),
    "accounts:invite": ("POST", "A"),
    "accounts:change_role": ("POST", "A"),
    "accounts:set_active": ("POST", "A"),
    "accounts:revoke_invitation": ("POST", "A"),
    "accounts:tokens": ("GET", "ARV"),
    "accounts:revoke_token": ("POST", "ARV"),
    "accounts:extension": ("GET", "ARV"),
    "accounts:disconnect_browser": ("POST", "ARV"),
    "accounts:read_browser_warning": ("POST", "ARV"),
    "accounts:audit": ("GET", "A"),
    "accounts:api_me": ("GET", "ARV"),
    "accounts:api_members": ("GET", "ARV"),
    "accounts:api_member": ("GET", "ARV"),
    "accounts:api_organisation": ("GET", "A"),
    "accounts:api_invitations": ("GET", "A"),
    "accounts:api_invitation": ("DELETE", "A"),
    "accounts:api_audit": ("GET", "A"),
    "accounts:api_tokens": ("GET", "ARV"),
    "accounts:api_token": ("DELETE", "ARV"),
    "accounts:api_browsers": ("GET", "ARV"),
    "accounts:api_browser_warnings": ("GET", "ARV"),
    "accounts:api_browser": ("DELETE", "ARV"),
    "accounts:api_browser_read": ("POST", "ARV"),
    "sourcing:people": ("GET", "ARV"),
    "sourcing:people_counts": ("GET", "ARV"),
    "sourcing:people_total": ("GET", "ARV"),
    "sourcing:people_suggest": ("GET", "ARV"),
    "sourcing:mentions": ("GET", "AR"),
    "sourcing:saved_search_new": ("GET", "ARV"),
    "sourcing:saved_search": ("GET", "ARV"),
    "sourcing:saved_search_edit": ("GET", "ARV"),
    "sourcing:saved_search_delete": ("POST", "ARV"),
    "sourcing:synonyms": ("GET", "A"),
    "sourcing:synonym_remove": ("POST", "A"),
    "sourcing:person_new": ("GET", "AR"),
    "sourcing:people_to_project": ("POST", "AR"),
    "sourcing:candidate": ("GET", "ARV"),
    "sourcing:person_edit": ("GET", "AR"),
    "sourcing:add_email": ("GET", "AR"),
    "sourcing:add_phone": ("GET", "AR"),
    "sourcing:contact_status": ("POST", "AR"),
    "sourcing:person_field": ("GET", "AR"),
    "sourcing:person_words": ("POST", "AR"),
    "sourcing:social_profiles": ("POST", "AR"),
    "sourcing:history_new": ("GET", "AR"),
    "sourcing:history_edit": ("GET", "AR"),
    "sourcing:history_move": ("POST", "AR"),
    "sourcing:history_remove": ("POST", "AR"),
    "sourcing:note_write": ("POST", "AR"),
    "sourcing:note_edit": ("GET", "AR"),
    "sourcing:note_remove": ("POST", "AR"),
    "sourcing:use_value": ("POST", "AR"),
    "sourcing:custom_fields": ("GET", "A"),
    "sourcing:custom_field": ("GET", "A"),
    "sourcing:custom_field_move": ("POST", "A"),
    "sourcing:custom_field_archive": ("POST", "A"),
    "sourcing:custom_field_bring_back": ("POST", "A"),
    "sourcing:pin": ("POST", "AR"),
    "sourcing:unpin": ("POST", "AR"),
    "sourcing:mark_valid": ("POST", "AR"),
    "sourcing:remove_contact": ("POST", "AR"),
    "sourcing:duplicates": ("GET", "AR"),
    "sourcing:duplicate_scan": ("POST", "AR"),
    "sourcing:duplicate_dismiss": ("POST", "AR"),
    "sourcing:duplicate_rule": ("GET", "A"),
    "sourcing:merge": ("GET", "AR"),
    "sourcing:merge_ticked": ("POST", "AR"),
    "sourcing:merge_certain": ("POST", "AR"),
    "sourcing:merge_undo": ("POST", "AR"),
    "sourcing:person_files": ("POST", "AR"),
    "sourcing:file": ("GET", "ARV"),
    "sourcing:file_remove": ("GET", "AR"),
    "sourcing:resume_review": ("GET", "AR"),
    "sourcing:resumes": ("GET", "AR"),
    "sourcing:resumes_confirm": ("POST", "AR"),
    "sourcing:resume_batch": ("GET", "AR"),
    "sourcing:api_files": ("GET", "ARV"),
    "sourcing:api_file": ("GET", "ARV"),
    "sourcing:import_upload": ("GET", "AR"),
    "sourcing:import": ("GET", "AR"),
    "sourcing:import_reread": ("POST", "AR"),
    "sourcing:import_mapping": ("POST", "AR"),
    "sourcing:import_check": ("POST", "AR"),
    "sourcing:import_undo": ("POST", "AR"),
    "sourcing:import_start": ("POST", "AR"),
    "sourcing:api_imports": ("GET", "AR"),
    "sourcing:api_import": ("GET", "AR"),
    "sourcing:api_import_check": ("POST", "AR"),
    "sourcing:api_import_start": ("POST", "AR"),
    "sourcing:api_import_undo": ("POST", "AR"),
    "sourcing:api_runs": ("GET", "ARV"),
    "sourcing:api_run": ("GET", "ARV"),
    "sourcing:api_run_cancel": ("POST", "ARV"),
    "sourcing:api_resumes": ("GET", "AR"),
    "sourcing:api_resumes_confirm": ("POST", "AR"),
    "sourcing:api_resume_upload": ("GET", "AR"),
    "sourcing:api_resume": ("GET", "AR"),
    "sourcing:api_resume_add": ("POST", "AR"),
    "sourcing:api_resume_keep": ("POST", "AR"),
    "sourcing:api_duplicate_rule": ("GET", "A"),
    "sourcing:api_duplicate_scan": ("GET", "AR"),
    "sourcing:api_merge_certain": ("POST", "AR"),
    "sourcing:api_proposals_keep": ("POST", "AR"),
    "sourcing:api_timeline": ("GET", "ARV"),
    "sourcing:api_import_preview": ("GET", "AR"),
    "sourcing:api_import_notes": ("GET", "AR"),
    "sourcing:api_import_refused": ("GET", "AR"),
    "sourcing:api_import_kept": ("GET", "AR"),
    "sourcing:import_discard": ("POST", "AR"),
    "sourcing:import_refused": ("GET", "AR"),
    "sourcing:projects": ("GET", "ARV"),
    "sourcing:project_new": ("GET", "AR"),
    "sourcing:project": ("GET", "ARV"),
    "sourcing:project_add": ("GET", "AR"),
    "sourcing:project_remove": ("POST", "AR"),
    "sourcing:project_rename": ("GET", "AR"),
    "sourcing:people_tag": ("POST", "AR"),
    "sourcing:people_owner": ("POST", "AR"),
    "sourcing:people_untag": ("POST", "AR"),
    "sourcing:people_delete": ("POST", "AR"),
    "sourcing:stages_default": ("GET", "A"),
    "sourcing:project_move": ("GET", "AR"),
    "sourcing:project_bulk_move": ("POST", "AR"),
    "sourcing:project_duplicate": ("GET", "AR"),
    "sourcing:project_activity": ("GET", "ARV"),
    "sourcing:project_comment": ("POST", "ARV"),
    "sourcing:project_stages": ("GET", "AR"),
    "sourcing:stage_rename": ("POST", "AR"),
    "sourcing:stage_shift": ("POST", "AR"),
    "sourcing:stage_remove": ("GET", "AR"),
    "sourcing:project_members": ("GET", "ARV"),
    "sourcing:project_member_remove": ("POST", "AR"),
    "sourcing:project_visibility": ("POST", "AR"),
    "sourcing:project_owner": ("POST", "AR"),
    "sourcing:project_share": ("GET", "AR"),
    "sourcing:project_share_revoke": ("POST", "AR"),
    "sourcing:run": ("GET", "ARV"),
    "sourcing:run_undo": ("POST", "ARV"),
    "sourcing:project_archive": ("POST", "AR"),
    "sourcing:project_bring_back": ("POST", "AR"),
    "sourcing:find_of_person": ("GET", "AR"),
    "sourcing:find_emails_of_people": ("POST", "AR"),
    "sourcing:find_phones_of_people": ("POST", "AR"),
    "sourcing:find_emails_of_project": ("GET", "AR"),
    "sourcing:find_phones_of_project": ("GET", "AR"),
    "sourcing:finding": ("GET", "ARV"),
    "sourcing:finding_cancel": ("POST", "AR"),
    "sourcing:credit_usage": ("GET", "ARV"),
    "sourcing:credit_usage_csv": ("GET", "ARV"),
    "sourcing:credit_settings": ("GET", "A"),
    "sourcing:credit_allowance": ("POST", "A"),
    "sourcing:credit_grant": ("POST", "A"),
    "sourcing:credit_provider": ("GET", "A"),
    "sourcing:credit_provider_move": ("POST", "A"),
    "sourcing:credit_provider_remove": ("POST", "A"),
    "sourcing:api_credits": ("GET", "ARV"),
    "sourcing:api_credit_usage": ("GET", "ARV"),
    "sourcing:api_credit_months": ("GET", "ARV"),
    "sourcing:api_credit_allowance": ("GET", "A"),
    "sourcing:api_credit_costs": ("GET", "A"),
    "sourcing:api_finding_preview": ("POST", "AR"),
    "sourcing:api_credit_grants": ("POST", "A"),
    "sourcing:api_credit_entries": ("GET", "A"),
    "sourcing:api_credit_providers": ("GET", "A"),
    "sourcing:api_credit_provider": ("GET", "A"),
    "sourcing:api_credit_provider_move": ("POST", "A"),
    "sourcing:api_findings": ("POST", "AR"),
    "sourcing:api_finding": ("GET", "ARV"),
    "sourcing:api_finding_people": ("GET", "ARV"),
    "sourcing:api_finding_cancel": ("POST", "AR"),
    "sourcing:run_tray": ("GET", "ARV"),
    "sourcing:run_cancel": ("POST", "ARV"),
    "sourcing:api_candidates": ("GET", "ARV"),
    "sourcing:api_candidate": ("GET", "ARV"),
    "sourcing:api_contact_points": ("GET", "ARV"),
    "sourcing:api_contact_point": ("PATCH", "AR"),
    "sourcing:api_notes": ("GET", "ARV"),
    "sourcing:api_note": ("GET", "ARV"),
    "sourcing:api_values": ("GET", "ARV"),
    "sourcing:api_use_value": ("POST", "AR"),
    "sourcing:api_history": ("GET", "ARV"),
    "sourcing:api_history_row": ("PUT", "AR"),
    "sourcing:api_history_move": ("POST", "AR"),
    "sourcing:api_social_profiles": ("GET", "ARV"),
    "sourcing:api_social_profile": ("DELETE", "AR"),
    "sourcing:api_custom_fields": ("GET", "ARV"),
    "sourcing:api_custom_field": ("PATCH", "A"),
    "sourcing:api_merge": ("POST", "AR"),
    "sourcing:api_duplicates": ("GET", "AR"),
    "sourcing:api_duplicate": ("GET", "AR"),
    "sourcing:api_merges": ("GET", "AR"),
    "sourcing:api_merge_undo": ("POST", "AR"),
    "sourcing:api_candidate_filters": ("GET", "ARV"),
    "sourcing:api_candidate_total": ("GET", "ARV"),
    "sourcing:api_candidate_suggestions": ("GET", "ARV"),
    "sourcing:api_searches": ("GET", "ARV"),
    "sourcing:api_search": ("GET", "ARV"),
    "sourcing:api_projects": ("GET", "ARV"),
    "sourcing:api_project": ("GET", "ARV"),
    "sourcing:api_project_copies": ("POST", "AR"),
    "sourcing:api_project_people": ("POST", "AR"),
    "sourcing:privacy": ("GET", "ARV"),
    "sourcing:person_unsubscribe": ("GET", "AR"),
    "sourcing:person_delete": ("GET", "AR"),
    "sourcing:person_block": ("GET", "AR"),
    "sourcing:person_told": ("POST", "AR"),
    "sourcing:archive_make": ("POST", "AR"),
    "sourcing:archive": ("GET", "AR"),
    "sourcing:basis_add": ("POST", "AR"),
    "sourcing:basis_withdraw": ("POST", "AR"),
    "sourcing:privacy_retention": ("GET", "AR"),
    "sourcing:privacy_erase": ("POST", "AR"),
    "sourcing:privacy_keep": ("POST", "AR"),
    "sourcing:privacy_notices": ("GET", "AR"),
    "sourcing:privacy_told": ("POST", "AR"),
    "sourcing:privacy_erasures": ("GET", "A"),
    "sourcing:privacy_rules": ("GET", "A"),
    "sourcing:api_candidate_privacy": ("GET", "ARV"),
    "sourcing:api_unsubscribe": ("POST", "AR"),
    "sourcing:api_erasure": ("POST", "AR"),
    "sourcing:api_archive_make": ("POST", "AR"),
    "sourcing:api_archive": ("GET", "AR"),
    "sourcing:api_lawful_bases": ("GET", "ARV"),
    "sourcing:api_basis_withdraw": ("POST", "AR"),
    "sourcing:api_erasures": ("GET", "A"),
    "sourcing:api_notices": ("GET", "AR"),
    "sourcing:api_proposals": ("GET", "AR"),
    "sourcing:api_privacy_rules": ("GET", "A"),
    "sourcing:api_suppressions": ("GET", "ARV"),
    "sourcing:api_suppression": ("DELETE", "A"),
    "sourcing:api_suppression_file": ("POST", "AR"),
    "outreach:sending": ("GET", "ARV"),
    "outreach:holiday_add": ("POST", "A"),
    "outreach:holiday_remove": ("POST", "A"),
    "outreach:suppression": ("GET", "ARV"),
    "outreach:suppression_add": ("GET", "AR"),
    "outreach:suppression_load": ("POST", "AR"),
    "outreach:suppression_csv": ("GET", "A"),
    "outreach:suppression_remove": ("GET", "A"),
    "sourcing:api_project_moves": ("POST", "AR"),
    "sourcing:api_project_stages": ("GET", "ARV"),
    "sourcing:api_default_stages": ("GET", "A"),
    "sourcing:api_synonyms": ("GET", "A"),
    "sourcing:api_synonym": ("DELETE", "A"),
    "sourcing:api_project_stage": ("PATCH", "AR"),
    "sourcing:api_project_members": ("GET", "ARV"),
    "sourcing:api_project_member": ("DELETE", "AR"),
    "sourcing:api_project_shares": ("GET", "AR"),
    "sourcing:api_project_share": ("DELETE", "AR"),
    "sourcing:api_project_activity": ("GET", "ARV"),
    "sourcing:api_bulk": ("POST", "ARV"),
    "sourcing:api_bulk_run": ("GET", "ARV"),
    "sourcing:api_bulk_undo": ("POST", "ARV"),
    "outreach:settings": ("GET", "ARVM"),
    "outreach:mailbox_new": ("GET", "ARM"),
    "outreach:mailbox_sign_in": ("GET", "ARM"),
    "outreach:mailbox_signed_in": ("GET", "ARM"),
    "outreach:mailbox_try_again": ("POST", "ARM"),
    "outreach:mailbox_lend": ("GET", "ARM"),
    "outreach:loan_withdraw": ("POST", "ARVM"),
    "outreach:mailbox_reconnect": ("GET", "ARM"),
    "outreach:mailbox_limits": ("GET", "ARM"),
    "outreach:mailbox": ("GET", "ARVM"),
    "outreach:mailbox_check": ("POST", "ARM"),
    "outreach:mailbox_sender": ("GET", "ARM"),
    "outreach:mailbox_compare": ("POST", "ARM"),
    "outreach:mailbox_go_on": ("POST", "ARM"),
    "outreach:mailbox_default": ("POST", "ARM"),
    "outreach:mailbox_resume": ("POST", "ARM"),
    "outreach:mailbox_remove": ("GET", "ARM"),
    "outreach:outbox": ("GET", "ARV"),
    "outreach:messages_answer": ("POST", "AR"),
    "outreach:message_now": ("POST", "AR"),
    "outreach:message_later": ("GET", "AR"),
    "outreach:message_edit": ("GET", "AR"),
    "outreach:message": ("GET", "ARV"),
    "outreach:message_cancel": ("POST", "AR"),
    "outreach:message_answer": ("POST", "AR"),
    "outreach:templates": ("GET", "ARV"),
    "outreach:template_new": ("GET", "AR"),
    "outreach:template": ("GET", "ARV"),
    "outreach:template_duplicate": ("POST", "AR"),
    "outreach:template_remove": ("POST", "AR"),
    "outreach:check": ("POST", "AR"),
    "outreach:test": ("POST", "AR"),
    "outreach:files": ("POST", "AR"),
    "outreach:file": ("GET", "ARV"),
    "outreach:write": ("GET", "AR"),
    "outreach:inbox": ("GET", "ARV"),
    "outreach:inbound": ("GET", "ARV"),
    "outreach:inbound_reply": ("POST", "AR"),
    "outreach:inbound_interest": ("POST", "AR"),
    "outreach:inbound_done": ("POST", "AR"),
    "outreach:inbound_referral": ("POST", "AR"),
    "outreach:inbound_unread": ("POST", "ARV"),
    "outreach:inbox_read": ("POST", "ARV"),
    "outreach:api_templates": ("GET", "ARV"),
    "outreach:api_template": ("GET", "ARV"),
    "outreach:api_mailboxes": ("GET", "ARV"),
    "outreach:api_mailbox": ("GET", "ARV"),
    "outreach:api_mailbox_comparisons": ("POST", "AR"),
    "outreach:api_mailbox_checks": ("POST", "AR"),
    "outreach:api_mailbox_releases": ("POST", "AR"),
    "outreach:api_mailbox_reconnect": ("POST", "AR"),
    "outreach:api_mailbox_try_again": ("POST", "AR"),
    "outreach:api_mailbox_resume": ("POST", "AR"),
    "outreach:api_loans": ("GET", "AR"),
    "outreach:api_loan": ("DELETE", "ARV"),
    "outreach:api_inbox": ("GET", "ARV"),
    "outreach:api_sending_settings": ("GET", "ARV"),
    "outreach:api_holidays": ("GET", "ARV"),
    "outreach:api_holiday": ("DELETE", "A"),
    "outreach:api_inbox_read": ("POST", "ARV"),
    "outreach:api_conversation": ("GET", "ARV"),
    "outreach:api_conversation_referrals": ("POST", "AR"),
    "outreach:api_conversation_replies": ("POST", "AR"),
    "outreach:api_messages": ("GET", "ARV"),
    "outreach:api_messages_answer": ("POST", "AR"),
    "outreach:api_message": ("GET", "ARV"),
    "outreach:api_message_now": ("POST", "AR"),
    "outreach:api_message_later": ("POST", "AR"),
    "outreach:api_message_cancel": ("POST", "AR"),
    "outreach:api_message_text": ("GET", "ARV"),
    "outreach:api_message_answer": ("POST", "AR"),
    "outreach:api_outbox": ("GET", "ARV"),
    "outreach:api_text_variables": ("GET", "ARV"),
    "outreach:api_text_checks": ("POST", "AR"),
    "outreach:api_text_files": ("GET", "ARV"),
    "outreach:api_text_file": ("GET", "ARV"),
    "outreach:api_text_file_content": ("GET", "ARV"),
    "outreach:api_template_copies": ("POST", "AR"),
    "outreach:api_text_tests": ("POST", "AR"),
    "campaigns:index": ("GET", "ARV"),
    "campaigns:of_project": ("GET", "ARV"),
    "campaigns:project_settings": ("GET", "ARV"),
    "campaigns:create": ("GET", "AR"),
    "campaigns:add_from_project": ("GET", "AR"),
    "campaigns:add_from_search": ("POST", "AR"),
    "campaigns:api_recipients": ("GET", "ARV"),
    "campaigns:overview": ("GET", "ARV"),
    "campaigns:start": ("GET", "AR"),
    "campaigns:pause": ("POST", "AR"),
    "campaigns:resume": ("POST", "AR"),
    "campaigns:settings": ("GET", "AR"),
    "campaigns:calendar": ("GET", "ARV"),
    "campaigns:sender": ("GET", "AR"),
    "campaigns:steps": ("GET", "ARV"),
    "campaigns:add_step": ("POST", "AR"),
    "campaigns:step": ("GET", "AR"),
    "campaigns:remove_step": ("POST", "AR"),
    "campaigns:step_check": ("POST", "AR"),
    "campaigns:step_test": ("POST", "AR"),
    "campaigns:recipient_placeholders": ("POST", "AR"),
    "campaigns:new_step": ("GET", "AR"),
    "campaigns:move_step": ("POST", "AR"),
    "campaigns:preview": ("GET", "ARV"),
    "campaigns:tasks": ("GET", "ARV"),
    "campaigns:task": ("POST", "AR"),
    "campaigns:api_tasks": ("GET", "ARV"),
    "campaigns:api_tasks_over": ("GET", "ARV"),
    "campaigns:api_task": ("POST", "AR"),
    "campaigns:api_planned": ("GET", "ARV"),
    "campaigns:api_planned_now": ("POST", "AR"),
    "campaigns:api_planned_later": ("POST", "AR"),
    "campaigns:api_planned_cancel": ("POST", "AR"),
    "campaigns:api_planned_text": ("GET", "ARV"),
    "campaigns:api_recipient": ("GET", "ARV"),
    "campaigns:api_mark": ("PUT", "AR"),
    "campaigns:api_recipient_pause": ("POST", "AR"),
    "campaigns:api_recipient_go_on": ("POST", "AR"),
    "campaigns:api_recipient_stop": ("POST", "AR"),
    "campaigns:api_recipient_start_again": ("POST", "AR"),
    "campaigns:api_recipient_not_a_reply": ("POST", "AR"),
    "campaigns:api_recipient_is_a_reply": ("POST", "AR"),
    "campaigns:api_recipient_fields": ("GET", "ARV"),
    "campaigns:api_recipient_placeholders": ("GET", "ARV"),
    "campaigns:api_recipient_address": ("GET", "ARV"),
    "campaigns:recipients": ("GET", "ARV"),
    "campaigns:add_all": ("POST", "AR"),
    "campaigns:recipient": ("GET", "ARV"),
    "campaigns:recipient_pause": ("POST", "AR"),
    "campaigns:recipient_go_on": ("POST", "AR"),
    "campaigns:recipient_stop": ("POST", "AR"),
    "campaigns:recipient_address": ("POST", "AR"),
    "campaigns:recipient_start_again": ("POST", "AR"),
    "campaigns:recipient_not_a_reply": ("POST", "AR"),
    "campaigns:recipient_is_a_reply": ("POST", "AR"),
    "campaigns:recipient_mark": ("POST", "AR"),
    "campaigns:recipient_fields": ("POST", "AR"),
    "campaigns:planned_now": ("POST", "AR"),
    "campaigns:planned_later": ("GET", "AR"),
    "campaigns:planned_cancel": ("POST", "AR"),
    "campaigns:planned_edit": ("GET", "AR"),
    "campaigns:numbers_csv": ("GET", "AR"),
    "campaigns:report": ("GET", "ARV"),
    "campaigns:report_csv": ("GET", "AR"),
    "campaigns:api_campaigns": ("GET", "ARV"),
    "campaigns:api_campaign": ("GET", "ARV"),
    "campaigns:api_calendar": ("GET", "ARV"),
    "campaigns:api_numbers": ("GET", "ARV"),
    "campaigns:api_report": ("GET", "ARV"),
    "campaigns:api_project_settings": ("GET", "ARV"),
    "campaigns:api_sender": ("POST", "AR"),
    "campaigns:api_start": ("POST", "AR"),
    "campaigns:api_pause": ("POST", "AR"),
    "campaigns:api_resume": ("POST", "AR"),
    "campaigns:api_steps": ("GET", "ARV"),
    "campaigns:api_step": ("PATCH", "AR"),
    "campaigns:api_preview": ("GET", "ARV"),
    "campaigns:api_step_checks": ("POST", "AR"),
    "campaigns:api_step_tests": ("POST", "AR"),
    "campaigns:api_variants": ("GET", "ARV"),
    "campaigns:api_variant": ("PATCH", "AR"),
    "campaigns:variant": ("GET", "AR"),
    "campaigns:variant_add": ("POST", "AR"),
    "campaigns:variant_shares": ("POST", "AR"),
    "campaigns:variant_use": ("POST", "AR"),
    "campaigns:variant_remove": ("POST", "AR"),
    "integrations:overview": ("GET", "ARV"),
    "integrations:systems": ("GET", "A"),
    "integrations:connect": ("GET", "A"),
    "integrations:connection": ("GET", "ARV"),
    "integrations:capabilities": ("GET", "A"),
    "integrations:credentials": ("GET", "A"),
    "integrations:sign_in": ("GET", "A"),
    "integrations:signed_in": ("GET", "A"),
    "integrations:verification": ("GET", "A"),
    "integrations:settings": ("GET", "ARV"),
    "integrations:lock_setting": ("POST", "A"),
    "integrations:save_source": ("POST", "A"),
    "integrations:fields": ("GET", "ARV"),
    "integrations:discover_fields": ("POST", "A"),
    "integrations:reset_fields": ("POST", "A"),
    "integrations:try_fields": ("GET", "AR"),
    "integrations:save_field": ("POST", "A"),
    "integrations:reset_field": ("POST", "A"),
    "integrations:jobs": ("GET", "ARV"),
    "integrations:companies": ("GET", "ARV"),
    "integrations:person_company": ("GET", "AR"),
    "integrations:sync_log": ("GET", "ARV"),
    "integrations:campaign_sync": ("GET", "AR"),
    "integrations:person_sync": ("GET", "AR"),
    "integrations:sync_as": ("GET", "AR"),
    "integrations:identity": ("POST", "AR"),
    "integrations:remove": ("GET", "A"),
    "integrations:project_exports": ("GET", "ARV"),
    "integrations:export": ("GET", "ARV"),
    "integrations:cancel_export": ("POST", "AR"),
    "integrations:webhook_secret": ("POST", "A"),
    "integrations:retry_sync": ("POST", "AR"),
    "integrations:cancel_sync": ("POST", "AR"),
    "integrations:undo_export": ("POST", "AR"),
    "integrations:retry_item": ("POST", "AR"),
    "integrations:retry_failed": ("POST", "AR"),
    "integrations:funnel": ("GET", "ARV"),
    "integrations:funnel_csv": ("GET", "AR"),
    "integrations:funnel_people": ("GET", "ARV"),
    "integrations:api_funnel": ("GET", "ARV"),
    "integrations:api_funnel_people": ("GET", "ARV"),
    "integrations:api_connections": ("GET", "ARV"),
    "integrations:api_connection": ("GET", "ARV"),
    "integrations:api_systems": ("GET", "ARV"),
    "integrations:api_connection_credentials": ("POST", "A"),
    "integrations:api_connection_verification": ("GET", "A"),
    "integrations:api_connection_identity": ("GET", "AR"),
    "integrations:api_candidate_records": ("GET", "ARV"),
    "integrations:api_connection_company_owners": ("GET", "AR"),
    "integrations:api_connection_webhook": ("GET", "A"),
    "integrations:api_connection_webhook_secret": ("POST", "A"),
    "integrations:api_connection_field_variables": ("GET", "ARV"),
    "integrations:api_connection_fields_try": ("GET", "AR"),
    "integrations:api_connection_sync_standing": ("GET", "ARV"),
    "integrations:api_connection_sync_retry": ("POST", "AR"),
    "integrations:api_connection_sync_task": ("GET", "ARV"),
    "integrations:api_connection_sync_task_retry": ("POST", "AR"),
    "integrations:api_connection_sync_task_cancel": ("POST", "AR"),
    "integrations:api_connection_settings": ("GET", "ARV"),
    "integrations:api_connection_setting_lock": ("PUT", "A"),
    "integrations:api_connection_fields": ("GET", "ARV"),
    "integrations:api_connection_fields_reset": ("POST", "A"),
    "integrations:api_connection_fields_discover": ("POST", "A"),
    "integrations:api_connection_field": ("GET", "ARV"),
    "integrations:api_connection_field_reset": ("POST", "A"),
    "integrations:api_connection_entries": ("PATCH", "AR"),
    "integrations:api_connection_job_statuses": ("GET", "ARV"),
    "integrations:api_connection_companies": ("PUT", "AR"),
    "integrations:api_connection_company_decided": ("GET", "AR"),
    "integrations:api_connection_company_fields": ("GET", "ARV"),
    "integrations:api_connection_sync_tasks": ("GET", "ARV"),
    "integrations:api_exports": ("GET", "ARV"),
    "integrations:api_export": ("GET", "ARV"),
    "integrations:api_export_items": ("GET", "ARV"),
    "integrations:api_export_undo": ("POST", "AR"),
    "integrations:api_export_cancel": ("POST", "AR"),
    "integrations:api_export_item_retry": ("POST", "AR"),
    "integrations:api_export_retry": ("POST", "AR"),
    "integrations:api_export_preview": ("POST", "AR"),
    "integrations:api_connection_export_options": ("GET", "AR"),
    "integrations:api_connection_targets": ("GET", "AR"),
    "integrations:export_project_cats": ("GET", "AR"),
    "integrations:export_people_cats": ("POST", "AR"),
    "integrations:export_project_pinpoint": ("GET", "AR"),
    "integrations:export_people_pinpoint": ("POST", "AR"),
    "integrations:export_project_sourcewhale": ("GET", "AR"),
    "integrations:export_people_sourcewhale": ("POST", "AR"),
    "integrations:export_project_smartrecruiters": ("GET", "AR"),
    "integrations:export_people_smartrecruiters": ("POST", "AR"),
    "publishing:endpoints": ("GET", "A"),
    "publishing:new": ("GET", "A"),
    "publishing:endpoint": ("GET", "A"),
    "publishing:rotate": ("POST", "A"),
    "publishing:test": ("POST", "A"),
    "publishing:replay": ("POST", "A"),
    "publishing:remove": ("GET", "A"),
    "publishing:delivery": ("GET", "A"),
    "publishing:api_events": ("GET", "A"),
    "publishing:api_event_types": ("GET", "A"),
    "publishing:api_endpoints": ("GET", "A"),
    "publishing:api_endpoint": ("GET", "A"),
    "publishing:api_rotate": ("POST", "A"),
    "publishing:api_test": ("POST", "A"),
    "publishing:api_deliveries": ("GET", "A"),
    "publishing:api_replay": ("POST", "A"),
    "panel:api_lookups": ("POST", "ARV"),
    "panel:api_person": ("GET", "ARV"),
    "panel:api_choices": ("GET", "ARV"),
    "panel:api_sync": ("GET", "ARV"),
    "panel:api_saves": ("POST", "AR"),
}
#: Reached without logging in, each for its own reason: the login itself, a press on an unsubscribe link, the schema
#: of the API and its page (they name no data), the component sheet of debug and test runs.
#: Reached without logging in, each for its own reason: the login itself, a press on an unsubscribe link, a vendor's
#: webhook, a link by which a project was shared, a browser that is paired by a code, the schema of the API (it names no
#: data), the component sheet of debug and test runs.
#: The bare address only leads on to the people list.
PUBLIC = {
    "accounts:settings",
    "accounts:invitation",
    "accounts:pairing",
    "accounts:pairing_refresh",
    "sourcing:home",
    "outreach:unsubscribe",
    "outreach:open_picture",
    "integrations:hook",
    "sourcing:shared",
    "schema",
    "api_docs",
    "styleguide",
    "styleguide_undo",
    "styleguide_person",
}
#: allauth's own pages guard themselves.
LOGIN_PAGES = ("account_", "mfa_")


def routes() -> Iterator[tuple[str, URLPattern]]:
    """Name and pattern of every address but Django admin's."""

    def walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[tuple[str, URLPattern]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                if pattern.namespace != "admin":
                    inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                    yield from walk(pattern.url_patterns, inner)
            else:
                yield f"{namespace}{pattern.name}", pattern

    yield from walk(get_resolver().url_patterns, "")


def test_every_address_is_in_the_table():
    known = set(TABLE) | PUBLIC
    missing = {name for name, _ in routes() if name not in known and not name.startswith(LOGIN_PAGES)}
    assert missing == set()


@dataclass
class World:
    """Alice's organisation with one of everything that has an address."""

    ids: dict[str, int | str]
    users: dict[str, object]
    mallory: object


@pytest.fixture
def world(db) -> World:
    return made_world()


def made_world() -> World:
    """A new organisation with one of everything; also for the bench that asks every operation of the API."""
    made = making.started(making.campaign("Ada"))
    alice, organisation = made.owner, made.organisation
    ada = making.recipient(made, "Ada")
    private = contact_points.add_email(
        candidate=ada.candidate, actor=alice, type="personal", value="own@home.example"
    )
    (message,) = write(made.mailbox, "peter@example.org", now=NOW)
    Message.objects.for_organisation(organisation).filter(pk=message.pk).update(candidate=ada.candidate)
    inbound = InboundMessage.objects.create(
        organisation=organisation,
        mailbox=made.mailbox,
        raw_hash="x",
        received_at=NOW,
        read_at=NOW,
        verdict="reply",
        certainty="sure",
        message=message,
        candidate=ada.candidate,
    )
    connection = Connection.objects.create(
        organisation=organisation, vendor="sourcewhale", status="connected", capabilities=["export", "pools"]
    )
    cats = Connection.objects.create(organisation=organisation, vendor="cats", status="connected")
    remote_field = FieldRow.objects.create(
        organisation=organisation, connection=connection, key="title", label="Title", kind="text"
    )
    export = Export.objects.create(
        organisation=organisation,
        connection=connection,
        project=made.project,
        mode="prospects",
        target_id="c1",
        target_name="Campaign",
        request_key=uuid.uuid4(),
        created_by=alice,
    )
    task = SyncTask.objects.create(
        organisation=organisation,
        connection=connection,
        candidate=ada.candidate,
        kind="push",
        status="attention",
    )
    item = ExportItem.objects.create(
        organisation=organisation,
        export=export,
        connection=connection,
        candidate=ada.candidate,
        status="failed",
    )
    holiday = Holiday.objects.create(
        organisation=organisation, date=datetime.date(2026, 12, 25), name="Christmas"
    )
    with transaction.atomic():
        run = runs.start(kind="planning", organisation=organisation, actor=alice, title="A run")
    imported = ImportRun.objects.create(
        organisation=organisation, created_by=alice, file="none.csv", file_name="none.csv", file_sha256="0"
    )
    batch = intake.upload(
        actor=alice, uploads=[SimpleUploadedFile("ada.txt", b"Ada Lovelace")], candidate=ada.candidate
    )
    field = defining_fields.add(organisation=organisation, actor=alice, label="Level", kind="text")
    school = history.add(candidate=ada.candidate, actor=alice, kind="education", entry={"school": "TU"})
    profile = social_profiles.add(candidate=ada.candidate, actor=alice, url="https://github.com/ada")
    note = notes.write(candidate=ada.candidate, actor=alice, body="Met at PyCon")
    other = OtherValue.objects.create(
        organisation=organisation,
        candidate=ada.candidate,
        field="title",
        value="CTO",
        origin="imported",
        seen_at=NOW,
    )
    today = datetime.date(2026, 5, 1)
    basis = privacy.record_basis(
        candidate=ada.candidate, actor=alice, basis="contract", reason="A job", since=today, today=today
    )
    archive = PersonArchive.objects.create(
        organisation=organisation, candidate=ada.candidate, requested_by=alice, expires_at=NOW
    )
    entry = suppressing.suppress_domain(organisation=organisation, domain="client.example", actor=alice)
    adah = making.person(alice, "Adah", "adah@work.example")
    adas = making.person(alice, "Adas", "adas@work.example")
    pair = DuplicatePair.objects.create(
        organisation=organisation, first_id=ada.candidate_id, second=adah, score=80, reasons=["phone"]
    )
    DuplicateScan.objects.create(organisation=organisation)
    merged = merging.merge(survivor=adah, other=adas, actor=alice)
    stage = made.project.stages.first()
    share, _ = sharing.create(
        project=made.project, actor=alice, label="Dana", mode="view", names_hidden=False, days=7, now=NOW
    )
    request = Finding.objects.create(
        organisation=organisation, kind="email", request_key=uuid.uuid4(), created_by=alice
    )
    picture = content_files.keep(
        actor=alice, upload=SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n"), picture=True
    )
    template = templates.save(
        actor=alice, name="Hello", shared=True, content=Content("Hi", "Hi", files=(picture.pk,))
    )
    boss = user("boss", of=organisation, role=Role.ADMIN)
    loan = lending.lend(actor=alice, mailbox_id=made.mailbox_id, user_id=boss.pk, now=NOW)
    invited, _ = invitations.invite(actor=boss, email="new@acme.example", role="viewer", now=NOW)
    search = saved.save(actor=alice, name="Everybody", question=Question(), shared=True)
    synonym = synonyms.add(actor=alice, word="SWE", same_as="software engineer")
    token, _ = tokens.create(actor=alice, name="script", days=30, now=NOW)
    browser, _ = pairing.redeem(code=pairing.start(actor=alice, now=NOW)[1], name="Chromium", now=NOW)
    users = {
        letter: user(f"role{letter.lower()}", of=organisation, role=role) for letter, role in ROLES.items()
    }
    step = Step.objects.for_organisation(organisation).filter(campaign=made).first()
    variants.add(step=step, actor=alice)
    told, _ = endpoints.create(actor=boss, url="https://hooks.example.com/", description="", types=())
    delivery = endpoints.send_test(actor=boss, endpoint=told)
    # Rights of an object's owner are tested in its room; here everything belongs to the one who asks.
    return World(
        ids={
            "candidate_id": ada.candidate_id,
            "contact_point_id": private.pk,
            "project_id": made.project_id,
            "campaign_id": made.pk,
            "step_id": step.pk,
            "letter": "B",
            "recipient_id": ada.pk,
            "template_id": template.pk,
            "content_file_id": picture.pk,
            "mailbox_id": made.mailbox_id,
            "loan_id": loan.pk,
            "login": "google",
            "message_id": message.pk,
            "inbound_id": inbound.pk,
            "connection_id": connection.pk,
            "cats_id": cats.pk,
            "export_id": export.pk,
            "task_id": task.pk,
            "remote_field_id": remote_field.pk,
            "item_id": item.pk,
            "run_id": run.pk,
            "stage_id": stage.pk,
            "share_id": share.pk,
            "import_id": imported.pk,
            "saved_search_id": search.pk,
            "synonym_id": synonym.pk,
            "batch_id": batch.pk,
            "file_id": intake.files_of(batch).get().pk,
            "vendor": "sourcewhale",
            "provider": "hunter",
            "finding_id": request.pk,
            "user_id": alice.pk,
            "invitation_id": invited.pk,
            "token_id": token.pk,
            "browser_id": browser.pk,
            "field_id": field.pk,
            "note_id": note.pk,
            "value_id": other.pk,
            "kind": "education",
            "row_id": school.pk,
            "profile_id": profile.pk,
            "name": "title",
            "word_list": "skills",
            "basis_id": basis.pk,
            "archive_id": archive.pk,
            "entry_id": entry.pk,
            "holiday_id": holiday.pk,
            "pair_id": pair.pk,
            "merge_id": merged.pk,
            "table": "steps",
            "endpoint_id": told.pk,
            "delivery_id": delivery.pk,
        },
        users=users,
        mallory=user("mallory", role=Role.ADMIN),
    )


def address(name: str, pattern: URLPattern, world: World) -> str:
    """The address of Alice's object."""
    kwargs = {key: world.ids.get(key) for key in pattern.pattern.converters}
    if name == "sourcing:find_of_person":
        kwargs["kind"] = "email"
    if name in {"integrations:jobs", "integrations:companies"}:  # not every system has them
        kwargs["connection_id"] = world.ids["cats_id"]
    if "pk" in kwargs:
        kwargs["pk"] = world.ids["connection_id" if "connection" in name else "export_id"]
    return reverse(name, kwargs=kwargs)


def ask(client: Client, method: str, path: str) -> int:
    """The status of one request whose effects are undone."""
    with transaction.atomic():
        response = getattr(client, method.lower())(path)
        if isinstance(response, FileResponse):
            list(response.streaming_content)  # a download holds its file open until it is read
        transaction.set_rollback(True)
    if response.status_code == 302 and response.url.startswith(str(reverse(settings.LOGIN_URL))):
        return 401
    return int(response.status_code)


#: What belongs to one person is a colleague's only by its room's own rules, which are tested there.
PERSONAL = {
    "accounts:revoke_token",
    "accounts:disconnect_browser",
    "accounts:read_browser_warning",
    "accounts:api_token",
    "accounts:api_browser",
    "accounts:api_browser_read",
    "sourcing:saved_search_edit",
    "sourcing:saved_search_delete",
    "sourcing:pin",
    "sourcing:unpin",
    "sourcing:mark_valid",
    "sourcing:remove_contact",
    "sourcing:contact_status",
    "sourcing:api_contact_point",
    "sourcing:note_remove",
    "sourcing:run_cancel",
    "sourcing:run",
    "sourcing:run_undo",
    "sourcing:project_member_remove",
    "sourcing:project_visibility",
    "sourcing:project_owner",
    "sourcing:api_project_member",
    "sourcing:api_bulk_run",
    "sourcing:api_bulk_undo",
    "sourcing:api_run",
    "sourcing:api_run_cancel",
    "sourcing:import",
    "sourcing:import_reread",
    "sourcing:import_mapping",
    "sourcing:import_check",
    "sourcing:import_undo",
    "sourcing:import_start",
    "sourcing:api_import",
    "sourcing:api_import_check",
    "sourcing:api_import_start",
    "sourcing:api_import_undo",
    "sourcing:import_discard",
    "sourcing:import_refused",
    "sourcing:archive",
    "sourcing:api_archive",
    "outreach:mailbox_check",
    "outreach:mailbox_try_again",
    "outreach:mailbox_lend",
    "outreach:loan_withdraw",
    "outreach:mailbox_reconnect",
    "outreach:mailbox_limits",
    "outreach:mailbox",
    "outreach:mailbox_sender",
    "outreach:mailbox_compare",
    "outreach:api_mailbox_comparisons",
    "outreach:api_mailbox_checks",
    "outreach:api_mailbox_releases",
    "outreach:api_mailbox_reconnect",
    "outreach:api_mailbox_try_again",
    "outreach:api_mailbox_resume",
    "outreach:api_loans",
    "outreach:api_loan",
    "outreach:mailbox_go_on",
    "outreach:mailbox_default",
    "outreach:mailbox_resume",
    "outreach:mailbox_remove",
    "outreach:template_remove",
}


@pytest.mark.parametrize("letter", ROLES)
def test_a_role_reaches_what_it_may_and_nothing_else(world, letter):
    client = Client(raise_request_exception=False)
    client.force_login(world.users[letter])
    wrong = []
    for name, pattern in routes():
        if name not in TABLE:
            continue
        method, letters = TABLE[name]
        status = ask(client, method, address(name, pattern, world))
        if letter in letters:
            # 410: the uploaded file of the made-up import is not there.
            fine = (
                status < 400
                or status in {400, 409, 410, 422, 502}
                or (name in PERSONAL and status in {403, 404})
            )
        else:
            fine = status == 403
        if not fine:
            wrong.append(f"{name}: {status}")
    assert "\n".join(wrong) == ""


def test_nobody_gets_anywhere_without_logging_in(world):
    client = Client(raise_request_exception=False)
    statuses = {
        name: ask(client, TABLE[name][0], address(name, pattern, world))
        for name, pattern in routes()
        if name in TABLE
    }
    assert {name: status for name, status in statuses.items() if status not in {401, 403}} == {}


def test_another_organisations_object_is_not_there(world):
    client = Client(raise_request_exception=False)
    client.force_login(world.mallory)
    wrong = {}
    for name, pattern in routes():
        shared = {"vendor", "provider", "login", "kind", "name", "word_list"}
        if name in TABLE and set(pattern.pattern.converters) - shared:
            status = ask(client, TABLE[name][0], address(name, pattern, world))
            if status != 404:
                wrong[name] = status
    assert wrong == {}


def test_django_admin_is_for_staff_only(world):
    client = Client()
    client.force_login(world.users["A"])
    response = client.get("/admin/")
    assert response.status_code == 302
