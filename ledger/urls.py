from django.urls import path

from ledger import views, views_bulk, views_editing, views_rules, views_saved

app_name = "ledger"
urlpatterns = [
    path("", views.index, name="index"),
    path("acts/<uuid:act_id>/", views_bulk.act, name="act"),
    path("add/", views_editing.add, name="add"),
    path("bin/", views_editing.bin_page, name="bin"),
    path("many/", views_bulk.many, name="many"),
    path("rules/", views_rules.index, name="rules"),
    path("rules/add/", views_rules.add, name="rule_add"),
    path("rules/<uuid:rule_id>/", views_rules.change, name="rule"),
    path("rules/<uuid:rule_id>/delete/", views_rules.delete, name="rule_delete"),
    path("rules/<uuid:rule_id>/move/", views_rules.move, name="rule_move"),
    path("saved/", views_saved.index, name="saved"),
    path("saved/<uuid:view_id>/delete/", views_saved.delete, name="view_delete"),
    path("<uuid:transaction_id>/", views.transaction, name="transaction"),
    path("<uuid:transaction_id>/edit/", views_editing.edit, name="edit"),
    path("<uuid:transaction_id>/redo/", views_editing.redo, name="redo"),
    path("<uuid:transaction_id>/remove/", views_editing.remove, name="remove"),
    path("<uuid:transaction_id>/reset/", views_editing.reset, name="reset"),
    path("<uuid:transaction_id>/resolve/", views_editing.resolve, name="resolve"),
    path("<uuid:transaction_id>/restore/", views_editing.restore, name="restore"),
    path("<uuid:transaction_id>/undo/", views_editing.undo, name="undo"),
]
