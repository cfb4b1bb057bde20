"""Addresses of campaigns; those under /projects/ fill tabs and actions of a project."""

from __future__ import annotations

from django.urls import path

from campaigns.api.calendar import CampaignCalendar
from campaigns.api.intervening import (
    RecipientAddress,
    RecipientFields,
    RecipientGoOn,
    RecipientIsAReply,
    RecipientNotAReply,
    RecipientPause,
    RecipientPlaceholders,
    RecipientStartAgain,
    RecipientStop,
)
from campaigns.api.life import (
    CampaignDetail,
    CampaignList,
    CampaignPause,
    CampaignResume,
    CampaignSender,
    CampaignStart,
)
from campaigns.api.numbers import CampaignNumbers, OutreachReport
from campaigns.api.people import CampaignRecipients
from campaigns.api.planned import PlannedCancel, PlannedNotBefore, PlannedNow, PlannedStep, PlannedText
from campaigns.api.project_settings import ProjectOutreachSettings
from campaigns.api.recipients import RecipientDetail, RecipientMark
from campaigns.api.step_text import CampaignPreview, StepChecks, StepTests
from campaigns.api.steps import StepDetail, StepList
from campaigns.api.tasks import FinishedTasks, TaskDetail, TaskList
from campaigns.api.variants import VariantDetail, VariantList
from campaigns.views import (
    adding,
    builder,
    calendar,
    campaigns,
    dialogue,
    numbers,
    planned_steps,
    project_settings,
    recipients,
    reports,
    step_text,
    steps,
    tasks,
    variants,
)

