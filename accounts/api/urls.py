from accounts.api import account, address, audit, export, me, notice_mails, notices, sessions, tax_settings, tokens
from accounts.api.frame import resource

app_name = "api"
urlpatterns = [
    resource("account/", account.show, account.keep, account.close),
    resource("account/address/", address.show, address.decide),
    resource("audit/", audit.index),
    resource("export/", export.index, export.ask),
    resource("export/<uuid:export_id>/", export.show),
    resource("export/<uuid:export_id>/file/", export.download),
    resource("me/", me.show, me.change),
    resource("notices/", notices.index),
    resource("notices/mails/", notice_mails.show, notice_mails.change),
    resource("notices/read/", notices.read_all),
    resource("notices/<uuid:notice_id>/", notices.show),
    resource("notices/<uuid:notice_id>/read/", notices.read),
    resource("sessions/", sessions.index, sessions.end_others),
    resource("sessions/<uuid:session_id>/", sessions.end),
    resource("tax-settings/", tax_settings.index, tax_settings.create),
    resource("tokens/", tokens.index, tokens.create),
    resource("tokens/<uuid:token_id>/", tokens.show, tokens.revoke),
]
