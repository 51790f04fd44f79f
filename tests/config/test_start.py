"""What every process pays before it does anything: each start loads Django and our apps, and little else."""

from __future__ import annotations

import subprocess
import sys

# Heavy, and of use to few: a page, a command or an installation that has the service in question.
LATER = {
    "authlib.oauth2",
    "ccxt",
    "fido2",
    "joserfc",
    "ledger.tasks",
    "openpyxl",
    "PIL",
    "qrcode",
    "redis",
    "reportlab",
    "requests",
    "rest_framework.serializers",
    "sync.admin",
    "xlsxwriter",
}
LOADED = "import sys, django; django.setup(); print(*sys.modules)"


def test_a_start_loads_nothing_heavy_that_only_few_need() -> None:
    started = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)

    assert LATER & set(started.stdout.split()) == set()
