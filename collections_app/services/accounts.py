"""API keys: made once, shown once, kept as a digest."""

import contextlib
import hashlib
import re
import secrets
from datetime import timedelta

from django.db import OperationalError, transaction
from django.utils.timezone import now

from collections_app.models import Account, ApiKey
from collections_app.services import scheduling
from collections_app.services.errors import Refused

USE_NOTED_EVERY = timedelta(minutes=1)
_KEY = re.compile(r"[!-~]{4,128}")


def new_key() -> str:
    """32 upper-case hex digits (Countdown: api_key), 128 bits."""
    return secrets.token_hex(16).upper()


def create_key(account: Account, label: str = "", key: str | None = None) -> tuple[ApiKey, str]:
    """Make a key for the account; returns its row and the key, which is kept nowhere.

    A `key` given by the operator is taken as it is; giving the same one again answers the row that stands.
    Raises Refused when it is too short, revoked, or another account's.
    """
    plain = new_key() if key is None else key
    if not _KEY.fullmatch(plain):
        raise Refused("An API key is 4 to 128 characters without spaces", field="api_key")
    with transaction.atomic():
        row, _ = ApiKey.objects.get_or_create(
            digest=digest(plain),
            # A short key must not be told by its own beginning.
            defaults={"account": account, "label": label, "prefix": plain[: min(8, len(plain) // 4)]},
        )
    if row.account_id != account.pk:
        raise Refused("This API key is another account's", field="api_key")
    if row.revoked_at is not None:
        raise Refused("This API key is revoked", field="api_key")
    return row, plain


def account_for_key(plain: str) -> Account:
    """The account whose key this is. Raises Refused (401) when it is nobody's or revoked."""
    row = ApiKey.objects.select_related("account").filter(digest=digest(plain), revoked_at=None).first()
    if row is None:
        raise Refused("Supplied api_key is not valid", 401, "api_key")
    moment = now()
    if row.last_used_at is None or moment - row.last_used_at > USE_NOTED_EVERY:
        # A note for people: a busy database is no reason to refuse the call.
        with contextlib.suppress(OperationalError):
            ApiKey.objects.filter(pk=row.pk).update(last_used_at=moment)
    return row.account


def revoke_key(key: ApiKey) -> None:
    """The key is nobody's from now on; its row stays, so that nobody gets the same key again."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now())


def save_account(account: Account) -> None:
    """Save a new or changed account; its schedules follow a new time zone."""
    with transaction.atomic():
        before = Account.objects.filter(pk=account.pk).values_list("timezone", flat=True).first()
        account.save()
        if before is not None and before != account.timezone:
            scheduling.sync_account(account)


def digest(plain: str) -> str:
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
