"""What servers say is explained where it is known, and never by the wrong line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach import provider_words

TABLE = {
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit "
    "https://aka.ms/smtp_auth_disabled for more information.": "smtp_auth_off_for_tenant",
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the "
    "Mailbox.": "smtp_auth_off_for_mailbox",
    "550 5.7.30 Basic authentication is not supported for Client Submission.": "basic_auth_over",
    "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated "
    "successfully. Contact your administrator. security defaults": "security_defaults",
    "User is authenticated but not connected.": "imap_off_at_exchange",
    "554 5.2.252 SendAsDenied; alice@acme.example not allowed to send as ceo@acme.example": "send_as_denied",
    "550 5.1.8 Access denied, bad outbound sender AS(42003)": "microsoft_account_blocked",
    "534-5.7.9 Application-specific password required. For more information, go to": "google_app_password",
    "[ALERT] Application-specific password required: https://support.google.com/": "google_app_password",
    "535-5.7.8 Username and Password not accepted. For more information, go to": "google_bad_credentials",
    "[ALERT] Please log in via your web browser": "google_browser",
    "[ALERT] IMAP access is disabled for your domain.": "google_imap_off",
    "550 5.4.5 Daily user sending limit exceeded.": "google_daily_limit",
    "invalid_grant: AADSTS700082: The refresh token has expired due to inactivity.": "aad_inactive",
    "invalid_grant: AADSTS50173: The provided grant has expired due to it being revoked": "aad_password_changed",
    "consent_required: AADSTS65001: The user or administrator has not consented": "aad_admin_consent",
    "invalid_client: AADSTS7000215: Invalid client secret provided.": "client_secret",
    "invalid_grant: Token has been expired or revoked.": "consent_over",
    "access_denied: The person did not agree.": "not_agreed",
    "[AUTHENTICATIONFAILED] Invalid user name or password": "no_such_login",
    "535 5.7.8 Authentication failed: the user name or the password is wrong": "no_such_login",
}


@pytest.mark.parametrize("words", TABLE)
def test_known_words_have_their_meaning(words):
    found = provider_words.meaning(words)
    assert found is not None
    assert found.id == TABLE[words]


@pytest.mark.parametrize(
    "words", ["", "250 OK", "The server hung up.", "550 5.1.1 User unknown", "451 4.7.1 Greylisted"]
)
def test_other_words_are_left_as_they_are(words):
    assert provider_words.advice(words) == ""


def test_every_line_is_reachable_and_says_what_to_do():
    ids = [each.id for each in provider_words.MEANINGS]
    assert len(ids) == len(set(ids))
    assert all(each.advice.endswith((".", ")")) for each in provider_words.MEANINGS)


@given(st.text(max_size=500))
def test_any_words_get_an_answer(words):
    assert isinstance(provider_words.advice(words), str)
