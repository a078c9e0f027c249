"""Print a forecast from the weather service.

The program knows nothing of Strongroom: its key is an environment variable.
"""

import os
import sys

import requests

DEFAULT_URL = "http://127.0.0.1:8765"
TIMEOUT_SECS = 10


def main() -> int:
    key = os.getenv("WEATHER_API_KEY")
    if not key:
        print("app.py: WEATHER_API_KEY is not set", file=sys.stderr)
        return 1

    url = os.getenv("WEATHER_URL", DEFAULT_URL)
    try:
        response = requests.get(
            f"{url}/forecast",
            params={"city": "Lisbon"},
            headers={"Authorization": f"Bearer {key}"},
            timeout=TIMEOUT_SECS,
        )
        response.raise_for_status()
    except requests.RequestException as error:
        print(f"app.py: no forecast: {error}", file=sys.stderr)
        return 1

    forecast = response.json()
    print(
        f"{forecast['city']}: {forecast['summary']}, {forecast['celsius']} °C"
        f" (asked with the {forecast['key']} key)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
