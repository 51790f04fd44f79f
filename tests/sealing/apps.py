from django.apps import AppConfig


class SealingApp(AppConfig):
    name = "tests.sealing"
    label = "sealing"
    default_auto_field = "django.db.models.BigAutoField"
