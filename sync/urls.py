from django.urls import path

from sync import views

app_name = "sync"
urlpatterns = [
    path("all/", views.sync_all, name="sync_all"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("wallets/<uuid:wallet_id>/", views.history, name="history"),
    path("wallets/<uuid:wallet_id>/ask/", views.sync_now, name="sync_now"),
    path("wallets/<uuid:wallet_id>/now/", views.now, name="now"),
]
