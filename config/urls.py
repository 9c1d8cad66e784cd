"""Every path of the service."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config.health import health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),  # a person who opens the address in a browser
    path("health", health),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", include("collections_app.api.urls")),
]

handler400 = "collections_app.api.errors.bad_request"
handler500 = "collections_app.api.errors.server_error"
