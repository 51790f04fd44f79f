"""The audit trail: who did what to whose account, when, from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Self
from uuid import UUID, uuid5

from allauth.core.internal.httpkit import get_client_ip
from django.db import transaction

from accounts.models import AuditEvent
from config.fields import unseal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.http import HttpRequest

    from accounts.models import User
    from config.fields import Sealed


class Action(StrEnum):
    """Every kind of act that is recorded, with the words the owner reads. Sorted by journey."""

    # Coming in and going out
    SIGNED_UP = "signed_up", "Account opened"
    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in refused"
    SIGNED_OUT = "signed_out", "Signed out"
    SESSION_ENDED = "session_ended", "A device was signed out"
    SESSIONS_ENDED = "sessions_ended", "All other devices were signed out"
    EMAIL_CHANGED = "email_changed", "E-mail address changed"
    EMAIL_CONTESTED = "email_contested", "The former e-mail address said that it was not the owner who changed it"
    EMAIL_SETTLED = "email_settled", "It was decided which e-mail address stays"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    COINBASE_LINKED = "coinbase_linked", "Sign-in with Coinbase turned on"
    COINBASE_UNLINKED = "coinbase_unlinked", "Sign-in with Coinbase turned off"

    # Second factor
    STEPPED_UP = "stepped_up", "Second factor confirmed"
    STEP_UP_FAILED = "step_up_failed", "Second factor refused"
    TOTP_ADDED = "totp_added", "Authenticator app added"
    TOTP_REMOVED = "totp_removed", "Authenticator app removed"
    PASSKEY_ADDED = "passkey_added", "Passkey added"
    PASSKEY_REMOVED = "passkey_removed", "Passkey removed"
    RECOVERY_CODES_MADE = "recovery_codes_made", "Recovery codes made"
    RECOVERY_CODE_USED = "recovery_code_used", "Recovery code used"
    RECOVERY_STARTED = "recovery_started", "Recovery of a lost second factor started"
    RECOVERY_CONFIRMED = "recovery_confirmed", "Recovery confirmed by e-mail; the 72-hour wait began"
    RECOVERY_CANCELLED = "recovery_cancelled", "Recovery cancelled"
    RECOVERY_USED = "recovery_used", "Recovery completed; former second factors removed"

    # Programs
    TOKEN_MINTED = "token_minted", "Access token made"
    TOKEN_REVOKED = "token_revoked", "Access token revoked"

    # Settings
    PROFILE_CHANGED = "profile_changed", "Profile changed"
    TAX_SETTINGS_CHANGED = "tax_settings_changed", "Tax settings changed"
    NOTICE_MUTED = "notice_muted", "E-mails of one kind turned off"
    NOTICE_UNMUTED = "notice_unmuted", "E-mails of one kind turned on"

    # Secrets
    SECRET_OPENED = "secret_opened", "A key or sign-in kept here was used"

    # Wallets and their credentials
    TREASURE_REFUSED = "treasure_refused", "A seed phrase or wallet key was pasted; it was refused and not kept"
    CREDENTIAL_TESTED = "credential_tested", "A key was tested"
    WALLET_CONNECTED = "wallet_connected", "Wallet connected"
    CREDENTIAL_REPLACED = "credential_replaced", "Key put in place of the former one"
    CREDENTIAL_STAGED = "credential_staged", "A second key was kept in reserve, to be tried at the next sync"
    CREDENTIAL_PROMOTED = "credential_promoted", "The key in reserve took over after its first clean sync"
    STAGED_REFUSED = "staged_refused", "The key in reserve failed; the present one stays in force"
    STAGED_RETRIED = "staged_retried", "The key in reserve is to be tried again"
    STAGED_DROPPED = "staged_dropped", "The key in reserve was wiped"
    OLD_KEY_DELETED = "old_key_deleted", "The old key was said to be deleted at the exchange"
    CREDENTIAL_REFUSED = "credential_refused", "A key was refused"
    CREDENTIAL_CONFIRMED = "credential_confirmed", "Questions about a new key were answered"
    CREDENTIAL_LEAKED = "credential_leaked", "A key was reported as leaked and is no longer used"
    WALLET_RENAMED = "wallet_renamed", "Wallet renamed"
    WALLET_PAUSED = "wallet_paused", "Wallet paused"
    WALLET_RESUMED = "wallet_resumed", "Wallet resumed"
    WALLET_ARCHIVED = "wallet_archived", "Wallet archived"
    WALLET_DETACHED = "wallet_detached", "Wallet detached: its key was wiped, its history kept"
    WALLET_BINNED = "wallet_binned", "Wallet put in the bin"
    WALLET_RESTORED = "wallet_restored", "Wallet taken out of the bin"
    WALLET_NOTED = "wallet_noted", "Note of a wallet changed"
    WALLET_PURGED = "wallet_purged", "A wallet's time in the bin ended"
    WALLET_TO_FILES = "wallet_to_files", "Wallet is fed by files from now on"
    CONNECTION_CHECKED = "connection_checked", "A connection was checked"
    RIGHTS_WIDENED = "rights_widened", "A key was seen to do more than read; it is no longer used"
    GRANT_REVOKED = "grant_revoked", "A sign-in at an exchange was taken back there"
    KEY_SEEN_DEAD = "key_seen_dead", "An exchange was seen to refuse a leaked key"
    SYNC_ASKED = "sync_asked", "A synchronisation was asked for"
    ROTATION_CHANGED = "rotation_changed", "Reminder for a new key changed"
    CONNECTIONS_REVIEWED = "connections_reviewed", "All connections were looked through"

    # Transactions
    TRANSACTIONS_EDITED = "transactions_edited", "Transactions edited"
    TRANSACTION_ADDED = "transaction_added", "A transaction was written down by hand"
    TRANSACTION_BINNED = "transaction_binned", "A transaction written by hand was put in the bin"
    TRANSACTION_RESTORED = "transaction_restored", "A transaction written by hand was taken out of the bin"
    RULE_ADDED = "rule_added", "A rule for transactions was added"
    RULE_CHANGED = "rule_changed", "A rule for transactions was changed"
    RULE_MOVED = "rule_moved", "A rule for transactions was put in another place"
    RULE_DELETED = "rule_deleted", "A rule for transactions was deleted"
    DUPLICATES_MERGED = "duplicates_merged", "Transactions were said to be the same one"
    DUPLICATES_KEPT = "duplicates_kept", "Transactions were said to be different ones"
    DUPLICATES_DECIDED = "duplicates_decided", "Several duplicates were decided at once, or that was taken back"
    CLOCK_CONFIRMED = "clock_confirmed", "Two sources were said to tell the same by different clocks"
    CLOCK_REFUSED = "clock_refused", "Two sources were said not to tell the same by different clocks"
    TRANSFER_LINKED = "transfer_linked", "A transfer between wallets was linked"
    TRANSFERS_DECIDED = "transfers_decided", "Several transfers were decided at once, or that was taken back"
    TRANSFER_REJECTED = "transfer_rejected", "Transactions were said not to be one transfer"
    ASSET_NAMED = "asset_named", "It was said which asset a symbol stands for"
    ASSET_NAME_CHANGED = "asset_name_changed", "A word about which asset a symbol stands for was changed"
    ASSET_NAME_DROPPED = "asset_name_dropped", "A word about which asset a symbol stands for was taken back"
    BALANCE_TYPED = "balance_typed", "The balance of an asset was typed in"
    BALANCE_TAKEN_BACK = "balance_taken_back", "A typed balance was taken back"
    EDITS_BROUGHT_BACK = (
        "edits_brought_back",
        "An account was found to be one that had been removed; what was said of it holds again",
    )
    EDITS_LEFT = "edits_left", "An account was said to be another one than the one that had been removed"
    PRICE_SET = "price_set", "A price of your own was set"
    PRICE_TAKEN_BACK = "price_taken_back", "A price of your own was taken back"
    FILE_RECEIVED = "file_received", "A file was brought to be looked at"
    FILE_IMPORTED = "file_imported", "A file was imported"
    IMPORT_UNDONE = "import_undone", "An import was undone"

    # Taxes
    LOTS_CHOSEN = "lots_chosen", "Lots were chosen by hand for a disposal"
    LOTS_TAKEN_BACK = "lots_taken_back", "A choice of lots was taken back"
    COST_SAID = "cost_said", "What something had cost was said by hand"
    COST_TAKEN_BACK = "cost_taken_back", "A cost said by hand was taken back"
    PLAN_SAVED = "plan_saved", "A plan for sharing out lots among wallets was saved"
    PLAN_TAKEN_BACK = "plan_taken_back", "The plan for sharing out lots was taken back"
    TRANSFER_FEE_CHOSEN = "transfer_fee_chosen", "What becomes of fees of transfers was chosen"
    REPORT_ASKED = "report_asked", "A report for taxes was asked for"
    REPORT_DOWNLOADED = "report_downloaded", "A report for taxes was downloaded"
    YEAR_LOCKED = "year_locked", "A tax year was marked as filed"
    YEAR_OPENED = "year_opened", "A tax year was no longer marked as filed"
    BROKER_FORM_BROUGHT = "broker_form_brought", "Lines of a form 1099-DA were brought"
    BROKER_FORM_DELETED = "broker_form_deleted", "Lines of a form 1099-DA were deleted"
    BROKER_LINE_SETTLED = "broker_line_settled", "A line of a form 1099-DA was settled"

    # Help
    HELP_ASKED = "help_asked", "Help was asked for"
    HELP_WITHDRAWN = "help_withdrawn", "Staff's consent to see a question was taken back"
    HELP_ANSWERED = "help_answered", "Holdfast staff answered a question"

    # Your data
    EXPORT_ASKED = "export_asked", "Export of everything asked for"
    EXPORT_READY = "export_ready", "Export made"
    EXPORT_FAILED = "export_failed", "Export could not be made"
    EXPORT_DOWNLOADED = "export_downloaded", "Export downloaded"
    CLOSING_STARTED = "closing_started", "Closing of the account started"
    CLOSING_CANCELLED = "closing_cancelled", "Closing of the account cancelled"
    ACCOUNT_PURGED = "account_purged", "A closed account was purged"

    # Holdfast's staff
    STAFF_APPOINTED = "staff_appointed", "This account became one of Holdfast's staff"
    STAFF_DISMISSED = "staff_dismissed", "This account is no longer one of Holdfast's staff"
    STAFF_LOOKED = "staff_looked", "Holdfast staff looked at the account"
    EXCHANGE_HELD = "exchange_held", "Holdfast staff paused all reading from an exchange"
    EXCHANGE_RELEASED = "exchange_released", "Holdfast staff ended the pause of an exchange"
    JOURNAL_READ_ANEW = "journal_read_anew", "Holdfast staff had a wallet's rows read anew; every edit stays"
    WALLETS_RETRIED = "wallets_retried", "Holdfast staff had failing wallets tried again"

    words: str

    def __new__(cls, value: str, words: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.words = words
        return member


class ActorKind(StrEnum):
    OWNER = "owner"
    TOKEN = "token"  # noqa: S105 - a kind of actor
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where. Every verb takes one."""

    kind: ActorKind
    user: User | None = None
    ip: str | None = None
    agent: str = ""
    label: str = ""  # the token's name, or the job's

    def __post_init__(self) -> None:
        # Staff never act on an owner's behalf without a name. (An owner may be nobody yet: a mailed link, a door.)
        if self.kind is ActorKind.STAFF and self.user is None:
            raise ValueError("Staff who act must be named.")


