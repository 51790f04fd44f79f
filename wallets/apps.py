from django.apps import AppConfig
from django.conf import settings

from config.navigation import Place, add_place

HOUR, DAY = 3600, 24 * 3600


class WalletsApp(AppConfig):
    name = "wallets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import closing, first_steps  # noqa: PLC0415 - their modules load models
        from config import album, queue  # noqa: PLC0415 - as above
        from wallets import (  # noqa: PLC0415 - as above
            belongings,
            credentials,
            first_step,
            notice_kinds,
            removal,
            tasks,
        )

        notice_kinds.register()
        closing.register(*belongings.BELONGINGS)
        removal.HANGING.append(removal.Connection())
        first_steps.FURTHER.append(first_step.connect_an_exchange)
        add_place(Place("Wallets", "wallets:index", "wallet", 10))
        queue.register(credentials.WORK, tasks.examine_credentials, every=30)
        queue.register("wallets.remind", tasks.remind, every=DAY)
        queue.register("wallets.bin", tasks.empty_bin, every=HOUR)
        if not settings.PRODUCTION:
            from accounts import ready_made  # noqa: PLC0415 - as above
            from wallets import demo  # noqa: PLC0415 - as above

            album.add_chapters("wallets.album")
            ready_made.FURTHER.append(demo.furnish)
