"""Text of strangers inside a prompt: quoted so that nothing in it can be taken for what stands around it. Pure.

A block is a line `BEGIN NAME MARK`, the text with `| ` in front of each of its lines, and a line `END NAME MARK`. No
quoted line can start with anything but `|`, so no text can end its block, open another one, or speak outside of one,
and the mark is a hash over all that is quoted, which nobody can write into it beforehand. What readers other than ours
take for the end of a line or for a change of speaker is taken apart: the quoted line then ends there, and the next one
says so in front (`|U+2028 ` for that character, `|+ ` for nothing at all). The quoting loses nothing.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Final

_MARK_LENGTH: Final = 24
_BREAKS: Final = "\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]"
_SPEAKERS: Final = (
    r"(?<=<)(?=[|\uFF5C])"  # <|im_start|>, <|eot_id|>, and DeepSeek's full-width bars
    r"|(?<=<)(?=[^<>\s|\uFF5C]{1,40}[|\uFF5C]>)"  # <turn|>, <channel|>
    r"|(?<=<)(?=/?(?i:s|<?SYS>?|bos|eos|[bes]op|pad|unk|mask|(?:bos|eos)_token|think(?:ing)?|tool_(?:call|response)s?"
    r"|(?:start|end)_of_(?:turn|role|image)|(?:begin|beginning|end)_of_(?:text|sentence)"
    r"|(?:extra_id|reserved|special|unused)_?\d+|seed:\w{1,20})>)"
    r"|(?<=\[)(?=/?(?i:INST|THINK|ARGS|IMG|BOS|EOS|EOT|EOD|PAD|UNK|CLS|SEP|[GS]?MASK|PREFIX|MIDDLE|SUFFIX)\])"
    r"|(?<=\[)(?=/?[A-Z]{2,20}(?:_[A-Z]{2,20}){1,4}\])"  # [SYSTEM_PROMPT], [TOOL_RESULTS], [AVAILABLE_TOOLS]
)
"""Marks with which servers separate speakers in one text; some take them for such wherever they stand.

They are known by name, or by a form that nothing else has: what is cut too much is still read as it is.
"""
_CUTS: Final = re.compile(f"({_BREAKS})|{_SPEAKERS}")


def mark_of(texts: Iterable[str]) -> str:
    """The mark of all blocks of one prompt: the same for the same texts, and not known before they are."""
    digest = hashlib.sha256()
    for text in texts:
        raw = text.encode(errors="surrogatepass")
        digest.update(b"%d:" % len(raw) + raw)
    return digest.hexdigest()[:_MARK_LENGTH]


def quoted(text: str) -> str:
    """The text as the inside of a block: every line starts with `|`."""
    lines, prefix, start = [], "| ", 0
    for cut in _CUTS.finditer(text):
        lines.append(prefix + text[start : cut.start()])
        prefix, start = _prefix(cut[1]), cut.end()
    return "\n".join([*lines, prefix + text[start:]])


def _prefix(line_break: str | None) -> str:
    if line_break == "\n":
        return "| "
    return f"|{''.join(f'U+{ord(each):04X}' for each in line_break or '') or '+'} "


def block(name: str, mark: str, text: str) -> str:
    """One block with its two delimiters."""
    return f"BEGIN {name} {mark}\n{quoted(text)}\nEND {name} {mark}"
