"""Who may: every view carries exactly one of these; a house rule enumerates the views and looks for the mark."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import urlencode

from accounts.second_factor import has_factor, is_fresh, step_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

View = Callable[..., "HttpResponseBase"]
SAFE = {"GET", "HEAD", "OPTIONS"}
# Who typed for a while, and sent it too late, would else look for it afterwards.
SIGNED_OUT = (
    "You are signed out by now: nothing was changed, and nothing of what you sent was kept. Sign in, then do it again."
)
TOO_LATE = "Nothing was changed, and nothing of what you sent was kept. Confirm that it is you, then do it again."


def anonymous(view: View) -> View:
    """Anybody: the landing page, the doors, health."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    return _mark(guarded, "anonymous")


def signed_in(view: View) -> View:
    """A person with a password or passkey behind them, but perhaps no second factor yet.

    What they are shown is kept by nobody: no proxy, and no browser that somebody else may sit at after them.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not request.user.is_authenticated:
            _tell_sender(request, SIGNED_OUT)
            return _send(request, redirect_to_login(_way_back(request)).url)
        answer = view(request, *args, **kwargs)
        add_never_cache_headers(answer)
        return answer

    return _mark(guarded, "signed_in")


def enrolling(view: View) -> View:
    """Adding a factor: open to whoever has none yet; whoever has one shows it first."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if has_factor(request.user) and not is_fresh(request, now=timezone.now()):
            return ask_step_up(request)
        return view(request, *args, **kwargs)

    return _mark(signed_in(guarded), "enrolling")


def second_factor(view: View) -> View:
    """The rule for every page of an owner: signed in, a second factor enrolled, recovery codes saved."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        step = step_of(request)
        return lead_to(request, step) if step else view(request, *args, **kwargs)

    return _mark(signed_in(guarded), "second_factor")


def stepped_up(view: View) -> View:
    """A second factor given within the last five minutes; asked for on GET, before a form that takes secrets is shown.

    A POST without it is refused and nothing of it is kept.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not is_fresh(request, now=timezone.now()):
            return ask_step_up(request)
        return view(request, *args, **kwargs)

    return _mark(second_factor(guarded), "stepped_up")


def staff(view: View) -> View:
    """People who run the service: second factor, and marked as staff; to anybody else the page is not there."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not (request.user.is_staff and request.user.is_active):
            raise Http404
        return view(request, *args, **kwargs)

    return _mark(second_factor(guarded), "staff")


def lead_to(request: HttpRequest, name: str) -> HttpResponseBase:
    """Somebody who has not finished enrolling is led there, whatever was asked for."""
    return _send(request, reverse(name))


def ask_step_up(request: HttpRequest) -> HttpResponseBase:
    """A page is asked for again afterwards. A POST is refused: nothing of it is kept, so it is made anew."""
    url = f"{reverse('accounts:step_up')}?{urlencode({'next': _way_back(request)})}"
    if request.method in SAFE or _is_htmx(request):
        _tell_sender(request, TOO_LATE)
        return _send(request, url)
    return render(request, "accounts/step_up_refused.html", {"step_up_url": url}, status=403)


def _tell_sender(request: HttpRequest, words: str) -> None:
    if request.method not in SAFE:
        messages.warning(request, words)


def _send(request: HttpRequest, url: str) -> HttpResponseBase:
    """Left alone, htmx would put the other page into a corner of this one: tell it to go there."""
    return HttpResponse(status=403, headers={"HX-Redirect": url}) if _is_htmx(request) else redirect(url)


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _way_back(request: HttpRequest) -> str:
    """The page to return to; for a fragment, the page it belongs to; for a button, the page it stood on."""
    page = _page_before(request)
    if page is None:
        return request.get_full_path()
    return f"{page.path}?{page.query}" if page.query else page.path


def _page_before(request: HttpRequest) -> SplitResult | None:
    """What a button posts to can often not be looked at: whoever was led back there would see nothing."""
    if not _is_htmx(request) and request.method in SAFE:
        return None
    said = request.headers.get("HX-Current-URL" if _is_htmx(request) else "Referer", "")
    try:
        page = urlsplit(said)
    except ValueError:
        return None
    return page if page.path and page.netloc == request.get_host() else None


def _mark(view: View, guard: str) -> View:
    view.guard = guard  # type: ignore[attr-defined]
    return view
