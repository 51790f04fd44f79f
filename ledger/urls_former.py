"""Below a wallet's own address: whether its account is one that was removed before."""

from django.urls import path

from ledger import views_former

app_name = "former"
urlpatterns = [
    path("", views_former.page, name="page"),
    path("short/", views_former.piece, name="short"),
    path("<uuid:former_id>/", views_former.answer, name="answer"),
]
