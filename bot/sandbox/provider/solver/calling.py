"""Whether to call a tool, which one, and what to say once it has answered. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.sandbox.provider.request import ChatRequest, Tool
from bot.sandbox.provider.solver import arguments, fields
from bot.sandbox.provider.solver.listing import listed
from bot.sandbox.provider.solver.task import Answer, Call

GENERIC = frozenset(
    listed(
        "get set create make find search list look lookup update fetch check run do give show by the new current info "
        "information details data given tool function return returns from for and with specific "
        "certain one all about use "
        "used using when call value values string number name please can could you would want need "
        "what which how are this "
        "that has have will there into its been not yet still ever also"
    )
)
KIN: Sequence[frozenset[str]] = tuple(
    frozenset(line.split())
    for line in (
        "weather forecast temperature rain raining rainy sunny snow umbrella degrees cold warm humid",
        "email mail inbox",
        "message sms text slack dm notify",
        "calendar meeting schedule appointment event invite",
        "remind reminder alarm",
        "convert exchange currency conversion rate",
        "order package parcel shipment delivery track tracking",
        "refund reimburse money back reimbursement",
        "cancel cancellation call off",
        "ticket incident bug report",
        "stock share price quote trading",
        "flight fly plane airline",
        "hotel room stay accommodation",
        "restaurant table reservation reserve book booking dinner lunch",
        "translate translation",
        "calculate calculator compute arithmetic math",
        "invoice bill billing",
        "customer client account",
        "timer countdown",
        "play music song playlist album",
        "light lights lamp lamps",
        "thermostat heating temperature",
        "weight distance unit convert length",
        "news headlines article",
        "route directions navigate drive driving way",
        "password reset login",
        "inventory warehouse availability available stocked units",
        "user employee person people colleague directory",
        "document documents docs knowledge wiki article manual",
        "task todo",
        "deploy deployment release rollout",
        "restart reboot",
        "log logs",
    )
)
ABOUT = re.compile(
    r"^(?:please )?(?:explain|define|what does .* mean|what is an?\b(?! .*(?:status|price|weather))|"
    r"why\b|write (?:a|me a) "
    r"(?:poem|haiku|story|joke|limerick)|tell me a (?:joke|story)|how does|who (?:invented|wrote|"
    r"painted|discovered)|thank|"
    r"thanks|hello|hi\b|good (?:morning|evening)|do not|don't|never mind)",
    re.IGNORECASE,
)
NAME_WEIGHT, DESCRIPTION_WEIGHT, KIN_WEIGHT, VALUE_WEIGHT = 2.0, 0.5, 1.6, 0.8
UNMET = 0.8
"""Taken off for each word of a name that the request does not say."""
ENOUGH = 1.6
STEM = 5


def call_or_words(request: ChatRequest) -> Answer | None:
    """The call to make, or a question about what is missing; None when no tool is needed."""
    if request.choice == "none":
        return None
    said = request.question
    before = "\n".join(message.text for message in request.messages[:-1] if message.role == "user")
    forced = request.choice.removeprefix("=") if request.choice.startswith("=") else None
    obliged = forced is not None or request.choice == "required"
    ranked = [fit for fit in fits(request.tools, said) if forced in {None, fit.tool.name}]
    if not ranked or (not obliged and (ranked[0].relevance < ENOUGH or ABOUT.search(said.strip()))):
        return None
    tool = ranked[0].tool
    filled = arguments.fill(tool.parameters, said, before)
    if filled.missing and not obliged:
        return Answer(f"Which {' and '.join(' '.join(fields.words_of(name)) for name in filled.missing)} should I use?")
    values = {**filled.values, **{name: _placeholder(tool, name) for name in filled.missing}}
    return Answer(calls=tuple(_call(tool, each) for each in _each_of_several(values, said)))


def _call(tool: Tool, values: Mapping[str, object]) -> Call:
    return Call(tool.name, json.dumps(values, ensure_ascii=False))


def _placeholder(tool: Tool, name: str) -> object:
    spec = tool.parameters["properties"][name]
    blanks: Mapping[object, object] = {"integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}
    return blanks.get(spec.get("type"), "") if isinstance(spec, dict) else ""


def _each_of_several(values: Mapping[str, object], said: str) -> Sequence[Mapping[str, object]]:
    """One call for each place when two places are asked about at once and the tool takes one."""
    for name in values:
        if {"city", "location"} & set(fields.words_of(name)):
            found = list(dict.fromkeys(fields.find_all(name, said)))
            together = [
                place
                for place in found
                if re.search(
                    rf"(?:and|,)\s+(?:in |at |for )?{re.escape(place)}|{re.escape(place)}(?:,| "
                    rf"and)\s+(?:in |at |for )?[A-Z]",
                    said,
                )
            ]
            if len(together) > 1 and values[name] in together:
                return [{**values, name: place} for place in together]
    return [values]


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a tool fits a request: `relevance` on its own, `rank` against the other tools offered."""

    tool: Tool
    relevance: float
    rank: float


