"""Addresses of this room. Each vendor has its own export address, so that a page can link "Export to …"."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from integrations.registry import CONNECTORS
from integrations.views import (
    companies,
    exports,
    fields,
    funnel,
    hooks,
    pages,
    settings,
    signing_in,
    sync_choices,
    sync_log,
)

app_name = "integrations"

urlpatterns: list[URLPattern | URLResolver] = [
    path("integrations/", pages.overview, name="overview"),
    path("integrations/new/", pages.systems, name="systems"),
    path("integrations/<slug:vendor>/connect/", pages.connect, name="connect"),
    path("integrations/<int:connection_id>/", pages.connection_page, name="connection"),
    path("integrations/<int:connection_id>/capabilities/", pages.capabilities, name="capabilities"),
    path("integrations/<int:connection_id>/credentials/", pages.credentials, name="credentials"),
    path("integrations/signed-in/", signing_in.signed_in, name="signed_in"),
    path("integrations/<int:connection_id>/sign-in/", signing_in.sign_in, name="sign_in"),
    path("integrations/<int:connection_id>/verification/", pages.verification, name="verification"),
    path("integrations/<int:connection_id>/settings/", settings.settings, name="settings"),
    path("integrations/<int:connection_id>/settings/lock/", settings.lock, name="lock_setting"),
    path("integrations/<int:connection_id>/source/", settings.save_source, name="save_source"),
    path("integrations/<int:connection_id>/fields/", fields.fields, name="fields"),
    path("integrations/<int:connection_id>/fields/discover/", fields.discover, name="discover_fields"),
    path("integrations/<int:connection_id>/fields/reset/", fields.reset_all, name="reset_fields"),
    path("integrations/<int:connection_id>/fields/try/", fields.try_on, name="try_fields"),
    path("integrations/<int:connection_id>/fields/<int:remote_field_id>/", fields.save, name="save_field"),
    path(
        "integrations/<int:connection_id>/fields/<int:remote_field_id>/reset/",
        fields.reset,
        name="reset_field",
    ),
    path("integrations/<int:connection_id>/jobs/", settings.jobs, name="jobs"),
    path("integrations/<int:connection_id>/companies/", companies.fields, name="companies"),
    path(
        "integrations/<int:connection_id>/people/<int:candidate_id>/company/",
        companies.of_person,
        name="person_company",
    ),
    path("integrations/<int:connection_id>/sync-log/", sync_log.sync_log, name="sync_log"),
    path("integrations/<int:connection_id>/sync-log/retry/", sync_log.retry, name="retry_sync"),
    path("integrations/<int:connection_id>/sync-log/cancel/", sync_log.cancel, name="cancel_sync"),
    path("integrations/<int:connection_id>/webhook/", pages.save_webhook_secret, name="webhook_secret"),
    path("integrations/<int:connection_id>/identity/", pages.save_identity, name="identity"),
    path("integrations/<int:connection_id>/remove/", pages.remove, name="remove"),
    path(
        "integrations/<int:connection_id>/campaigns/<int:campaign_id>/",
        sync_choices.of_campaign,
        name="campaign_sync",
    ),
    path(
        "integrations/<int:connection_id>/people/<int:candidate_id>/",
        sync_choices.of_person,
        name="person_sync",
    ),
    path("people/<int:candidate_id>/sync-as/", sync_choices.sync_as, name="sync_as"),
    path("projects/<int:project_id>/exports/", exports.project_exports, name="project_exports"),
    path("exports/<int:export_id>/", exports.export_page, name="export"),
    path("exports/<int:export_id>/cancel/", exports.cancel, name="cancel_export"),
    path("exports/<int:export_id>/undo/", exports.undo, name="undo_export"),
    path("exports/<int:export_id>/retry/", exports.retry_failed, name="retry_failed"),
    path("exports/items/<int:item_id>/retry/", exports.retry, name="retry_item"),
    path("reports/funnel/", funnel.report, name="funnel"),
    path("reports/funnel/funnel.csv", funnel.report_csv, name="funnel_csv"),
    path("reports/funnel/people/", funnel.people, name="funnel_people"),
    path("hooks/<str:key>/", hooks.hook, name="hook"),
    path("api/v1/", include("integrations.api.urls")),
]
for slug in CONNECTORS:
    urlpatterns += [
        path(
            f"projects/<int:project_id>/export/{slug}/",
            exports.project_dialogue,
            {"vendor": slug},
            name=f"export_project_{slug}",
        ),
        path(f"exports/new/{slug}/", exports.people_dialogue, {"vendor": slug}, name=f"export_people_{slug}"),
    ]
