"""What each cause means for the owner: whose turn it is, what happened, what to do, where the button leads.

The words live only here; pages and the API show the same ones. `{exchange}`, `{right}` and `{what}`, a key or a
sign-in, are filled in. Where a sign-in is mended in another way than a key is, it has words of its own.
Nothing here promises what no probe has shown: where several things are possible, they are all named.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from wallets.records import Cause


class Fault(StrEnum):
    """Who has to move."""

    OWNER = "owner"
    EXCHANGE = "exchange"
    HOLDFAST = "holdfast"
    NOBODY = "nobody"


class NextAction(StrEnum):
    NONE = "none"
    WAIT = "wait"
    UPDATE_KEY = "update_key"
    RECONNECT = "reconnect"
    FIX_RIGHTS = "fix_rights"
    FIX_IP = "fix_ip"
    ENTER_PASSPHRASE = "enter_passphrase"  # noqa: S105 # an action, not a password
    ACTIVATE_KEY = "activate_key"
    UPLOAD_CSV = "upload_csv"
    CONTACT_EXCHANGE = "contact_exchange"
    ASK_HELP = "ask_help"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    fault: Fault
    title: str
    explanation: str
    remedy: str
    action: NextAction

    def told(self, *, exchange: str, right: str = "", what: str = "key") -> Diagnosis:
        """The same, about this exchange."""
        names = {"exchange": exchange, "right": right or "something that reading needs", "what": what}
        title, explanation, remedy = (text.format_map(names) for text in (self.title, self.explanation, self.remedy))
        return replace(self, title=title, explanation=explanation, remedy=remedy)


SIGN_IN = "oauth"  # of the ways in
SAFE = "Your history and your edits stay as they are."

DIAGNOSES = {
    Cause.KEY_UNKNOWN: Diagnosis(
        Fault.OWNER,
        "{exchange} does not know this key",
        "The key was deleted, belongs to another product or region of {exchange}, or is not complete. Some exchanges "
        "also delete keys when you change your password or your two-factor settings, and some say the same of a key "
        f"that has run out or is bound to addresses other than ours. {SAFE}",
        "Make a new read-only key at {exchange} and put it here.",
        NextAction.UPDATE_KEY,
    ),
    Cause.SIGNATURE_WRONG: Diagnosis(
        Fault.OWNER,
        "The secret does not fit the key",
        "{exchange} knows the key, but the secret that came with it is not the right one. It may be cut short, mixed "
        f"up with another key's secret, or have lost a sign when it was copied. {SAFE}",
        "Enter key and secret again. {exchange} shows a secret only once: if it is gone, make a new key.",
        NextAction.UPDATE_KEY,
    ),
    Cause.PASSPHRASE_WRONG: Diagnosis(
        Fault.OWNER,
        "The passphrase does not fit the key",
        "{exchange} knows the key, but not this passphrase. It is the one you chose when you made the key, not the "
        "password you sign in or trade with.",
        "Enter the key's passphrase again. If it is lost, {exchange} cannot show it: make a new key.",
        NextAction.ENTER_PASSPHRASE,
    ),
    Cause.KEY_EXPIRED: Diagnosis(
        Fault.OWNER,
        "The key has run out",
        "A key ends on the day that was chosen when it was made, or by a rule of {exchange}, such as one for keys that "
        f"are not bound to fixed addresses. {SAFE}",
        "Make a new read-only key at {exchange} and put it here.",
        NextAction.UPDATE_KEY,
    ),
    Cause.KEY_REVOKED: Diagnosis(
        Fault.OWNER,
        "The key was withdrawn",
        f"Somebody with access to your {{exchange}} account, or {{exchange}} itself, ended this key. {SAFE}",
        "If it was not you, sign in at {exchange} and look at your security settings. Then make a new read-only key.",
        NextAction.UPDATE_KEY,
    ),
    Cause.KEY_LEAKED: Diagnosis(
        Fault.OWNER,
        "You reported this key as leaked",
        f"Holdfast stopped using it at that moment. {SAFE}",
        "Delete the key at {exchange}, then make a new read-only key and put it here.",
        NextAction.UPDATE_KEY,
    ),
    Cause.NO_KEY: Diagnosis(
        Fault.OWNER,
        "This wallet has no key any more",
        "Its key was wiped when the wallet was detached or put in the bin, or when your account was to be closed. "
        f"{SAFE}",
        "Connect it again: the wallet goes on where it stopped.",
        NextAction.UPDATE_KEY,
    ),
    Cause.KEY_INACTIVE: Diagnosis(
        Fault.OWNER,
        "The key is not active yet",
        "{exchange} wants a new key, or the account itself, to be confirmed before it answers.",
        "Look for the confirmation by {exchange}, usually an e-mail with a link, and follow it. Then test again.",
        NextAction.ACTIVATE_KEY,
    ),
    Cause.KEY_TYPE_RETIRED: Diagnosis(
        Fault.EXCHANGE,
        "{exchange} no longer takes this kind of key",
        f"The key was made in an older way that {{exchange}} has ended. {SAFE}",
        "Make a key of the new kind; the steps are beside the form.",
        NextAction.UPDATE_KEY,
    ),
    Cause.SIGN_IN_AGAIN: Diagnosis(
        Fault.OWNER,
        "{exchange} asks you to sign in again",
        "The permission you gave has ended. That happens when it was withdrawn at {exchange}, when you changed your "
        f"password there, when it grew too old, or when its renewal was interrupted. {SAFE}",
        "Sign in at {exchange} once more; this wallet goes on where it stopped.",
        NextAction.RECONNECT,
    ),
    Cause.IP_REFUSED: Diagnosis(
        Fault.OWNER,
        "The key may not be used from our addresses",
        "The key is bound to a list of internet addresses, and ours are not on it.",
        "At {exchange}, add the addresses shown here to the key, or take the restriction off.",
        NextAction.FIX_IP,
    ),
    Cause.RIGHT_MISSING: Diagnosis(
        Fault.OWNER,
        "The key may not read everything",
        "{exchange} refused. This is not ticked for the key: {right}.",
        "At {exchange}, tick what is named here, or make a new key with it. Leave trading and withdrawing unticked.",
        NextAction.FIX_RIGHTS,
    ),
    Cause.RIGHTS_TOO_WIDE: Diagnosis(
        Fault.OWNER,
        "The key may do more than read",
        "Beside reading, this key allows: {right}. Holdfast uses keys that can only read, so that nobody, "
        "not even somebody who breaks in here, can move your money. The key is not used.",
        "At {exchange}, untick what is named here, or make a new key that can only read.",
        NextAction.FIX_RIGHTS,
    ),
    Cause.WRONG_HOST: Diagnosis(
        Fault.OWNER,
        "The key belongs to another region of {exchange}",
        "{exchange} runs separate sites for some regions, and a key works only at its own.",
        "Choose the site where you made the key.",
        NextAction.UPDATE_KEY,
    ),
    Cause.CLOCK_SKEW: Diagnosis(
        Fault.HOLDFAST,
        "Our clock and that of {exchange} differ",
        "{exchange} refuses requests whose time is off. Your {what} is not the cause.",
        "There is nothing for you to do: we set our clock and try again.",
        NextAction.WAIT,
    ),
    Cause.NONCE_CLASH: Diagnosis(
        Fault.OWNER,
        "Another program uses the same key",
        "{exchange} wants the requests of one key to be numbered in order, and two programs with one key upset the "
        "count.",
        "Make a key for Holdfast alone. If no other program has this one, it settles by itself.",
        NextAction.UPDATE_KEY,
    ),
    Cause.RATE_LIMITED: Diagnosis(
        Fault.NOBODY,
        "{exchange} asks us to slow down",
        "Each exchange answers only so many requests in a while. We wait for our turn.",
        "There is nothing for you to do: it goes on by itself.",
        NextAction.WAIT,
    ),
    Cause.ACCOUNT_FROZEN: Diagnosis(
        Fault.EXCHANGE,
        "{exchange} has locked this account or key",
        f"The exchange refuses requests for this account. The reason is known only there. {SAFE}",
        "Sign in at {exchange} and look for a message, or write to its support.",
        NextAction.CONTACT_EXCHANGE,
    ),
    Cause.ACCOUNT_KIND: Diagnosis(
        Fault.EXCHANGE,
        "{exchange} lets keys read its newer kind of account only",
        f"This account is of the older kind: it was never changed. Your {{what}} is not the cause. {SAFE}",
        "At {exchange}, change the account into the newer kind, if you want that, and test again. Else upload a file "
        "from its website.",
        NextAction.CONTACT_EXCHANGE,
    ),
    Cause.ACCOUNT_EMPTY: Diagnosis(
        Fault.NOBODY,
        "There is nothing in this account yet",
        "The key works and {exchange} answers: it has no balance and no history to give.",
        "If you expected some, look whether the key belongs to another account, portfolio or sub-account.",
        NextAction.NONE,
    ),
    Cause.REGION_BLOCKED: Diagnosis(
        Fault.EXCHANGE,
        "{exchange} does not answer from where our servers stand",
        f"The exchange refuses requests from some countries. Your {{what}} is not the cause. {SAFE}",
        "Upload a file from {exchange} for now; the steps are on the next page.",
        NextAction.UPLOAD_CSV,
    ),
    Cause.MAINTENANCE: Diagnosis(
        Fault.EXCHANGE,
        "{exchange} is down for the moment",
        "The exchange is being maintained or has trouble of its own. Your {what} is not the cause.",
        "There is nothing for you to do: we try again and go on where it stopped.",
        NextAction.WAIT,
    ),
    Cause.PART_DOWN: Diagnosis(
        Fault.EXCHANGE,
        "A part of {exchange} does not answer",
        "Some of its lists do not come just now; everything else is read as usual. Your {what} is not the cause.",
        "There is nothing for you to do: we ask for them again, and what happened meanwhile comes in then.",
        NextAction.WAIT,
    ),
    Cause.EXCHANGE_RETIRED: Diagnosis(
        Fault.EXCHANGE,
        "{exchange} has closed this way in",
        f"It cannot be connected any more. {SAFE}",
        "If something is missing, upload a file from {exchange}, as long as it hands them out.",
        NextAction.UPLOAD_CSV,
    ),
    Cause.NETWORK: Diagnosis(
        Fault.NOBODY,
        "{exchange} could not be reached",
        "The connection between us and the exchange failed on the way. Your {what} is not the cause.",
        "There is nothing for you to do: we try again soon.",
        NextAction.WAIT,
    ),
    Cause.UNEXPECTED_REPLY: Diagnosis(
        Fault.HOLDFAST,
        "{exchange} answered something we do not understand",
        f"Nothing was taken from that answer. {SAFE}",
        "We try again. If it lasts, ask for help: we are shown what happened, without your {what} or your amounts.",
        NextAction.ASK_HELP,
    ),
}


OF_A_SIGN_IN = {
    Cause.ACCOUNT_FROZEN: replace(DIAGNOSES[Cause.ACCOUNT_FROZEN], title="{exchange} has locked this account"),
    Cause.RIGHT_MISSING: Diagnosis(
        Fault.OWNER,
        "The sign-in may not read everything",
        "{exchange} refused. This was not allowed when you signed in: {right}.",
        "Sign in at {exchange} again and allow what is named here; this wallet goes on where it stopped.",
        NextAction.RECONNECT,
    ),
    Cause.RIGHTS_TOO_WIDE: Diagnosis(
        Fault.OWNER,
        "The sign-in may do more than read",
        "Beside reading, it allows: {right}. Holdfast uses what can only read, so that nobody, not even somebody who "
        "breaks in here, can move your money. The sign-in is not used.",
        "Sign in at {exchange} again and allow reading only.",
        NextAction.RECONNECT,
    ),
    Cause.ACCOUNT_EMPTY: replace(
        DIAGNOSES[Cause.ACCOUNT_EMPTY],
        explanation="The sign-in works and {exchange} answers: it has no balance and no history to give.",
        remedy="If you expected some, look whether you signed in to another account or portfolio.",
    ),
    Cause.KEY_LEAKED: replace(
        DIAGNOSES[Cause.KEY_LEAKED],
        title="You reported this sign-in as leaked",
        remedy="Take the permission back at {exchange}, then sign in there once more.",
        action=NextAction.RECONNECT,
    ),
    Cause.NO_KEY: replace(
        DIAGNOSES[Cause.NO_KEY],
        title="This wallet has no sign-in any more",
        explanation="It was wiped when the wallet was detached or put in the bin, or when your account was to be "
        f"closed. {SAFE}",
        action=NextAction.RECONNECT,
    ),
}


def of(cause: Cause, *, way: str) -> Diagnosis:
    return OF_A_SIGN_IN.get(cause, DIAGNOSES[cause]) if way == SIGN_IN else DIAGNOSES[cause]


def diagnose(cause: Cause, *, exchange: str, right: str = "", way: str = "key") -> Diagnosis:
    """`way`: how the wallet, or what is tested, is read."""
    what = "sign-in" if way == SIGN_IN else "key"
    return of(cause, way=way).told(exchange=exchange, right=right, what=what)
