"""Settings, invitations, and who am I over the API."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from accounts.api import access
from accounts.api.invitations import Invitations, OneInvitation
from accounts.api.pairing import Pairing, PairingRefresh
from accounts.api.views import Me, MemberList, OneMember, OneOrganisation
from accounts.views import extension, settings

app_name = "accounts"
urlpatterns = [
    path("settings/", RedirectView.as_view(pattern_name="accounts:profile"), name="settings"),
    path("settings/profile/", settings.profile, name="profile"),
    path("settings/organisation/", settings.organisation, name="organisation"),
    path("settings/members/", settings.member_list, name="members"),
    path("settings/members/invite/", settings.invite, name="invite"),
    path("settings/members/<int:user_id>/role/", settings.change_role, name="change_role"),
    path("settings/members/<int:user_id>/active/", settings.set_active, name="set_active"),
    path(
        "settings/invitations/<int:invitation_id>/revoke/",
        settings.revoke_invitation,
        name="revoke_invitation",
    ),
    path("settings/tokens/", settings.token_list, name="tokens"),
    path("settings/tokens/<int:token_id>/revoke/", settings.revoke_token, name="revoke_token"),
    path("settings/extension/", extension.page, name="extension"),
    path("settings/extension/<int:browser_id>/disconnect/", extension.disconnect, name="disconnect_browser"),
    path("settings/extension/<int:browser_id>/read/", extension.read_warning, name="read_browser_warning"),
    path("settings/audit/", settings.audit, name="audit"),
    path("invitation/<str:secret>/", settings.invitation, name="invitation"),
    path("api/v1/me/", Me.as_view(), name="api_me"),
    path("api/v1/members/", MemberList.as_view(), name="api_members"),
    path("api/v1/members/<int:user_id>/", OneMember.as_view(), name="api_member"),
    path("api/v1/organisation/", OneOrganisation.as_view(), name="api_organisation"),
    path("api/v1/invitations/", Invitations.as_view(), name="api_invitations"),
    path("api/v1/invitations/<int:invitation_id>/", OneInvitation.as_view(), name="api_invitation"),
    path("api/v1/audit/", access.AuditTrail.as_view(), name="api_audit"),
    path("api/v1/tokens/", access.Tokens.as_view(), name="api_tokens"),
    path("api/v1/tokens/<int:token_id>/", access.OneToken.as_view(), name="api_token"),
    path("api/v1/browsers/", access.Browsers.as_view(), name="api_browsers"),
    path("api/v1/browsers/warnings/", access.BrowserWarnings.as_view(), name="api_browser_warnings"),
    path("api/v1/browsers/<int:browser_id>/", access.OneBrowser.as_view(), name="api_browser"),
    path("api/v1/browsers/<int:browser_id>/read/", access.BrowserRead.as_view(), name="api_browser_read"),
    path("api/v1/pairing/", Pairing.as_view(), name="pairing"),
    path("api/v1/pairing/refresh/", PairingRefresh.as_view(), name="pairing_refresh"),
]
