"""The session engine.

A row is found by a keyed hash of the key that the client carries, and its data is sealed with a key
drawn from that same key: whoever reads the table can neither sign in with it nor see inside (allauth keeps the secret
of an authenticator app there while it is being enrolled). Ended means the row is gone, so it holds from the next
request on. Changing SECRET_KEY signs everybody out.
"""

from __future__ import annotations

import base64
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.auth import SESSION_KEY as OWNER_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.db import IntegrityError, transaction
from django.db.models import OuterRef
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.functional import SimpleLazyObject

from accounts.audit import origin_of
from accounts.models import Session
from accounts.second_factor import factors_of
from config.questions import Question

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponseBase

    from accounts.models import User

SEEN_EVERY = timedelta(minutes=1)
PHONE_PATH = "/_allauth/app/"

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


class SessionEndedError(UpdateError, SessionInterrupted):
    """The row went while the request ran (ended from another device). Answered with 400, also where nobody catches."""


class SessionMiddleware(DjangoSessionMiddleware):
    """Django's, and while it runs the engine knows the request: phones' sessions are made without being given one."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _request.set(request)
        try:
            return cast("HttpResponseBase", super().__call__(request))
        finally:
            _request.reset(token)


class OwnerMiddleware(AuthenticationMiddleware):
    """Django's, but it asks for nobody who came with their session."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: came_with(request.session) or get_user(request))  # type: ignore[assignment] # as Django's own


def came_with(session: SessionBase) -> User | None:
    """The owner whom the session was read with, where Django would let them in as they are: else it decides itself."""
    owner = session.owner if isinstance(session, SessionStore) else None
    if owner is None or not owner.is_active or session.get(OWNER_KEY) != str(owner.pk):
        return None
    knows = session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
    proof = constant_time_compare(session.get(HASH_SESSION_KEY, ""), owner.get_session_auth_hash())
    return owner if knows and proof else None


def hashed(raw_key: str) -> str:
    """What the table knows a session by: 160 bits, keyed with SECRET_KEY."""
    return salted_hmac("accounts.sessions.row", raw_key, algorithm="sha256").hexdigest()[:40]


class SessionStore(SessionBase):
    """One session. Its `session_key` is what the client carries; only `hashed` of it is ever written down."""

    row: Session | None = None

    if TYPE_CHECKING:  # what the stubs leave out
        _session: dict[str, Any]

        def _get_session(self, no_load: bool = ...) -> dict[str, Any]: ...  # noqa: FBT001 - Django's signature
        def _get_new_session_key(self) -> str: ...

    @property
    def public_id(self) -> UUID | None:
        """What the owner's pages and the API call this session by."""
        self._get_session()
        return self.row.public_id if self.row else None

    @property
    def owner(self) -> User | None:
        """As they were when the session was read, with what `second_factor.step_of` asks of them."""
        self._get_session()
        return self.row.owner if self.row else None

    def exists(self, session_key: str | None) -> bool:
        return bool(session_key) and _live(str(session_key)).exists()

    def load(self) -> dict[str, Any]:
        now = timezone.now()
        self.row = next(iter(READ.ask(key=hashed(str(self.session_key)), now=now)), None)
        if self.row is None:
            self._session_key = None
            return {}
        if self.row.owner:
            self.row.owner.factors = self.row.factors  # type: ignore[attr-defined] # of this question
        if self.row.seen_at < now - SEEN_EVERY:
            Session.objects.filter(pk=self.row.pk, seen_at=self.row.seen_at).update(seen_at=now, **_origin())
        return self.decode(self.row.session_data)

    def create(self) -> None:
        while True:
            self._session_key = self._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        data = self._get_session(no_load=must_create)  # forgets a key that opens nothing
        if must_create:
            self._insert(data)
        elif self.session_key is None:
            self.create()
        else:
            self._update(self.session_key, data)

    def cycle_key(self) -> None:
        """The same session under a new key, at one stroke: the old key opens nothing from here on."""
        data, old = self._session, self.session_key
        if old is None:
            self.create()
            self._session_cache = data
            return
        self._session_key = self._get_new_session_key()
        self._update(old, data)
        self.modified = True

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            Session.objects.filter(pk=hashed(key)).delete()
            self.row = None

    @classmethod
    def clear_expired(cls) -> None:
        prune(timezone.now())

    def encode(self, session_dict: dict[str, Any]) -> str:
        return self._crypter().encrypt(self.serializer().dumps(session_dict)).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Data that does not open (a row copied over another's) is no session: the client is signed out."""
        try:
            return dict(self.serializer().loads(self._crypter().decrypt(session_data)))
        except InvalidToken:
            return {}

    def _insert(self, data: dict[str, Any]) -> None:
        row = Session(**self._columns(data), **_origin(), door="phone" if _by_phone() else "browser")
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            raise CreateError from None
        self.row = row

    def _update(self, key: str, data: dict[str, Any]) -> None:
        columns = self._columns(data)
        if not Session.objects.filter(pk=hashed(key)).update(**columns):
            self._session_key = None
            raise SessionEndedError("The session was ended while the request ran.")
        for name, value in columns.items():
            setattr(self.row, name, value)

    def _columns(self, data: dict[str, Any]) -> dict[str, Any]:
        """What follows from the data. A session counts from the moment it got its owner."""
        owner = int(data[OWNER_KEY]) if OWNER_KEY in data else None
        came_in = self.row is not None and owner is not None and self.row.owner_id != owner
        return {
            "session_key": hashed(str(self.session_key)),
            "session_data": self.encode(data),
            "expire_date": self.get_expiry_date(),
            "owner_id": owner,
            **({"created_at": timezone.now(), "seen_at": timezone.now()} if came_in else {}),
        }

    def _crypter(self) -> Fernet:
        drawn = HKDF(SHA256(), length=32, salt=settings.SECRET_KEY.encode(), info=b"holdfast session data")
        return Fernet(base64.urlsafe_b64encode(drawn.derive(str(self.session_key).encode())))


def prune(now: datetime) -> None:
    """A periodic job: expired sessions open nothing, and go."""
    Session.objects.filter(expire_date__lte=now).delete()


def _live(raw_key: str) -> QuerySet[Session]:
    return Session.objects.filter(pk=hashed(raw_key), expire_date__gt=timezone.now())


def _with_owner(key: str, now: datetime) -> QuerySet[Session]:
    """With all that every page asks of who asks for it."""
    live = Session.objects.filter(pk=key, expire_date__gt=now)
    return live.select_related("owner").annotate(factors=factors_of(OuterRef("owner")))


READ = Question(_with_owner, key="key", now=datetime.min.replace(tzinfo=UTC))


def _origin() -> dict[str, Any]:
    """Where the client comes from, when the engine works for a request (and not for a test or a command)."""
    request = _request.get()
    return {} if request is None else dict(zip(("ip", "agent"), origin_of(request), strict=True))


def _by_phone() -> bool:
    request = _request.get()
    return request is not None and request.path_info.startswith(PHONE_PATH)
