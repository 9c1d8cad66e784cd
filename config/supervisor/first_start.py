"""What the first start makes: an account, an API key, an admin login. Later starts find them."""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from collections_app.models import Account
from collections_app.services.accounts import create_key
from collections_app.services.errors import Refused
from config.supervisor.home import CannotStart

ADMIN = "admin"


@dataclass(frozen=True)
class Made:
    """What is new, in plain text; it is kept nowhere else. Empty: it was there."""

    api_key: str = ""
    password: str = ""


def make() -> Made:
    """Make what is missing. ROUNDSMAN_API_KEY is given to the first account whenever it does not have it yet.
    Raises CannotStart."""
    with transaction.atomic():
        account = Account.objects.order_by("pk").first()
        fresh = account is None
        if account is None:
            account = Account.objects.create(name="default")
        api_key = ""
        try:
            if settings.API_KEY:
                create_key(account, "ROUNDSMAN_API_KEY", settings.API_KEY)
                api_key = settings.API_KEY if fresh else ""
            elif fresh:
                _, api_key = create_key(account, "first start")
        except Refused as error:
            raise CannotStart(f"ROUNDSMAN_API_KEY: {error}") from error
        return Made(api_key, _admin())


def _admin() -> str:
    """The password of a new admin; empty when there is one already."""
    users = get_user_model()._default_manager
    if users.filter(is_superuser=True).exists():
        return ""
    password = secrets.token_urlsafe(12)
    user = users.model(username=ADMIN, is_staff=True, is_superuser=True)
    user.set_password(password)
    user.save()
    return password
