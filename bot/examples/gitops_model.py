"""Reads and sets one line of a file on a branch of a git repository: for places that are managed by GitOps.

    gitops_model.py get --repo DIR --branch main --file apps/chat/values.yaml --key MODEL
    gitops_model.py set --repo DIR --branch main --file apps/chat/values.yaml --key MODEL --expect OLD --model NEW

DIR is a clone, also a bare one, whose `origin` may be pushed to; nothing is checked out in it. The line is `KEY: value`
or `KEY=value`, with or without quotes, and stands in the file once. The commit goes on top of what the branch holds at
that moment: where somebody else pushed in between, the push is refused and nothing has changed. Needs Python and git.
Status: 0 done, 4 the line is not there, 9 it holds something else than expected, 1 anything else.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

NOT_SET, CONFLICT = 4, 9


def main() -> int:
    """Do what the command line asks; the status says how it went."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description="One line of a file in a git repository.")
    parser.add_argument("verb", choices=["get", "set"])
    for name in ("--repo", "--branch", "--file", "--key"):
        parser.add_argument(name, required=True)
    parser.add_argument("--expect", default="")
    parser.add_argument("--model", default="")
    asked = parser.parse_args()
    try:
        return _get(asked) if asked.verb == "get" else _set(asked)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"git {error.cmd[3]}: {error.stderr.decode(errors='replace').strip()}\n")
        return 1


def _git(repo: str, *arguments: str, text: bytes | None = None, index: str | None = None) -> bytes:
    """What a git command prints. Raises CalledProcessError."""
    environment = {**os.environ, **({} if index is None else {"GIT_INDEX_FILE": index})}
    command = ["git", "-C", repo, *arguments]
    return subprocess.run(command, input=text, capture_output=True, check=True, env=environment).stdout


def _fetched(asked: argparse.Namespace) -> tuple[str, str]:
    """The commit the branch is at, and the file's text there."""
    _git(
        asked.repo, "fetch", "--quiet", "--no-tags", "origin", f"+refs/heads/{asked.branch}:refs/rotate/{asked.branch}"
    )
    head = _git(asked.repo, "rev-parse", f"refs/rotate/{asked.branch}").decode().strip()
    return head, _git(asked.repo, "show", f"{head}:{asked.file}").decode()


def _line(text: str, key: str) -> re.Match[str] | None:
    """The line that sets the key. Raises SystemExit where there are several."""
    name = rf"""[ \t]*(?:- )?["']?{re.escape(key)}["']?[ \t]*[:=][ \t]*"""
    pattern = rf"""^{name}(?P<quote>["']?)(?P<value>[^\s"'#]*)(?P=quote)(?=[ \t]*(?:#.*)?\r?$)"""
    found = list(re.finditer(pattern, text, re.MULTILINE))
    if len(found) > 1:
        raise SystemExit(f"{key} is set on {len(found)} lines; it must be one")
    return found[0] if found else None


def _get(asked: argparse.Namespace) -> int:
    found = _line(_fetched(asked)[1], asked.key)
    if found is None:
        return NOT_SET
    sys.stdout.write(f"{found['value']}\n")
    return 0


def _set(asked: argparse.Namespace) -> int:
    head, text = _fetched(asked)
    found = _line(text, asked.key)
    if found is None:
        sys.stderr.write(f"no line of {asked.file} sets {asked.key}\n")
        return NOT_SET
    if found["value"] == asked.model:
        return 0
    if found["value"] != asked.expect:
        sys.stderr.write(f"{asked.key} is {found['value']!r}, not {asked.expect!r}\n")
        return CONFLICT
    changed = text[: found.start("value")] + asked.model + text[found.end("value") :]
    message = f"{asked.key}: {asked.model}\n\nWas {asked.expect}. Set by a model rotation."
    commit = _committed(asked.repo, head, asked.file, changed.encode(), message)
    _git(asked.repo, "push", "--quiet", "origin", f"{commit}:refs/heads/{asked.branch}")
    return 0


def _committed(repo: str, head: str, file: str, text: bytes, message: str) -> str:
    """A commit on top of `head` in which the file has this text; no working tree, no index of anybody else's."""
    mode = _git(repo, "ls-tree", head, "--", file).decode().split()[0]
    with tempfile.TemporaryDirectory() as folder:
        index = str(Path(folder, "index"))
        _git(repo, "read-tree", head, index=index)
        blob = _git(repo, "hash-object", "-w", "--stdin", text=text).decode().strip()
        _git(repo, "update-index", "--cacheinfo", f"{mode},{blob},{file}", index=index)
        tree = _git(repo, "write-tree", index=index).decode().strip()
    return _git(repo, "commit-tree", tree, "-p", head, text=message.encode()).decode().strip()


if __name__ == "__main__":
    sys.exit(main())
