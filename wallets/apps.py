from django.apps import AppConfig


class WalletsApp(AppConfig):
    name = "wallets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import closing  # noqa: PLC0415 - its modules load models
        from config import queue  # noqa: PLC0415 - as above
        from wallets import belongings, credentials, tasks  # noqa: PLC0415 - as above

        closing.register(*belongings.BELONGINGS)
        queue.register(credentials.WORK, tasks.examine_credentials, every=30)
