from django.apps import AppConfig
from django.conf import settings

from config.navigation import Place, add_place


class LedgerApp(AppConfig):
    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import closing  # noqa: PLC0415 - its modules load models
        from config import album, queue  # noqa: PLC0415 - as above
        from ledger import (  # noqa: PLC0415 - as above
            belongings,
            bulk_slices,
            importing,
            price_fetching,
            price_rates,
            price_wants,
            reporting,
            tasks,
        )
        from ledger.gains import stale  # noqa: PLC0415 - as above
        from wallets import removal  # noqa: PLC0415 - as above

        closing.register(*belongings.BELONGINGS)
        removal.HANGING.append(belongings.Rowed())
        queue.register(tasks.READ, tasks.read, every=20)
        queue.register(tasks.LOOK, tasks.look, every=30)
        queue.register(importing.WORK, tasks.imports, every=15)
        queue.register_long(importing.HEAVY, tasks.heavy_imports)
        queue.register_long(tasks.LOOK, tasks.look_at_length)
        queue.register(bulk_slices.WORK, tasks.bulk_edits, every=15)
        queue.register(stale.WORK, tasks.gains, every=10)
        queue.register_long(stale.WORK, tasks.large_gains)
        queue.register(reporting.WORK, tasks.reports, every=15)
        queue.register_long(reporting.WORK, tasks.large_reports)
        queue.register(tasks.LEARN, tasks.learn, every=600)
        queue.register(price_wants.WORK, price_wants.feed, every=60)
        queue.register(price_fetching.WORK, tasks.prices, every=20)
        queue.register(price_rates.WORK, price_rates.update, every=120)
        add_place(Place("Portfolio", "portfolio:index", "chart", 5))
        add_place(Place("Transactions", "ledger:index", "list", 20))
        add_place(Place("Taxes", "tax:index", "tax", 30))
        if not settings.PRODUCTION:
            album.add_chapters(
                "ledger.album",
                "ledger.album_imports",
                "ledger.album_matching",
                "ledger.album_prices",
                "ledger.album_portfolio",
                "ledger.album_tax",
                "ledger.album_reports",
            )
