"""Plain makers of the things tests are about: factory-boy, no surprises, nothing made that was not asked for."""

from __future__ import annotations

import factory
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from accounts.models import User

PASSWORD = "a calm long passphrase"


class UserFactory(factory.django.DjangoModelFactory[User]):
    """Somebody who signed up and proved the address, but has no second factor yet."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.test")

    @classmethod
    def _create(cls, model_class: type[User], *args: object, **kwargs: object) -> User:
        user = model_class.objects.create_user(password=PASSWORD, **kwargs)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user


class OwnerFactory(UserFactory):
    """Somebody with a second factor: the rule for everything but enrolment."""

    @classmethod
    def _create(cls, model_class: type[User], *args: object, **kwargs: object) -> User:
        user = super()._create(model_class, *args, **kwargs)
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user).mark_as_viewed()  # says: saved, so that enrolment is done
        return user
