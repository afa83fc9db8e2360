"""Digests, and looking things up in a rotation."""

import pytest

from bot.rotation.evidence import CheckResult, Dimension, StageEvidence, Verdict, digest_of, evidence_digest
from bot.rotation.model.targets import target_plan
from bot.rotation.policy import ALLOW, Deny, ReasonCode, may_compare
from bot.runbook.models.authority import HOUSE
from tests.rotation.cast import ALICE, GUS, NOON, SAM, comparison, plan
from tests.rotation.play import begun


def sealed(stage: str, looks: int = 24) -> StageEvidence:
    return StageEvidence(stage=stage, attempt=1, verdict=Verdict.PASS, looks=looks, sealed_at=NOON)


def test_a_digest_is_about_what_was_seen_not_about_when() -> None:
    seen = (sealed("staging"),)
    later = (sealed("staging").model_copy(update={"sealed_at": NOON.replace(hour=13)}),)
    assert evidence_digest(comparison(), seen) == evidence_digest(comparison(), later)
    assert evidence_digest(comparison(), seen) != evidence_digest(comparison(name="D18"), seen)
    assert evidence_digest(comparison(), seen) != evidence_digest(comparison(), (*seen, sealed("pilots")))
    assert evidence_digest(comparison(), seen) != evidence_digest(comparison(), (sealed("staging", looks=23),))
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})


def test_a_check_is_digested_as_it_was_before_it_could_be_about_one_tenant() -> None:
    """Else what was approved before would have to be approved again, for no other reason than a new version."""

    def digest(check: CheckResult) -> str:
        return evidence_digest(comparison(), (sealed("staging").model_copy(update={"checks": (check,)}),))

    known = CheckResult(name="errors", dimension=Dimension.ERRORS, verdict=Verdict.PASS)
    stage = sealed("staging").model_copy(update={"checks": (known,)})
    written = stage.model_dump(mode="json", exclude={"sealed_at", "month"})
    del written["checks"][0]["tenant"]
    assert digest(known) == digest_of({"comparison": comparison().digest, "bakes": [written]})
    assert digest(known) != digest(known.model_copy(update={"tenant": "acme"}))


def test_what_is_not_there_is_said() -> None:
    rotation = begun().rotation
    with pytest.raises(KeyError, match="canary"):
        rotation.target("canary")
    with pytest.raises(KeyError, match="canary"):
        target_plan(plan(), "canary")
    with pytest.raises(LookupError, match="R42 has not begun to watch"):
        _ = rotation.watched


def test_who_may_compare() -> None:
    assert may_compare(HOUSE, ALICE) == ALLOW
    assert may_compare(HOUSE, SAM) == Deny(ReasonCode.NOT_ENTITLED, {"channel": True})
    assert may_compare(HOUSE, GUS) == Deny(ReasonCode.NO_GUESTS)
