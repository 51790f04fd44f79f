"""Why two may belong together, why not, and what an open end may be: closed lists, each with words for the owner."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    SAME_ASSET = "same_asset"
    AMOUNT_EQUAL = "amount_equal"
    AMOUNT_AFTER_FEE = "amount_after_fee"
    AMOUNT_ROUNDED = "amount_rounded"
    AMOUNT_LESS = "amount_less"
    AMOUNT_NEAR = "amount_near"
    AMOUNT_MORE = "amount_more"
    AMOUNT_COMMON = "amount_common"
    AMOUNT_DISTINCT = "amount_distinct"
    AMOUNTS_ADD_UP = "amounts_add_up"
    HASH_EQUAL = "hash_equal"
    HASH_DIFFERS = "hash_differs"
    SOON_AFTER = "soon_after"
    LATE = "late"
    BEFORE = "before"
    DAY_ONLY = "day_only"
    ADDRESS_EQUAL = "address_equal"
    ADDRESS_KNOWN = "address_known"
    ADDRESS_ELSEWHERE = "address_elsewhere"
    ADDRESS_DIFFERS = "address_differs"
    NETWORK_AGREES = "network_agrees"
    NETWORK_DIFFERS = "network_differs"
    INTERNAL = "internal"
    SAID_OTHERWISE = "said_otherwise"
    SEVERAL_FIT = "several_fit"
    SAME_TIME = "same_time"
    TIME_CUT = "time_cut"
    TIME_NEAR = "time_near"
    TIME_SHIFTED = "time_shifted"
    CLOCK_AHEAD = "clock_ahead"
    SAME_ORDER = "same_order"
    ORDER_DIFFERS = "order_differs"
    SUM_OF_PARTS = "sum_of_parts"
    FEE_ONCE = "fee_once"
    FEE_INSIDE = "fee_inside"
    FEE_DIFFERS = "fee_differs"
    KIND_DIFFERS = "kind_differs"
    ID_DIFFERS = "id_differs"
    BY_HAND = "by_hand"
    DECIDED = "decided"


WORDS = {
    Why.SAME_ASSET: "Both are {value}.",
    Why.AMOUNT_EQUAL: "The amounts are the same.",
    Why.AMOUNT_AFTER_FEE: "What arrived is what left, less the fee.",
    Why.AMOUNT_ROUNDED: "The amounts are the same, but one side rounds them.",
    Why.AMOUNT_LESS: "What arrived is {value} % less than what left.",
    Why.AMOUNT_NEAR: "The amounts differ by less than {value} %.",
    Why.AMOUNT_MORE: "More arrived than left.",
    Why.AMOUNT_COMMON: "It is a round amount, which comes up often.",
    Why.AMOUNT_DISTINCT: "An amount of so many digits is hardly equal by chance.",
    Why.AMOUNTS_ADD_UP: "The {value} parts add up to the whole.",
    Why.HASH_EQUAL: "Both name the same transaction on the network.",
    Why.HASH_DIFFERS: "They name different transactions on the network.",
    Why.SOON_AFTER: "It arrived {value} after it left.",
    Why.LATE: "It arrived {value} after it left, which is long.",
    Why.BEFORE: "It arrived {value} before it left: the two clocks may differ.",
    Why.DAY_ONLY: "One side tells the day only.",
    Why.ADDRESS_EQUAL: "It was sent to the address at which it arrived.",
    Why.ADDRESS_KNOWN: "It was sent to an address of this wallet.",
    Why.ADDRESS_ELSEWHERE: "It was sent to an address of another wallet of yours.",
    Why.ADDRESS_DIFFERS: "The two sides name different addresses.",
    Why.NETWORK_AGREES: "Both went over the same network.",
    Why.NETWORK_DIFFERS: "They went over different networks.",
    Why.INTERNAL: "The exchange says that it stayed among your own accounts.",
    Why.SAID_OTHERWISE: "One side is told as something other than a transfer.",
    Why.SEVERAL_FIT: "Another one fits as well.",
    Why.SAME_TIME: "Both happened at the same time.",
    Why.TIME_CUT: "The times agree as far as both tell them.",
    Why.TIME_NEAR: "The times are {value} apart.",
    Why.TIME_SHIFTED: "The times are {value} apart, as if one side used another time zone.",
    Why.CLOCK_AHEAD: "One side's clock is {value} off, as you said.",
    Why.SAME_ORDER: "Both belong to the same order.",
    Why.ORDER_DIFFERS: "They belong to different orders.",
    Why.SUM_OF_PARTS: "One side tells as a whole what the other tells in {value} parts.",
    Why.FEE_ONCE: "Only one side tells the fee.",
    Why.FEE_INSIDE: "The amounts agree once the fee is taken into account.",
    Why.FEE_DIFFERS: "The two sides tell different fees.",
    Why.KIND_DIFFERS: "The two sides call it by different names.",
    Why.ID_DIFFERS: "Both have an id of the exchange, and not the same one.",
    Why.BY_HAND: "One of them was entered by hand.",
    Why.DECIDED: "You said that they are the same.",
}

AGAINST = {
    Why.AMOUNT_LESS, Why.AMOUNT_NEAR, Why.AMOUNT_MORE, Why.AMOUNT_COMMON,
    Why.HASH_DIFFERS, Why.LATE, Why.BEFORE, Why.DAY_ONLY,
    Why.ADDRESS_ELSEWHERE, Why.ADDRESS_DIFFERS, Why.NETWORK_DIFFERS, Why.SAID_OTHERWISE, Why.SEVERAL_FIT,
    Why.ORDER_DIFFERS, Why.TIME_NEAR, Why.TIME_SHIFTED, Why.FEE_DIFFERS, Why.KIND_DIFFERS, Why.BY_HAND,
    Why.ID_DIFFERS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    code: Why
    value: str = ""

    @property
    def words(self) -> str:
        return WORDS[self.code].format(value=self.value)

    @property
    def speaks_for(self) -> bool:
        return self.code not in AGAINST


PLAIN = {code: Reason(code) for code in Why}  # those without a figure, made once: a matcher weighs very many


class Perhaps(StrEnum):
    """What an end without another end may be."""

    SUGGESTED = "suggested"
    ON_ITS_WAY = "on_its_way"
    CAME_BACK = "came_back"
    HISTORY_MISSING = "history_missing"
    BANK = "bank"
    WALLET_NOT_CONNECTED = "wallet_not_connected"
    PAYMENT = "payment"
    GIFT_GIVEN = "gift_given"
    LOST = "lost"
    BOUGHT_ELSEWHERE = "bought_elsewhere"
    INCOME = "income"
    REWARD = "reward"
    GIFT_RECEIVED = "gift_received"
    SPAM = "spam"


PERHAPS_WORDS = {
    Perhaps.SUGGESTED: "One of your other transactions may be its other end.",
    Perhaps.ON_ITS_WAY: "It may still be on its way.",
    Perhaps.CAME_BACK: "It seems to have been returned to the same wallet.",
    Perhaps.HISTORY_MISSING: "Its address belongs to a wallet of yours whose history may have a gap there.",
    Perhaps.BANK: "Money that went to your bank account or came from it.",
    Perhaps.WALLET_NOT_CONNECTED: "A wallet of yours that is not connected here yet.",
    Perhaps.PAYMENT: "A payment for goods or services.",
    Perhaps.GIFT_GIVEN: "A gift or a donation.",
    Perhaps.LOST: "Sent by mistake, or lost.",
    Perhaps.BOUGHT_ELSEWHERE: "It may have been bought somewhere that is not connected here.",
    Perhaps.INCOME: "Somebody paid you.",
    Perhaps.REWARD: "A reward, such as an airdrop or interest.",
    Perhaps.GIFT_RECEIVED: "A gift to you.",
    Perhaps.SPAM: "A tiny amount from a stranger, as is sent out for advertising.",
}


@dataclass(frozen=True, slots=True)
class Guess:
    code: Perhaps
    wallet: str = ""  # which wallet is meant, where one is known

    @property
    def words(self) -> str:
        return PERHAPS_WORDS[self.code]
