from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from accounts.admin_console import console
from accounts.api.frame import nowhere
from accounts.api.views import docs, docs_group, schema
from config import gallery

admin.autodiscover()  # here, so that only those load it who answer requests

urlpatterns = [
    path("", include("accounts.urls")),
    path("accounts/", include("accounts.door_urls")),
    path("_allauth/app/v1/", include("accounts.headless")),
    path("admin/", console.urls),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("sync.api.urls")),  # before the wallets': `wallets/sync/` is no wallet
    path("api/v1/", include("ledger.api.urls")),
    path("api/v1/", include("wallets.api.urls")),
    path("imports/", include("ledger.urls_imports")),
    path("portfolio/", include("ledger.urls_portfolio")),
    path("sync/", include("sync.urls")),
    path("tax/", include("ledger.urls_tax")),
    path("transactions/", include("ledger.urls")),
    path("wallets/<uuid:wallet_id>/balances/", include("ledger.urls_balances")),
    path("wallets/<uuid:wallet_id>/former/", include("ledger.urls_former")),
    path("wallets/", include("wallets.urls")),
    path("api/docs/", docs, name="api-docs"),
    path("api/docs/<slug:name>/", docs_group, name="api-docs-group"),
    path("api/schema/", schema, name="api-schema"),
    re_path("^api/", nowhere),  # after every API path: programs never meet an HTML page
]

handler500 = "config.broken.answer"

if not settings.PRODUCTION:
    urlpatterns += [
        path("_mail/", include("config.mailbox_urls")),
        path("_ui/", gallery.gallery, name="gallery"),
        path("_ui/errors/<str:name>/", gallery.error_page, name="gallery_error"),
    ]
