"""Finished reports beside their samples, in the terminal's own file, so that they can be shown again.

They go with their run: when it is forgotten (30 days, `--fresh`), so is its report.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from bot.difftest.external import judged_nothing
from bot.difftest.file_store import FILE_NAME
from bot.difftest.model.cases import CaseOutcome
from bot.difftest.model.report import Report
from bot.difftest.model.sample import Sample
from bot.difftest.outcomes import Outcomes
from bot.difftest.report.cases import case_outcomes
from bot.difftest.suite.model import Suite

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS reports (
  run TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  finished_at TEXT NOT NULL, report TEXT NOT NULL, cases TEXT NOT NULL
)
"""
_CASES: Final = TypeAdapter(tuple[CaseOutcome, ...])


@dataclass(frozen=True, slots=True)
class Kept:
    """A finished report with its cases, and when it was finished."""

    report: Report
    cases: tuple[CaseOutcome, ...]
    finished_at: datetime


def judged_cases(folder: Path, suite: Suite, report: Report) -> tuple[CaseOutcome, ...]:
    """Every case's outcome from the samples kept of a run, read case by case. Raises sqlite3.Error.

    None where an earlier run's answers stand in for a model that is gone: the report alone knows which; and none where
    nothing was judged.
    """
    if report.mode == "stored_current" or judged_nothing(report):
        return ()
    alone = report.mode == "candidate_alone"
    known = suite.by_id
    found: dict[tuple[str, str], CaseOutcome] = {}
    with closing(_connected(folder)) as database:
        rows = database.execute('SELECT "case", body FROM samples WHERE run = ? ORDER BY "case"', (report.run_id,))
        for case_id, group in groupby(rows, key=lambda row: row[0]):
            if case_id not in known:
                continue
            samples = (Sample.from_json(body) for _, body in group)
            one = suite.model_copy(update={"cases": (known[case_id],)})
            outcomes = Outcomes(one, {sample.key: sample for sample in samples})
            found |= {(each.dimension, each.case): each for each in case_outcomes(outcomes, alone=alone)}
    return tuple(
        found[key]
        for dimension in ("quality", "tools")
        for case in suite.cases
        if (key := (dimension, case.id)) in found
    )


def keep(folder: Path, report: Report, cases: tuple[CaseOutcome, ...], at: datetime) -> None:
    """Remember a finished report in place of an earlier one of the same run. Raises sqlite3.Error."""
    values = (report.run_id, at.isoformat(), report.model_dump_json(), _CASES.dump_json(cases).decode())
    with closing(_connected(folder)) as database, database:
        database.execute(_SCHEMA)
        database.execute("INSERT OR REPLACE INTO reports VALUES (?, ?, ?, ?)", values)


def kept(folder: Path, prefix: str = "") -> list[Kept]:
    """The reports whose run id begins with `prefix`, the newest first. Raises sqlite3.Error and ValueError."""
    if not (folder / FILE_NAME).is_file():
        return []
    return list(_kept(folder, prefix))


def _kept(folder: Path, prefix: str) -> Iterator[Kept]:
    with closing(_connected(folder)) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'reports'").fetchone():
            return
        found = "SELECT report, cases, finished_at FROM reports WHERE substr(run, 1, ?) = ? ORDER BY finished_at DESC"
        for report, cases, at in database.execute(found, (len(prefix), prefix)):
            yield Kept(Report.model_validate_json(report), _CASES.validate_json(cases), datetime.fromisoformat(at))


def _connected(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / FILE_NAME, timeout=10)
    database.execute("PRAGMA foreign_keys = ON")
    return database
