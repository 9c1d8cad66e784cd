"""The result set endpoints against the contract."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.conf import LazySettings
from django.utils.timezone import now

from collections_app.models import Account, Collection, ResultSet
from collections_app.services.accounts import create_key
from tests.collections_app.api.conftest import Caller
from tests.collections_app.results.conftest import rows
from tests.notifications.test_webhooks import Receiver, serving

MakeResultSet = Callable[..., ResultSet]
FIELDS = "id,search_results.title"
DIGEST = hashlib.sha1(FIELDS.encode()).hexdigest()  # noqa: S324  the contract's own


@pytest.fixture
def caller(account: Account) -> Caller:
    return Caller(account, create_key(account)[1])


@pytest.fixture
def path(collection: Collection) -> str:
    return f"/collections/{collection.public_id}/results"


def moment(value: Any) -> str:
    return str(value.isoformat(timespec="milliseconds").replace("+00:00", "Z"))


def test_result_sets_are_listed_newest_first(
    caller: Caller, path: str, make_result_set: MakeResultSet
) -> None:
    first, second = make_result_set(25, number=1), make_result_set(3, number=2)
    make_result_set(1, number=3, expires_at=now())
    answer = caller.ok("GET", path)
    assert list(answer) == ["request_info", "collection_id", "collection", "results_count", "results"]
    assert answer["collection_id"] == answer["collection"]["id"] == first.collection.public_id
    assert answer["results_count"] == 2
    assert [result["id"] for result in answer["results"]] == [2, 1]
    root = f"http://testserver/results/{first.link_token}/Collection_Results_{first.collection.public_id}_1"
    assert answer["results"][1] == {
        "id": 1,
        "started_at": moment(first.started_at),
        "ended_at": moment(first.ended_at),
        "expires_at": moment(first.expires_at),
        "results_page_count": 3,
        "requests_completed": 17,
        "requests_failed": 8,
        "requests_total": 25,
        "webhook_status": {"status": "not_sent", "log": []},
        "destination_status": {},
        "download_links": {
            "pages": [f"{root}_Page_{page}.json" for page in (1, 2, 3)],
            "all_pages": f"{root}_All_Pages.zip",
        },
    }
    assert second.link_token in answer["results"][0]["download_links"]["pages"][0]


def test_a_collection_without_result_sets_lists_none(caller: Caller, path: str) -> None:
    answer = caller.ok("GET", path)
    assert (answer["results_count"], answer["results"]) == (0, [])


@pytest.mark.parametrize(
    ("ending", "page", "all_pages"),
    [
        ("", "_Page_1.json", "_All_Pages.zip"),
        ("/", "_Page_1.json", "_All_Pages.zip"),
        ("/jsonlines", "_Page_1.jsonl", "_All_Pages_jsonlines.zip"),
        (f"/csv?csv_fields={FIELDS}", f"_Page_1_{DIGEST}.csv", f"_All_Pages_{DIGEST}.csv"),
    ],
)
def test_one_result_set_with_links_that_work(
    caller: Caller, path: str, make_result_set: MakeResultSet, ending: str, page: str, all_pages: str
) -> None:
    result_set = make_result_set(2)
    url, _, query = f"{path}/1{ending}".partition("?")
    answer = caller.ok("GET", url, **dict([query.split("=")] if query else []))
    assert list(answer) == ["request_info", "collection_id", "result"]
    assert answer["collection_id"] == result_set.collection.public_id
    links = answer["result"]["download_links"]
    base = f"http://testserver/results/{result_set.link_token}/Collection_Results_{answer['collection_id']}_1"
    assert links == {"pages": [f"{base}{page}"], "all_pages": f"{base}{all_pages}"}
    for link in (*links["pages"], links["all_pages"]):
        response = caller.client.get(link.removeprefix("http://testserver"))
        assert response.status_code == 200
        assert b"".join(response.streaming_content)  # type: ignore[attr-defined]  # files are streamed


def test_csv_without_fields_has_the_columns_of_the_collection(
    caller: Caller, path: str, collection: Collection, make_result_set: MakeResultSet
) -> None:
    make_result_set(2)
    Collection.objects.filter(pk=collection.pk).update(notification_csv_fields=FIELDS)
    answer = caller.ok("GET", f"{path}/1/csv")
    assert answer["result"]["download_links"]["all_pages"].endswith(f"_All_Pages_{DIGEST}.csv")


@pytest.mark.parametrize("fields", ["", " ", "a,,b", "a;b", "a" * 201, ",".join(f"f{n}" for n in range(501))])
def test_bad_csv_fields_are_refused_by_name(
    caller: Caller, path: str, make_result_set: MakeResultSet, fields: str
) -> None:
    make_result_set(1)
    message = caller.refused(400, "GET", f"{path}/1/csv", csv_fields=fields)
    assert message.startswith("csv_fields: ")


@pytest.mark.parametrize("ending", ["", "/jsonlines", "/csv", "/resendwebhook", "/resend_webhook"])
@pytest.mark.parametrize("number", ["2", "0", "-1", "abc", "1" * 40, "\u0661"])
def test_a_result_set_that_is_not_there_is_not_found(
    caller: Caller, path: str, make_result_set: MakeResultSet, ending: str, number: str
) -> None:
    make_result_set(1)
    message = caller.refused(404, "GET", f"{path}/{number}{ending}")
    assert message == f"Result Set with ID '{number[:80]}' was not found"


@pytest.mark.parametrize("ending", ["", "/jsonlines", "/csv", "/resendwebhook"])
def test_an_expired_result_set_is_not_found(
    caller: Caller, path: str, make_result_set: MakeResultSet, ending: str
) -> None:
    make_result_set(1, expires_at=now() - timedelta(seconds=1))
    assert "was not found" in caller.refused(404, "GET", f"{path}/1{ending}")


@pytest.mark.parametrize(
    ("verb", "ending"),
    [
        ("GET", ""),
        ("GET", "/1"),
        ("GET", "/1/jsonlines"),
        ("GET", "/1/csv"),
        ("GET", "/1/resendwebhook"),
        ("GET", "/1/resend_webhook"),
        ("DELETE", "/1/links"),
        ("POST", "/1/links"),
    ],
)
def test_another_accounts_result_sets_are_not_found(
    path: str, make_result_set: MakeResultSet, verb: str, ending: str
) -> None:
    make_result_set(1)
    stranger = Account.objects.create(name="Stranger")
    message = Caller(stranger, create_key(stranger)[1]).refused(404, verb, path + ending)
    assert message.startswith("Collection with ID ")
    assert ResultSet.objects.get().links_revoked_at is None


def test_links_can_be_revoked_and_renewed(caller: Caller, path: str, make_result_set: MakeResultSet) -> None:
    make_result_set(1)
    old = caller.ok("GET", f"{path}/1")["result"]["download_links"]["pages"][0]
    caller.ok("DELETE", f"{path}/1/links")
    assert caller.ok("GET", f"{path}/1")["result"]["download_links"] == {"pages": [], "all_pages": None}
    assert caller.client.get(old.removeprefix("http://testserver")).status_code == 410
    renewed = caller.ok("POST", f"{path}/1/links")["download_links"]["pages"][0]
    assert renewed != old
    assert caller.client.get(renewed.removeprefix("http://testserver")).status_code == 200


@pytest.mark.parametrize("spelling", ["resendwebhook", "resend_webhook"])
def test_the_webhook_is_sent_again_as_the_contract_has_it(
    caller: Caller,
    path: str,
    collection: Collection,
    make_result_set: MakeResultSet,
    settings: LazySettings,
    spelling: str,
) -> None:
    result_set = make_result_set(5)
    with serving(Receiver()) as receiver:
        settings.ALLOWED_PRIVATE_HOSTS = [f"127.0.0.1:{receiver.port}"]
        collection.notification_webhook = f"http://127.0.0.1:{receiver.port}/hook?a=b"
        collection.notification_as_csv = True
        collection.notification_csv_fields = FIELDS
        collection.save()
        answer = caller.ok("GET", f"{path}/1/{spelling}")
    assert answer == {"request_info": {"success": True, "message": "Webhook POST resent successfully."}}
    [(target, headers, body)] = receiver.received
    assert target == "/hook?a=b"
    assert headers["content-type"] == "application/json"
    told = orjson.loads(body)
    root = f"http://testserver/results/{result_set.link_token}/Collection_Results_{collection.public_id}_1"
    assert told == {
        "request_info": {"success": True, "type": "collection_resultset_completed"},
        "result_set": {
            "id": 1,
            "started_at": moment(result_set.started_at),
            "ended_at": moment(result_set.ended_at),
            "requests_completed": 4,
            "requests_failed": 1,
            "download_links": {
                "json": {"pages": [f"{root}_Page_1.json"], "all_pages": f"{root}_All_Pages.zip"},
                "csv": {
                    "pages": [f"{root}_Page_1_{DIGEST}.csv"],
                    "all_pages": f"{root}_All_Pages_{DIGEST}.csv",
                },
            },
        },
        "collection": {"id": collection.public_id, "name": "Prices"},
    }
    assert list(told) == ["request_info", "result_set", "collection"]


def test_without_a_webhook_of_its_own_the_accounts_is_called(
    caller: Caller, path: str, account: Account, make_result_set: MakeResultSet, settings: LazySettings
) -> None:
    make_result_set(1)
    with serving(Receiver()) as receiver:
        settings.ALLOWED_PRIVATE_HOSTS = [f"127.0.0.1:{receiver.port}"]
        account.webhook_url = f"http://127.0.0.1:{receiver.port}/account"
        account.save()
        caller.ok("GET", f"{path}/1/resendwebhook")
    assert [target for target, _, _ in receiver.received] == ["/account"]


def test_no_webhook_at_all_is_refused(caller: Caller, path: str, make_result_set: MakeResultSet) -> None:
    make_result_set(1)
    assert "No webhook is set" in caller.refused(400, "GET", f"{path}/1/resendwebhook")


def test_a_webhook_that_fails_is_refused_with_the_reason(
    caller: Caller, path: str, collection: Collection, make_result_set: MakeResultSet, settings: LazySettings
) -> None:
    make_result_set(1)
    with serving(Receiver()) as receiver:
        receiver.status = 500
        settings.ALLOWED_PRIVATE_HOSTS = [f"127.0.0.1:{receiver.port}"]
        Collection.objects.update(notification_webhook=f"http://127.0.0.1:{receiver.port}/")
        message = caller.refused(400, "GET", f"{path}/1/resendwebhook")
    assert message == "Webhook POST failed: The webhook answered with HTTP 500"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "169.254.169.254"])
def test_a_webhook_into_the_private_network_is_refused(
    caller: Caller, path: str, make_result_set: MakeResultSet, settings: LazySettings, host: str
) -> None:
    make_result_set(1)
    settings.ALLOWED_PRIVATE_HOSTS = []
    with serving(Receiver()) as receiver:
        Collection.objects.update(notification_webhook=f"http://{host}:{receiver.port}/")
        message = caller.refused(400, "GET", f"{path}/1/resendwebhook")
    assert "not allowed" in message
    assert receiver.received == []


def test_rows_hold_what_the_contract_has_and_nothing_else() -> None:
    assert all(
        list(orjson.loads(row)) == ["success", "id", "request", "total_time_taken", "result"]
        for row in rows(3)
    )
