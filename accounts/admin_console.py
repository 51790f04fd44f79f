"""The staff console: Django's own admin pages on a site of ours.

Libraries register what they like with Django's default site, which is served nowhere: so django-q2's "resubmit",
allauth's authenticators and whatever comes next are not there unless we put them there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property

from accounts.audit import Action, ActorKind, actor_of, record
from accounts.guards import anonymous, staff
from accounts.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse

    AnyAdmin = admin.ModelAdmin[Any]
    AnyPaginator = Paginator[Any]
else:  # Django's classes take their parameter in the type checker only
    AnyAdmin, AnyPaginator = admin.ModelAdmin, Paginator


class Console(admin.AdminSite):
    site_header = "Holdfast console"
    site_title = "Holdfast console"
    index_title = "What staff may look at"
    site_url = "/home/"

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """A stranger is led to the door; an owner who is not staff finds nothing here."""
        return staff(super().admin_view(view, cacheable))

    @method_decorator(anonymous)
    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:  # noqa: ARG002 - Django's signature
        """There is one door, and it asks for a second factor."""
        return redirect("admin:index") if request.user.is_authenticated else redirect("account_login")

    @method_decorator(staff)
    def password_change(self, request: HttpRequest, extra_context: object = None) -> Any:  # noqa: ARG002 - as above
        return redirect("account_change_password")


console = Console(name="admin")


class CappedPaginator(AnyPaginator):
    """Counts no further than staff would ever leaf: a list of a million rows opens like one of a hundred."""

    MOST = 1000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list  # a QuerySet, as the admin gives it
        return int(rows[: self.MOST].count())

    @cached_property
    def goes_on(self) -> bool:
        """What is counted is not all there is, which the list says (templates/admin/pagination.html)."""
        rows: Any = self.object_list
        return self.count == self.MOST and bool(rows[self.MOST : self.MOST + 1].exists())


class Look(AnyAdmin):
    """Staff look and nothing more; and whom they looked at is written into that owner's trail."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # counting whole tables for each choice took longer than a page may
    list_per_page = 50
    actions: Any = ()
    owner_path: tuple[str, ...] = ("owner",)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 - Django's signature
        return self.admin_site.has_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - as above
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 - as above
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 - as above
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # noqa: ARG002 - as above
        """Only what the list itself offers. Django answers questions about every column, also one that is not shown:
        asked sign by sign, it would tell a password's hash, a wallet's name, an amount.
        """
        offered = self.get_list_filter(request)
        return lookup.removesuffix("__exact") in {getattr(each, "parameter_name", each) for each in offered}

    @method_decorator(staff)  # the site asks the same; here it is said where it can be read
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        owner, query = self._searched(request)
        self._note(request, owner, f"the list of {self.opts.verbose_name_plural}", query=query)
        return super().changelist_view(request, extra_context)

    def _searched(self, request: HttpRequest) -> tuple[User | None, str]:
        """Who was searched for has it in their own trail, and it goes when they go. An address of nobody may be that of
        somebody who went.
        """
        asked = request.GET.copy()
        words = asked.get("q", "").strip()
        found = list(self.named(words)[:2]) if words else []
        if not found and "@" in words:
            asked["q"] = "an address of nobody"
        return (found[0] if len(found) == 1 else None), asked.urlencode()[:500]

    def named(self, words: str) -> QuerySet[User]:
        """Whom these words find: by the whole address, as such lists search."""
        return User.objects.filter(email__iexact=words)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        found: Model | None = super().get_object(request, object_id, from_field)
        if found is not None:
            what = f"the {self.opts.verbose_name}"
            self._note(request, self.owner_of(found), what, about=self.about(found), row=str(found.pk))
        return found

    def about(self, row: Any) -> UUID | None:
        """In whose own trail the look stands as well."""
        return row.pk if isinstance(row.pk, UUID) else None

    def owner_of(self, row: Any) -> User | None:
        owner: User | None = row.owner
        return owner

    def _note(
        self, request: HttpRequest, owner: User | None, what: str, *, about: UUID | None = None, **details: object
    ) -> None:
        by, now = actor_of(request, ActorKind.STAFF), timezone.now()
        record(by=by, action=Action.STAFF_LOOKED, owner=owner, now=now, subject=what, about=about, **details)
