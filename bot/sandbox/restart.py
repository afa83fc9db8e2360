"""`python -m bot.sandbox.restart URL`: asks the platform to restart something. Standard library only: starts fast."""

import sys
import urllib.error
import urllib.request

_SECONDS = 60


def main(argv: list[str]) -> int:
    """Posts to the URL; answers 0 on any 2xx, else 1 after one line on stderr."""
    if len(argv) != 1 or not argv[0].startswith("http://127.0.0.1:"):
        sys.stderr.write("usage: python -m bot.sandbox.restart http://127.0.0.1:PORT/…\n")
        return 1
    request = urllib.request.Request(argv[0], data=b"", method="POST")  # noqa: S310 - loopback http only, checked above
    # No proxy: the environment's would be asked for a loopback address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_SECONDS):
            return 0
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(200).decode(errors="replace").strip()
        sys.stderr.write(f"restart refused: HTTP {error.code} {said}\n")
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"restart failed: {getattr(error, 'reason', error)}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
