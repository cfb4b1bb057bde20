"""The API's addresses of this room, under /api/v1/."""

from __future__ import annotations

from django.urls import path

from integrations.api import views

urlpatterns = [
    path("connections/", views.ConnectionList.as_view(), name="api_connections"),
    path("connections/<int:pk>/", views.ConnectionDetail.as_view(), name="api_connection"),
    path("exports/", views.ExportList.as_view(), name="api_exports"),
    path("exports/<int:pk>/", views.ExportDetail.as_view(), name="api_export"),
    path("exports/<int:pk>/undo/", views.ExportUndo.as_view(), name="api_export_undo"),
    path("exports/<int:pk>/items/", views.ExportItemList.as_view(), name="api_export_items"),
]
