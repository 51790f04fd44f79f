from django.contrib.sessions.backends.db import SessionStore as DbSessionStore

from accounts.models import Session


class SessionStore(DbSessionStore):
    @classmethod
    def get_model_class(cls):
        return Session
