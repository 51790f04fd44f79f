from django.apps import AppConfig


class ConfigApp(AppConfig):
    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config import cache, limits, mail, queue  # noqa: PLC0415  # they import what apps must be loaded for

        queue.register(mail.WORK, mail.deliver, every=15)
        queue.register("queue.prune", queue.prune, every=3600)
        queue.register("cache.prune", cache.prune, every=600)
        queue.register("limits.prune", limits.prune, every=600)
