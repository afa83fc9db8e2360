"""`python -m bot.sandbox.platform.restart URL`: restart a stage's workers, as `systemctl restart` would a unit.

For a runbook's `restart:` list, on machines without curl. Exit code 0 when they were restarted, 1 with the reason on
standard error when not.
"""

import json
import sys
import urllib.error
import urllib.request

TIMEOUT_SECONDS = 60.0


def main(arguments: list[str]) -> int:
    """Restart what the one argument names; answers the exit code."""
    if len(arguments) != 1 or not arguments[0].startswith("http://"):
        sys.stderr.write("usage: python -m bot.sandbox.platform.restart http://127.0.0.1:PORT/platform/restart/STAGE\n")
        return 2
    request = urllib.request.Request(arguments[0], method="POST")  # noqa: S310 - checked to be http above
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
            sys.stdout.write(answer.read().decode() + "\n")
    except urllib.error.HTTPError as refused:
        sys.stderr.write(_detail(refused.read()) + "\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{arguments[0]}: {error}\n")
        return 1
    return 0


def _detail(body: bytes) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
