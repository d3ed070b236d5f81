"""`stack_access`: who may read and write which stacks and modules, an entry a policy."""

import re
from dataclasses import dataclass, field

import yaml
from shapes import MOST, hidden, size
from subjects import MOST_CASES, TooMany, cases, join, spoken_to

RULES = ("read", "write", "deny", "deny_write")
# What stacks and modules say of themselves, as Spacelift's input has it: what it holds, which of the two have it, and whether
# one may be without it.
ATTRIBUTES = {
    "kind": ("thing", "both", False),
    "id": ("text", "both", False),
    "name": ("text", "stack", False),
    "labels": ("texts", "both", False),
    "administrative": ("flag", "both", False),
    "autodeploy": ("flag", "stack", False),
    "branch": ("text", "both", False),
    "repository": ("text", "both", False),
    "namespace": ("text", "both", True),
    "project_root": ("text", "stack", True),
    "additional_project_globs": ("texts", "stack", False),
    "state": ("text", "stack", False),
    "lock": ("lock", "stack", True),
    "locked_by": ("text", "stack", True),
    "contexts": ("texts", "stack", False),
    "terraform_version": ("text", "stack", True),
    "terraform_workflow_tool": ("text", "stack", False),
    "terraform_provider": ("text", "module", False),
    "space.id": ("text", "stack", False),
    "space.name": ("text", "stack", False),
    "space.labels": ("texts", "stack", False),
    "tracked_commit.author": ("text", "stack", False),
    "tracked_commit.branch": ("text", "stack", False),
    "tracked_commit.created_at": ("time", "stack", False),
    "tracked_commit.exist_on_tracked_branch": ("flag", "stack", False),
    "tracked_commit.hash": ("text", "stack", False),
    "tracked_commit.message": ("text", "stack", False),
    "tracked_commit.pull_request_id": ("number", "stack", True),
    "tracked_commit.tag": ("text", "stack", True),
    "tracked_commit.url": ("text", "stack", False),
    "worker_pool.id": ("text", "stack", True),
    "worker_pool.name": ("text", "stack", True),
    "worker_pool.labels": ("texts", "stack", True),
    "worker_pool.public": ("flag", "stack", False),
}
PARTS = ("space", "tracked_commit", "worker_pool")
GROUPS = ("all", "any", "none")
WORDS = {"thing": ("stack", "module"), "lock": ("nobody", "caller", "other")}
_NUMBER = re.compile("0|[1-9][0-9]*")
_NAME = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass
class Entry:
    """An entry: for each rule, `(cases or None for Slack, place in Slack, test, stack test)`; and what labels say."""

    rules: dict = field(default_factory=lambda: {rule: [] for rule in RULES})
    labels: dict = field(default_factory=dict)  # label -> (rule, group)


