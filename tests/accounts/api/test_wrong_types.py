"""What is sent is taken for what it is: a text is no figure, and a figure no text that writes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from rest_framework import serializers

from tests.accounts.api.test_frame import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.api.fields import Shape

UNLIKE: dict[type[Any], tuple[object, ...]] = {
    serializers.CharField: (5, 1.5, True),
    serializers.IntegerField: ("5", "2024", 5.5, True),
    serializers.BooleanField: ("yes", "true", 1, 0),
}
TAKEN = sorted({operation.takes for *_, operation in OPERATIONS if operation.takes}, key=lambda shape: shape.__name__)


def sent(field: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every field that may be sent, also within others."""
    if isinstance(field, serializers.ListField | serializers.ListSerializer):
        yield from sent(field.child, f"{path}[]")
    elif isinstance(field, serializers.Serializer):
        for name, inner in field.fields.items():
            if not inner.read_only:
                yield from sent(inner, f"{path}.{name}")
    else:
        yield path, field


@pytest.mark.parametrize("shape", TAKEN)
def test_nothing_is_taken_for_what_it_is_not(shape: type[Shape]) -> None:
    taken = [(path, value) for path, field in sent(shape(), "") for value in unlike(field) if takes(field, value)]

    assert not taken


def unlike(field: Any) -> tuple[object, ...]:
    return next((values for kind, values in UNLIKE.items() if isinstance(field, kind)), ())


def takes(field: Any, value: object) -> bool:
    try:
        field.run_validation(value)
    except serializers.ValidationError:
        return False
    return True
