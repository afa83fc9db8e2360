"""Every verb and flag people type, and what `/rotate help` says first; the rest is in `bot.wording.guides`."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.engine.models.guides import Guide
from bot.wording.freezelists import shown_line
from bot.wording.text import Bold, Code, Text, line, text


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb people type: its form after `/rotate`, what it does, an example."""

    usage: str
    does: str
    example: str


VERBS: Mapping[str, Verb] = {
    "diff": Verb(
        "diff CANDIDATE [SLOT] [--rollback M] [--trigger T] [--reason R] [--fresh]",
        "compare a new model with what is live, and post a verdict. Changes nothing",
        'diff openai/gpt-4.1 chat --trigger cost --reason "a third of the price"',
    ),
    "promote": Verb(
        "promote D17|R42|SLOT",
        "begin a rotation from a comparison, or ask again; it never approves",
        "promote D17",
    ),
    "status": Verb("status [R42|D17|SLOT]", "what runs, what waits, and for whom", "status"),
    "rollback": Verb(
        "rollback R42|SLOT [--reason R]",
        "go back to what was, at once; without a name it is asked once",
        "rollback R42",
    ),
    "help": Verb(
        "help [more|VERB|SLOT]", "this; with `more` the other verbs and what this installation allows", "help more"
    ),
    "pause": Verb("pause R42|SLOT [--reason R]", "stop advancing; checks go on and still roll back", "pause R42"),
    "why": Verb("why [R42|SLOT]", "how a rotation came to where it is, and what it waits for", "why R42"),
    "models": Verb(
        "models [WORD]", "which models there are: price, context, what they can do, when they retire", "models gpt"
    ),
    "doctor": Verb(
        "doctor", "look through the installation: Slack, places, metrics, models; what mends what fails", "doctor"
    ),
    "resume": Verb("resume R42|SLOT", "go on where it was paused", "resume R42"),
    "abort": Verb(
        "abort R42|D17|SLOT [--reason R]", "end it before anything was changed, or stop a comparison", "abort R42"
    ),
    "freeze": Verb(
        "freeze [SLOT|STAGE|all] --until T --reason R",
        "change no stage until then; comparing, watching and going back go on. Alone, it lists what is frozen",
        'freeze all --until "monday 09:00" --reason "year end"',
    ),
    "unfreeze": Verb(
        "unfreeze SLOT|STAGE|all|F3 [--reason R]",
        "end a freeze before its time: for whoever set it, and those who approve",
        "unfreeze all",
    ),
    "retry": Verb("retry R42|SLOT", "try again what failed for technical reasons", "retry R42"),
    "settle": Verb("settle R42|SLOT [--reason R]", "read every place and record that as the end", "settle R42"),
    "confirm": Verb(
        "confirm R42|SLOT", "say that what it went back to answers again, where no traffic showed it", "confirm R42"
    ),
    "withdraw": Verb(
        "withdraw R42|SLOT", "take your own approval back, until something was done for it", "withdraw R42"
    ),
    "hands-off": Verb(
        "hands-off R42|SLOT [--for 1h] --reason R",
        "nothing rolls back by itself for two hours at most; what fails pages, and rolls back then if it still does",
        'hands-off R42 --for 30m --reason "we are changing the load balancer"',
    ),
    "hands-on": Verb("hands-on R42|SLOT", "rollback is automatic again, before the time is over", "hands-on R42"),
    "supersede": Verb(
        "supersede R43|SLOT [--reason R]",
        "ask whoever holds the model setting that R43 waits for to give way",
        'supersede R43 --reason "the old model is switched off on Friday"',
    ),
}
"""Every verb, the five that matter first."""

FIRST = 5
MORE = "more"
SAME: Mapping[str, str] = {
    **dict.fromkeys(("compare", "check", "test", "eval"), "diff"),
    **dict.fromkeys(("deploy", "ship", "begin", "start", "release", "apply"), "promote"),
    **dict.fromkeys(("undo", "revert", "back", "restore"), "rollback"),
    **dict.fromkeys(("stop", "halt", "hold", "wait"), "pause"),
    **dict.fromkeys(("continue", "unpause", "go"), "resume"),
    **dict.fromkeys(("cancel", "end", "kill"), "abort"),
    **dict.fromkeys(("show", "list", "ls", "queue"), "status"),
    **dict.fromkeys(("explain", "history", "log"), "why"),
}
"""What other bots call a verb of ours: suggested, never done."""

FLAGS: Mapping[str, str] = {
    "rollback": "the model the way back leads to, where the old one may become unusable",
    "trigger": "why: new-model, cost, deprecated or quality",
    "reason": "in your words; people who approve read it",
    "until": "when a freeze ends: 18:00, monday, 2026-12-01 09:00 or 4h; a day means its end",
    "for": "for how long: 30m, 1h30m, 2h at most",
    "fresh": "measure anew instead of using what an identical comparison measured",
}
"""Every flag, with what it says."""


def usage(verb: str) -> str:
    """The form of a verb as it is typed."""
    return f"/rotate {VERBS[verb].usage}"


def help_text(guide: Guide) -> Text:
    """The five verbs that matter first, with an example that works here."""
    told = [line(Code(usage(name)), f": {verb.does}") for name, verb in VERBS.items()]
    slot = guide.slots[0].slot if guide.slots else "chat"
    return text(
        line(Bold("rotate"), " replaces a model by another one step at a time, and goes back when it gets worse"),
        *told[:FIRST],
        *(shown_line(freeze) for freeze in guide.freezes if freeze.in_force),
        line("For example: ", Code(f"/rotate diff openai/gpt-4.1 {slot} --trigger cost")),
        "Slash commands do not work in threads: use the buttons there, or mention me with the same words",
    )


def verb_text(name: str) -> Text:
    """One verb: its form, what it does, an example, its flags."""
    verb = VERBS[name]
    taken = {flag: said for flag, said in FLAGS.items() if f"--{flag}" in verb.usage}
    flags = [line("• ", Code(f"--{flag}"), f": {said}") for flag, said in taken.items()]
    example = line("For example: ", Code(f"/rotate {verb.example}"))
    return text(line(Code(usage(name)), f": {verb.does}"), *flags, example)
