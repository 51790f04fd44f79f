from django.apps import AppConfig
from django.conf import settings

from config.navigation import Place, add_place

# What workers do, by the names they are woken with: how often it looks by itself, in seconds.
WORK = {
    "ledger.journal": ("ledger.tasks.read", 20),
    "ledger.matchers": ("ledger.tasks.look", 30),
    "ledger.imports": ("ledger.tasks.imports", 15),
    "ledger.bulk_edits": ("ledger.tasks.bulk_edits", 15),
    "ledger.gains": ("ledger.tasks.gains", 10),
    "ledger.lots": ("ledger.lots_ready.work", 30),
    "ledger.reports": ("ledger.tasks.reports", 15),
    "ledger.readers": ("ledger.tasks.learn", 600),
    "ledger.former": ("ledger.tasks.compare", 600),
    "ledger.wants": ("ledger.price_wants.feed", 60),
    "ledger.prices": ("ledger.tasks.prices", 20),
    "ledger.rates": ("ledger.price_rates.update", 120),
}
LONG_WORK = {
    "ledger.heavy_imports": "ledger.tasks.heavy_imports",
    "ledger.matchers": "ledger.tasks.look_at_length",
    "ledger.gains": "ledger.tasks.large_gains",
    "ledger.reports": "ledger.tasks.large_reports",
}
CHAPTERS = (
    "ledger.album",
    "ledger.album_imports",
    "ledger.album_matching",
    "ledger.album_prices",
    "ledger.album_portfolio",
    "ledger.album_tax",
    "ledger.album_reports",
)
TABLE = "every transaction. Holdfast reads this file back: import it, once for each wallet that it tells of."


class LedgerApp(AppConfig):
    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import closing  # noqa: PLC0415 - its modules load models
        from config import album, queue  # noqa: PLC0415 - as above
        from ledger import belongings, notice_kinds  # noqa: PLC0415 - as above
        from wallets import removal  # noqa: PLC0415 - as above

        closing.register(*belongings.BELONGINGS)
        closing.TABLES.append(closing.Table("transactions.csv", TABLE, "ledger.exporting.everything"))
        notice_kinds.register()
        removal.HANGING.append(belongings.Rowed())
        for name, (does, every) in WORK.items():
            queue.register(name, does, every=every)
        for name, does in LONG_WORK.items():
            queue.register_long(name, does)
        add_place(Place("Portfolio", "portfolio:index", "chart", 5))
        add_place(Place("Transactions", "ledger:index", "list", 20))
        add_place(Place("Taxes", "tax:index", "tax", 30))
        if not settings.PRODUCTION:
            album.add_chapters(*CHAPTERS)
