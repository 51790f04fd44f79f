from accounts.api.frame import resource
from wallets.api import credential, exchanges, health, help, keeping, oauth, trials, wallets  # noqa: A004 # as api.md

app_name = "wallets_api"
urlpatterns = [
    resource("credential-tests/", trials.create),
    resource("credential-tests/<uuid:test_id>/", trials.show, trials.cancel),
    resource("credential-tests/<uuid:test_id>/answer/", trials.answer),
    resource("exchanges/", exchanges.index),
    resource("exchanges/<slug:exchange_id>/", exchanges.show),
    resource("help/", help.index, help.ask),
    resource("help/<uuid:help_id>/", help.show, help.withdraw),
    resource("oauth/<slug:exchange_id>/start/", oauth.start),
    resource("oauth/<slug:exchange_id>/finish/", oauth.finish),
    resource("wallets/", wallets.index, wallets.create),
    resource("wallets/<uuid:wallet_id>/", wallets.show, wallets.change, wallets.remove),
    resource("wallets/<uuid:wallet_id>/archive/", keeping.archive),
    resource("wallets/<uuid:wallet_id>/checklist/", health.checklist, health.run_checklist),
    resource("wallets/<uuid:wallet_id>/credential/", credential.replace, credential.remove),
    resource("wallets/<uuid:wallet_id>/credential/staged/", credential.try_staged_again, credential.drop_staged),
    resource("wallets/<uuid:wallet_id>/detach/", keeping.detach),
    resource("wallets/<uuid:wallet_id>/health/", health.show),
    resource("wallets/<uuid:wallet_id>/leaked/", keeping.leaked),
    resource("wallets/<uuid:wallet_id>/method/", credential.change_method),
    resource("wallets/<uuid:wallet_id>/pause/", keeping.pause),
    resource("wallets/<uuid:wallet_id>/restore/", keeping.restore),
    resource("wallets/<uuid:wallet_id>/resume/", keeping.resume),
]
