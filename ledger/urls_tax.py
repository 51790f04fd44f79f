from django.urls import path

from ledger import views_broker, views_locks, views_lots, views_plans, views_reports, views_tax

app_name = "tax"
urlpatterns = [
    path("", views_tax.index, name="index"),
    path("said/", views_lots.said, name="said"),
    path("options/", views_lots.options, name="options"),
    path("plan/", views_plans.plan, name="plan"),
    path("plan/take-back/", views_plans.plan_back, name="plan_back"),
    path("plan/of/<path:code>/take-back/", views_plans.shares_back, name="plan_shares_back"),
    path("plan/of/<path:code>/", views_plans.shares, name="plan_shares"),
    path("standing/", views_tax.standing, name="standing"),
    path("filed/", views_locks.filed_note, name="filed_note"),
    path("costs/<uuid:transaction_id>/", views_lots.cost, name="cost"),
    path("costs/<uuid:transaction_id>/take-back/", views_lots.cost_back, name="cost_back"),
    path("disposals/<uuid:transaction_id>/", views_tax.disposal, name="disposal"),
    path("disposals/<uuid:transaction_id>/lots/", views_lots.lots, name="lots"),
    path("disposals/<uuid:transaction_id>/lots/take-back/", views_lots.lots_back, name="lots_back"),
    path("1099-da/<uuid:form_id>/delete/", views_broker.forget, name="broker_forget"),
    path("reports/<uuid:report_id>/file/", views_reports.file, name="report_file"),
    path("<int:year>/", views_tax.year, name="year"),
    path("<int:year>/1099-da/", views_broker.index, name="broker"),
    path("<int:year>/1099-da/settle/", views_broker.settle, name="broker_settle"),
    path("<int:year>/disposals/", views_tax.disposals, name="disposals"),
    path("<int:year>/findings/", views_tax.findings, name="findings"),
    path("<int:year>/income/", views_tax.income, name="income"),
    path("<int:year>/lock/", views_locks.lock, name="lock"),
    path("<int:year>/lock/open/", views_locks.take_back, name="not_filed"),
    path("<int:year>/reports/", views_reports.index, name="reports"),
    path("<int:year>/methods/", views_tax.methods, name="methods"),
    path("<int:year>/methods/<slug:name>/", views_tax.method, name="method"),
]
