from datetime import timedelta

from django.apps import AppConfig
from django.conf import settings


class SyncApp(AppConfig):
    name = "sync"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import closing  # noqa: PLC0415 - its modules load models
        from config import album, queue  # noqa: PLC0415 - as above
        from sync import belongings, notice_kinds, schedule, tasks  # noqa: PLC0415 - as above
        from wallets import removal  # noqa: PLC0415 - as above

        notice_kinds.register()
        closing.register(*belongings.BELONGINGS)
        removal.HANGING.append(belongings.Bookmarks())
        queue.register(schedule.WORK, tasks.run, every=20)
        queue.register(schedule.PLAN, tasks.plan, every=15, lasting=timedelta(minutes=1))
        queue.register("sync.incidents", tasks.look_for_incidents, every=60)
        if not settings.PRODUCTION:
            from accounts import ready_made  # noqa: PLC0415 - as above
            from sync import demo  # noqa: PLC0415 - as above

            album.add_chapters("sync.album")
            ready_made.STORIES.append(demo.story)
