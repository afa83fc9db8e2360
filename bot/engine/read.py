"""Questions about what is stored, answered as data for people: status, slots. Nothing here changes anything."""

from bot.engine.frozen import concerning
from bot.engine.frozen import listed as listed_freezes
from bot.engine.listing import stored_ids
from bot.engine.models.messages import MessageRef
from bot.engine.models.shown import SlotStatus, Status, Why
from bot.engine.outside import Outside, Rules
from bot.engine.perform.chat.cards import CARD, card_note
from bot.engine.targets import read_all
from bot.rotation.model.rotation import Phase
from bot.runbook.models.plan import plan_for


async def slots(outside: Outside, rules: Rules) -> tuple[SlotStatus, ...]:
    """Every slot: what its targets hold now, what runs, and its newest comparison."""
    found = []
    freezes = await listed_freezes(outside.store, rules.runbook, outside.clock.now())
    for name in rules.runbook.slots:
        plan = plan_for(rules.runbook, name)
        readings = {reading.target: reading for reading in await read_all(outside, plan)}
        models = {
            stage.name: ", ".join(
                dict.fromkeys(readings[t.id].value or readings[t.id].problem or "not set" for t in stage.targets),
            )
            for stage in plan.stages
        }
        running = await outside.store.rotations(slot=name, running=True)
        held = [r for r in running if r.phase is not Phase.QUEUED]
        every = await outside.store.rotations(slot=name, newest=1)
        comparisons = [c for c in await outside.store.comparisons(slot=name, newest=9) if c.status != "asked"]
        found.append(
            SlotStatus(
                slot=name,
                stages=tuple(stage.name for stage in plan.stages),
                models=models,
                rotation=held[0] if held else (every[-1] if every else None),
                comparison=comparisons[0] if comparisons else None,
                queued=tuple(r.id for r in running if r.phase is Phase.QUEUED),
                freezes=concerning(name, [stage.name for stage in plan.stages], freezes),
            ),
        )
    return tuple(found)


async def listed(outside: Outside, rules: Rules, slot: str) -> tuple[str, ...]:
    """The models that may answer for a slot; empty where nobody says, or where an engine of one's own answers."""
    known = rules.runbook.slots
    if outside.catalog is None or slot not in known or plan_for(rules.runbook, slot).engine is not None:
        return ()
    return await outside.catalog.models()


async def completing(outside: Outside, rules: Rules, slot: str) -> tuple[str, ...]:
    """The models a form completes from: the stored catalog, which is there at once; before that, what is listed."""
    known = rules.runbook.slots
    if slot not in known or plan_for(rules.runbook, slot).engine is not None:
        return ()
    return await stored_ids(outside) or await listed(outside, rules, slot)


async def why(outside: Outside, rules: Rules, subject: str) -> Why | None:
    """Why a rotation is where it is; of a slot its newest one. None where there is none of that name."""
    rotation = await outside.store.rotation(subject.upper())
    if rotation is None:
        newest = await outside.store.rotations(slot=subject, newest=1) if subject else []
        rotation = newest[-1] if newest else None
    if rotation is None:
        return None
    note = await card_note(outside, rules, rotation, repeat=False)
    return Why(note=note, told=tuple(await outside.store.told(rotation.id)))


async def status(outside: Outside, rules: Rules, subject: str = "") -> Status:
    """Everything, or the slot a word names: its own name, or that of one of its rotations or comparisons."""
    every = await slots(outside, rules)
    rotation = await outside.store.rotation(subject.upper())
    comparison = await outside.store.comparison(subject.upper())
    slot = rotation.slot if rotation else comparison.slot if comparison else subject
    chosen = tuple(s for s in every if not slot or s.slot == slot)
    if rotation is not None:
        about = await outside.store.comparison(rotation.comparison.id)
        chosen = tuple(s.model_copy(update={"rotation": rotation, "comparison": about}) for s in chosen)
    if comparison is not None:
        begun = [r for r in await outside.store.rotations(slot=slot) if r.comparison.id == comparison.id]
        shown = {"comparison": comparison, "rotation": begun[-1] if begun else None}
        chosen = tuple(s.model_copy(update=shown) for s in chosen)
    cards: dict[str, MessageRef] = {}
    for one in chosen:
        for held in (one.rotation, one.comparison):
            standing = await outside.store.message(held.id, CARD) if held is not None else None
            if held is not None and standing is not None:
                cards[held.id] = standing
    return Status(now=outside.clock.now(), slots=chosen, cards=cards)
