"""Where a parser of YAML stands in its text, and all that can stand within a line: brackets, aliases, and quoted or plain scalars."""

import re
from bisect import bisect_right

from nodes import Map, Scalar, Seq, YamlError

MAX_DEPTH = 64

_FORBIDDEN = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACES = re.compile(r"[ \t]*")
_INDENT = re.compile(r" *")
_ANCHOR = re.compile(r"[^\s,\[\]{}\ufeff]+")
_TAG = re.compile(r"!(?:<[^>\s]*>|[^\s,\[\]{}]*)")
# A run of a plain scalar within one line: `:` only before a non-space, `#` only after a non-space.
_PLAIN_BLOCK = re.compile(r"(?:[^\s:#\ufeff]|:(?=[^\s])|(?<=[^\s])#|[ \t]+(?=[^\s#:]|:\S))+")
_PLAIN_FLOW = re.compile(
    r"(?:[^\s:#,\[\]{}\ufeff]|:(?=[^\s,\[\]{}])|(?<=[^\s])#|[ \t]+(?=[^\s#:,\[\]{}]|:[^\s,\[\]{}]))+"
)
_BAD_FIRST = set(",[]{}#&*!|>'\"%@`")
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_HEX = {"x": 2, "u": 4, "U": 8}
_DOUBLE_RUN = re.compile(r'[^"\\\n]+')
_SINGLE_RUN = re.compile(r"(?:[^'\n]|'')+")


