"""Amounts as PostgreSQL keeps them best: `numeric` without a scale. Nothing is rounded, nothing is padded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from decimal import Decimal

    from django.db.backends.base.base import BaseDatabaseWrapper

DECIMALS = 36

if TYPE_CHECKING:
    Numbers = models.DecimalField[Decimal | str, Decimal]
    MaybeNumbers = models.DecimalField[Decimal | str | None, Decimal | None]
else:  # Django's class takes its parameters in the type checker only
    Numbers = MaybeNumbers = models.DecimalField


class ExactField(Numbers):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "max_digits": 1000, "decimal_places": DECIMALS})

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002 - Django's signature
        return "numeric"


class MaybeExactField(MaybeNumbers):
    """One that may be missing, which is not nought."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "null": True, "max_digits": 1000, "decimal_places": DECIMALS})

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002 - Django's signature
        return "numeric"
