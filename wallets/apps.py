from django.apps import AppConfig
from django.conf import settings

from config.navigation import Place, add_place

HOUR, DAY = 3600, 24 * 3600


class WalletsApp(AppConfig):
    name = "wallets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import closing, first_steps, ready_made  # noqa: PLC0415 - their modules load models
        from config import album, queue  # noqa: PLC0415 - as above
        from wallets import belongings, first_step, notice_kinds, removal  # noqa: PLC0415 - as above

        notice_kinds.register()
        closing.register(*belongings.BELONGINGS)
        removal.HANGING.append(removal.Connection())
        first_steps.FURTHER.append(first_step.connect_an_exchange)
        add_place(Place("Wallets", "wallets:index", "wallet", 10))
        queue.register("credential_tests", "wallets.tasks.examine_credentials", every=30)
        queue.register("wallets.remind", "wallets.tasks.remind", every=DAY)
        queue.register("wallets.bin", "wallets.tasks.empty_bin", every=HOUR)
        if not settings.PRODUCTION:
            album.add_chapters("wallets.album")
            ready_made.FURTHER.append("wallets.demo.furnish")
