from django.apps import AppConfig


class LedgerApp(AppConfig):
    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import closing  # noqa: PLC0415 - its modules load models
        from ledger import belongings  # noqa: PLC0415 - as above
        from wallets import removal  # noqa: PLC0415 - as above

        closing.register(*belongings.BELONGINGS)
        removal.HANGING.append(belongings.Rowed())
