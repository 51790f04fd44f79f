from django.urls import path

from sync import views, views_again

app_name = "sync"
urlpatterns = [
    path("all/", views.sync_all, name="sync_all"),
    path("holds/", views.holds_of, name="holds"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("wallets/<uuid:wallet_id>/", views.history, name="history"),
    path("wallets/<uuid:wallet_id>/again/", views_again.pull_again, name="pull_again"),
    path("wallets/<uuid:wallet_id>/ask/", views.sync_now, name="sync_now"),
    path("wallets/<uuid:wallet_id>/now/", views.now, name="now"),
]
