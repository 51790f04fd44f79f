from accounts.api.frame import resource
from ledger.api import rules, transactions, views

app_name = "ledger_api"
urlpatterns = [
    resource("rules/", rules.index, rules.create),
    resource("rules/<uuid:rule_id>/", rules.show, rules.change, rules.remove),
    resource("transactions/", transactions.index, transactions.create),
    resource("transactions/bulk/", transactions.many),
    resource("transactions/<uuid:transaction_id>/", transactions.show, transactions.change, transactions.remove),
    resource("transactions/<uuid:transaction_id>/redo/", transactions.redo),
    resource("transactions/<uuid:transaction_id>/reset/", transactions.reset),
    resource("transactions/<uuid:transaction_id>/resolve/", transactions.resolve),
    resource("transactions/<uuid:transaction_id>/undo/", transactions.undo),
    resource("views/", views.index, views.create),
    resource("views/<uuid:view_id>/", views.show, views.change, views.remove),
]
