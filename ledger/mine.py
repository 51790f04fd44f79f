"""The transaction, rule, view or tax year a page is about. A stranger's and one that is not there are both 404."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from ledger import edits, tax_years
from ledger.engine.days import was_cut_off
from ledger.gains import terms
from ledger.models import ImportFile, ImportTemplate, Report, Rule, SavedView, Transaction, YearLock

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User


def transaction_of(owner: User, transaction_id: UUID) -> Transaction:
    """By whatever name it ever had."""
    mine = Transaction.objects.for_user(owner).kept().select_related("wallet")
    found = mine.filter(pk=transaction_id).first() or mine.filter(pk=edits.named(owner, transaction_id)).first()
    if found is None:
        raise Http404
    found.owner = found.wallet.owner = owner  # the one who asks: no query to find out
    return found


def checked(owner: User, year: int) -> int:
    """A tax year by its number. One that was cut off is there where its owner's settings cut it, or it was filed."""
    if tax_years.there_is(terms.asked(owner), year):
        return year
    if was_cut_off(year) and YearLock.objects.filter(owner=owner, year=year).exists():
        return year
    raise Http404


def rule_of(owner: User, rule_id: UUID, *, held: bool = False) -> Rule:
    """Held: nobody else changes or deletes it until the transaction ends."""
    mine = Rule.objects.for_user(owner).filter(pk=rule_id)
    found = (mine.select_for_update(no_key=True) if held else mine).first()
    if found is None:
        raise Http404
    return found


def view_of(owner: User, view_id: UUID, *, held: bool = False) -> SavedView:
    """As above."""
    mine = SavedView.objects.for_user(owner).filter(pk=view_id)
    found = (mine.select_for_update(no_key=True) if held else mine).first()
    if found is None:
        raise Http404
    return found


def import_of(owner: User, file_id: UUID, *, held: bool = False) -> ImportFile:
    """As above."""
    mine = ImportFile.objects.for_user(owner).select_related("wallet").filter(pk=file_id)
    found = (mine.select_for_update(of=("self",), no_key=True) if held else mine).first()
    if found is None:
        raise Http404
    found.owner = owner  # the one who asks: no query to find out
    return found


def template_of(owner: User, template_id: UUID, *, held: bool = False) -> ImportTemplate:
    """As above."""
    mine = ImportTemplate.objects.filter(owner=owner, pk=template_id)
    found = (mine.select_for_update(no_key=True) if held else mine).first()
    if found is None:
        raise Http404
    return found


def report_of(owner: User, report_id: UUID) -> Report:
    found = Report.objects.for_user(owner).filter(pk=report_id).first()
    if found is None:
        raise Http404
    return found
