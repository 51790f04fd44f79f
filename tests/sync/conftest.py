"""The sandbox and its pace, as the tests of wallets have them."""

from tests.wallets.conftest import house, pace, stage, street  # noqa: F401  # pytest looks for fixtures here
