"""Programs of alice and of a stranger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.accounts.api.conftest import script_of

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from accounts.models import User


@pytest.fixture
def script(alice: User) -> APIClient:
    return script_of(alice, "read", "write")


@pytest.fixture
def strangers_script(bob: User) -> APIClient:
    return script_of(bob, "read", "write")
