"""Who is meant: subjects as people write them, brought into cases.

A case is a set of literals that all have to hold; a subject is a list of cases of which one has to. A literal is
`(kind, argument, positive)`, where kind is `group`, `login`, `key`, `member` or `machine`. A literal that is not positive says that
its fact surely does not hold.
"""

import re
from difflib import get_close_matches
from functools import lru_cache

import yaml
from shapes import fold

RESERVED = ("all", "any", "none", "everyone")
FIELDS = ("group", "login", "api_key", "member", "machine", "any", "all", "none")
MOST_CASES = 256
MOST_PARTS = 10_000
MOST_DEEP = 64
EVERYONE = ("all", ())


class TooMany(Exception):
    """A subject or test falls into too many cases."""


class Subjects:
    """The names that subjects use, and the definitions of `people`, each read when it is first asked for."""

    def __init__(self):
        self.groups = {}  # name -> whether it is external
        self.people = {}  # name -> (reader, node), as written
        self.keys = {}  # name -> id
        self.read_people = {}
        self.levels = {}  # name -> how deep its definition is in names
        self.open = []
        self.teams = set()  # names that are groups as well, where access to stacks is read

    # ---- Reading ----

    def person(self, name):
        """The definition of a name of `people`."""
        reader, node = self.people[name]
        if name in self.open:
            return reader.error(node, f"`{name}` uses itself")
        if name not in self.read_people:
            if len(self.open) > 4 * MOST_DEEP:
                return reader.error(node, "names of `people` use each other too deeply")
            self.open.append(name)
            self.levels[name] = 1
            self.read_people[name] = self.bounded(reader, node, name)
            self.open.pop()
        if self.open:
            self.levels[self.open[-1]] = max(self.levels[self.open[-1]], self.levels[name] + 1)
        return self.read_people[name]

    def bounded(self, reader, node, name):
        """A definition, unless it is too large or too deep with its names written out."""
        found = self.read(reader, node)
        if self.levels[name] > MOST_DEEP:
            return reader.error(node, "names of `people` use each other too deeply")
        if found is not None and extent(found)[0] > MOST_PARTS:
            return reader.error(node, "too many parts or cases")
        return found

    def read(self, reader, node):
        """A subject, or None where something is wrong with it."""
        if isinstance(node, yaml.Seq):
            return join("any", [self.read(reader, item) for item in reader.items(node, "subjects")])
        if isinstance(node, yaml.Map):
            return self.read_map(reader, node)
        text = reader.string(node, "a subject")
        if text in self.teams:
            return self.team(reader, node, text, bare=True)
        if text is None or text == "everyone":
            return EVERYONE if text else None
        if text in self.groups:
            return ("group", text)
        if text in self.people:
            return self.person(text)
        return unknown(reader, node, text, [*self.groups, *self.people], "group and no name of `people`")

    def read_map(self, reader, node):
        if not node.pairs:
            return reader.error(node, "an empty subject; write `everyone` if that is meant")
        found = reader.fields(node, FIELDS)
        parts = []
        for field, value in found.items():
            if field == "group":
                names = reader.strings(value, "groups")
                parts.append(join("any", [self.group(reader, item, name) for name, item in names]))
            elif field == "login":
                logins = reader.strings(value, "logins", lambda item: reader.login(item, pattern=True))
                parts.append(join("any", [("login", login) for login, _ in logins]))
            elif field == "api_key":
                names = reader.strings(value, "API keys")
                parts.append(join("any", [self.key(reader, item, name) for name, item in names]))
            elif field in ("member", "machine"):
                truth = reader.truth(value)
                parts.append(None if truth is None else (field, truth))
            else:
                listed = join(
                    "all" if field == "all" else "any",
                    [self.read(reader, item) for item in reader.items(value, "subjects")],
                )
                parts.append(("not", listed) if field == "none" and listed else listed)
        return join("all", parts)

    def group(self, reader, node, name):
        if name in self.teams:
            return self.team(reader, node, name)
        if name in self.groups:
            return ("group", name)
        return unknown(reader, node, name, self.groups, "group")

    def team(self, reader, node, name, bare=False):
        """A team that the mapping adds, as a group by its own name."""
        if name in self.groups or name in self.people or (bare and name == "everyone"):
            return reader.error(node, f"`{name}` is a team that is added, and something else as well")
        return ("group", name)

    def key(self, reader, node, name):
        if name in self.keys:
            return ("key", name)
        return unknown(reader, node, name, self.keys, "API key")

    # ---- Cases ----

    def cases(self, reader, node, subject):
        """The cases of a subject. Too many parts or cases are an error."""
        if subject is None:
            return None
        try:
            parts, deep = extent(subject)
            if parts > MOST_PARTS or deep > MOST_DEEP:
                raise TooMany
            return cases(subject)
        except (TooMany, RecursionError):
            return reader.error(node, "too many parts or cases")


