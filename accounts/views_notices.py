"""Notices in the app, and the one page that needs no sign-in: no more mails of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import notices as verbs
from accounts.audit import actor_of
from accounts.forms import MailForm
from accounts.guards import anonymous, second_factor
from accounts.models import Notice
from accounts.notice_kinds import CATALOGUE, LINKS
from accounts.requests import posted
from config.keyset import address_of, newest_first

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from accounts.requests import OwnerRequest


@require_safe
@second_factor
def notices(request: OwnerRequest) -> HttpResponse:
    mine = Notice.objects.for_user(request.user).filter(kind__in=CATALOGUE)
    page = newest_first(mine, time="created_at", after=request.GET.get("after", ""))
    shown = [(notice, CATALOGUE[notice.kind], verbs.sentence_of(notice), _link(notice)) for notice in page.rows]
    return render(request, "accounts/notices.html", {"shown": shown, "older_address": address_of(page)})


def _link(notice: Notice) -> dict[str, str] | None:
    address = verbs.link_of(notice)
    if not address:
        return None
    link = LINKS[notice.kind]
    return {"label": link.label, "address": address, "button": "danger" if link.grave else "primary"}


@require_POST
@second_factor
def notices_read(request: OwnerRequest) -> HttpResponse:
    verbs.mark_read(owner=request.user, now=timezone.now())
    return redirect("accounts:notices")


@require_POST
@second_factor
def notice_read(request: OwnerRequest, notice_id: UUID) -> HttpResponse:
    if not Notice.objects.for_user(request.user).filter(id=notice_id).exists():
        raise Http404
    verbs.mark_read(owner=request.user, now=timezone.now(), ids=[notice_id])
    return redirect("accounts:notices")


# Mail programs post here by themselves (RFC 8058), without a cookie: the signature in the address is the permission,
# and all it permits is to send fewer mails.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@anonymous
def mute(request: HttpRequest, token: str) -> HttpResponse:
    notice = verbs.notice_to_mute(token)
    if notice is None or not CATALOGUE[notice.kind].mutable:
        raise Http404
    if request.method == "POST":
        by = actor_of(request, label="the link in a mail")
        verbs.mute(by=by, owner=notice.owner, kind=notice.kind, now=timezone.now())
    muted = verbs.is_muted(notice.owner, notice.kind)
    return render(request, "accounts/mute.html", {"entry": CATALOGUE[notice.kind], "muted": muted})


@require_http_methods(["GET", "HEAD", "POST"])
@second_factor
def settings_notifications(request: OwnerRequest) -> HttpResponse:
    form = MailForm(posted(request), muted=verbs.muted_kinds(request.user))
    if form.is_valid():
        verbs.set_mutes(by=actor_of(request), owner=request.user, muted=form.muted(), now=timezone.now())
        messages.success(request, "Your choice is kept.")
        return redirect("accounts:settings_notifications")
    always = [entry.about for entry in CATALOGUE.values() if not entry.mutable]
    return render(request, "accounts/settings_notifications.html", {"form": form, "always": always})
