"""Why the core refuses, in three sentences each: the rule, who can, what to do next. Tables only."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal in three sentences. `{names}` are facts."""

    rule: str
    who: str
    then: str


REFUSALS: Mapping[str, Refusal] = {
    "not_in_phase": Refusal(
        "That is not possible now: the rotation is {phase}{paused}.",
        "What is possible is on its card, as buttons.",
        "`/rotate status {rotation}` says where it is and links the card.{instead}",
    ),
    "not_entitled": Refusal(
        "You are not among those who may do this.",
        "Who can: {who}.",
        "Ask one of them; the buttons work for them at once.",
    ),
    "group_unresolved": Refusal(
        "I could not read who belongs to {groups}, and I do not guess.",
        "Who can meanwhile: the administrators named in the runbook.",
        "Try again in a minute; if it stays, `rotate doctor` says what is missing.",
    ),
    "no_guests": Refusal(
        "Guests and people of another workspace may not do this.",
        "Who can: full members of this workspace in the named groups.",
        "Ask one of them.",
    ),
    "no_bots": Refusal(
        "Bots and workflows may not do this.",
        "Who can: a person, with their own click.",
        "Ask one of the named group to press the button.",
    ),
    "own_request": Refusal(
        "You began this rotation, and the runbook wants another pair of eyes.",
        "Who can: another member of {groups}.",
        "Ask one of them; you may still roll back.",
    ),
    "already_approved": Refusal(
        "You have said yes to this already. One person counts once.",
        "Who can: another member of {groups}.",
        "If something else held it up and is mended, `/rotate promote` tries again.",
    ),
    "already_decided": Refusal(
        "This is settled: {outcome}{by_at}.",
        "Nobody can answer it again.",
        "The card says where the rotation is now.",
    ),
    "stale_question": Refusal(
        "This question is over: another has taken its place, or none is needed.",
        "Nobody can answer it any more.",
        "Use the newest request in the thread, or the card.",
    ),
    "stale_evidence": Refusal(
        "The evidence has changed since this message was written, so a yes to it does not count.",
        "Who can: the same group, on the newest request.",
        "Open the newest request in the thread; `/rotate promote` posts it again.",
    ),
    "reason_needed": Refusal(
        "{what} needs a reason, which stays on the card.",
        "Who can: the same people, with a reason.",
        "Write the reason in the form, or after `--reason`.",
    ),
    "choice_not_offered": Refusal(
        "That is not one of the answers to this question: {choices}.",
        "Who can: the group that was asked, with one of these.",
        "Use the buttons of the newest message.",
    ),
    "already_rolling_back": Refusal(
        "It is going back already.",
        "Nobody needs to do anything for that.",
        "The card shows how far it is.",
    ),
    "nothing_to_roll_back": Refusal(
        "Nothing was changed yet, so there is nothing to go back from.",
        "Who can end it: whoever may begin one; `/rotate help more` says who that is.",
        "`/rotate abort` ends it.",
    ),
    "way_back_closed": Refusal(
        "The way back was open for {days} after completion, and that is over.",
        "Who can: anybody who may begin a rotation.",
        "Compare with the old model as candidate (`/rotate diff`) and promote it.",
    ),
    "later_rotation": Refusal(
        "{rotation} has since changed the same model setting; going back here would undo it too.",
        "Who can: whoever may roll back {rotation}.",
        "Roll back {rotation} first.",
    ),
    "already_ended": Refusal(
        "This rotation is over: {phase}.",
        "Nobody can change it any more.",
        "`/rotate promote` with a newer comparison begins another.",
    ),
    "already_paused": Refusal(
        "It is paused already, by {by}.",
        "Who can go on: whoever may begin a rotation; `/rotate help more` says who that is.",
        "`/rotate resume` goes on.",
    ),
    "targets_changed": Refusal(
        "Somebody else changed what is set since the comparison: {targets}.",
        "Who can: whoever changed it knows why; nothing was written by me.",
        "Put it back, or run `/rotate diff` against what is live now and promote that comparison.",
    ),
    "comparison_too_old": Refusal(
        "Comparison {comparison} is {days} old, older than the runbook allows.",
        "Who can: anybody who may run a comparison.",
        "Run `/rotate diff` again and promote the new comparison.",
    ),
    "nothing_to_withdraw": Refusal(
        "There is no approval of yours that nothing was done for yet.",
        "Who can: whoever approved, until the change begins.",
        "To stop what has begun: `/rotate pause`; to undo it: `/rotate rollback`.",
    ),
    "start_not_possible": Refusal(
        "A change can begin within the next {days}, not {start}.",
        "Who can: the same people, for another time.",
        "Approve it at once, or choose a time that is still to come.",
    ),
    "not_an_operator": Refusal(
        "The runbook does not say who {operator} is.",
        "Who can from a terminal: the accounts under `operators`; anybody there may pause and roll back.",
        "Add the account with its member id, or do it in Slack.",
    ),
    "no_terminal_approvals": Refusal(
        "The runbook takes no approvals or decisions from a terminal.",
        "Who can: the same people, in Slack.",
        "`terminal_approvals: true` in the runbook allows it from here.",
    ),
    "nobody_holds_it": Refusal(
        "Nobody holds the model setting, so there is nobody to give way.",
        "Nobody needs to do anything for that.",
        "`/rotate status {rotation}` says what it waits for.",
    ),
    "not_first_in_line": Refusal(
        "{before} waits for the same, and is before this one in line.",
        "Who can ask {holder} to give way: whoever waits with {before}.",
        "Ask them, or wait; `/rotate status` shows the line.",
    ),
    "asked_to_give_way": Refusal(
        "{holder} was asked to give way already{refused}.",
        "Who can give way: whoever began {holder}.",
        "Talk to them; it stays in line meanwhile. Anybody of the named groups may still end or roll back {holder}.",
    ),
    "not_the_holder": Refusal(
        "Only {holder}, who began this rotation, can give way with it.",
        "Who can: {holder}.",
        "Ask them. To end or undo the rotation all the same: `/rotate abort` or `/rotate rollback`, by those who may.",
    ),
    "guardrail_failing": Refusal(
        "A check fails, and only hands being off until {until} keep it from rolling back. Nothing is begun meanwhile.",
        "Who can roll back now: whoever began or approved it, and ML, SRE and Finance.",
        "Wait until the check is fine again, or until then: what still fails rolls back.",
    ),
    "nothing_to_suspend": Refusal(
        "Nothing was changed yet, so nothing would roll back by itself.",
        "Who can later: whoever may settle by hand, as soon as a place was changed.",
        "`/rotate pause` keeps it from beginning.",
    ),
    "hands_off_too_long": Refusal(
        "Hands may be off for at most two hours in all, here until {until}, and not into the past.",
        "Who can: the same people, for a time before that.",
        "Write `--for` with less, such as `--for 30m`; `/rotate rollback` ends it for good.",
    ),
    "hands_are_on": Refusal(
        "Hands are not off: a check that fails rolls back by itself.",
        "Nobody needs to do anything for that.",
        "`/rotate status {rotation}` says where it is.",
    ),
    "comparison_mismatch": Refusal(
        "That comparison is about another model setting or other models than this rotation.",
        "Who can: anybody who may run a comparison.",
        "Run `/rotate diff` with the same models, or end this rotation first.",
    ),
    "evidence_not_enough": Refusal(
        "The next stage opens on {needed_evidence}, and the comparison says: {verdict}.",
        "Who can: the group that owns it, as a decision with a reason.",
        "Answer the question in the thread, or run `/rotate diff` on more cases: `rotate suite from-traces`.",
    ),
    "approver_left": Refusal(
        "{people} approved, but is no longer in the group they stood for.",
        "Who can: a member of {groups} as it is now.",
        "Ask for another approval on the new request.",
    ),
    "way_back_broken": Refusal(
        "The model the way back leads to does not answer: {detail}.",
        "Who can: SRE, who were told.",
        "When it answers again, `/rotate promote` goes on. Nothing is changed without a way back.",
    ),
    "target_unreadable": Refusal(
        "{target} could not be read: {problem}.",
        "Who can: whoever runs that place.",
        "Mend it, then `/rotate promote` tries again; approvals given still count.",
    ),
    "targets_disagree": Refusal(
        "Not every place holds the same model: {targets}.",
        "Who can: whoever runs these places.",
        "Bring them to one model first, or wait for the end of the rotation that is changing them: a comparison needs "
        "to know what is current.",
    ),
    "candidate_refused": Refusal(
        "Not every place would take {candidate}: {targets}.",
        "Who can: whoever runs these places, or the owner of the tenants' lists of allowed models.",
        "Have it allowed there, then promote again; approvals given still count. Nothing was written.",
    ),
    "same_model": Refusal(
        "The new model and the old one are the same: {model}.",
        "Nobody can compare or promote a model against itself.",
        "Name another candidate.",
    ),
}
