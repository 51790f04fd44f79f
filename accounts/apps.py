from django.apps import AppConfig

from accounts import album
from config.navigation import Place, add_place


class AccountsApp(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import recovery, witness  # noqa: PLC0415  # they import models
        from config import queue  # noqa: PLC0415  # as in config.apps

        witness.stand_by()
        queue.register(recovery.WORK, recovery.announce_due, every=300)
        album.register()
        add_place(Place("Home", "accounts:home", "home", 0))
        add_place(Place("Notices", "accounts:notices", "bell", 80))
        add_place(Place("Settings", "accounts:settings_profile", "settings", 90))
