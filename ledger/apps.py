from django.apps import AppConfig


class LedgerApp(AppConfig):
    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import closing  # noqa: PLC0415 - its modules load models
        from config import queue  # noqa: PLC0415 - as above
        from ledger import belongings, tasks  # noqa: PLC0415 - as above
        from wallets import removal  # noqa: PLC0415 - as above

        closing.register(*belongings.BELONGINGS)
        removal.HANGING.append(belongings.Rowed())
        queue.register(tasks.READ, tasks.read, every=20)
        queue.register(tasks.LOOK, tasks.look, every=30)
        queue.register(tasks.LEARN, tasks.learn, every=600)
