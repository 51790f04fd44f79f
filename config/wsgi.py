"""The web processes' entry: Django behind its porch, and a limit on how long one request may hold a process."""

from __future__ import annotations

import faulthandler
import gc
import os
import sys
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils import timezone

from config.exits import Refusal
from config.porch import Porch
from config.uploads import MORE_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

from config import beats, statements  # noqa: E402 - models can be read from here on

statements.hold_to(settings.WEB_STATEMENT_SECONDS)
try:
    beats.start("web", now=timezone.now())
except Refusal as refusal:
    sys.exit(str(refusal))


def hold_to_time() -> None:
    faulthandler.dump_traceback_later(settings.WEB_TIMEOUT, exit=True, file=2)


def in_time(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A view that hangs would hold its process for ever; past the limit the process says where it hung, and ends.

    The server starts another in its place. faulthandler's timer needs no signal and no lock, so nothing a view does can
    keep it from firing; it writes file names and line numbers, never a value.
    """
    hold_to_time()
    environ[MORE_TIME] = hold_to_time  # a large file takes as long as its sender's line does
    try:
        return django(environ, start_response)
    finally:
        faulthandler.cancel_dump_traceback_later()


def seek_garbage_in_small() -> None:
    """What is loaded by now stays, and is not looked through again. What a request leaves behind, some hundred objects
    that name each other, is looked for after a few requests: at every 50,000 objects, as elsewhere (`config`), all who
    waited for this process waited five times as long, and it cost twice as much in sum, for they had left the
    processor's cache.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 20, 20)


seek_garbage_in_small()
application = Porch(in_time)
