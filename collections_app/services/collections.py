"""What may be done with a collection: create, update, delete, start, stop."""

from collections_app.models import Account, Collection
from collections_app.services.errors import Refused


def find(account: Account, public_id: str) -> Collection:
    """The account's collection. Raises Refused (404) for one that is not there or is another account's."""
    collection = Collection.objects.filter(account=account, public_id=public_id).first()
    if collection is None:
        raise Refused(f"Collection with ID '{public_id[:80]}' was not found", 404)
    collection.account = account
    return collection
