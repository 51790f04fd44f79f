"""Files that people send: taken by views that ask for one, from people who may, and no larger than is said.

They lie in memory or in a file without a name, which the system takes back with the process; so nothing stays behind,
whatever dies. A file that is too large is not read to its end where that would take long.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import weakref
from errno import ENOSPC
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from django.http import HttpRequest

LARGEST = 256 << 20  # bytes
IN_MEMORY = 1 << 20
READ_OUT = 2 * LARGEST  # what is larger is cut off: the answer may then not be seen, for browsers still send
TOO_LARGE = "holdfast.upload_too_large"
MORE_TIME = "holdfast.more_time"


def write_whole(piece: bytes, into: IO[bytes]) -> None:
    """Where the disk is full a write falls short, or what it left in memory fails later: what was cut is never taken
    for a whole.
    """
    if into.write(piece) != len(piece):
        raise OSError(ENOSPC, os.strerror(ENOSPC))
    into.flush()


def takes_files(view: Callable[..., Any]) -> Callable[..., Any]:
    """The mark of a view that does. It stands above the guard."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def too_large(request: HttpRequest) -> bool:
    return bool(request.META.get(TOO_LARGE))


class Received(UploadedFile):  # type: ignore[type-arg] # at run time it takes none
    """`digest` of its bytes, so that two of one name can be told apart."""

    digest: str = ""


class Bounded(FileUploadHandler):
    """The only handler there is (settings.FILE_UPLOAD_HANDLERS)."""

    def handle_raw_input(self, *args: Any, **_: Any) -> None:
        self.announced = int(args[2] or 0)  # (input, META, content length, boundary, encoding)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if not self._is_asked_for():
            raise SkipFile
        self.held = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - whoever takes it closes it
        self.hash = hashlib.sha256()

    def _is_asked_for(self) -> bool:
        """Known before the view runs: reading the body comes first, for the CSRF token stands in it."""
        assert self.request  # noqa: S101 - Django gives it to every handler
        found = self.request.resolver_match
        if not found or not getattr(found.func, "takes_files", False):
            return False
        return str(getattr(found.func, "guard", "")).startswith("api:") or self.request.user.is_authenticated

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self.request  # noqa: S101 - as above
        if start + len(raw_data) > LARGEST:
            self.request.META[TOO_LARGE] = True
            self.held.close()
            raise StopUpload(connection_reset=self.announced > READ_OUT)
        self.hash.update(raw_data)
        write_whole(raw_data, self.held)
        if wait := self.request.META.get(MORE_TIME):
            wait()

    def file_complete(self, file_size: int) -> Received:
        self.held.seek(0)
        found = Received(self.held, self.file_name, self.content_type, file_size, self.charset)
        found.digest = self.hash.hexdigest()
        weakref.finalize(found, self.held.close)  # also where the request is refused before anybody takes it
        return found

    def upload_interrupted(self) -> None:
        if hasattr(self, "held"):
            self.held.close()
