"""The API's addresses of this room, under /api/v1/."""

from __future__ import annotations

from django.urls import path

from integrations.api import (
    company_views,
    connecting_views,
    export_views,
    field_views,
    funnel_views,
    setting_views,
    sync_views,
    views,
)

urlpatterns = [
    path("connections/", views.ConnectionList.as_view(), name="api_connections"),
    path("connections/systems/", connecting_views.Systems.as_view(), name="api_systems"),
    path("connections/<int:pk>/", views.ConnectionDetail.as_view(), name="api_connection"),
    path(
        "connections/<int:pk>/credentials/",
        connecting_views.ConnectionCredentials.as_view(),
        name="api_connection_credentials",
    ),
    path(
        "connections/<int:pk>/verification/",
        connecting_views.ConnectionVerification.as_view(),
        name="api_connection_verification",
    ),
    path(
        "connections/<int:pk>/identity/",
        connecting_views.ConnectionIdentity.as_view(),
        name="api_connection_identity",
    ),
    path(
        "connections/<int:pk>/webhook/",
        connecting_views.ConnectionWebhook.as_view(),
        name="api_connection_webhook",
    ),
    path(
        "connections/<int:pk>/webhook/secret/",
        connecting_views.ConnectionWebhookSecret.as_view(),
        name="api_connection_webhook_secret",
    ),
    path(
        "connections/<int:pk>/settings/",
        setting_views.ConnectionSettings.as_view(),
        name="api_connection_settings",
    ),
    path(
        "connections/<int:pk>/settings/<slug:name>/lock/",
        setting_views.ConnectionSettingLock.as_view(),
        name="api_connection_setting_lock",
    ),
    path(
        "connections/<int:pk>/fields/", field_views.ConnectionFields.as_view(), name="api_connection_fields"
    ),
    path(
        "connections/<int:pk>/fields/reset/",
        field_views.ConnectionFieldsReset.as_view(),
        name="api_connection_fields_reset",
    ),
    path(
        "connections/<int:pk>/fields/discover/",
        field_views.ConnectionFieldsDiscovery.as_view(),
        name="api_connection_fields_discover",
    ),
    path(
        "connections/<int:pk>/fields/variables/",
        field_views.ConnectionFieldVariables.as_view(),
        name="api_connection_field_variables",
    ),
    path(
        "connections/<int:pk>/fields/try/",
        field_views.ConnectionFieldsTry.as_view(),
        name="api_connection_fields_try",
    ),
    path(
        "connections/<int:pk>/fields/<int:remote_field_id>/",
        field_views.ConnectionField.as_view(),
        name="api_connection_field",
    ),
    path(
        "connections/<int:pk>/fields/<int:remote_field_id>/reset/",
        field_views.ConnectionFieldReset.as_view(),
        name="api_connection_field_reset",
    ),
    path(
        "connections/<int:pk>/entries/",
        field_views.ConnectionEntries.as_view(),
        name="api_connection_entries",
    ),
    path(
        "connections/<int:pk>/job-statuses/",
        setting_views.ConnectionJobStatuses.as_view(),
        name="api_connection_job_statuses",
    ),
    path(
        "connections/<int:pk>/company-fields/",
        company_views.ConnectionCompanyFields.as_view(),
        name="api_connection_company_fields",
    ),
    path(
        "connections/<int:pk>/companies/",
        company_views.ConnectionCompanies.as_view(),
        name="api_connection_companies",
    ),
    path(
        "connections/<int:pk>/companies/owners/",
        company_views.ConnectionCompanyOwners.as_view(),
        name="api_connection_company_owners",
    ),
    path(
        "connections/<int:pk>/companies/decided/",
        company_views.ConnectionCompanyDecided.as_view(),
        name="api_connection_company_decided",
    ),
    path(
        "connections/<int:pk>/sync-tasks/",
        sync_views.ConnectionSyncTasks.as_view(),
        name="api_connection_sync_tasks",
    ),
    path(
        "connections/<int:pk>/sync-standing/",
        sync_views.ConnectionSyncStanding.as_view(),
        name="api_connection_sync_standing",
    ),
    path(
        "connections/<int:pk>/sync-tasks/retry/",
        sync_views.ConnectionSyncRetry.as_view(),
        name="api_connection_sync_retry",
    ),
    path(
        "connections/<int:pk>/sync-tasks/<int:task_id>/",
        sync_views.ConnectionSyncTask.as_view(),
        name="api_connection_sync_task",
    ),
    path(
        "connections/<int:pk>/sync-tasks/<int:task_id>/retry/",
        sync_views.ConnectionSyncTaskRetry.as_view(),
        name="api_connection_sync_task_retry",
    ),
    path(
        "connections/<int:pk>/sync-tasks/<int:task_id>/cancel/",
        sync_views.ConnectionSyncTaskCancel.as_view(),
        name="api_connection_sync_task_cancel",
    ),
    path(
        "connections/<int:pk>/export-options/",
        export_views.ConnectionExportOptions.as_view(),
        name="api_connection_export_options",
    ),
    path(
        "connections/<int:pk>/targets/",
        export_views.ConnectionTargets.as_view(),
        name="api_connection_targets",
    ),
    path(
        "candidates/<int:candidate_id>/records/",
        views.RemoteRecords.as_view(),
        name="api_candidate_records",
    ),
    path("reports/funnel/", funnel_views.Funnel.as_view(), name="api_funnel"),
    path("reports/funnel/people/", funnel_views.FunnelPeople.as_view(), name="api_funnel_people"),
    path("exports/", views.ExportList.as_view(), name="api_exports"),
    path("exports/<int:pk>/", views.ExportDetail.as_view(), name="api_export"),
    path("exports/preview/", export_views.ExportPreview.as_view(), name="api_export_preview"),
    path("exports/<int:pk>/cancel/", export_views.ExportCancel.as_view(), name="api_export_cancel"),
    path("exports/<int:pk>/retry/", export_views.ExportRetry.as_view(), name="api_export_retry"),
    path("exports/<int:pk>/undo/", views.ExportUndo.as_view(), name="api_export_undo"),
    path("exports/<int:pk>/items/", views.ExportItemList.as_view(), name="api_export_items"),
    path(
        "exports/<int:pk>/items/<int:item_id>/retry/",
        export_views.ExportItemRetry.as_view(),
        name="api_export_item_retry",
    ),
]
