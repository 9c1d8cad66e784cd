"""Beat's rows, to look at: collections are what is edited, and the rows follow them."""

from django.contrib import admin
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from collections_app.admin.base import LookOnly

admin.site.unregister([ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule])


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(LookOnly):
    list_display = (
        "name",
        "description",
        "enabled",
        "crontab",
        "start_time",
        "last_run_at",
        "total_run_count",
    )
    list_filter = ("enabled", "task")
    list_select_related = ("crontab",)
    search_fields = ("name", "description")
    ordering = ("name",)
    fields = ("name", "description", "task", "kwargs", "enabled", "crontab", "start_time", "last_run_at")


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(LookOnly):
    list_display = ("minute", "hour", "day_of_month", "day_of_week", "timezone")
    ordering = ("id",)
