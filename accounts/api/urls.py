from accounts.api import audit, me, notices, sessions, tax_settings, tokens
from accounts.api.frame import resource

app_name = "api"
urlpatterns = [
    resource("audit/", audit.index),
    resource("me/", me.show, me.change),
    resource("notices/", notices.index),
    resource("notices/read/", notices.read_all),
    resource("notices/<uuid:notice_id>/", notices.show),
    resource("notices/<uuid:notice_id>/read/", notices.read),
    resource("sessions/", sessions.index, sessions.end_others),
    resource("sessions/<uuid:session_id>/", sessions.end),
    resource("tax-settings/", tax_settings.index, tax_settings.create),
    resource("tokens/", tokens.index, tokens.create),
    resource("tokens/<uuid:token_id>/", tokens.show, tokens.revoke),
]
