"""The OpenAPI document: drawn from the operations themselves, so that it cannot say anything else than they do."""

from drf_spectacular.openapi import AutoSchema


class OperationSchema(AutoSchema):
    pass