SYSTEM = Actor(ActorKind.SYSTEM)


def record(
    *,
    by: Actor,
    action: Action,
    owner: User | None,
    now: datetime,
    subject: str = "",
    about: UUID | None = None,
    **details: object,
) -> AuditEvent:
    """`subject` is what it was done to, as the owner calls it; `about` its id, which stays when it is renamed.
    `details` never hold a secret.
    """
    event = _event(
        by=by, action=action, owner_id=owner.pk if owner else None, now=now, subject=subject, details=details
    )
    event.about = about
    event.save(force_insert=True)
    return event


def reveal(sealed: Sealed, *, by: Actor, purpose: str, now: datetime, subject: str = "") -> str:
    """The one way to open a stored secret. `purpose` says in a few plain words what for.

    Call it outside a transaction: the record stands, whatever becomes of the work. What people do is recorded each
    time. What runs by itself (SYSTEM) is recorded once per row, purpose, job and hour, so that a wallet that syncs all
    day does not fill the trail: the record's id is made from these, and the second one falls on the first.
    """
    value, place = unseal(sealed)
    details = {"row": place.row, "purpose": purpose, **({"job": by.label} if by.label else {})}
    event = _event(
        by=by,
        action=Action.SECRET_OPENED,
        owner_id=int(place.owner),
        now=now,
        subject=subject or place.purpose,
        details=details,
    )
    if by.kind is ActorKind.SYSTEM:
        event.pk = uuid5(UUID(place.row), f"{place.owner}\n{purpose}\n{by.label}\n{now.astimezone(UTC):%Y-%m-%d %H}")
    with transaction.atomic(durable=True):
        AuditEvent.objects.bulk_create([event], ignore_conflicts=True)
    return value


