"""YAML 1.2 as the mapping language uses it, read strictly and with line numbers.

One document of block and flow collections, all five styles of scalars, comments, anchors and aliases. Refused are tags other
than `!!str`, merge keys, tabs as indentation, explicit keys (`?`), and a second document. What a plain scalar means is not
decided here: a `Scalar` says whether it was written plainly, and `looks_like_other` whether some reader of YAML would take it for
something else than a string.
"""

import re

from nodes import Map, Scalar, Seq, YamlError, looks_like_other
from scalars import MAX_DEPTH, Cursor

MAX_BYTES = 4 * 1024 * 1024
MAX_VALUES = 1_000_000
MAX_TEXT = 16 * 1024 * 1024

# The keys that nearly all mappings are made of, and what every key of one line needs.
_SIMPLE_KEY = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*):(?=[ \t\n]|\Z)")
_COLON = re.compile(r"[^\n]*:(?=[ \t\n]|\Z)")


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


class _Parser(Cursor):
    """Documents and block collections."""

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

    def key_ahead(self):
        """Whether what begins here is, within this line, the key of a block mapping."""
        if _SIMPLE_KEY.match(self.s, self.i):
            return True
        if not _COLON.match(self.s, self.i):
            return False
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
        simple = _SIMPLE_KEY.match(self.s, self.i)
        if simple:
            self.i = simple.end()
            return Scalar(line, simple.group(1), True)
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

    # ---- Block scalars ----

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


__all__ = ["Map", "Scalar", "Seq", "YamlError", "looks_like_other", "parse"]
