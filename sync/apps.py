from datetime import timedelta

from django.apps import AppConfig
from django.conf import settings


class SyncApp(AppConfig):
    name = "sync"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import closing, ready_made  # noqa: PLC0415 - its modules load models
        from config import album, queue  # noqa: PLC0415 - as above
        from sync import belongings, excuses, notice_kinds, schedule  # noqa: PLC0415 - as above
        from wallets import removal, trouble  # noqa: PLC0415 - as above

        notice_kinds.register()
        closing.register(*belongings.BELONGINGS)
        removal.HANGING.append(belongings.Bookmarks())
        trouble.WATCHES.append(excuses.in_incident)
        trouble.HOLDING.append(schedule.held_back)
        queue.register("sync.run", "sync.tasks.run", every=20)
        queue.register("sync.plan", "sync.tasks.plan", every=15, lasting=timedelta(minutes=1))
        queue.register("sync.incidents", "sync.tasks.look_for_incidents", every=60)
        queue.register("sync.old_runs", "sync.tasks.forget_old_runs", every=24 * 3600)
        queue.register("sync.silence", "sync.tasks.look_for_silence", every=3600)
        if not settings.PRODUCTION:
            album.add_chapters("sync.album")
            ready_made.STORIES.append("sync.demo.story")
