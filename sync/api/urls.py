from accounts.api.frame import resource
from sync.api import coverage, holds, runs

app_name = "sync_api"
urlpatterns = [
    resource("holds/", holds.index),
    resource("runs/", runs.every),
    resource("runs/<uuid:run_id>/", runs.show),
    resource("wallets/sync/", runs.ask_all),
    resource("wallets/<uuid:wallet_id>/coverage/", coverage.show),
    resource("wallets/<uuid:wallet_id>/runs/", runs.index),
    resource("wallets/<uuid:wallet_id>/sync/", runs.ask),
]
