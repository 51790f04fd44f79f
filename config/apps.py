from typing import cast

from django.apps import AppConfig
from django.conf import settings


class ConfigApp(AppConfig):
    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # They import what apps must be loaded for.
        from config import beats, cache, canaries, limits, mail, queue, statements  # noqa: PLC0415

        canaries.watch_connections()
        statements.give_up_with_their_clients()
        for database in settings.DATABASES.values():
            cast("dict[str, object]", database["OPTIONS"])["application_name"] = beats.connection_name()
        queue.register(mail.WORK, mail.deliver, every=15)
        queue.register("queue.prune", queue.prune, every=3600)
        queue.register("cache.prune", cache.prune, every=600)
        queue.register("limits.prune", limits.prune, every=600)
