"""Every room's addresses."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from config import api_docs, help_page, jump, styleguide

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("jump/", jump.jump, name="jump"),
    path("help/", help_page.page, name="help"),
    path("api/docs/", api_docs.page, name="api_docs"),
    path("", include("accounts.urls")),
    path("", include("sourcing.urls")),
    path("", include("outreach.urls")),
    path("", include("campaigns.urls")),
    path("", include("integrations.urls")),
    path("", include("publishing.urls")),
    path("", include("panel.urls")),
]

if settings.STYLEGUIDE:
    urlpatterns += styleguide.urlpatterns

handler400 = "foundation.problems.page_400"
handler403 = "foundation.problems.page_403"
handler404 = "foundation.problems.page_404"
handler500 = "foundation.problems.page_500"
