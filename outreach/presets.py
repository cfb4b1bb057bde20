"""Where the large providers answer, so that most people type an address and a password only. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """Servers of one provider; ``note`` is what its users stumble over."""

    smtp_host: str
    imap_host: str
    smtp_port: int = 587
    smtp_security: str = "starttls"
    imap_port: int = 993
    imap_security: str = "tls"
    note: str = ""
    #: The provider whose button serves better than a password.
    sign_in: str = ""


_APP_PASSWORD = "This provider asks for an app password instead of your own."  # noqa: S105 - a sentence
_GMAIL = Preset("smtp.gmail.com", "imap.gmail.com", note=_APP_PASSWORD, sign_in="google")
_OUTLOOK = Preset(
    "smtp-mail.outlook.com",
    "outlook.office365.com",
    note="Microsoft takes no passwords from programs here; link it as Microsoft 365.",
    sign_in="microsoft",
)
_YAHOO = Preset("smtp.mail.yahoo.com", "imap.mail.yahoo.com", note=_APP_PASSWORD)
_ICLOUD = Preset("smtp.mail.me.com", "imap.mail.me.com", note=_APP_PASSWORD)
_GMX = Preset("mail.gmx.net", "imap.gmx.net", note="IMAP has to be switched on in the settings of GMX.")

#: Domain of the address → preset.
PRESETS: Mapping[str, Preset] = {
    "gmail.com": _GMAIL,
    "googlemail.com": _GMAIL,
    "outlook.com": _OUTLOOK,
    "hotmail.com": _OUTLOOK,
    "live.com": _OUTLOOK,
    "yahoo.com": _YAHOO,
    "icloud.com": _ICLOUD,
    "me.com": _ICLOUD,
    "gmx.de": _GMX,
    "gmx.net": _GMX,
    "web.de": Preset(
        "smtp.web.de", "imap.web.de", note="IMAP has to be switched on in the settings of WEB.DE."
    ),
    "fastmail.com": Preset("smtp.fastmail.com", "imap.fastmail.com", note=_APP_PASSWORD),
    "zoho.com": Preset("smtp.zoho.com", "imap.zoho.com", note=_APP_PASSWORD),
}


def preset_for(address: str) -> Preset:
    """The provider's servers; for any other domain the names most servers have."""
    domain = address.rpartition("@")[2].strip().lower()
    return PRESETS.get(domain) or Preset(f"smtp.{domain}", f"imap.{domain}")
