from django.urls import path

from ledger import views_portfolio

app_name = "portfolio"
urlpatterns = [
    path("", views_portfolio.index, name="index"),
    path("assets/<path:code>/", views_portfolio.asset, name="asset"),
    path("differing/", views_portfolio.differing, name="differing"),
    path("glance/", views_portfolio.glance, name="glance"),
    path("history/", views_portfolio.history, name="history"),
    path("wallets/<uuid:wallet_id>/", views_portfolio.wallet, name="wallet"),
    path("wallets/<uuid:wallet_id>/glance/", views_portfolio.wallet_glance, name="wallet_glance"),
]
