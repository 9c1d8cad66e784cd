"""The HTTP API from the outside: the standard library and nothing of the service's own code."""

import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

TIMEOUT = 30.0  # seconds


class Failed(Exception):
    """Why the demo cannot go on, as a sentence."""


class Client:
    """Calls with the key in the query, JSON in and out."""

    def __init__(self, url: str, api_key: str) -> None:
        self._url, self._key = url, api_key

    def call(self, verb: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        """The answer's JSON. Raises Failed with the service's own message."""
        asked = urllib.parse.urlencode({"api_key": self._key, **query})
        request = urllib.request.Request(
            f"{self._url}{path}?{asked}",
            method=verb,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise Failed(f"{verb} {path} was refused: {_message(error)}") from error
        except (OSError, ValueError) as error:
            raise Failed(f"{verb} {path} failed: {error}") from error


def _message(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["request_info"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {error.code}"


def download(link: str, folder: Path) -> Path:
    """The file behind a download link: a plain GET, no key."""
    path = folder / Path(urllib.parse.urlsplit(link).path).name
    try:
        with urllib.request.urlopen(link, timeout=TIMEOUT) as answer, path.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except OSError as error:
        raise Failed(f"{link} could not be downloaded: {error}") from error
    return path
