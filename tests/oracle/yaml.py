"""YAML 1.2 as the mapping language uses it, read strictly and with line numbers.

One document of block and flow collections, all five styles of scalars, comments, anchors and aliases. Refused are tags other
than `!!str`, merge keys, tabs as indentation, explicit keys (`?`), and a second document. What a plain scalar means is not
decided here: a `Scalar` says whether it was written plainly, and `looks_like_other` whether some reader of YAML would take it for
something else than a string.
"""

import re
from bisect import bisect_right

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
MAX_VALUES = 1_000_000
MAX_TEXT = 16 * 1024 * 1024


class YamlError(Exception):
    """The text is no YAML that we read."""

    def __init__(self, line, message):
        super().__init__(message)
        self.line = line
        self.message = message


class Node:
    """What all nodes have: a line, and how large they are with aliases written out."""

    __slots__ = ("line", "values", "text", "depth")


class Scalar(Node):
    __slots__ = ("value", "plain")

    def __init__(self, line, value, plain):
        self.line, self.value, self.plain = line, value, plain
        self.values, self.text, self.depth = 1, len(value.encode("utf-8", "surrogatepass")), 0


class Seq(Node):
    __slots__ = ("items",)

    def __init__(self, line, items):
        self.line, self.items = line, items
        self.values = 1 + sum(item.values for item in items)
        self.text = sum(item.text for item in items)
        self.depth = 1 + max((item.depth for item in items), default=0)


class Map(Node):
    __slots__ = ("pairs",)

    def __init__(self, line, pairs):
        self.line, self.pairs = line, pairs
        self.values = 1 + sum(key.values + value.values for key, value in pairs)
        self.text = sum(key.text + value.text for key, value in pairs)
        self.depth = 1 + max((max(key.depth, value.depth) for key, value in pairs), default=0)


# Everything that YAML 1.1 or 1.2 resolves to something else than a string.
_OTHER = re.compile(
    r"""~|null|Null|NULL|<<|=
    |y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF
    |[-+]?0b[01_]+|[-+]?0o[0-7_]+|[-+]?0x[0-9a-fA-F_]+
    |[-+]?[0-9][0-9_]*(:[0-5]?[0-9])*(\.[0-9_]*)?([eE][-+]?[0-9]+)?
    |[-+]?\.[0-9][0-9_]*([eE][-+]?[0-9]+)?
    |[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)
    |[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(([Tt]|[ \t]+)[0-9].*)?""",
    re.VERBOSE | re.ASCII,
)


def looks_like_other(text):
    """Whether some reader takes this plain scalar for a number, a date, a truth value or nothing."""
    return text == "" or _OTHER.fullmatch(text) is not None


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


