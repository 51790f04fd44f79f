from django.urls import path

from config import mailbox

app_name = "mailbox"
urlpatterns = [
    path("", mailbox.letters, name="letters"),
    path("<str:name>/", mailbox.letter, name="letter"),
    path("<str:name>/html/", mailbox.letter_html, name="html"),
]
