"""What a plain Django site would make of the same transactions: what `bench pages` is held against.

Fifty rows by a template, and fifty by Django REST framework with its own cursors, nothing else on the page. Nothing of
ours lends it speed or costs it any: the template is read once, as from a file, and JSON is written by REST framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.template import Engine, RequestContext
from django.urls import path
from rest_framework import generics, negotiation, pagination, renderers, serializers

from ledger.models import Transaction

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Transactions</title></head><body>
<h1>Transactions</h1><table><tbody>
{% for each in rows %}<tr><td>{{ each.occurred_at|date:"Y-m-d H:i:s" }}</td><td>{{ each.kind }}</td>
<td>{{ each.sent_asset }}</td><td>{{ each.sent_amount }}</td><td>{{ each.received_asset }}</td>
<td>{{ each.received_amount }}</td><td>{{ each.fee_amount }} {{ each.fee_asset }}</td></tr>
{% endfor %}</tbody></table><a href="?after={{ next }}">next</a></body></html>"""
TEMPLATE = Engine().from_string(PAGE)
COLUMNS = [
    *("id", "event", "occurred_at", "kind", "sent_amount", "sent_asset"),
    *("received_amount", "received_asset", "fee_amount", "fee_asset"),
]


def page(request: HttpRequest, owner: int) -> HttpResponse:
    rows = list(Transaction.objects.filter(owner=owner).order_by("-occurred_at", "-id")[:50])
    return HttpResponse(TEMPLATE.render(RequestContext(request, {"rows": rows, "next": rows[-1].pk})))


class Shape(serializers.ModelSerializer[Transaction]):
    class Meta:
        model = Transaction
        fields = COLUMNS


class Cursors(pagination.CursorPagination):
    page_size = 50
    ordering = ("-occurred_at", "-id")


class Listed(generics.ListAPIView[Transaction]):
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    renderer_classes = (renderers.JSONRenderer,)
    content_negotiation_class = negotiation.DefaultContentNegotiation
    serializer_class = Shape
    pagination_class = Cursors

    def get_queryset(self) -> QuerySet[Transaction]:
        return Transaction.objects.filter(owner=self.kwargs["owner"])


urlpatterns: list[Any] = [path("page/<int:owner>/", page), path("api/<int:owner>/", Listed.as_view())]
