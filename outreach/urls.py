"""Pages of outreach."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from outreach.api.closing import HolidayDetail, HolidayList, SendingSettings
from outreach.api.content import TemplateCopies, TemplateDetail, TemplateList
from outreach.api.inbox import (
    ConversationDetail,
    ConversationList,
    ConversationReferrals,
    ConversationReplies,
    InboxRead,
)
from outreach.api.lending import LoanDetail, LoanList
from outreach.api.mailbox import (
    MailboxChecks,
    MailboxComparisons,
    MailboxDetail,
    MailboxReconnect,
    MailboxReleases,
    MailboxResume,
    MailboxTryAgain,
)
from outreach.api.outbox import (
    MessageAnswer,
    MessageAnswers,
    MessageCancel,
    MessageNotBefore,
    MessageNow,
    MessageText,
    OutboxList,
)
from outreach.api.text_files import TextFileContent, TextFileDetail, TextFileList
from outreach.api.texts import TextChecks, TextTests, TextVariables
from outreach.api.views import MailboxList, MessageDetail, MessageList
from outreach.views import (
    closing,
    editor,
    inbox,
    mailbox,
    mailboxes,
    opens,
    outbox,
    signing_in,
    suppression,
    templates,
    unsubscribe,
    writing,
)

app_name = "outreach"
urlpatterns: list[URLPattern | URLResolver] = [
    path("outreach/settings/", mailboxes.settings, name="settings"),
    path("outreach/mailboxes/new/", mailboxes.new, name="mailbox_new"),
    path("outreach/mailboxes/<int:mailbox_id>/", mailbox.page, name="mailbox"),
    path("outreach/mailboxes/<int:mailbox_id>/compare/", mailbox.compare, name="mailbox_compare"),
    path("outreach/mailboxes/<int:mailbox_id>/check/", mailbox.check, name="mailbox_check"),
    path("outreach/mailboxes/<int:mailbox_id>/signature/", mailbox.sender, name="mailbox_sender"),
    path("outreach/mailboxes/<int:mailbox_id>/go-on/", mailbox.go_on, name="mailbox_go_on"),
    path("outreach/mailboxes/sign-in/<str:login>/", signing_in.sign_in, name="mailbox_sign_in"),
    path("outreach/mailboxes/signed-in/", signing_in.signed_in, name="mailbox_signed_in"),
    path("outreach/mailboxes/<int:mailbox_id>/try-again/", mailboxes.check_again, name="mailbox_try_again"),
    path("outreach/mailboxes/<int:mailbox_id>/reconnect/", mailboxes.reconnect, name="mailbox_reconnect"),
    path("outreach/mailboxes/<int:mailbox_id>/lend/", mailboxes.lend, name="mailbox_lend"),
    path("outreach/loans/<int:loan_id>/withdraw/", mailboxes.withdraw, name="loan_withdraw"),
    path("outreach/mailboxes/<int:mailbox_id>/limits/", mailboxes.limits, name="mailbox_limits"),
    path("outreach/mailboxes/<int:mailbox_id>/default/", mailboxes.set_default, name="mailbox_default"),
    path("outreach/mailboxes/<int:mailbox_id>/resume/", mailboxes.resume, name="mailbox_resume"),
    path("outreach/mailboxes/<int:mailbox_id>/remove/", mailboxes.remove, name="mailbox_remove"),
    path("outreach/sending/", closing.sending, name="sending"),
    path("outreach/sending/holidays/add/", closing.add_holiday, name="holiday_add"),
    path("outreach/sending/holidays/<int:holiday_id>/remove/", closing.remove_holiday, name="holiday_remove"),
    path("outreach/suppression/", suppression.entries, name="suppression"),
    path("outreach/suppression/add/", suppression.add, name="suppression_add"),
    path("outreach/suppression/load/", suppression.load, name="suppression_load"),
    path("outreach/suppression/list.csv", suppression.as_csv, name="suppression_csv"),
    path("outreach/suppression/<int:entry_id>/remove/", suppression.remove, name="suppression_remove"),
    path("outreach/outbox/", outbox.outbox, name="outbox"),
    path("outreach/outbox/uncertain/answer/", outbox.answer_many, name="messages_answer"),
    path("outreach/outbox/<int:message_id>/", outbox.message, name="message"),
    path("outreach/outbox/<int:message_id>/now/", outbox.send_now, name="message_now"),
    path("outreach/outbox/<int:message_id>/not-before/", outbox.not_before, name="message_later"),
    path("outreach/outbox/<int:message_id>/edit/", outbox.edit, name="message_edit"),
    path("outreach/outbox/<int:message_id>/cancel/", outbox.cancel, name="message_cancel"),
    path("outreach/outbox/<int:message_id>/answer/", outbox.answer, name="message_answer"),
    path("outreach/templates/", templates.index, name="templates"),
    path("outreach/templates/new/", templates.new, name="template_new"),
    path("outreach/templates/<int:template_id>/", templates.template, name="template"),
    path("outreach/templates/<int:template_id>/duplicate/", templates.duplicate, name="template_duplicate"),
    path("outreach/templates/<int:template_id>/remove/", templates.remove, name="template_remove"),
    path("outreach/check/", editor.check, name="check"),
    path("outreach/test/", editor.test, name="test"),
    path("outreach/files/", editor.upload, name="files"),
    path("outreach/files/<int:content_file_id>/", editor.file, name="file"),
    path("outreach/write/<int:candidate_id>/", writing.write, name="write"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.read_all, name="inbox_read"),
    path("inbox/<int:inbound_id>/", inbox.inbound, name="inbound"),
    path("inbox/<int:inbound_id>/reply/", inbox.reply, name="inbound_reply"),
    path("inbox/<int:inbound_id>/interest/", inbox.interest, name="inbound_interest"),
    path("inbox/<int:inbound_id>/done/", inbox.done, name="inbound_done"),
    path("inbox/<int:inbound_id>/referral/", inbox.referral, name="inbound_referral"),
    path("inbox/<int:inbound_id>/unread/", inbox.unread, name="inbound_unread"),
    path("o/<str:reference>.gif", opens.picture, name="open_picture"),
    path("u/<str:reference>/", unsubscribe.page, name="unsubscribe"),
    path("api/v1/mailboxes/", MailboxList.as_view(), name="api_mailboxes"),
    path("api/v1/templates/", TemplateList.as_view(), name="api_templates"),
    path("api/v1/templates/<int:template_id>/", TemplateDetail.as_view(), name="api_template"),
    path("api/v1/mailboxes/<int:mailbox_id>/", MailboxDetail.as_view(), name="api_mailbox"),
    path(
        "api/v1/mailboxes/<int:mailbox_id>/comparisons/",
        MailboxComparisons.as_view(),
        name="api_mailbox_comparisons",
    ),
    path("api/v1/mailboxes/<int:mailbox_id>/checks/", MailboxChecks.as_view(), name="api_mailbox_checks"),
    path(
        "api/v1/mailboxes/<int:mailbox_id>/releases/", MailboxReleases.as_view(), name="api_mailbox_releases"
    ),
    path(
        "api/v1/mailboxes/<int:mailbox_id>/reconnect/",
        MailboxReconnect.as_view(),
        name="api_mailbox_reconnect",
    ),
    path(
        "api/v1/mailboxes/<int:mailbox_id>/try-again/",
        MailboxTryAgain.as_view(),
        name="api_mailbox_try_again",
    ),
    path("api/v1/mailboxes/<int:mailbox_id>/resume/", MailboxResume.as_view(), name="api_mailbox_resume"),
    path("api/v1/mailboxes/<int:mailbox_id>/loans/", LoanList.as_view(), name="api_loans"),
    path("api/v1/loans/<int:loan_id>/", LoanDetail.as_view(), name="api_loan"),
    path("api/v1/sending-settings/", SendingSettings.as_view(), name="api_sending_settings"),
    path("api/v1/holidays/", HolidayList.as_view(), name="api_holidays"),
    path("api/v1/holidays/<int:holiday_id>/", HolidayDetail.as_view(), name="api_holiday"),
    path("api/v1/inbox/", ConversationList.as_view(), name="api_inbox"),
    path("api/v1/inbox/read/", InboxRead.as_view(), name="api_inbox_read"),
    path(
        "api/v1/inbox/<int:inbound_id>/referrals/",
        ConversationReferrals.as_view(),
        name="api_conversation_referrals",
    ),
    path("api/v1/inbox/<int:inbound_id>/", ConversationDetail.as_view(), name="api_conversation"),
    path(
        "api/v1/inbox/<int:inbound_id>/replies/",
        ConversationReplies.as_view(),
        name="api_conversation_replies",
    ),
    path("api/v1/messages/", MessageList.as_view(), name="api_messages"),
    path("api/v1/messages/answer/", MessageAnswers.as_view(), name="api_messages_answer"),
    path("api/v1/messages/<int:message_id>/", MessageDetail.as_view(), name="api_message"),
    path("api/v1/messages/<int:message_id>/now/", MessageNow.as_view(), name="api_message_now"),
    path(
        "api/v1/messages/<int:message_id>/not-before/", MessageNotBefore.as_view(), name="api_message_later"
    ),
    path("api/v1/messages/<int:message_id>/cancel/", MessageCancel.as_view(), name="api_message_cancel"),
    path("api/v1/messages/<int:message_id>/text/", MessageText.as_view(), name="api_message_text"),
    path("api/v1/messages/<int:message_id>/answer/", MessageAnswer.as_view(), name="api_message_answer"),
    path("api/v1/outbox/", OutboxList.as_view(), name="api_outbox"),
    path("api/v1/texts/variables/", TextVariables.as_view(), name="api_text_variables"),
    path("api/v1/texts/checks/", TextChecks.as_view(), name="api_text_checks"),
    path("api/v1/texts/tests/", TextTests.as_view(), name="api_text_tests"),
    path("api/v1/text-files/", TextFileList.as_view(), name="api_text_files"),
    path("api/v1/text-files/<int:content_file_id>/", TextFileDetail.as_view(), name="api_text_file"),
    path(
        "api/v1/text-files/<int:content_file_id>/content/",
        TextFileContent.as_view(),
        name="api_text_file_content",
    ),
    path("api/v1/templates/<int:template_id>/copies/", TemplateCopies.as_view(), name="api_template_copies"),
]
