"""What a verb that works for long logs, and how: one JSON object a line on stderr, without secrets."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any


def log_to_stderr(level: str, secrets: list[str]) -> None:
    """One JSON object a line, ours and our libraries' alike, and no secret in any."""
    import structlog

    from bot.masking import mask

    def masked(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: mask(value, secrets) if isinstance(value, str) else value for key, value in event.items()}

    threshold = logging.getLevelNamesMapping()[level.upper()]
    stamped: list[Any] = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso")]
    shown: list[Any] = [structlog.processors.format_exc_info, masked, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*stamped, *shown],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    plain = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=stamped, processors=[plain, *shown]))
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)
    # What these two warn of is dealt with: a job still under way is not started again, the client is ours.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    logging.getLogger("slack_bolt").setLevel(max(threshold, logging.ERROR))