def _event(
    *, by: Actor, action: Action, owner_id: int | None, now: datetime, subject: str, details: Mapping[str, object]
) -> AuditEvent:
    return AuditEvent(
        owner_id=owner_id,
        action=action,
        actor_kind=by.kind,
        actor=by.user,
        subject=subject[:200],
        details={**details, "by": by.label} if by.label else details,
        ip=by.ip,
        agent=by.agent[:200],
        at=now,
    )


def origin_of(request: HttpRequest) -> tuple[str | None, str]:
    """Address and agent. The address is the last one that our own proxies (TRUSTED_PROXIES) did not add."""
    agent = request.headers.get("User-Agent", "").replace("\0", "")[:200]
    return address_of(request), agent


def address_of(request: HttpRequest) -> str | None:
    """On a door for both kinds, one of IPv4 comes dressed as one of IPv6 (::ffff:192.0.2.7)."""
    try:
        address = ip_address(get_client_ip(request) or "")
    except ValueError:  # a socket file has no address
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def actor_of(request: HttpRequest, kind: ActorKind = ActorKind.OWNER, label: str = "") -> Actor:
    """The person behind a request."""
    ip, agent = origin_of(request)
    return Actor(kind, user=request.user if request.user.is_authenticated else None, ip=ip, agent=agent, label=label)
