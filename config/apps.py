from django.apps import AppConfig


class RoundsmanConfig(AppConfig):
    name = "config"
    verbose_name = "Roundsman"
