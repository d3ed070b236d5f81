"""Spaces, sets of them, and choices among them."""

import yaml
from subjects import unknown

BUILT_IN = ("root", "legacy")


class Spaces:
    """The declared tree. `root` and `legacy` are always there."""

    def __init__(self):
        self.parents = {}
        self.labels = {}
        self.sets = {}

    def read(self, reader, node):
        """The `spaces` of a mapping."""
        declared = []
        for name, key, value in reader.named(node, "spaces"):
            if name in BUILT_IN:
                reader.error(key, f"`{name}` is built in and is not declared")
                continue
            found = reader.fields(value, ("parent", "inherit", "labels"), ("parent",)) or {}
            if "inherit" in found:
                reader.truth(found["inherit"])
            labels = reader.strings(found["labels"], "labels", reader.value, False, True) if "labels" in found else []
            self.labels[name] = {label for label, _ in labels}
            self.parents[name] = None
            if "parent" in found:
                declared.append((name, found["parent"]))
        for name, parent in declared:
            text = reader.string(parent, "a space")
            if text is None:
                continue
            if text not in self.parents and text not in BUILT_IN:
                unknown(reader, parent, text, [*self.parents, *BUILT_IN], "space")
            else:
                self.parents[name] = text
        for name, parent in declared:
            if name in self.above(name):
                reader.error(parent, f"`{name}` is above itself")

    def read_sets(self, reader, node):
        """The `space_sets` of a mapping."""
        for name, key, value in reader.named(node, "sets of spaces"):
            if name in self.parents or name in BUILT_IN:
                reader.error(key, f"`{name}` is a space already")
            listed = reader.strings(value, "spaces", alone=False)
            self.sets[name] = [text for text, item in listed if self.known(reader, item, text)]

    def known(self, reader, node, name):
        """Whether a name is a space's. An error if not."""
        if name in self.parents or name in BUILT_IN:
            return True
        unknown(reader, node, name, [*self.parents, *BUILT_IN], "space")
        return False

    def above(self, name):
        """The spaces above one, nearest first. A circle ends where it closes."""
        found = []
        parent = self.parents.get(name)
        while parent is not None and parent not in found:
            found.append(parent)
            parent = self.parents.get(parent)
        return found

    def ids(self, reader, item, text):
        """The spaces of a name of a space or a set."""
        if text in self.sets:
            return self.sets[text]
        if text in self.parents or text in BUILT_IN:
            return [text]
        unknown(reader, item, text, [*self.parents, *BUILT_IN, *self.sets], "space and no set")
        return []

    def choose(self, reader, node, star=False, at_login=False, every=False):
        """What a choice of spaces means: `("ids", spaces)`, `("star", None)` or `("labels", labels)`; None if it is wrong.

        `every` asks for all spaces of a subtree and not only for the highest.
        """
        if isinstance(node, yaml.Map):
            return self.choose_map(reader, node, at_login, every)
        before = len(reader.found)
        listed = reader.strings(node, "spaces")
        if any(text == "*" for text, _ in listed):
            if isinstance(node, yaml.Seq) or not star:
                return reader.error(node, "`*` does not belong here")
            return "star", None
        found = dict.fromkeys(one for text, item in listed for one in self.ids(reader, item, text))
        return ("ids", list(found)) if len(reader.found) == before else None

    def choose_map(self, reader, node, at_login, every):
        before = len(reader.found)
        if not node.pairs:
            return reader.error(node, "an empty choice of spaces")
        found = reader.fields(node, ("label", "under", "except", "at_login"))
        labels = None
        if "label" in found:
            labels = [text for text, _ in reader.strings(found["label"], "labels", reader.value)]
        live = reader.truth(found["at_login"]) if "at_login" in found else False
        under = self.read_under(reader, found["under"]) if "under" in found else None
        apart = set()
        for text, item in reader.strings(found["except"], "spaces", alone=False) if "except" in found else []:
            for one in self.ids(reader, item, text):
                if under and one != under and under not in self.above(one):
                    reader.error(item, f"`{one}` does not lie below `{under}`")
                apart.add(one)
        if "label" not in found and "under" not in found:
            reader.error(node, "`label` or `under` is missing")
        if live:
            if not at_login:
                reader.error(found["at_login"], "labels at sign-in do not belong here")
            if "label" not in found or "under" in found or "except" in found:
                reader.error(node, "`at_login` stands with `label` alone")
        if len(reader.found) > before:
            return None
        if live:
            return "labels", frozenset(labels)
        chosen = self.matching(labels, under, apart, every)
        return ("ids", chosen) if chosen else reader.error(node, "no space fits this choice")

    def read_under(self, reader, node):
        text = reader.string(node, "a space")
        if text is None or text in self.parents:
            return text
        if text in BUILT_IN or text in self.sets:
            return reader.error(node, f"`under` cannot be `{text}`")
        return unknown(reader, node, text, self.parents, "space")

    def matching(self, labels, under, apart, every):
        """The declared spaces that fit, in the order of their names."""
        barred = set(apart)
        for one in apart:
            barred.update(self.above(one))
        free = {
            name for name in self.parents if name not in barred and not apart.intersection(self.above(name))
        }
        if under:
            free = {name for name in free if name == under or under in self.above(name)}
        if labels is not None:
            return sorted(name for name in free if self.labels[name].intersection(labels))
        if every:
            return sorted(free)
        return sorted(name for name in free if not free.intersection(self.above(name)))

    def within(self, name, bound):
        """Whether a space is, or lies below, one of these."""
        return name in bound or not bound.isdisjoint(self.above(name))
