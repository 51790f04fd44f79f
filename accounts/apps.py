from django.apps import AppConfig


class AccountsApp(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
