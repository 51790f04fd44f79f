"""The service's pages, and one that breaks with secrets in its hands."""

from typing import NoReturn

from django.http import HttpRequest
from django.urls import path

from config import urls


def crash(request: HttpRequest) -> NoReturn:
    password = request.POST["password"]
    headers = {"Authorization": request.headers.get("Authorization", "")}
    raise RuntimeError(f"refused: password={password} {headers}")


urlpatterns = [path("crash/", crash), *urls.urlpatterns]
