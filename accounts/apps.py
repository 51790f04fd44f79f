from django.apps import AppConfig
from django.conf import settings

from config.navigation import Place, add_place

HOUR = 3600


class AccountsApp(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import (  # noqa: PLC0415 - they import models, which load after this module
            closing,
            email_changes,
            factor_seeds,
            notices,
            recovery,
            sessions,
            witness,
        )
        from accounts.belongings import BELONGINGS  # noqa: PLC0415 - as above
        from accounts.notice_kinds import LINKS, Kind, Link  # noqa: PLC0415 - as above
        from config import album, queue  # noqa: PLC0415 - as above

        witness.stand_by()
        queue.register("sessions.prune", sessions.prune, every=HOUR)
        queue.register(recovery.WORK, recovery.announce_due, every=300)
        if not settings.PRODUCTION:
            album.add_chapters("accounts.album")
        factor_seeds.register()
        add_place(Place("Home", "accounts:home", "home", 0))
        add_place(Place("Notices", "accounts:notices", "bell", 80, count=notices.badge))
        add_place(Place("Settings", "accounts:settings_profile", "settings", 90))
        closing.register(*BELONGINGS)
        LINKS[Kind.RECOVERY_STARTED] = Link("Cancel the recovery", recovery.cancel_link, grave=True)
        LINKS[Kind.EMAIL_CHANGED] = Link("This was not me", email_changes.link_of, grave=True, mail_only=True)
        queue.register(notices.MAIL, "accounts.tasks.mail_notices", every=60)
        queue.register("exports", "accounts.tasks.make_exports", every=60)
        queue.register("idempotency.prune", "accounts.tasks.prune_idempotency", every=HOUR)
        queue.register("purge", "accounts.tasks.purge_closed", every=24 * HOUR)
        queue.register("unproven", "accounts.tasks.drop_unproven", every=24 * HOUR)