def fits(tools: Sequence[Tool], said: str) -> list[Fit]:
    """The tools by how well their words fit the request, the best first. A word that all tools share ranks none."""
    asked = _stems(said)
    names = [_stems(" ".join(fields.words_of(tool.name))) for tool in tools]
    described = [_stems(tool.description) for tool in tools]

    def rarity(stem: str) -> float:
        return 1.0 / sum(stem in name | text for name, text in zip(names, described, strict=True))

    def fit(index: int) -> Fit:
        tool, name = tools[index], names[index]
        text = described[index] - name
        kin = KIN_WEIGHT * _kinship(name - asked, asked) + _listed_values(tool, said)
        relevance = NAME_WEIGHT * len(asked & name) + DESCRIPTION_WEIGHT * len(asked & text) + kin
        direct = NAME_WEIGHT * sum(map(rarity, asked & name)) + DESCRIPTION_WEIGHT * sum(map(rarity, asked & text))
        unmet = 0.0 if kin else UNMET * len(name - asked)
        return Fit(tool, relevance, direct + kin + _verb(tool, said) - unmet)

    return sorted(map(fit, range(len(tools))), key=lambda each: -each.rank)


def _listed_values(tool: Tool, said: str) -> float:
    """For values that the schema lists and the request says, such as two currencies."""
    properties = tool.parameters.get("properties")
    specs = [spec for spec in properties.values() if isinstance(spec, dict)] if isinstance(properties, dict) else []
    values = {str(value) for spec in specs for value in spec.get("enum") or ()}
    return VALUE_WEIGHT * min(2, sum(1 for value in values if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", said)))


def _verb(tool: Tool, said: str) -> float:
    """A little for a tool whose verb the request uses: `cancel my order` is not `get_order`."""
    verb = fields.words_of(tool.name)[:1]
    return 0.4 if verb and re.search(rf"\b{verb[0]}", said, re.IGNORECASE) else 0.0


def _kinship(name: set[str], asked: set[str]) -> float:
    families = [{word[:STEM] for word in family} for family in KIN]
    return float(sum(1 for family in families if family & name and family & asked))


def _stems(text: str) -> set[str]:
    return {word[:STEM] for word in re.findall(r"[a-z]{3,}", text.lower()) if word not in GENERIC}


def from_result(request: ChatRequest) -> Answer:
    """What to say once tools have answered: the values of their results the question asks about, else all of them."""
    start = max((n for n, message in enumerate(request.messages) if message.role == "assistant"), default=-1)
    answers = [_told(message.text, request) for message in request.messages[start + 1 :] if message.role == "tool"]
    return Answer(" ".join(dict.fromkeys(answers)))


def _told(said: str, request: ChatRequest) -> str:
    try:
        result = json.loads(said)
    except ValueError:
        return said.strip() or "The tool returned nothing."
    flat = dict(_flatten("", result))
    if not flat:
        return "The tool returned nothing."
    asked = _stems(request.question)
    matching = {name: value for name, value in flat.items() if _stems(name.replace("_", " ")) & asked}
    chosen = matching or flat
    words = "; ".join(f"{' '.join(fields.words_of(name)) or 'result'}: {value}" for name, value in chosen.items())
    return words[:1].upper() + words[1:] + "."


def _flatten(prefix: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in _flatten(f"{prefix} {key}".strip(), inner)]
    if isinstance(value, list):
        return [pair for index, inner in enumerate(value, 1) for pair in _flatten(f"{prefix} {index}".strip(), inner)]
    return [(prefix, json.dumps(value) if isinstance(value, bool) else str(value))]
