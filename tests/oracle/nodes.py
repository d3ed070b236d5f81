"""The nodes of a YAML document. What a plain scalar means is not decided here."""

import re


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
