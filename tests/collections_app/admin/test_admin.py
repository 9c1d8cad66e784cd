"""The operator's pages, as a person uses them: log in, look, search, filter, act."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from django_celery_beat.models import PeriodicTask
from pytest_django import DjangoAssertNumQueries

from collections_app.models import Account, ApiKey, Collection, Fire, ResultSet, Run
from collections_app.models.runs import RunStatus, Trigger
from collections_app.models.schedules import FireOutcome
from collections_app.services import collections
from collections_app.services.accounts import account_for_key, create_key
from collections_app.services.errors import Refused

PAGE = {"type": "page", "url": "https://shop.example/1"}
OURS = {
    f"{model._meta.app_label}_{model._meta.model_name}": model
    for model in admin.site._registry
    if model._meta.app_label in ("collections", "django_celery_beat", "auth")
}


@pytest.fixture
def operator(db: None) -> Client:
    User.objects.create_superuser("root", "root@x.example", "a long pass phrase")
    client = Client()
    answer = client.post(
        "/admin/login/?next=/admin/", {"username": "root", "password": "a long pass phrase"}, follow=True
    )
    assert answer.redirect_chain == [("/admin/", 302)]
    return client


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(name="Alice", email="alice@x.example")


def add(account: Account, name: str, **settings: object) -> Collection:
    row = collections.create(account, {"name": name, "schedule_type": "daily"} | settings, [PAGE])
    moment = now()
    run = Run.objects.create(
        collection=row, account=account, status=RunStatus.COMPLETED, trigger=Trigger.SCHEDULE, number=1
    )
    Fire.objects.create(collection=row, due_at=moment, outcome=FireOutcome.RAN, run=run)
    ResultSet.objects.create(
        run=run,
        collection=row,
        number=1,
        started_at=moment,
        ended_at=moment,
        expires_at=moment + timedelta(days=1),
        request_count=1,
        completed_count=1,
        failed_count=0,
        page_count=1,
        folder="x",
    )
    return row


def act(client: Client, model: str, action: str, *rows: int) -> str:
    """Use an action on rows; the page that follows."""
    url = reverse(f"admin:{model}_changelist")
    body = {"action": action, "_selected_action": [str(row) for row in rows], "index": "0"}
    answer = client.post(url, body, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_pages_need_a_log_in(db: None) -> None:
    client = Client()
    assert client.get("/admin").headers["Location"] == "/admin/"
    assert client.get("/").headers["Location"] == "/admin/"
    assert client.get("/admin/", follow=True).redirect_chain == [("/admin/login/?next=/admin/", 302)]
    page = client.get("/admin/login/")
    assert "Roundsman" in page.content.decode()
    wrong = client.post("/admin/login/", {"username": "root", "password": "x"})
    assert "Please enter the correct" in wrong.content.decode()


def test_all_models_have_a_page() -> None:
    assert {"collections_account", "collections_apikey", "collections_collection", "collections_run"} <= set(
        OURS
    )
    assert {"collections_fire", "collections_resultset", "django_celery_beat_periodictask"} <= set(OURS)


@pytest.mark.parametrize("model", sorted(OURS))
def test_every_list_and_row_can_be_looked_at_and_searched(
    operator: Client, account: Account, model: str
) -> None:
    create_key(account, "first")
    add(account, "Shoes <b>")
    url = reverse(f"admin:{model}_changelist")
    assert operator.get(url).status_code == 200
    assert operator.get(url, {"q": "shoes"}).status_code == 200
    row = OURS[model]._default_manager.first()
    if row is not None:
        page = operator.get(reverse(f"admin:{model}_change", args=[row.pk]))
        assert page.status_code == 200
        assert "<b>" not in page.content.decode().replace("<b></b>", "")


@pytest.mark.parametrize(
    "model",
    [
        "collections_collection",
        "collections_run",
        "collections_fire",
        "collections_resultset",
        "collections_apikey",
        "django_celery_beat_periodictask",
    ],
)
def test_a_list_takes_as_many_queries_for_thirty_rows_as_for_one(
    operator: Client, account: Account, django_assert_max_num_queries: DjangoAssertNumQueries, model: str
) -> None:
    url = reverse(f"admin:{model}_changelist")
    for name in range(30):
        create_key(account)
        add(account, str(name))
    with django_assert_max_num_queries(9):
        page = operator.get(url).content.decode()
    assert page.count("action-checkbox") >= 30 or page.count("field-") >= 30


def test_collections_are_searched_and_filtered(operator: Client, account: Account) -> None:
    shoes, socks = add(account, "Red shoes"), add(account, "Blue socks", enabled=False)
    Run.objects.create(collection=shoes, account=account, status=RunStatus.QUEUED, trigger=Trigger.API)
    url = reverse("admin:collections_collection_changelist")
    for query, there in (
        ({"q": "SHOES"}, shoes),
        ({"q": shoes.public_id.lower()}, shoes),
        ({"status": "queued"}, shoes),
        ({"status": "idle"}, socks),
        ({"enabled__exact": "0"}, socks),
    ):
        page = operator.get(url, query).content.decode()
        other = socks if there is shoes else shoes
        assert there.public_id in page
        assert other.public_id not in page


def test_start_and_stop_use_the_services(operator: Client, account: Account) -> None:
    one, two = add(account, "one"), add(account, "two")
    empty = collections.create(account, {"name": "empty"})
    page = act(operator, "collections_collection", "start", one.pk, two.pk, empty.pk)
    assert "2 collections started" in page
    assert "has no requests" in page
    assert set(Run.objects.filter(status=RunStatus.QUEUED).values_list("trigger", flat=True)) == {
        Trigger.ADMIN
    }
    assert "already queued" in act(operator, "collections_collection", "start", one.pk)
    assert "1 collections stopped" in act(operator, "collections_collection", "stop", one.pk)
    assert "neither queued nor running" in act(operator, "collections_collection", "stop", one.pk)
    active = Run.objects.get(status=RunStatus.QUEUED)
    assert "1 runs stopped" in act(operator, "collections_run", "stop", active.pk)
    assert "stopped already" in act(operator, "collections_run", "stop", active.pk)


def test_enable_and_disable_reach_the_schedule(operator: Client, account: Account) -> None:
    row = add(account, "one")
    assert PeriodicTask.objects.get(description="one").enabled is True
    assert "1 collections disabled" in act(operator, "collections_collection", "disable", row.pk)
    assert Collection.objects.get().enabled is False
    assert PeriodicTask.objects.get(description="one").enabled is False
    Run.objects.create(collection=row, account=account, status=RunStatus.RUNNING, trigger=Trigger.API)
    assert "1 collections enabled" in act(operator, "collections_collection", "enable", row.pk)
    assert PeriodicTask.objects.get(description="one").enabled is True


def test_a_new_key_is_shown_once(operator: Client, account: Account) -> None:
    url = reverse("admin:collections_apikey_add")
    answer = operator.post(url, {"account": account.pk, "label": "theirs"}, follow=True)
    page = answer.content.decode()
    key = page.split("The key is ")[1].split(":")[0]
    assert account_for_key(key) == account
    assert ApiKey.objects.get().label == "theirs"
    assert key not in operator.get(reverse("admin:collections_apikey_changelist")).content.decode()
    assert "1 keys revoked" in act(operator, "collections_apikey", "revoke", ApiKey.objects.get().pk)
    with pytest.raises(Refused, match="not valid"):
        account_for_key(key)


def test_an_accounts_new_time_zone_reaches_its_schedules(operator: Client, account: Account) -> None:
    add(account, "one")
    url = reverse("admin:collections_account_change", args=[account.pk])
    form = {"name": "Alice", "email": "", "webhook_url": "", "timezone": "Mars/Olympus"}
    assert "is not a time zone" in operator.post(url, form).content.decode()
    assert operator.post(url, form | {"timezone": "Asia/Tokyo"}).status_code == 302
    assert str(PeriodicTask.objects.get(description="one").crontab.timezone) == "Asia/Tokyo"


def test_download_links_are_revoked(operator: Client, account: Account) -> None:
    add(account, "one")
    row = ResultSet.objects.get()
    url = reverse("admin:collections_resultset_change", args=[row.pk])
    assert row.link_token in operator.get(url).content.decode()
    assert "1 result sets" in act(operator, "collections_resultset", "revoke_links", row.pk)
    assert row.link_token not in operator.get(url).content.decode()


@pytest.mark.parametrize("model", sorted(set(OURS) - {"auth_user", "auth_group", "collections_account"}))
def test_rows_are_not_typed_over(operator: Client, account: Account, model: str) -> None:
    create_key(account)
    add(account, "one")
    row = OURS[model]._default_manager.first()
    assert row is not None
    if model != "collections_apikey":
        assert operator.get(reverse(f"admin:{model}_add")).status_code == 403
    assert (
        operator.post(reverse(f"admin:{model}_change", args=[row.pk]), {"name": "taken"}).status_code == 403
    )
    assert operator.post(reverse(f"admin:{model}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_who_may_only_look_cannot_act(account: Account) -> None:
    user = User.objects.create_user("looker", password="x", is_staff=True)
    client = Client()
    client.force_login(user)
    row = add(account, "one")
    url = reverse("admin:collections_collection_changelist")
    assert client.get(url).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_collection"))
    assert row.public_id in client.get(url).content.decode()
    act(client, "collections_collection", "start", row.pk)
    assert not Run.objects.filter(status=RunStatus.QUEUED).exists()
    user.user_permissions.add(Permission.objects.get(codename="change_collection"))
    act(client, "collections_collection", "start", row.pk)
    assert Run.objects.filter(status=RunStatus.QUEUED).exists()


def test_an_operator_makes_users(operator: Client) -> None:
    form = {
        "username": "bob",
        "password1": "another long phrase",
        "password2": "another long phrase",
        "usable_password": "true",
    }
    assert operator.post(reverse("admin:auth_user_add"), form).status_code == 302
    assert User.objects.get(username="bob").check_password("another long phrase")
