"""Settings from the environment: `ROUNDSMAN_<NAME>`, or `ROUNDSMAN_<NAME>_FILE` for a secret in a file.

An odd value stops the start with the variable's name. Every name that is asked for is noted in KNOWN, so that a
name nobody asks for can be told (see config.checks).
"""

import json
import math
import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

PREFIX = "ROUNDSMAN_"
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}

KNOWN: set[str] = set()  # names without the prefix


def env_str(name: str, default: str = "") -> str:
    """The variable's text; from the file that `<name>_FILE` names, when that is set. Setting both is refused."""
    KNOWN.add(name)
    path = os.environ.get(f"{PREFIX}{name}_FILE")
    if not path:
        return os.environ.get(f"{PREFIX}{name}", default)
    if os.environ.get(f"{PREFIX}{name}"):
        raise ImproperlyConfigured(f"{PREFIX}{name} and {PREFIX}{name}_FILE are both set: use one of them")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{PREFIX}{name}_FILE={path}: cannot be read ({error.strerror})"
        ) from error
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"{PREFIX}{name}_FILE={path}: is not UTF-8 text") from error


def env_bool(name: str, default: bool) -> bool:
    text = env_str(name, "1" if default else "0").strip().lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise ImproperlyConfigured(f"{PREFIX}{name}={text!r}: use true or false")


def env_int(name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
    text = env_str(name).strip() or str(default)
    try:
        number = int(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{PREFIX}{name}={text!r}: use a whole number") from error
    if not least <= number <= most:
        raise ImproperlyConfigured(f"{PREFIX}{name}={number}: use a number from {least} to {most}")
    return number


def env_float(name: str, default: float, *, least: float = 0.0) -> float:
    text = env_str(name).strip() or str(default)
    try:
        number = float(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{PREFIX}{name}={text!r}: use a number") from error
    if not (math.isfinite(number) and number >= least):
        raise ImproperlyConfigured(f"{PREFIX}{name}={text}: use a number of at least {least}")
    return number


def env_list(name: str, default: str = "") -> list[str]:
    """The parts of a text with commas."""
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    text = env_str(name).strip() or default
    if text not in choices:
        raise ImproperlyConfigured(f"{PREFIX}{name}={text!r}: use one of {', '.join(choices)}")
    return text


def env_map(name: str) -> dict[str, str]:
    """A JSON object of strings."""
    text = env_str(name).strip() or "{}"
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{PREFIX}{name}: not JSON ({error})") from error
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ImproperlyConfigured(f"{PREFIX}{name}: use a JSON object with text values")
    return value


def unknown_names() -> list[str]:
    """The ROUNDSMAN_* variables of this process that no setting asks for, with the prefix, sorted."""
    return sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX)
        and (short := name.removeprefix(PREFIX)) not in KNOWN
        and short.removesuffix("_FILE") not in KNOWN
    )
