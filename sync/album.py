"""The pages of this app as pictures are taken of them. Development and tests only."""

from __future__ import annotations

from config.album import View, add_views, add_visitor
from sync import visitors, visitors_staff
from sync.visitors import wallet_id


def register() -> None:
    add_visitor("syncer", visitors.syncer)
    add_visitor("patient", visitors_staff.patient)
    add_visitor("staff", visitors_staff.staff)
    add_views(
        View("history", f"/sync/wallets/{wallet_id('working')}/", visitor="syncer"),
        View("history-down", f"/sync/wallets/{wallet_id('down')}/", visitor="syncer"),
        View("history-empty", f"/sync/wallets/{wallet_id('fresh')}/", visitor="syncer"),
        View("history-paused", f"/sync/wallets/{visitors_staff.wallet_id()}/", visitor="patient"),
        View("wallets-paused", "wallets:index", visitor="patient"),
        View("board", "/admin/sync/run/board/", visitor="staff"),
        View("run", f"/sync/runs/{visitors.run_id('down')}/", visitor="syncer"),
        View("run-again", f"/sync/runs/{visitors.run_id('again')}/", visitor="syncer"),
        View("run-broken-off", f"/sync/runs/{visitors.run_id('broken off')}/", visitor="syncer"),
        View("run-taken-up", f"/sync/runs/{visitors.run_id('taken up')}/", visitor="syncer"),
    )
