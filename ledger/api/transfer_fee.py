"""`tax-settings/transfer-fee/`: what becomes of the fee of a transfer between the owner's own wallets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.api.frame import Call, api, require_unchanged
from accounts.models import User
from config.api.fields import Choice, Shape
from ledger import plans
from ledger.models import GainChoices

if TYPE_CHECKING:
    from collections.abc import Mapping

TransferFee = GainChoices.TransferFee


class TransferFeeShape(Shape):
    transfer_fee = Choice(
        TransferFee.choices,
        help_text="Of what is sent and does not arrive. It holds for all years; those that are filed stay as they are.",
    )

    example = {"transfer_fee": str(TransferFee.DISPOSAL)}


@api("GET", scope="read", gives=TransferFeeShape)
def show(call: Call) -> Mapping[str, str]:
    """Read what becomes of the fees of transfers between your own wallets."""
    return told(call.owner)


@api("PATCH", scope="write", takes=TransferFeeShape, gives=TransferFeeShape, conditional=True)
def change(call: Call) -> Mapping[str, str]:
    """Say what becomes of them. Gains of all years are reckoned anew."""
    owner = User.objects.select_for_update(no_key=True).get(pk=call.owner.pk)
    now = told(owner)
    require_unchanged(call, TransferFeeShape, now)
    if call.data.get("transfer_fee", now["transfer_fee"]) != now["transfer_fee"]:
        plans.choose_fee(by=call.by, owner=owner, now=call.now, **call.data)
    return told(owner)


def told(owner: User) -> Mapping[str, str]:
    return {"transfer_fee": plans.transfer_fee(owner)}
