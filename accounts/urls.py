from django.urls import path

from accounts import views, views_enrolment, views_recovery, views_step_up

app_name = "accounts"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("enrol/", views_enrolment.enrol, name="enrol"),
    path("enrol/app/", views_enrolment.enrol_totp, name="enrol_totp"),
    path("enrol/passkey/", views_enrolment.enrol_passkey, name="enrol_passkey"),
    path("enrol/codes/", views_enrolment.enrol_codes, name="enrol_codes"),
    path("enrol/codes/file/", views_enrolment.enrol_codes_file, name="enrol_codes_file"),
    path("enrol/codes/new/", views_enrolment.codes_new, name="codes_new"),
    path("recovery/", views_recovery.recovery_start, name="recovery_start"),
    path("recovery/sent/", views_recovery.recovery_sent, name="recovery_sent"),
    path("recovery/confirm/<str:token>/", views_recovery.recovery_confirm, name="recovery_confirm"),
    path("recovery/cancel/<str:token>/", views_recovery.recovery_cancel, name="recovery_cancel"),
    path("recovery/finish/<str:token>/", views_recovery.recovery_finish, name="recovery_finish"),
    path("step-up/", views_step_up.step_up, name="step_up"),
    path("settings/security/factors/<int:pk>/remove/", views_enrolment.factor_remove, name="factor_remove"),
    path("settings/security/factors/<int:pk>/rename/", views_enrolment.factor_rename, name="factor_rename"),
]
