"""Where the sandbox and its witnesses differ, each with the reason why the sandbox is left as it is. Data only.

A row that explains no difference fails the test: the list cannot outlive its reasons. Patterns are a shell's (`*`).
"""

from typing import Final, Literal

Witness = Literal["backlot", "emulate"]

_LENIENT = "documented by Slack and given by backlot, which was measured; emulate takes anything"
_COMPOSED = "Slack composes rich text from a text without blocks, and so does it; our page renders the text itself"
_OWN_BLOCKS = "it shows blocks composed from the text in place of those that were sent (its docstring says so)"
_READER = "about the person whose token it is: where they have read to, what they follow"
_PICTURES = "pictures, huddles and statuses, which nothing here has"
_NO_APP = "it is asked with the token of a service, not of an app's bot"
_NO_BROADCAST = "it ignores reply_broadcast (its docstring says so)"

ERRORS: Final[dict[tuple[Witness, str], str]] = {
    ("backlot", "in private, nothing: no_text,*"): "no_text is among the documented errors of chat.postEphemeral",
    ("emulate", "a token of nobody's: invalid_auth, and ok*"): "it takes any token for its first user's",
    ("emulate", "a token of nobody's, posting: invalid_auth, and missing_scope*"): "it takes any token for its user's",
    ("emulate", "channels, a cursor of nobody's: invalid_cursor, and ok*"): _LENIENT,
    ("emulate", "channels of no kind: invalid_types, and ok*"): _LENIENT,
    ("emulate", "a thread of nothing: thread_not_found, and ok*"): _LENIENT,
    ("emulate", "replying to a word: invalid_thread_ts, and ok*"): _LENIENT,
    ("emulate", "posting a block that is no list: invalid_blocks_format, and invalid_blocks*"): _LENIENT,
    ("emulate", "posting blocks that are none: invalid_blocks_format, and invalid_blocks*"): _LENIENT,
    ("emulate", "changing nowhere: invalid_arguments, and message_not_found*"): _LENIENT,
    ("emulate", "posting without a channel: invalid_arguments, and channel_not_found*"): _LENIENT,
    ("emulate", "in private to nobody: user_not_in_channel, and user_not_found*"): "documented by Slack, and backlot's",
    ("emulate", "a modal with no trigger: invalid_arguments, and invalid_trigger_id*"): (
        "an argument that is missing is invalid_arguments everywhere in Slack, as measured by backlot elsewhere"
    ),
}
"""(witness, "step: our ending, and its ending there") -> why ours stays."""

LACKED: Final[dict[tuple[Witness, str], str]] = {
    ("backlot", "a test*: args.token"): "Slack sends the token back; a sandbox repeats no secret",
    ("backlot", "*: message*.blocks"): _COMPOSED,
    ("backlot", "*: message*.blocks.each.elements"): _OWN_BLOCKS,
    ("backlot", "*: channel*.properties"): "tabs and canvases of a channel, which are not here",
    ("backlot", "a channel: channel.last_read"): _READER,
    ("backlot", "*: messages.each.subscribed"): _READER,
    ("backlot", "*: messages.each.is_locked"): "locked threads are not here",
    ("backlot", "*: *.has_2fa"): "told to a workspace's admins only, and a bot is none",
    ("backlot", "people, one a page: members.each.profile.email"): "its first person has an address, ours is Slackbot",
    ("emulate", "who am I: app_id"): "not among what auth.test is documented to answer, and backlot leaves it out",
    ("emulate", "*: channel*.is_open"): _READER,
    ("emulate", "*: channel*.last_read"): _READER,
    ("emulate", "a channel: channel.num_members"): "documented to come with include_num_members only",
    ("emulate", "people, one a page: members.each.profile.email"): "its first person has an address, ours is Slackbot",
    ("emulate", "*: *.profile.huddle_state*"): _PICTURES,
    ("emulate", "*: *.profile.image_*"): _PICTURES,
    ("emulate", "*: *.profile.status_*"): _PICTURES,
    ("emulate", "*: message*.reply_broadcast"): "Slack's mark is the subtype thread_broadcast, which we have",
    (
        "emulate",
        "replying to nothing: message.thread_ts",
    ): "it makes a thread of a message that is not there; measured otherwise",
    ("emulate", "changing*: message.ts"): "measured by backlot: the message in that answer has none",
    ("emulate", "changing*: message.reply_*"): "as for ts",
    ("emulate", "one message of it: messages.each.metadata"): "what was said after that one is in threads there",
    ("emulate", "a channel's past: response_metadata"): "Slack sends it with has_more only, as measured by backlot",
}
"""(witness, "step: key") -> why it has a key and we do not."""

OURS: Final[dict[tuple[Witness, str], str]] = {
    ("backlot", "who am I: bot_id"): _NO_APP,
    ("backlot", "*: message*.app_id"): _NO_APP,
    ("backlot", "*: message*.bot_profile"): _NO_APP,
    ("backlot", "people, one a page: cache_ts"): "documented by Slack",
    ("backlot", "*: *.profile.team"): "documented by Slack",
    ("backlot", "posting blocks alone: message.blocks"): _OWN_BLOCKS,
    ("backlot", "*: message*.blocks.each.text"): _OWN_BLOCKS,
    ("backlot", "*: message*.metadata"): "it keeps no metadata",
    ("backlot", "*: message*.root"): _NO_BROADCAST,
    ("backlot", "*: message*.subtype"): _NO_BROADCAST,
}
"""(backlot, "step: key") -> why we have a key and it does not."""
