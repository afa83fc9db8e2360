"""Slack's documented figures: sizes of what may be sent, and rates. Source: docs.slack.dev."""

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
FIELD_TEXT = 2000
CONTEXT_TEXT = 3000
TABLE_ROWS = 100
TABLE_CELLS = 20
DATA_TABLE_ROWS = 201
POST_TEXT = 40_000
TYPED_TEXT = 4_000
"""Characters a person can send at once, commands included: what Slack tells the makers of clients to allow."""
UPDATE_TEXT = 4_000
BLOCKS_TEXT = 13_200
"""Characters of text in all blocks of a message; not documented, measured by slackapi/bolt-js#2509."""
MARKDOWN_TEXT = 12_000
VIEW_BYTES = 250_000
VIEW_STACK = 3
ATTACHMENTS = 100
RESPONSE_URL_USES = 5
SOCKETS = 10
PLACEHOLDER = 150
OPTIONS = 100

THREAD_FROM, THREAD_AHEAD = 631_152_000, 3_600
"""Which seconds a `thread_ts` may name: after 1990 began, and so far ahead; measured by the makers of backlot."""

TIERS = {1: (1, 10), 2: (20, 20), 3: (50, 50), 4: (100, 100)}
"""Calls a minute for each tier, and how many of them may come at once (Slack tolerates bursts and names no figure)."""
POSTS_A_MINUTE = (300, 60)
"""chat.postMessage in the whole workspace: "several hundred a minute", and its burst."""
POSTS_TO_A_CHANNEL = (60, 10)
"""chat.postMessage to one channel: one a second, with short bursts tolerated."""
