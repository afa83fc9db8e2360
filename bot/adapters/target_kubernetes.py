"""The target kind `kubernetes`: a container's variable or a ConfigMap's key, patched, and the rollout followed.

Where the setting stands is `kubernetes.setting`, who else keeps it `kubernetes.managed`, how far a rollout has come
`kubernetes.rollout`; here are the compare-and-set, the restart and the waiting. Restarting sets the annotation that
`kubectl rollout restart` sets, and one that names the ConfigMap's version, by which a restart is found done.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from bot.adapters.kubernetes.api import JSON_PATCH, MERGE_PATCH, Api, Document
from bot.adapters.kubernetes.managed import manager_of
from bot.adapters.kubernetes.rollout import newest, owned_by, pods_selector, selector_of, troubles
from bot.adapters.kubernetes.setting import Held, UnfitError, also_from, held_in, model_in
from bot.adapters.kubernetes.workloads import judged_by_kind, new_pods, stuck, would_not_roll
from bot.adapters.taking_effect import until_it_holds
from bot.masking import mask
from bot.ports import Clock, DriftError, OutsideError
from bot.runbook.models.targets.kubernetes import KubernetesPlan
from bot.runbook.models.targets.templates import unfit

RESTARTED_AT: Final = "kubectl.kubernetes.io/restartedAt"
RESTARTED_FOR: Final = "rotate/restarted-for"
_ATTEMPTS: Final = 5
_CONFLICT, _INVALID = 409, 422


class KubernetesTarget:
    """Implements `bot.ports.Target` for settings in a cluster. `api` stays the caller's to close.

    `at` is called with the name of each step of a write (`read`, `written`), so that tests can do something there.
    """

    def __init__(self, api: Api, *, clock: Clock, at: Callable[[str], None] = lambda _step: None) -> None:
        self._api = api
        self._clock = clock
        self._at = at

    async def read(self, target: KubernetesPlan) -> str | None:
        """What the object sets, None when nothing. Raises OutsideError, also for a value that comes from elsewhere."""
        document = await self._object(target)
        value = self._model(target, self._held(target, document))
        if value is None and not target.config_map:
            await self._refuse_inherited(target, document)
        return value

    async def write(self, target: KubernetesPlan, *, expected: str | None, value: str | None) -> bool:
        """Compare-and-set by a patch that tests version and value; True when set. Raises DriftError, OutsideError."""
        if value and (reason := unfit(value)):
            what = f"{value!r} was not written to {target.place}: {reason}"
            raise OutsideError(what, whose="requester", again=False, code="value_unusable")
        written = f"{target.prefix}{value}" if value else value
        refusal, version = None, ""
        for _ in range(_ATTEMPTS):
            document = await self._object(target)
            held = self._held(target, document, written)
            found = self._model(target, held)
            if found == value:
                return False
            if found != expected:
                raise DriftError(target.place, expected=expected, found=found)
            if reason := _in_the_way(target, document):
                raise _refused(target, reason)
            if refusal is not None and held.version == version:
                raise refusal  # nothing came in between: it is the change itself that is not taken
            self._at("read")
            answer = await self._api.patch(target, *target.holder, held.patch(written), JSON_PATCH)
            self._at("written")
            if answer.ok:
                return True
            refusal, version = self._api.failure(target, answer), held.version
            if answer.status not in {_CONFLICT, _INVALID}:
                raise refusal
        what = f"{target.place} is being edited by somebody else right now; nothing was written"
        raise OutsideError(what, whose="sre", again=True, code="target_busy")

    async def restart(self, target: KubernetesPlan) -> None:
        """Restart those that read a ConfigMap, each once for each version of it. Raises OutsideError."""
        if not target.config_map or not target.restart:
            return
        version = self._held(target, await self._object(target)).version
        mark = f"{target.config_map}@{version}"
        for resource, name in target.rolls:
            workload = await self._api.get(target, resource, name)
            if reason := would_not_roll(resource, workload):
                raise _refused(target, reason)
            template = workload.get("spec", {}).get("template", {})
            if (template.get("metadata", {}).get("annotations") or {}).get(RESTARTED_FOR) == mark:
                continue
            now = self._clock.now().isoformat(timespec="seconds")
            metadata = {"annotations": {RESTARTED_AT: now, RESTARTED_FOR: mark}}
            patch = {"spec": {"template": {"metadata": metadata}}}
            answer = await self._api.patch(target, resource, name, patch, MERGE_PATCH)
            if not answer.ok:
                raise self._api.failure(target, answer)

    async def wait(self, target: KubernetesPlan, *, value: str | None) -> None:
        """Follow the rollout until every pod is a new one. Raises OutsideError with what keeps the pods."""

        async def seen() -> str | None:
            standing = await asyncio.gather(*(self._rolling(target, *workload) for workload in target.rolls))
            if going := [what for what in standing if what]:
                raise OutsideError("; ".join(going), whose="sre", again=True, code="rolling_out")
            return await self.read(target)

        limit, clock = target.rollout_within, self._clock
        await until_it_holds(value, seen, place=target.place, limit=limit, clock=clock)

    async def refusal(self, target: KubernetesPlan, value: str) -> str:
        """Why the place would not take this model. Raises OutsideError."""
        if reason := unfit(value):
            return reason
        return await self._standing_in_the_way(target)

    async def check_writable(self, target: KubernetesPlan) -> str:
        """Empty when the cluster would let us, and nobody else keeps the object; else what stands in the way."""
        try:
            for resource, name in dict.fromkeys((target.holder, *target.rolls)):
                for verb in ("get", "patch"):
                    if not await self._api.may(target, verb, resource, name):
                        what = f"{target.cluster.called} does not allow to {verb} {resource}/{name}"
                        return f"{what} in namespace {target.namespace}; bind a role that does"
            return await self._standing_in_the_way(target)
        except OutsideError as error:
            return error.what

    # ---- looking

    async def _object(self, target: KubernetesPlan) -> Document:
        return await self._api.get(target, *target.holder)

    async def _standing_in_the_way(self, target: KubernetesPlan) -> str:
        document = await self._object(target)
        self._model(target, self._held(target, document))
        if reason := _in_the_way(target, document):
            return reason
        for resource, name in target.rolls if target.config_map else ():
            if reason := would_not_roll(resource, await self._api.get(target, resource, name)):
                return reason
        return ""

    def _held(self, target: KubernetesPlan, document: Document, value: str | None = None) -> Held:
        try:
            return held_in(target, document, value)
        except UnfitError as error:
            raise _unreadable(target, str(error)) from None

    def _model(self, target: KubernetesPlan, held: Held) -> str | None:
        try:
            return model_in(held, target.prefix)
        except UnfitError as error:
            raise _unreadable(target, str(error)) from None

    async def _refuse_inherited(self, target: KubernetesPlan, document: Document) -> None:
        """Raise OutsideError where a ConfigMap's keys are the container's variables, and ours is among them."""
        for name, key in also_from(target, document):
            try:
                config_map = await self._api.get(target, "configmaps", name)
            except OutsideError as error:
                if error.code == "target_missing":
                    continue
                raise
            if key in (config_map.get("data") or {}):
                instead = f"`config_map: {name}`, `key: {key}` and `restart: [{target.restarted}]`"
                what = f"takes {target.setting} from key {key} of ConfigMap {name} (envFrom); write {instead} instead"
                raise _unreadable(target, what)

    async def _rolling(self, target: KubernetesPlan, resource: str, name: str) -> str:
        """What a workload's rollout waits for; empty when it is done. Raises OutsideError when it has failed."""
        workload = await self._api.get(target, resource, name)
        unlisted, sets = "", []
        if resource == "deployments":
            try:
                found = await self._api.listed(target, "replicasets", selector_of(workload))
                sets = owned_by(workload, found)
            except OutsideError as error:
                unlisted = error.what
        rollout = judged_by_kind(resource, workload, sets)
        if rollout.done:
            return ""
        why = await self._why(target, resource, workload, sets, unlisted)
        what = "; ".join(part for part in (rollout.what, why, stuck(resource, workload, why)) if part)
        if rollout.failed:
            raise OutsideError(f"{target.place}: {what}", whose="sre", again=False, code="rollout_failed")
        return what

    async def _why(
        self, target: KubernetesPlan, resource: str, workload: Document, sets: list[Document], unlisted: str
    ) -> str:
        """What keeps the new pods, as far as they may be looked at."""
        selector = selector_of(workload) + new_pods(resource, workload)
        if resource == "deployments":
            new = newest(sets)
            if new is None:
                return f"why is not known ({unlisted})" if unlisted else ""
            selector = pods_selector(workload, new)
        try:
            return mask(troubles(await self._api.listed(target, "pods", selector)))
        except OutsideError as error:
            return f"why is not known ({error.what})"


def _in_the_way(target: KubernetesPlan, document: Document) -> str:
    """Why the object is not changed though it could be read: it is kept, immutable, or would not roll."""
    if manager := manager_of(document):
        return (
            f"{target.object} is managed by {manager}, which would take a change back; change it where it is "
            "declared, as bot/examples/gitops.yml does"
        )
    if target.config_map and document.get("immutable") is True:
        return f"{target.object} is immutable; make it anew without `immutable: true`"
    return "" if target.config_map else would_not_roll(target.holder[0], document)


def _refused(target: KubernetesPlan, reason: str) -> OutsideError:
    return OutsideError(f"{target.place}: {reason}", whose="sre", again=False, code="target_refused")


def _unreadable(target: KubernetesPlan, reason: str) -> OutsideError:
    what = mask(f"{target.place}: {target.object} {reason}")
    return OutsideError(what, whose="sre", again=False, code="target_unreadable")