def parse(text):
    """The one document in `text`, and what is wrong with it without stopping us: `(node, [(line, message)])`."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise YamlError(1, "the file is too large")
    parser = _Parser(text)
    node = parser.document()
    if node.values > MAX_VALUES or node.text > MAX_TEXT:
        raise YamlError(node.line, "the file expands too far through aliases")
    if node.depth > MAX_DEPTH:
        raise YamlError(node.line, "lists and maps are too deep within each other")
    return node, parser.errors


class _Parser:
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

    # ---- The document ----

    def document(self):
        indent = self.next_content()
        directives = 0
        while indent == 0 and self.peek() == "%":
            stop = self.s.find("\n", self.i)
            words = self.s[self.i : self.end if stop < 0 else stop].split()
            if words[0] != "%YAML" or directives or not re.fullmatch(r"1\.[0-9]+", "".join(words[1:2])):
                self.fail("a directive that we do not read")
            directives += 1
            self.i = self.end if stop < 0 else stop
            indent = self.next_content()
        explicit = indent < 0 and self.s.startswith("---", self.i)
        if directives and not explicit:
            self.fail("a directive without a document")
        if explicit:
            self.i += 3
            node = self.value(-1, same_line_collection=False, sequence_at=0)
        elif indent < 0:
            self.fail("nothing is written here")
        else:
            node = self.content(-1, True)
        if not self.line_is_over():
            self.fail("something that does not belong here")
        if self.next_content() >= 0:
            self.fail("something that does not belong here")
        if self.i < self.end and self.s.startswith("...", self.i):
            self.i += 3
            if not self.line_is_over():
                self.fail("something that does not belong here")
            if self.next_content() >= 0:
                self.fail("more than one document")
        if self.i < self.end and self.s.startswith("---", self.i):
            self.fail("more than one document")
        return node

    # ---- Block nodes ----

    def value(self, n, same_line_collection, sequence_at):
        """What stands after an indicator within a parent at indentation `n`. A sequence may stand at `sequence_at`."""
        after = self.i
        if not self.line_is_over():
            self.spaces()
            tabs = "\t" in self.s[after : self.i]
            return self.content(n, same_line_collection and not tabs)
        line = self.line()
        here = self.i
        indent = self.next_content()
        if indent > n or (indent == sequence_at and self.at_dash()):
            return self.content(min(n, indent - 1), True)
        self.i = here
        return Scalar(line, "", True)

    def at_dash(self):
        return self.peek() == "-" and self.peek(1) in ("", " ", "\t", "\n")

    def content(self, n, collection):
        """A node that begins here; a block collection only where `collection` says so."""
        self.nesting += 1
        if self.nesting > 2 * MAX_DEPTH + 8:
            self.fail("lists and maps are too deep within each other")
        try:
            return self.content_inner(n, collection)
        finally:
            self.nesting -= 1

    def content_inner(self, n, collection):
        column = self.column()
        if self.at_dash():
            if not collection:
                self.fail("a list cannot begin here")
            return self.block_sequence(column)
        if self.peek() == "?" and self.peek(1) in ("", " ", "\t", "\n"):
            self.fail("keys written with `?` are not read")
        if self.key_ahead():
            if not collection:
                self.fail("a map cannot begin here")
            return self.block_mapping(column)
        start = self.i
        anchor, tag = self.properties()
        if self.i > start and self.line_is_over():
            node = self.value_below(n)
        elif self.i > start and self.at_dash():
            self.fail("a list cannot begin here")
        elif self.peek() in "|>" and self.peek():
            node = self.block_scalar(n)
        else:
            node = self.flow_node(n + 1, False, anchor or tag)
            if not self.line_is_over():
                self.fail("something that does not belong here")
        return self.finish(node, anchor, tag)

    def value_below(self, n):
        """The node under a line that holds only its anchor or tag."""
        line, here = self.line(), self.i
        indent = self.next_content()
        if indent > n or (indent == n and n >= 0 and self.at_dash()):
            return self.content(min(n, indent - 1), True)
        self.i = here
        return Scalar(line, "", True)

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

    def key_ahead(self):
        """Whether what begins here is, within this line, the key of a block mapping."""
        start, errors, anchors = self.i, len(self.errors), dict(self.anchors)
        try:
            self.key()
            return True
        except YamlError:
            return False
        finally:
            self.i = start
            del self.errors[errors:]
            self.anchors = anchors

    def key(self):
        """A key and its colon, within one line. The colon is the last thing read."""
        start, line = self.i, self.line()
        anchor, tag = self.properties()
        if self.peek() == ":" and self.peek(1) in ("", " ", "\t", "\n"):
            node = Scalar(line, "", True)
        else:
            node = self.flow_node(0, False, anchor or tag)
        self.spaces()
        if self.peek() != ":" or self.peek(1) not in ("", " ", "\t", "\n") or "\n" in self.s[start : self.i]:
            self.fail("no key")
        if self.i - start > 1024:
            self.fail("a key of more than 1024 characters")
        self.i += 1
        return self.finish(node, anchor, tag)

    def block_mapping(self, column):
        line, pairs = self.line(), []
        while True:
            if not self.key_ahead():
                self.fail("a key with a colon is expected here")
            key = self.key()
            pairs.append((key, self.value(column, False, column)))
            if not self.another(column):
                return self.mapping(line, pairs)

    def block_sequence(self, column):
        line, items = self.line(), []
        while True:
            self.i += 1
            items.append(self.value(column, True, -1))
            here = self.i
            if not self.another(column):
                return Seq(line, items)
            if not self.at_dash():
                # The next key of the mapping whose value this is.
                self.i = here
                return Seq(line, items)

    def another(self, column):
        """Whether the collection at `column` goes on. We stand at its next entry then, else where we stood."""
        here = self.i
        if not self.line_is_over():
            self.fail("something that does not belong here")
        indent = self.next_content()
        if indent > column:
            self.fail("a line that is indented too far")
        if indent < column:
            self.i = here
            return False
        return True

    def mapping(self, line, pairs):
        seen = set()
        for key, _ in pairs:
            if not isinstance(key, Scalar):
                self.errors.append((key.line, "a key that is a list or a map"))
                continue
            if key.plain and key.value == "<<":
                self.errors.append((key.line, "merge keys `<<` are not read"))
            if key.value in seen:
                self.errors.append((key.line, f"the key `{key.value}` stands twice in one map"))
            seen.add(key.value)
        return Map(line, pairs)

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

    def block_scalar(self, n):
        line, folded = self.line(), self.peek() == ">"
        match = re.compile(r"[|>](?:([1-9])([+-]?)|([+-])([1-9]?))?").match(self.s, self.i)
        digit, chomp = match.group(1) or match.group(4), match.group(2) or match.group(3)
        self.i = match.end()
        if not self.line_is_over():
            self.fail("something that does not belong here")
        indent = max(n, 0) + int(digit) if digit else None
        lines, longest, whole = [], 0, True
        while self.i < self.end:
            first = self.i + 1
            if first >= self.end or self.marker(first):
                break
            stop = self.s.find("\n", first)
            ended, stop = stop >= 0, self.end if stop < 0 else stop
            text = self.s[first:stop]
            spaces = len(text) - len(text.lstrip(" "))
            blank = spaces == len(text)
            if indent is None and not blank:
                if spaces <= n:
                    break
                if text[spaces] == "\t" and spaces < max(n, 0) + 1:
                    self.fail("a tab is used for indentation", first)
                if longest > spaces:
                    self.fail("a blank line is indented further than the text after it", first)
                indent = spaces
            if blank and not ended and spaces <= (indent or spaces):
                self.i = stop
                break
            if indent is None:
                longest = max(longest, spaces)
                lines.append("")
            elif blank and spaces <= indent:
                lines.append("")
            elif spaces < indent:
                break
            else:
                lines.append(text[indent:])
            self.i, whole = stop, ended
        return Scalar(line, _block_text(lines, folded, chomp, whole), False)


def _block_text(lines, folded, chomp, whole):
    """The text of a block scalar of these lines, without their indentation. The last may have no end (`whole`)."""
    last = len(lines)
    while last and lines[last - 1] == "":
        last -= 1
    body, trailing = lines[:last], len(lines) - last
    if folded:
        text, previous_more, empties = "", True, 0
        for number, one in enumerate(body):
            if one == "":
                empties += 1
                continue
            more = one[0] in " \t"
            if number == empties and text == "":
                text = "\n" * empties
            elif more or previous_more:
                text += "\n" * (empties + 1)
            else:
                text += "\n" * empties if empties else " "
            text += one
            previous_more, empties = more, 0
    else:
        text = "\n".join(body)
    if chomp == "-":
        return text
    if chomp == "+":
        return text + ("\n" if body and whole else "") + "\n" * trailing
    return text + ("\n" if body and whole else "")