class Cursor:
    """A place in a text, and what is read from it on."""

    def __init__(self, text):
        text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        self.s = text
        self.end = len(text)
        self.i = 0
        self.starts = [0] + [m.end() for m in re.finditer("\n", text)]
        self.anchors = {}
        self.errors = []
        self.nesting = 0
        bad = _FORBIDDEN.search(text)
        if bad:
            self.fail("a character that YAML does not allow", bad.start())

    # ---- Where we are ----

    def line(self, at=None):
        return bisect_right(self.starts, self.i if at is None else at)

    def column(self):
        return self.i - self.starts[self.line() - 1]

    def fail(self, message, at=None):
        raise YamlError(self.line(at), message)

    def peek(self, offset=0):
        at = self.i + offset
        return self.s[at] if at < self.end else ""

    def spaces(self):
        if self.i < self.end and self.s[self.i] in " \t":
            self.i = _SPACES.match(self.s, self.i).end()

    def marker(self, at):
        """Whether a line that begins `at` is a mark between documents."""
        return self.s[at : at + 3] in ("---", "...") and self.s[at + 3 : at + 4] in ("", " ", "\t", "\n")

    def line_is_over(self):
        """Skips blanks and a comment; whether the line ends there. Nothing is skipped if it does not."""
        start = self.i
        self.spaces()
        if self.peek() == "#":
            if self.i > 0 and self.s[self.i - 1] not in " \t\n":
                self.fail("a comment needs a space before it")
            stop = self.s.find("\n", self.i)
            self.i = self.end if stop < 0 else stop
        if self.i >= self.end or self.s[self.i] == "\n":
            return True
        self.i = start
        return False

    def next_content(self):
        """From the end of a line to the next line with content: its indentation, or -1 at a mark or the end."""
        while self.i < self.end:
            if self.s[self.i] == "\n":
                self.i += 1
            if self.marker(self.i):
                return -1
            first = self.i
            self.i = _INDENT.match(self.s, first).end()
            indent = self.i - first
            if self.line_is_over():
                continue
            if self.peek() == "\t":
                self.fail("a tab is used for indentation")
            return indent
        return -1

    # ---- Properties ----

    def finish(self, node, anchor, tag):
        """A node with its properties: `!!str` makes a string of a scalar."""
        if tag:
            if isinstance(node, Scalar):
                node = Scalar(node.line, node.value, False)
            else:
                self.errors.append((node.line, "`!!str` on a list or a map"))
        if anchor:
            self.anchors[anchor] = node
        return node

    def properties(self):
        """An anchor and a tag, in either order, and the blanks after them."""
        anchor = tag = None
        while self.peek() in ("&", "!"):
            if self.peek() == "&":
                if anchor:
                    self.fail("two anchors on one value")
                self.i += 1
                match = _ANCHOR.match(self.s, self.i)
                if not match:
                    self.fail("an anchor without a name")
                anchor = match.group()
            else:
                if tag:
                    self.fail("two tags on one value")
                match = _TAG.match(self.s, self.i)
                tag = match.group()
                if tag not in ("!!str", "!<tag:yaml.org,2002:str>"):
                    self.errors.append((self.line(), f"the tag `{tag}` is not read"))
            self.i = match.end()
            if self.peek() not in ("", " ", "\t", "\n", ",", "]", "}"):
                self.fail("a space is missing after an anchor or a tag")
            self.spaces()
        return anchor, tag

    # ---- Flow nodes ----

    def flow_node(self, indent, flow, empty_allowed=False):
        """A flow collection, an alias, or a scalar that is not a block one. Further lines have at least `indent` spaces."""
        sign = self.peek()
        if sign == "*":
            return self.alias()
        if sign == "[":
            return self.flow_sequence(indent)
        if sign == "{":
            return self.flow_mapping(indent)
        if sign == '"':
            return self.double(indent)
        if sign == "'":
            return self.single(indent)
        if empty_allowed and (sign in ("", "\n") or (flow and sign in ",]}")):
            return Scalar(self.line(), "", True)
        return self.plain(indent, flow)

    def alias(self):
        self.i += 1
        match = _ANCHOR.match(self.s, self.i)
        if not match:
            self.fail("an alias without a name")
        node = self.anchors.get(match.group())
        if node is None:
            self.fail(f"the anchor `{match.group()}` stands nowhere before this")
        self.i = match.end()
        return node

    def flow_space(self, indent):
        """Blanks, comments and line ends between the parts of a flow collection."""
        if self.i < self.end and self.s[self.i] not in " \t\n#":
            return
        while self.line_is_over():
            if self.i >= self.end:
                self.fail("a bracket is not closed")
            self.i += 1
            if self.marker(self.i):
                self.fail("a bracket is not closed")
            first = self.i
            self.i = _INDENT.match(self.s, first).end()
            found = self.i - first
            if found < indent and not self.line_is_over():
                self.fail("a tab is used for indentation" if self.peek() == "\t" else "a line is not indented far enough")
        self.spaces()

    def flow_entry(self, indent):
        """A value with its properties within brackets."""
        self.nesting += 1
        if self.nesting > 2 * MAX_DEPTH + 8:
            self.fail("lists and maps are too deep within each other")
        anchor, tag = self.properties()
        if anchor or tag:
            self.flow_space(indent)
        if self.peek() == ":" and self.peek(1) in ("", " ", "\t", "\n", ",", "]", "}", "[", "{"):
            node = Scalar(self.line(), "", True)
        else:
            node = self.flow_node(indent, True, bool(anchor or tag))
        self.nesting -= 1
        return self.finish(node, anchor, tag)

    def flow_colon(self, start, indent, one_line):
        """After a key in brackets: whether a colon follows, which is then skipped."""
        here = self.i
        adjacent = self.s[here - 1] in "\"'}]" and here > start
        self.flow_space(indent)
        if self.peek() == ":" and (adjacent or self.peek(1) in ("", " ", "\t", "\n", ",", "[", "]", "{", "}")):
            if one_line and "\n" in self.s[start : self.i]:
                self.fail("a key over several lines")
            self.i += 1
            return True
        return False

    def flow_value(self, indent):
        self.flow_space(indent)
        if self.peek() in (",", "]", "}"):
            return Scalar(self.line(), "", True)
        return self.flow_entry(indent)

    def separator(self, close, indent):
        """After an entry: whether the collection is closed here."""
        self.flow_space(indent)
        if self.peek() == close:
            self.i += 1
            return True
        if self.peek() != ",":
            self.fail(f"a `,` or `{close}` is expected here")
        self.i += 1
        self.flow_space(indent)
        if self.peek() == close:
            self.i += 1
            return True
        return False

    def flow_sequence(self, indent):
        line, items = self.line(), []
        self.i += 1
        self.flow_space(indent)
        if self.peek() == "]":
            self.i += 1
            return Seq(line, items)
        while True:
            start = self.i
            entry = self.flow_entry(indent)
            if self.flow_colon(start, indent, True):
                entry = self.mapping(entry.line, [(entry, self.flow_value(indent))])
            items.append(entry)
            if self.separator("]", indent):
                return Seq(line, items)

    def flow_mapping(self, indent):
        line, pairs = self.line(), []
        self.i += 1
        self.flow_space(indent)
        if self.peek() == "}":
            self.i += 1
            return Map(line, pairs)
        while True:
            start = self.i
            key = self.flow_entry(indent)
            colon = self.flow_colon(start, indent, False)
            pairs.append((key, self.flow_value(indent) if colon else Scalar(key.line, "", True)))
            if self.separator("}", indent):
                return self.mapping(line, pairs)

    # ---- Scalars ----

    def breaks(self, indent):
        """From the end of a line within a scalar to its next line: what the line ends become, or None where there is none."""
        count = 0
        while self.i < self.end and self.s[self.i] == "\n":
            self.i += 1
            count += 1
            if self.marker(self.i):
                return None
            first = self.i
            self.i = _INDENT.match(self.s, first).end()
            found = self.i - first
            self.spaces()
            if self.i >= self.end:
                return None
            if self.s[self.i] != "\n" and found < indent:
                return None
        return " " if count == 1 else "\n" * (count - 1)

    def plain(self, indent, flow):
        line, first = self.line(), self.peek()
        if not first or first in _BAD_FIRST:
            self.fail("a value cannot begin with this sign" if first else "a value is expected here")
        following = self.peek(1)
        if first in "-?:" and (following in ("", " ", "\t", "\n") or (flow and following in ",[]{}")):
            self.fail(f"a value cannot begin with a lone `{first}`")
        run = _PLAIN_FLOW if flow else _PLAIN_BLOCK
        parts = []
        while True:
            match = run.match(self.s, self.i)
            if not match:
                self.fail("something that does not belong here")
            parts.append(match.group())
            self.i = match.end()
            here = self.i
            self.spaces()
            if self.peek() != "\n":
                self.i = here
                break
            joint = self.breaks(indent)
            if joint is None or self.peek() == "#" or not run.match(self.s, self.i):
                self.i = here
                break
            parts.append(joint)
        return Scalar(line, "".join(parts), True)

    def fold_quoted(self, parts, indent, kept):
        """At a line end in a quoted scalar: drops blanks before it that are not `kept`, and folds."""
        if len(parts) > kept:
            parts[-1] = parts[-1].rstrip(" \t")
        joint = self.breaks(indent)
        if joint is None:
            self.fail("a quote is not closed, or a line in it is not indented far enough")
        parts.append(joint)

    def single(self, indent):
        line, parts = self.line(), []
        self.i += 1
        while True:
            match = _SINGLE_RUN.match(self.s, self.i)
            if match:
                parts.append(match.group().replace("''", "'"))
                self.i = match.end()
            if self.i >= self.end:
                self.fail("a quote is not closed")
            if self.s[self.i] == "'":
                self.i += 1
                return Scalar(line, "".join(parts), False)
            self.fold_quoted(parts, indent, 0)

    def double(self, indent):
        line, parts, kept = self.line(), [], 0
        self.i += 1
        while True:
            match = _DOUBLE_RUN.match(self.s, self.i)
            if match:
                parts.append(match.group())
                self.i = match.end()
            sign = self.peek()
            if not sign:
                self.fail("a quote is not closed")
            if sign == '"':
                self.i += 1
                return Scalar(line, "".join(parts), False)
            if sign == "\\":
                self.i += 1
                if self.peek() == "\n":
                    joint = self.breaks(indent)
                    if joint is None:
                        self.fail("a quote is not closed, or a line in it is not indented far enough")
                    parts.append("" if joint == " " else joint)
                else:
                    parts.append(self.escape())
                kept = len(parts)
            else:
                self.fold_quoted(parts, indent, kept)
                kept = len(parts)

    def escape(self):
        sign = self.peek()
        self.i += 1
        if sign in _ESCAPES:
            return _ESCAPES[sign]
        length = _HEX.get(sign)
        digits = self.s[self.i : self.i + (length or 0)]
        if not length or not re.fullmatch(f"[0-9a-fA-F]{{{length}}}", digits):
            self.fail("an escape that YAML does not have")
        self.i += length
        code = int(digits, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            self.fail("an escape of no character")
        return chr(code)
