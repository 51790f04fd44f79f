from django.urls import path

from ledger import views_imports as views

app_name = "imports"
urlpatterns = [
    path("", views.index, name="index"),
    path("columns/", views.templates, name="templates"),
    path("columns/<uuid:template_id>/delete/", views.delete_template, name="template_delete"),
    path("<uuid:file_id>/", views.show, name="file"),
    path("<uuid:file_id>/answer/", views.answer, name="answer"),
    path("<uuid:file_id>/columns/", views.columns, name="columns"),
    path("<uuid:file_id>/columns/keep/", views.keep_template, name="template_keep"),
    path("<uuid:file_id>/commit/", views.commit, name="commit"),
    path("<uuid:file_id>/discard/", views.discard, name="discard"),
    path("<uuid:file_id>/to-mend.csv", views.failed_rows, name="failed_rows"),
    path("<uuid:file_id>/undo/", views.undo, name="undo"),
]
