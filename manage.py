#!/usr/bin/env python
"""Django's command line for Beckon."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

#: Commands for support that need neither a database nor a configuration.
OFFLINE = ("classify_mail", "explain_timing")

if __name__ == "__main__":
    settings = "offline" if sys.argv[1:2] and sys.argv[1] in OFFLINE else "production"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"config.settings.{settings}")
    execute_from_command_line(sys.argv)
