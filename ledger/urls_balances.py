"""Below a wallet's own address, though balances are this app's."""

from django.urls import path

from ledger import views_reconcile

app_name = "balances"
urlpatterns = [
    path("", views_reconcile.balances, name="balances"),
    path("accept/", views_reconcile.accept, name="accept"),
    path("short/", views_reconcile.piece, name="short"),
    path("typed/", views_reconcile.type_in, name="type_in"),
    path("typed/take-back/", views_reconcile.take_back, name="take_back"),
]
