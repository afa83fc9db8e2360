"""What went wrong with the calls of a comparison, in one line for every medium."""

from bot.difftest.model.chat import ErrorClass, ErrorKind
from bot.difftest.model.report import ArmErrors, Report
from bot.wording.units import count

_SHOWN_LOSSES = 2
_LOSING = frozenset(kind.value for kind in ErrorKind if kind.error_class is ErrorClass.INFRASTRUCTURE)


def errors_line(report: Report) -> str:
    """Errors of either model: what counts against it, what was lost and what was said of that; empty without any."""
    parts = []
    for arm, label in (("current", "old"), ("candidate", "new")):
        errors = report.errors.get(arm)
        if errors and (errors.lost or errors.failed or errors.retried):
            told = [
                f"{count(errors.failed, 'failed answer')}{_kinds(errors, lost=False)}" if errors.failed else "",
                f"{errors.lost:,} lost to infrastructure{_kinds(errors, lost=True)}" if errors.lost else "",
                _said_of_lost(errors),
                f"{count(errors.retried, 'answer')} only after a retry" if errors.retried else "",
            ]
            parts.append(f"{label}: {', '.join(filter(None, told))}")
    return f"Errors: {'; '.join(parts)}" if parts else ""


def _kinds(errors: ArmErrors, *, lost: bool) -> str:
    kinds = {kind: many for kind, many in sorted(errors.kinds.items()) if (kind in _LOSING) is lost}
    told = ", ".join(f"{many} {kind.replace('_', ' ')}" for kind, many in kinds.items())
    return f" ({told})" if told else ""


def _said_of_lost(errors: ArmErrors) -> str:
    """The words of the most frequent losses, with how many there were of each."""
    told = ", ".join(f"“{loss.said}” ({count(loss.times, 'time')})" for loss in errors.losses[:_SHOWN_LOSSES])
    return f"most often {told}" if told else ""