app_name = "campaigns"
urlpatterns = [
    path("outreach/", campaigns.index, name="index"),
    path("projects/<int:project_id>/outreach/", campaigns.of_project, name="of_project"),
    path(
        "projects/<int:project_id>/outreach-settings/",
        project_settings.outreach_settings,
        name="project_settings",
    ),
    path("projects/<int:project_id>/outreach/new/", campaigns.create, name="create"),
    path("projects/<int:project_id>/outreach/add/", adding.add_from_project, name="add_from_project"),
    path("outreach/add/", adding.add_from_search, name="add_from_search"),
    path("campaigns/<int:campaign_id>/", campaigns.overview, name="overview"),
    path("campaigns/<int:campaign_id>/start/", campaigns.start, name="start"),
    path("campaigns/<int:campaign_id>/pause/", campaigns.pause, name="pause"),
    path("campaigns/<int:campaign_id>/resume/", campaigns.resume, name="resume"),
    path("campaigns/<int:campaign_id>/settings/", campaigns.settings, name="settings"),
    path("campaigns/<int:campaign_id>/calendar/", calendar.planned, name="calendar"),
    path("campaigns/<int:campaign_id>/sender/", campaigns.sender, name="sender"),
    path("campaigns/<int:campaign_id>/steps/", steps.steps, name="steps"),
    path("campaigns/<int:campaign_id>/steps/add/", steps.add_step, name="add_step"),
    path("campaigns/<int:campaign_id>/steps/<int:step_id>/", steps.step, name="step"),
    path("campaigns/<int:campaign_id>/steps/new/", builder.new_step, name="new_step"),
    path("campaigns/<int:campaign_id>/steps/preview/", builder.whole, name="preview"),
    path("campaigns/<int:campaign_id>/steps/<int:step_id>/move/", builder.move_step, name="move_step"),
    path("campaigns/<int:campaign_id>/steps/<int:step_id>/remove/", builder.remove_step, name="remove_step"),
    path("campaigns/<int:campaign_id>/steps/<int:step_id>/check/", step_text.check, name="step_check"),
    path("campaigns/<int:campaign_id>/steps/<int:step_id>/test/", step_text.test, name="step_test"),
    path("campaigns/<int:campaign_id>/steps/<int:step_id>/variants/add/", variants.add, name="variant_add"),
    path(
        "campaigns/<int:campaign_id>/steps/<int:step_id>/variants/shares/",
        variants.shares,
        name="variant_shares",
    ),
    path(
        "campaigns/<int:campaign_id>/steps/<int:step_id>/variants/<str:letter>/",
        variants.variant,
        name="variant",
    ),
    path(
        "campaigns/<int:campaign_id>/steps/<int:step_id>/variants/<str:letter>/use/",
        variants.use,
        name="variant_use",
    ),
    path(
        "campaigns/<int:campaign_id>/steps/<int:step_id>/variants/<str:letter>/remove/",
        variants.remove,
        name="variant_remove",
    ),
    path("campaigns/<int:campaign_id>/recipients/", recipients.recipients, name="recipients"),
    path("campaigns/<int:campaign_id>/recipients/add/", adding.add_all, name="add_all"),
    path("recipients/<int:recipient_id>/", dialogue.recipient, name="recipient"),
    path("recipients/<int:recipient_id>/pause/", dialogue.pause, name="recipient_pause"),
    path("recipients/<int:recipient_id>/go-on/", dialogue.go_on, name="recipient_go_on"),
    path("recipients/<int:recipient_id>/stop/", dialogue.stop, name="recipient_stop"),
    path("recipients/<int:recipient_id>/start-again/", dialogue.start_again, name="recipient_start_again"),
    path("recipients/<int:recipient_id>/not-a-reply/", dialogue.not_a_reply, name="recipient_not_a_reply"),
    path("recipients/<int:recipient_id>/is-a-reply/", dialogue.answer_doubt, name="recipient_is_a_reply"),
    path("recipients/<int:recipient_id>/mark/", dialogue.mark, name="recipient_mark"),
    path("recipients/<int:recipient_id>/fields/", dialogue.fields, name="recipient_fields"),
    path("recipients/<int:recipient_id>/address/", dialogue.address, name="recipient_address"),
    path(
        "recipients/<int:recipient_id>/steps/<int:step_id>/now/", planned_steps.send_now, name="planned_now"
    ),
    path(
        "recipients/<int:recipient_id>/steps/<int:step_id>/not-before/",
        planned_steps.not_before,
        name="planned_later",
    ),
    path(
        "recipients/<int:recipient_id>/steps/<int:step_id>/cancel/",
        planned_steps.cancel,
        name="planned_cancel",
    ),
    path("recipients/<int:recipient_id>/steps/<int:step_id>/edit/", planned_steps.edit, name="planned_edit"),
    path("campaigns/<int:campaign_id>/numbers/<str:table>.csv", numbers.as_csv, name="numbers_csv"),
    path("reports/outreach/", reports.outreach, name="report"),
    path("reports/outreach/outreach.csv", reports.outreach_csv, name="report_csv"),
    path("recipients/<int:recipient_id>/placeholders/", step_text.fill_in, name="recipient_placeholders"),
    path("tasks/", tasks.task_list, name="tasks"),
    path("tasks/<int:recipient_id>/<int:step_id>/", tasks.act, name="task"),
    path("api/v1/tasks/", TaskList.as_view(), name="api_tasks"),
    path("api/v1/tasks/over/", FinishedTasks.as_view(), name="api_tasks_over"),
    path("api/v1/tasks/<int:recipient_id>/<int:step_id>/", TaskDetail.as_view(), name="api_task"),
    path(
        "api/v1/recipients/<int:recipient_id>/steps/<int:step_id>/", PlannedStep.as_view(), name="api_planned"
    ),
    path(
        "api/v1/recipients/<int:recipient_id>/steps/<int:step_id>/now/",
        PlannedNow.as_view(),
        name="api_planned_now",
    ),
    path(
        "api/v1/recipients/<int:recipient_id>/steps/<int:step_id>/not-before/",
        PlannedNotBefore.as_view(),
        name="api_planned_later",
    ),
    path(
        "api/v1/recipients/<int:recipient_id>/steps/<int:step_id>/cancel/",
        PlannedCancel.as_view(),
        name="api_planned_cancel",
    ),
    path(
        "api/v1/recipients/<int:recipient_id>/steps/<int:step_id>/text/",
        PlannedText.as_view(),
        name="api_planned_text",
    ),
    path(
        "api/v1/projects/<int:project_id>/outreach-settings/",
        ProjectOutreachSettings.as_view(),
        name="api_project_settings",
    ),
    path("api/v1/campaigns/", CampaignList.as_view(), name="api_campaigns"),
    path("api/v1/campaigns/<int:campaign_id>/", CampaignDetail.as_view(), name="api_campaign"),
    path("api/v1/campaigns/<int:campaign_id>/start/", CampaignStart.as_view(), name="api_start"),
    path("api/v1/campaigns/<int:campaign_id>/sender/", CampaignSender.as_view(), name="api_sender"),
    path("api/v1/campaigns/<int:campaign_id>/pause/", CampaignPause.as_view(), name="api_pause"),
    path("api/v1/campaigns/<int:campaign_id>/resume/", CampaignResume.as_view(), name="api_resume"),
    path(
        "api/v1/campaigns/<int:campaign_id>/recipients/", CampaignRecipients.as_view(), name="api_recipients"
    ),
    path("api/v1/recipients/<int:recipient_id>/", RecipientDetail.as_view(), name="api_recipient"),
    path("api/v1/recipients/<int:recipient_id>/mark/", RecipientMark.as_view(), name="api_mark"),
    path("api/v1/recipients/<int:recipient_id>/pause/", RecipientPause.as_view(), name="api_recipient_pause"),
    path("api/v1/recipients/<int:recipient_id>/go-on/", RecipientGoOn.as_view(), name="api_recipient_go_on"),
    path("api/v1/recipients/<int:recipient_id>/stop/", RecipientStop.as_view(), name="api_recipient_stop"),
    path(
        "api/v1/recipients/<int:recipient_id>/start-again/",
        RecipientStartAgain.as_view(),
        name="api_recipient_start_again",
    ),
    path(
        "api/v1/recipients/<int:recipient_id>/not-a-reply/",
        RecipientNotAReply.as_view(),
        name="api_recipient_not_a_reply",
    ),
    path(
        "api/v1/recipients/<int:recipient_id>/is-a-reply/",
        RecipientIsAReply.as_view(),
        name="api_recipient_is_a_reply",
    ),
    path(
        "api/v1/recipients/<int:recipient_id>/fields/", RecipientFields.as_view(), name="api_recipient_fields"
    ),
    path(
        "api/v1/recipients/<int:recipient_id>/placeholders/",
        RecipientPlaceholders.as_view(),
        name="api_recipient_placeholders",
    ),
    path(
        "api/v1/recipients/<int:recipient_id>/address/",
        RecipientAddress.as_view(),
        name="api_recipient_address",
    ),
    path("api/v1/campaigns/<int:campaign_id>/steps/", StepList.as_view(), name="api_steps"),
    path("api/v1/campaigns/<int:campaign_id>/steps/<int:step_id>/", StepDetail.as_view(), name="api_step"),
    path(
        "api/v1/campaigns/<int:campaign_id>/steps/<int:step_id>/variants/",
        VariantList.as_view(),
        name="api_variants",
    ),
    path(
        "api/v1/campaigns/<int:campaign_id>/steps/<int:step_id>/variants/<str:letter>/",
        VariantDetail.as_view(),
        name="api_variant",
    ),
    path("api/v1/campaigns/<int:campaign_id>/calendar/", CampaignCalendar.as_view(), name="api_calendar"),
    path("api/v1/campaigns/<int:campaign_id>/numbers/", CampaignNumbers.as_view(), name="api_numbers"),
    path("api/v1/reports/outreach/", OutreachReport.as_view(), name="api_report"),
    path("api/v1/campaigns/<int:campaign_id>/preview/", CampaignPreview.as_view(), name="api_preview"),
    path(
        "api/v1/campaigns/<int:campaign_id>/steps/<int:step_id>/checks/",
        StepChecks.as_view(),
        name="api_step_checks",
    ),
    path(
        "api/v1/campaigns/<int:campaign_id>/steps/<int:step_id>/tests/",
        StepTests.as_view(),
        name="api_step_tests",
    ),
]
