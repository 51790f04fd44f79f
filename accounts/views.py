from django.shortcuts import render

from accounts.guards import anonymous


@anonymous
def landing(request):
    return render(request, "accounts/landing.html")
