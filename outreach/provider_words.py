"""What mail servers and sign-in pages mean by their refusals, and what to do about it. Pure data.

The words are those that providers publish, from general knowledge: none was provoked at a live server here, so a line
that no longer fits costs its advice and nothing else. The first line that fits decides, so the narrow ones come
first. Servers' words are always shown beside the advice, never replaced by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ADMIN_CENTRE = "Microsoft 365 admin center → Users → Active users → the mailbox → Mail → Manage email apps"


@dataclass(frozen=True)
class Meaning:
    """One refusal: how it is recognised, and what a person can do."""

    id: str
    pattern: re.Pattern[str]
    advice: str


def _means(id_: str, pattern: str, advice: str) -> Meaning:
    return Meaning(id_, re.compile(pattern, re.IGNORECASE), advice)


MEANINGS: tuple[Meaning, ...] = (
    # ── Microsoft: sending ──────────────────────────────────────────────────
    _means(
        "smtp_auth_off_for_tenant",
        r"SmtpClientAuthentication is disabled for the Tenant",
        "Your organisation has switched off sending by SMTP (Authenticated SMTP) for everybody. An administrator of "
        f"Microsoft 365 can allow it for this mailbox alone: {_ADMIN_CENTRE} → tick Authenticated SMTP. "
        "It takes up to an hour; then press Check again.",
    ),
    _means(
        "smtp_auth_off_for_mailbox",
        r"SmtpClientAuthentication is disabled",
        "Sending by SMTP (Authenticated SMTP) is switched off for this mailbox. An administrator of Microsoft 365 can "
        f"allow it: {_ADMIN_CENTRE} → tick Authenticated SMTP. Then press Check again.",
    ),
    _means(
        "basic_auth_over",
        r"5\.7\.30|Basic authentication (is not supported|is disabled)|basic auth(entication)? .*disabled",
        "Microsoft takes no passwords here any more. Link the account as Microsoft 365 instead of Other.",
    ),
    _means(
        "security_defaults",
        r"5\.7\.139.*(security defaults|conditional access|user credentials were incorrect|locked)",
        "A sign-in policy of your organisation (security defaults or Conditional Access) refuses this login. Link the "
        "account as Microsoft 365; if that is refused too, an administrator has to allow Beckon there.",
    ),
    _means(
        "imap_off_at_exchange",
        r"authenticated but not connected",
        f"Exchange took the login but gives no mailbox: IMAP is switched off for it ({_ADMIN_CENTRE} → tick IMAP), "
        "or it has no licence.",
    ),
    _means(
        "send_as_denied",
        r"SendAsDenied|5\.2\.252|5\.7\.60|not allowed to send as|permissions? to send (as|on behalf)",
        "The login works, but this account may not send as this address. Link the address that belongs to the login, "
        "or have an administrator give the right to send as it.",
    ),
    _means(
        "microsoft_account_blocked",
        r"5\.1\.8\b|bad outbound sender|5\.7\.70[58]|5\.7\.750|OutboundSpamException",
        "Microsoft has stopped this account or organisation from sending because its mail looked like spam. An "
        "administrator can release it: Microsoft Defender → Review → Restricted entities.",
    ),
    _means(
        "microsoft_daily_limit",
        r"5\.1\.90\b|RecipientRateLimitExceeded|SubmissionQuotaExceeded|5\.2\.2.*submission quota",
        "Microsoft's own limit for 24 hours is reached. Sending goes on by itself afterwards; a lower limit in "
        "Limits keeps it from happening again.",
    ),
    # ── Google ──────────────────────────────────────────────────────────────
    _means(
        "google_app_password",
        r"application-specific password required|5\.7\.9\b.*(application|app)[ -]?specific|534.*5\.7\.9",
        "Google asks for an app password because 2-Step Verification is on: Google Account → Security → App passwords. "
        "Or link the account with the Google button, which needs none.",
    ),
    _means(
        "google_bad_credentials",
        r"username and password not accepted|BadCredentials",
        "Google takes no ordinary password from programs. Use the Google button, or an app password "
        "(Google Account → Security → 2-Step Verification → App passwords).",
    ),
    _means(
        "google_browser",
        r"web ?login ?required|please log in via your web browser|gsmtp.*5\.7\.14",
        "Google wants to see the person first: sign in to this account in a browser once, confirm what it asks, then "
        "press Check again.",
    ),
    _means(
        "google_imap_off",
        r"IMAP access is disabled for your domain|not enabled for IMAP",
        "IMAP is switched off. In Gmail: Settings → Forwarding and POP/IMAP; for a whole Workspace its administrator "
        "allows it: Apps → Google Workspace → Gmail → End User Access.",
    ),
    _means(
        "google_daily_limit",
        r"5\.4\.5\b.*(daily|user).*(quota|limit)|daily user sending (limit|quota) exceeded",
        "Google's own limit for 24 hours is reached. Sending goes on by itself afterwards; a lower limit in Limits "
        "keeps it from happening again.",
    ),
    # ── signing in ──────────────────────────────────────────────────────────
    _means(
        "aad_inactive",
        r"AADSTS(70008|700082|700084)",
        "The permission ended because it was not used for 90 days. Sign in again.",
    ),
    _means(
        "aad_password_changed",
        r"AADSTS(50173|50133|50132)",
        "The password was changed or the sessions were ended since. Sign in again.",
    ),
    _means(
        "aad_second_factor",
        r"AADSTS(50076|50079|50078|50072|50074)",
        "Your organisation asks for a second factor. Sign in again and confirm it.",
    ),
    _means(
        "aad_admin_consent",
        r"AADSTS(65001|90094|90008|900941|650052)|consent_required|admin_policy_enforced|org_internal",
        "An administrator of your organisation has to allow Beckon there before anybody can sign in with it.",
    ),
    _means(
        "client_secret",
        r"AADSTS(7000215|7000222|700016)|invalid_client|unauthorized_client|deleted_client",
        "The client of this installation is not known there, or its secret is wrong or has expired. The "
        "administrator of Beckon has to renew it (docs/mailboxes.md); no account has to be linked again.",
    ),
    _means(
        "redirect",
        r"redirect_uri_mismatch|AADSTS50011",
        "The redirect address of this installation is not registered there (docs/mailboxes.md names it).",
    ),
    _means(
        "not_agreed",
        r"access_denied",
        "Nobody agreed on the page of the provider. Start again and press Allow.",
    ),
    _means(
        "consent_over",
        r"invalid_grant",
        "The permission is over: the password was changed, the access was taken back, or it was not used for long. "
        "Sign in again. (A Google client whose publishing status is Testing loses every permission after 7 days.)",
    ),
    # ── other providers ─────────────────────────────────────────────────────
    _means(
        "icloud",
        r"app-specific password",
        "This provider asks for an app-specific password, made in the security settings of the account.",
    ),
    _means(
        "imap_switched_off",
        r"(imap|pop3?).{0,30}(switched off|deactivated|nicht aktiviert|disabled)",
        "IMAP is switched off for this account; it can be switched on in the provider's own settings.",
    ),
    _means(
        "too_many_logins",
        r"too many (simultaneous )?connections|maximum number of connections|too many login attempts",
        "The provider sees too many logins at once. It passes by itself.",
    ),
    _means(
        "no_such_login",
        r"5\.7\.8\b|AUTHENTICATIONFAILED|authentication (failed|unsuccessful|credentials invalid)"
        r"|login (failed|invalid)|invalid (login|credentials|user name or password)",
        "The user name or the password is wrong, or was changed since. Many providers ask for an app password instead "
        "of your own.",
    ),
)


def meaning(words: str) -> Meaning | None:
    """The first meaning that fits a server's words; None if they are not known."""
    return next((each for each in MEANINGS if each.pattern.search(words)), None)


def advice(words: str) -> str:
    """What to do about a server's words, as sentences; empty if they are not known."""
    found = meaning(words)
    return found.advice if found else ""
