"""When a schedule fires: plain functions of a plan and a moment, without database (rules: docs/schedules.md)."""

from collections_app.services.schedules.fires import fires_after, fires_between, newest_between, next_fire
from collections_app.services.schedules.plans import BadPlan, Plan

__all__ = ["BadPlan", "Plan", "fires_after", "fires_between", "newest_between", "next_fire"]
