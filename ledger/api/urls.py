from accounts.api.frame import resource
from ledger.api import assets, balances, duplicates, rules, transactions, transfers, views

app_name = "ledger_api"
urlpatterns = [
    resource("assets/", assets.index),
    resource("assets/<path:code>/aliases/", assets.aliases, assets.create),
    resource("assets/<path:code>/aliases/<uuid:alias_id>/", assets.change, assets.remove),
    resource("duplicates/", duplicates.index),
    resource("duplicates/<uuid:pair_id>/keep/", duplicates.keep),
    resource("duplicates/<uuid:pair_id>/merge/", duplicates.merge),
    resource("rules/", rules.index, rules.create),
    resource("rules/<uuid:rule_id>/", rules.show, rules.change, rules.remove),
    resource("transactions/", transactions.index, transactions.create),
    resource("transactions/bulk/", transactions.many),
    resource("transactions/<uuid:transaction_id>/", transactions.show, transactions.change, transactions.remove),
    resource("transactions/<uuid:transaction_id>/redo/", transactions.redo),
    resource("transactions/<uuid:transaction_id>/reset/", transactions.reset),
    resource("transactions/<uuid:transaction_id>/resolve/", transactions.resolve),
    resource("transactions/<uuid:transaction_id>/undo/", transactions.undo),
    resource("transfers/", transfers.index, transfers.create),
    resource("transfers/<uuid:link_id>/unlink/", transfers.unlink),
    resource("transfers/<uuid:proposal_id>/accept/", transfers.accept),
    resource("transfers/<uuid:proposal_id>/reject/", transfers.reject),
    resource("views/", views.index, views.create),
    resource("views/<uuid:view_id>/", views.show, views.change, views.remove),
    resource("wallets/<uuid:wallet_id>/balances/", balances.show),
]
