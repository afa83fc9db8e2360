"""Every reason a look or a check can give, one documented list. Codes only: what people read is in `wording`."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a window has no answer, a look does not count, or a check says what it says. Listed in docs/monitoring.md."""

    NO_SOURCE = "no_source"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    UNAUTHORISED = "unauthorised"
    BAD_STATUS = "bad_status"
    BAD_ANSWER = "bad_answer"
    CLOCK_SKEW = "clock_skew"
    NOT_SCRAPED = "not_scraped"

    BAKE_NOT_OVER = "bake_not_over"
    CYCLE_INCOMPLETE = "cycle_incomplete"
    NO_GUARDRAIL = "no_guardrail"
    NO_REQUESTS = "no_requests"
    ANSWERED_BY_ANOTHER_MODEL = "answered_by_another_model"
    BOTH_ARMS_WORSE = "both_arms_worse"
    CONTROL_CHANGED = "control_changed"
    UNHEALTHY = "unhealthy"
    HEALTH_UNKNOWN = "health_unknown"

    TOO_FEW_REQUESTS = "too_few_requests"
    NO_SERIES = "no_series"
    SILENT = "silent"
    MOSTLY_SILENT = "mostly_silent"
    WARMING_UP = "warming_up"
    UNREAD = "unread"
    NO_PAST = "no_past"
    BEYOND_BUCKETS = "beyond_buckets"
    SPREAD_CHANGED = "spread_changed"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"
    BEYOND_MARGIN = "beyond_margin"
    WORST_TENANT = "worst_tenant"
    BEYOND_LIMIT = "beyond_limit"

    SPENT_UNKNOWN = "spent_unknown"
