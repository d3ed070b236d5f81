"""Files of other owners, within bounds."""

import re

from shapes import Reader, parse

FIELDS = ("groups", "people", "grants", "identities", "stacks", "modules", "tests")


class Includes:
    """The entries of `include` and what their files hold."""

    def __init__(self, mapping):
        self.mapping = mapping
        self.files = []  # (reader, fields, bounds)

    def read(self, node):
        """Reads every entry and declares the groups and people of its files."""
        mapping, reader = self.mapping, self.mapping.reader
        taken = set()
        for entry in reader.items(node, "files", True):
            fields = ("file", "owner", "spaces", "never_can", "must_end_within")
            found = reader.fields(entry, fields, ("file",)) or {}
            bounds = Bounds(mapping, reader, found)
            for path in self.matching(reader, found["file"]) if "file" in found else []:
                if path == mapping.main or path in taken:
                    reader.error(found["file"], f"`{path}` is read already")
                    continue
                taken.add(path)
                inner = Reader(path)
                mapping.readers.append(inner)
                document = parse(inner, mapping.files[path])
                parts = inner.fields(document, FIELDS, what="an included file") if document else None
                if parts is not None:
                    mapping.declare(inner, parts.get("groups"), parts.get("people"))
                    self.files.append((inner, parts, bounds))

    def matching(self, reader, node):
        """The files that a path or a pattern names."""
        text = reader.text(node)
        if text is None:
            return []
        steps = text.split("/")
        if "\\" in text or "**" in text or any(step in ("", ".", "..") for step in steps):
            reader.error(node, f"`{text[:80]}` is no path below the folder of the mapping")
            return []
        shape = re.compile("[^/]*".join(re.escape(part) for part in text.split("*")))
        paths = sorted(path for path in self.mapping.files if shape.fullmatch(path))
        if not paths:
            reader.error(node, f"no file is called `{text[:80]}`")
        return paths

    def people(self):
        return [(reader, parts.get("people")) for reader, parts, _ in self.files]

    def read_grants(self):
        for reader, parts, bounds in self.files:
            if "grants" in parts:
                self.mapping.read_grants(reader, parts["grants"], bounds)


class Bounds:
    """What the grants of an included file may do."""

    def __init__(self, mapping, reader, found):
        self.mapping = mapping
        if "owner" in found:
            reader.string(found["owner"])
        self.chosen = set(mapping.spaces.parents)
        if "spaces" in found:
            target = mapping.spaces.choose(reader, found["spaces"])
            self.chosen = set(target[1]) if target else set()
        self.never = set()
        if "never_can" in found:
            listed = reader.strings(found["never_can"], "actions", lambda item: mapping.action(reader, item))
            self.never = {action for action, _ in listed}
        self.most = mapping.length(reader, found["must_end_within"]) if "must_end_within" in found else None
        self.must_end = "must_end_within" in found

    def check(self, reader, node, grant, found):
        """Tells where a grant leaves its bounds."""
        kind, chosen = grant.target or ("ids", [])
        if kind != "ids":
            reader.error(node, "this choice of spaces lies within no bound")
        for space in chosen if kind == "ids" else []:
            if not self.mapping.spaces.within(space, self.chosen):
                reader.error(node, f"`{space}` is out of bounds for this file")
        for slug in grant.roles:
            for action in sorted(self.never):
                if self.holds(slug, action):
                    reader.error(node, f"`{slug}` can `{action}`, which is out of bounds for this file")
        if self.must_end:
            for name in ("starts", "ends"):
                if name not in found:
                    reader.error(node, f"`{name}` is missing, which every grant of this file must have")
            if None not in (self.most, grant.starts, grant.ends) and grant.ends - grant.starts > self.most:
                reader.error(node, "this grant is longer than it may be in this file")

    def holds(self, slug, action):
        """Whether a role may hold an action. Of the built-in ones this is said with a margin."""
        if slug == "space-reader":
            return action.endswith((":read", ":comment"))
        if slug == "space-writer":
            return action != "space:admin"
        actions = self.mapping.roles[slug].actions
        return actions is None or action in actions
