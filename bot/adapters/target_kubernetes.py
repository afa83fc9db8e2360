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
from bot.adapters.kubernetes.rollout import judged, newest, owned_by, pods_selector, selector_of, troubles
from bot.adapters.kubernetes.setting import Held, UnfitError, also_from, held_in, model_in
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
        if value is None and target.deployment:
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
            answer = await self._api.patch(target, _resource(target), _name(target), held.patch(written), JSON_PATCH)
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
        for name in target.restart:
            deployment = await self._api.get(target, "deployments", name)
            if reason := _paused(deployment):
                raise _refused(target, reason)
            template = deployment.get("spec", {}).get("template", {})
            if (template.get("metadata", {}).get("annotations") or {}).get(RESTARTED_FOR) == mark:
                continue
            now = self._clock.now().isoformat(timespec="seconds")
            metadata = {"annotations": {RESTARTED_AT: now, RESTARTED_FOR: mark}}
            patch = {"spec": {"template": {"metadata": metadata}}}
            answer = await self._api.patch(target, "deployments", name, patch, MERGE_PATCH)
            if not answer.ok:
                raise self._api.failure(target, answer)

    async def wait(self, target: KubernetesPlan, *, value: str | None) -> None:
        """Follow the rollout until every pod is a new one. Raises OutsideError with what keeps the pods."""

        async def seen() -> str | None:
            standing = await asyncio.gather(*(self._rolling(target, name) for name in target.rolls))
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
            wanted = [(_resource(target), _name(target)), *(("deployments", name) for name in target.restart)]
            for resource, name in wanted:
                for verb in ("get", "patch"):
                    if not await self._api.may(target, verb, resource, name):
                        what = f"{target.cluster.called} does not allow to {verb} {resource}/{name}"
                        return f"{what} in namespace {target.namespace}; bind a role that does"
            return await self._standing_in_the_way(target)
        except OutsideError as error:
            return error.what

    # ---- looking

    async def _object(self, target: KubernetesPlan) -> Document:
        return await self._api.get(target, _resource(target), _name(target))

    async def _standing_in_the_way(self, target: KubernetesPlan) -> str:
        document = await self._object(target)
        self._model(target, self._held(target, document))
        if reason := _in_the_way(target, document):
            return reason
        for name in target.restart:
            if reason := _paused(await self._api.get(target, "deployments", name)):
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
                instead = f"`config_map: {name}`, `key: {key}` and `restart: [{target.deployment}]`"
                what = f"takes {target.setting} from key {key} of ConfigMap {name} (envFrom); write {instead} instead"
                raise _unreadable(target, what)

    async def _rolling(self, target: KubernetesPlan, name: str) -> str:
        """What a Deployment's rollout waits for; empty when it is done. Raises OutsideError when it has failed."""
        deployment = await self._api.get(target, "deployments", name)
        unlisted, sets = "", []
        try:
            found = await self._api.listed(target, "replicasets", selector_of(deployment))
            sets = owned_by(deployment, found)
        except OutsideError as error:
            unlisted = error.what
        rollout = judged(deployment, sets)
        if rollout.done:
            return ""
        what = "; ".join(part for part in (rollout.what, await self._why(target, deployment, sets, unlisted)) if part)
        if rollout.failed:
            raise OutsideError(f"{target.place}: {what}", whose="sre", again=False, code="rollout_failed")
        return what

    async def _why(self, target: KubernetesPlan, deployment: Document, sets: list[Document], unlisted: str) -> str:
        """What keeps the new pods, as far as they may be looked at."""
        new = newest(sets)
        if new is None:
            return f"why is not known ({unlisted})" if unlisted else ""
        try:
            return mask(troubles(await self._api.listed(target, "pods", pods_selector(deployment, new))))
        except OutsideError as error:
            return f"why is not known ({error.what})"


def _resource(target: KubernetesPlan) -> str:
    return "configmaps" if target.config_map else "deployments"


def _name(target: KubernetesPlan) -> str:
    return target.config_map or target.deployment


def _in_the_way(target: KubernetesPlan, document: Document) -> str:
    """Why the object is not changed though it could be read: it is kept, immutable, or would not roll."""
    if manager := manager_of(document):
        return (
            f"{target.object} is managed by {manager}, which would take a change back; change it where it is "
            "declared, as bot/examples/gitops.yml does"
        )
    if target.config_map and document.get("immutable") is True:
        return f"{target.object} is immutable; make it anew without `immutable: true`"
    return _paused(document) if target.deployment else ""


def _paused(deployment: Document) -> str:
    if not deployment.get("spec", {}).get("paused"):
        return ""
    name = deployment.get("metadata", {}).get("name")
    return (
        f"deployment/{name} is paused, so its pods would stay as they are; `kubectl rollout resume deployment/{name}`"
    )


def _refused(target: KubernetesPlan, reason: str) -> OutsideError:
    return OutsideError(f"{target.place}: {reason}", whose="sre", again=False, code="target_refused")


def _unreadable(target: KubernetesPlan, reason: str) -> OutsideError:
    what = mask(f"{target.place}: {target.object} {reason}")
    return OutsideError(what, whose="sre", again=False, code="target_unreadable")
