from django.apps import AppConfig

from accounts import album
from config.navigation import Place, add_place


class AccountsApp(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        album.register()
        add_place(Place("Home", "accounts:home", "home", 0))
        add_place(Place("Notices", "accounts:notices", "bell", 80))
        add_place(Place("Settings", "accounts:settings_profile", "settings", 90))