class Stacks:
    """Reads `stack_access` into `self.policy.stacks`. Groups, conditions and teams are there already."""

    def read_stack_access(self, node):
        reader, seen = self.reader, set()
        entries = reader.items(node, "entries", True)
        self.subjects.teams = set(self.policy.add)
        for part in entries:
            fields = ("name", "attach", *RULES, "by_label")
            found = reader.fields(part, fields, ("name", "attach")) or {}
            name = self.entry_name(reader, found["name"]) if "name" in found else None
            if name in seen:
                reader.error(found["name"], f"`{name}` is declared twice")
            seen.add(name)
            seen.discard(None)
            if "attach" in found:
                self.read_attach(reader, found["attach"])
            if not found.keys() & {*RULES, "by_label"}:
                reader.error(part, "an entry that says nothing")
            entry = Entry()
            for rule in RULES:
                for one in reader.items(found[rule], "entries") if rule in found else []:
                    self.read_stack_rule(reader, one, rule, entry)
            if "by_label" in found:
                self.read_by_label(reader, found["by_label"], entry)
            self.policy.stacks[name] = entry
        self.subjects.teams = set()
        if entries and self.hosted:
            reader.error(node, "Spacelift's own servers evaluate no access policies any longer")

    @staticmethod
    def entry_name(reader, node):
        text = reader.string(node, "a name")
        if text is not None and (size(text) > 64 or not _NAME.fullmatch(text)):
            return reader.error(node, f"`{text[:80]}` cannot be the name of a policy")
        return text

    # ---- What it is attached to ----

    def read_attach(self, reader, node):
        if isinstance(node, yaml.Scalar):
            reader.word(node, ("all",))
            return
        found = reader.fields(node, ("label", "stacks", "modules")) or {}
        if isinstance(node, yaml.Map) and not node.pairs:
            reader.error(node, "attached to nothing")
        if "label" in found:
            reader.strings(found["label"], "labels", lambda item: self.attached_label(reader, item))
        for name in ("stacks", "modules"):
            if name in found:
                reader.strings(found[name], "ids", lambda item: self.thing_id(reader, item), False)

    @staticmethod
    def attached_label(reader, node):
        text = reader.string(node)
        if text is None or text == "*":
            return text
        odd = text != text.strip() or any(hidden(char) for char in text)
        if not text or size(text) > MOST or odd or "*" in text or text.startswith("autoattach:"):
            return reader.error(node, f"nothing is attached by the label `{text[:80]}`")
        return text

    @staticmethod
    def thing_id(reader, node):
        text = reader.string(node)
        if text is not None and not re.fullmatch("[A-Za-z0-9_-]{1,512}", text):
            return reader.error(node, f"`{text[:80]}` is no id of a stack or a module")
        return text

    # ---- Rules ----

    def read_stack_rule(self, reader, node, rule, entry):
        """One entry of a rule: who it means, under which conditions, on which stacks."""
        own = ("who", "slack", "when", "unless", "stack")
        keys = {key.value for key, _ in node.pairs if isinstance(key, yaml.Scalar)} if isinstance(node, yaml.Map) else set()
        found = reader.fields(node, own) if keys & set(own) else {"who": node}
        gives = rule in ("read", "write")
        asks, other = ("when", "unless") if gives else ("unless", "when")
        if other in found:
            reader.error(node, f"`{other}` does not belong here, but `{asks}`")
        test = self.test(reader, found[asks]) if asks in found else None
        stack = self.stack_test(reader, found["stack"]) if "stack" in found else None
        who = place = None
        if "who" in found and "slack" in found:
            reader.error(node, "`who` or `slack`, and not both")
        elif "slack" in found:
            place = self.slack_place(reader, found["slack"])
        elif "who" in found:
            who = self.who(reader, found["who"])
            for name in self.not_sent(who or []):
                reader.error(found["who"], f"`{name}` is no team of a session: they are replaced")
            for name in self.external_in(who or []) if gives else []:
                reader.error(found["who"], f"`{name}` is external, and what a rule gives has no end")
        elif not gives and keys & {"unless", "stack"}:
            who = [frozenset()]
        else:
            reader.error(node, "`who` is missing")
        self.count_stacks(reader, node, who, (test, gives), stack)
        if gives and who is not None:
            who = [spoken_to(case) for case in who]
        entry.rules[rule].append((who, place, test, stack))

    def not_sent(self, found):
        """The groups of a subject that no session has, where teams are replaced."""
        if self.policy.keep is not False:
            return []
        named = {value for case in found for kind, value, _ in case if kind == "group"}
        return sorted(named - set(self.policy.add))

    def slack_place(self, reader, node):
        names = ("workspace", "channel")
        found = reader.fields(node, names, names) or {}
        return tuple(self.slack_id(reader, found[name]) if name in found else None for name in names)

    @staticmethod
    def count_stacks(reader, node, who, test, stack):
        """An error where a subject, its test and its stacks fall into too many cases together."""
        try:
            tests = 1 if test[0] is None else len(cases(*test))
            stacks = 1 if stack is None else len(cases(stack))
        except (TooMany, RecursionError):
            tests = stacks = MOST_CASES + 1
        if max(1, len(who or [])) * tests * stacks > MOST_CASES:
            reader.error(node, "too many cases")

    # ---- Stacks ----

    def stack_test(self, reader, node, within=""):
        """A test of stacks, all of whose attributes have to hold."""
        if isinstance(node, yaml.Map) and not node.pairs:
            return reader.error(node, "an empty test of stacks")
        own = [path[len(within):] for path in ATTRIBUTES if path.startswith(within)]
        own = [name for name in own if "." not in name]
        found = reader.fields(node, own if within else [*own, *PARTS, *GROUPS]) or {}
        parts = []
        for name, value in found.items():
            if not within and name in GROUPS:
                inner = [self.stack_test(reader, item) for item in reader.items(value, "tests of stacks")]
                joined = join("all" if name == "all" else "any", inner) if inner else None
                parts.append(("not", joined) if name == "none" and joined else joined)
            elif not within and name in PARTS:
                parts.append(self.stack_test(reader, value, f"{name}."))
            else:
                parts.append(self.attribute(reader, value, within + name))
        return join("all", parts) if parts else None

    def attribute(self, reader, node, path):
        """What one attribute has to say."""
        kind, _, lacking = ATTRIBUTES[path]
        plain = isinstance(node, yaml.Scalar) and node.plain and node.value
        if lacking and kind in ("text", "number") and plain in ("true", "false"):
            given = ("stack", path, ("given", None))
            return given if plain == "true" else ("not", given)
        if kind == "flag":
            truth = reader.truth(node)
            return None if truth is None else ("stack", path, ("is", truth))
        if kind == "number":
            numbers = [self.whole(reader, item) for item in reader.one_or_more(node, "numbers")]
            return join("any", [None if one is None else ("stack", path, ("is", one)) for one in numbers])
        if kind == "time":
            return self.between(reader, node, path)
        read = (lambda item: reader.word(item, WORDS[kind])) if kind in WORDS else (lambda item: self.stack_text(reader, item, path))
        return join("any", [("stack", path, self.compared(text, path)) for text, _ in reader.strings(node, "texts", read)])

    @staticmethod
    def whole(reader, node):
        text = node.value if isinstance(node, yaml.Scalar) and node.plain else ""
        if not _NUMBER.fullmatch(text) or int(text) >= 2**63:
            return reader.error(node, "no whole number")
        return int(text)

    def between(self, reader, node, path):
        if isinstance(node, yaml.Map) and not node.pairs:
            return reader.error(node, "an empty stretch of time")
        found = reader.fields(node, ("from", "until")) or {}
        ends = [(name, self.moment(reader, found[name], name == "until")) for name in found]
        first, last = dict(ends).get("from"), dict(ends).get("until")
        if None not in (first, last) and first >= last:
            return reader.error(node, "this ends before it begins")
        return join("all", [None if at is None else ("stack", path, (name, at)) for name, at in ends]) if ends else None

    @staticmethod
    def patterns(path):
        """Whether `*` stands for any characters. In globs it is their own."""
        return path != "additional_project_globs"

    def stack_text(self, reader, node, path):
        text = reader.string(node)
        if text is None:
            return None
        lone = self.patterns(path) and not text.strip("*")
        return reader.error(node, f"`{path}` is compared with nothing") if not text or lone or size(text) > MOST else text

    def compared(self, text, path):
        like = ATTRIBUTES[path][0] in ("text", "texts") and self.patterns(path) and "*" in text
        return ("like" if like else "is", text)

    # ---- Labels ----

    def read_by_label(self, reader, node, entry):
        """Writes out the labels that speak of each group."""
        text = reader.string(node)
        if text is None:
            return
        if text.count("{level}") != 1 or text.count("{group}") != 1 or any(hidden(char) for char in text):
            reader.error(node, "`{level}` and `{group}` must both stand here once")
            return
        groups = {} if self.policy.keep is False else {name: name in self.external for name in self.subjects.groups}
        for team in self.policy.add:
            if team in self.subjects.groups:
                reader.error(node, f"`{team}` is a group and a team that is added")
            groups[team] = False
        for group, external in groups.items():
            for rule in RULES:
                if external and rule in ("read", "write"):
                    continue
                label = text.replace("{level}", rule).replace("{group}", group)
                if entry.labels.setdefault(label, (rule, group)) != (rule, group):
                    reader.error(node, f"the label `{label}` has two meanings")
