from django.apps import AppConfig


class RoundsmanConfig(AppConfig):
    name = "config"
    verbose_name = "Roundsman"

    def ready(self) -> None:
        from config import checks  # noqa: F401  registers them
