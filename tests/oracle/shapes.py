"""Reading nodes as what the language expects there. What is wrong is collected with its line; None stands in its place."""

import unicodedata
from difflib import get_close_matches

import yaml

MOST = 512
# Letters and marks that show nothing, though their category does not say so.
_INVISIBLE = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}


def _blank(char):
    code = ord(char)
    return code in _INVISIBLE or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x180B <= code <= 0x180F


def visible(char):
    """Whether a character can be seen. A space can."""
    return char == " " or not (_blank(char) or unicodedata.category(char)[0] in "CZ")


def hidden(char):
    """Whether a character would be shown as its number. A space of any width is none of these."""
    return _blank(char) or unicodedata.category(char) in ("Cc", "Cf", "Co", "Zl", "Zp")


def size(text):
    return len(text.encode("utf-8", "surrogatepass"))


def fold(text):
    """A to Z as a to z, and nothing else."""
    return text.lower() if text.isascii() else text.translate(_FOLD)


_FOLD = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Reader:
    """Reads the nodes of one file."""

    def __init__(self, file=None):
        self.file = file
        self.found = []

    def error(self, node, message):
        line = node if isinstance(node, int) else node.line
        self.found.append((line, message))

    def refused(self):
        """What was found, in the order of lines."""
        place = f"{self.file}: " if self.file else ""
        return [f"{place}line {line}: {message}" for line, message in sorted(set(self.found))]

    # ---- Maps ----

    def fields(self, node, allowed, needed=(), what="a map"):
        """The fields of a map by name. Unknown ones, and needed ones that are not there, are errors."""
        if not isinstance(node, yaml.Map):
            self.wrong(node, what)
            return None
        found = {}
        for key, value in node.pairs:
            if not isinstance(key, yaml.Scalar):
                continue
            if key.value not in allowed:
                near = get_close_matches(key.value, allowed, 1)
                self.error(key, f"unknown field `{key.value}`" + (f", did you mean `{near[0]}`" if near else ""))
            elif not self.nothing(value, key.value):
                found[key.value] = value
        given = {key.value for key, _ in node.pairs if isinstance(key, yaml.Scalar)}
        for name in needed:
            if name not in given:
                self.error(node, f"`{name}` is missing")
        return found

    def named(self, node, what, check=None):
        """The entries of a map whose keys are names: `[(name, key node, value node)]`."""
        if not isinstance(node, yaml.Map):
            self.wrong(node, f"a map of {what}")
            return []
        found = []
        for key, value in node.pairs:
            if not isinstance(key, yaml.Scalar):
                continue
            name = (check or self.name)(key)
            if name is not None and not self.nothing(value, name):
                found.append((name, key, value))
        return found

    # ---- Lists ----

    def items(self, node, what, empty=False):
        """The nodes of a list."""
        if not isinstance(node, yaml.Seq):
            self.wrong(node, f"a list of {what}")
            return []
        if not node.items and not empty:
            self.error(node, f"an empty list of {what}")
        return [item for item in node.items if not self.nothing(item, "an entry")]

    def one_or_more(self, node, what):
        """The nodes of a list, or one node alone."""
        return self.items(node, what) if isinstance(node, yaml.Seq) else [node]

    def strings(self, node, what, read=None, alone=True, empty=False):
        """The strings of a list; one alone counts too, where `alone` says so."""
        nodes = self.one_or_more(node, what) if alone else self.items(node, what, empty)
        read = read or self.string
        found = [(read(item), item) for item in nodes]
        return [(text, item) for text, item in found if text is not None]

    # ---- Scalars ----

    def nothing(self, node, name):
        """Whether a node is a value left out, which is an error."""
        if isinstance(node, yaml.Scalar) and node.plain and node.value in ("", "~", "null", "Null", "NULL"):
            self.error(node, f"`{name}` has no value")
            return True
        return False

    def wrong(self, node, what):
        self.error(node, f"{what} is expected here")

    def string(self, node, what="a string"):
        """A string that every reader of YAML takes for one."""
        if not isinstance(node, yaml.Scalar):
            return self.wrong(node, what)
        if node.plain and yaml.looks_like_other(node.value):
            return self.error(node, f"`{node.value}` needs quotes, since YAML may read it as something other than a string")
        return node.value

    def text(self, node):
        """A string with something in it."""
        text = self.string(node)
        if text == "":
            return self.error(node, "an empty string")
        return text

    def value(self, node):
        """A string of bounded size, which has to equal something elsewhere."""
        text = self.text(node)
        if text is None:
            return None
        if size(text) > MOST:
            return self.error(node, f"more than {MOST} bytes")
        return text

    def name(self, node, reserved=()):
        """A name of something in a mapping."""
        text = self.string(node, "a name")
        if text is None:
            return None
        if text == "" or text == "*" or size(text) > MOST or text in reserved:
            return self.error(node, f"`{text[:80]}` cannot be a name")
        if any(char == " " or not visible(char) for char in text):
            return self.error(node, "a space, or a sign that cannot be seen, in a name")
        return text

    def login(self, node, pattern=False):
        """A login; a pattern with `*` where that is allowed."""
        text = self.text(node)
        if text is None:
            return None
        if size(text) > MOST:
            return self.error(node, f"more than {MOST} bytes")
        if text != text.strip(" ") or not all(visible(char) for char in text):
            return self.error(node, "a space at an end, or a sign that cannot be seen, in a login")
        if "*" in text and not pattern:
            return self.error(node, "a pattern does not belong here")
        if text.strip("*") == "":
            return self.error(node, "a lone `*` as a login")
        return text

    def truth(self, node):
        """`true` or `false`."""
        if isinstance(node, yaml.Scalar) and node.plain and node.value in ("true", "false"):
            return node.value == "true"
        return self.wrong(node, "`true` or `false`")

    def word(self, node, words):
        """One of these words."""
        text = self.string(node)
        if text is not None and text not in words:
            return self.error(node, f"`{text}` is none of {', '.join(f'`{word}`' for word in words)}")
        return text


def parse(reader, text):
    """The document of a file, or None."""
    try:
        node, errors = yaml.parse(text)
    except yaml.YamlError as problem:
        return reader.error(problem.line, problem.message)
    reader.found.extend(errors)
    return node
