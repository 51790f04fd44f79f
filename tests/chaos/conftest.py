"""What wallets are tested with, here too."""

from tests.wallets.conftest import house, stage, street  # noqa: F401 - pytest looks for fixtures here