def unknown(reader, node, name, names, what):
    """The error of a name that is declared nowhere."""
    near = get_close_matches(name, list(names), 1)
    return reader.error(node, f"`{name}` is no {what}" + (f", did you mean `{near[0]}`" if near else ""))


def join(kind, parts):
    """Several subjects as one, or None where one of them is wrong."""
    if None in parts or (not parts and kind == "any"):
        return None
    return parts[0] if len(parts) == 1 else (kind, tuple(parts))


@lru_cache(maxsize=4096)
def extent(subject):
    """How many parts a subject has, and how deep it is."""
    if subject[0] == "not":
        parts, deep = extent(subject[1])
        return parts, deep + 1
    if subject[0] not in ("any", "all"):
        return 1, 1
    inner = [extent(part) for part in subject[1]] or [(1, 0)]
    return sum(parts for parts, _ in inner), 1 + max(deep for _, deep in inner)


@lru_cache(maxsize=4096)
def cases(subject, positive=True):
    """The cases in which a subject, or its opposite, holds."""
    kind = subject[0]
    if kind == "not":
        return cases(subject[1], not positive)
    if kind not in ("any", "all"):
        return (frozenset([(*subject, positive)]),)
    if (kind == "any") == positive:
        found = dict.fromkeys(case for part in subject[1] for case in cases(part, positive))
    else:
        found = {frozenset(): None}
        for part in subject[1]:
            others = cases(part, positive)
            if len(found) * len(others) > MOST_CASES * MOST_CASES:
                raise TooMany
            found = dict.fromkeys(one | other for one in found for other in others)
    if len(found) > MOST_CASES * MOST_CASES:
        raise TooMany
    return tuple(found)


def spoken_to(case):
    """A case of a grant, which speaks of people who are members unless it says otherwise."""
    added = []
    # That none is a machine's opposite asks for a machine as well.
    machine = [("machine", True, True), ("machine", False, False)]
    if not any(literal in machine or (literal[0] == "key" and literal[2]) for literal in case):
        added.append(("machine", False, True))
    if ("member", False, True) not in case and ("member", True, False) not in case:
        added.append(("member", True, True))
    return case.union(added)


def only_people(case):
    """A case of `login.admin`, which speaks of people who are members, always."""
    return case | {("machine", False, True), ("member", True, True)}


@lru_cache(maxsize=4096)
def pattern(text, helps):
    """What a login has to match. Where a match helps, `*` stops at `@` and `:`, and case counts."""
    if helps:
        return re.compile("[^@:]*".join(re.escape(part) for part in text.split("*")))
    return re.compile(".*".join(re.escape(part) for part in fold(text).split("*")), re.DOTALL)


def could_hold(case, keys, login=None):
    """Whether any session could surely meet a case; one with this login, if there is one. Unsure is yes."""
    exact = {value for kind, value, positive in case if kind == "login" and positive and "*" not in value}
    if login is not None:
        exact.add(login)
    if len(exact) > 1 or any((kind, value, not positive) in case for kind, value, positive in case):
        return False
    demanded = {
        kind: {value == positive for k, value, positive in case if k == kind} for kind in ("member", "machine")
    }
    named = [value for kind, value, positive in case if kind == "key" and positive]
    if named:
        demanded["machine"].add(True)
    if len(demanded["member"]) > 1 or len(demanded["machine"]) > 1 or len(set(named)) > 1:
        return False
    for one in exact:
        if fold(one).startswith("api::") and False in demanded["machine"]:
            return False
        for kind, value, positive in case:
            if kind == "login":
                matches = pattern(value, positive).fullmatch(one if positive else fold(one)) is not None
                if matches != positive:
                    return False
            if kind == "key":
                ways = (f"api::{keys[value]}", value)
                if positive and one not in ways:
                    return False
                if not positive and fold(one) == fold(ways[0]):
                    return False
    return True
