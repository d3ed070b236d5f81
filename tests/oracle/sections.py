"""The parts of a mapping that say who gets what: `login`, grants, elevations, conventions, teams, and what only checks names."""

import yaml
from model import MARKER, Grant
from shapes import fold
from spaces import BUILT_IN
from subjects import MOST_CASES, RESERVED, TooMany, cases, could_hold, only_people, spoken_to, unknown

GRANT = ("who", "roles", "spaces", "when", "unless", "starts", "ends", "reason", "owner", "reviewed")
BECAUSE = ("sso_admin", "organization_admin", "account_owner", "root_key")


def names_somebody(case):
    """Whether a case is about a person by login."""
    by_login = any(
        kind == "login" and positive and "*" not in value and not fold(value).startswith("api::")
        for kind, value, positive in case
    )
    return by_login and ("machine", True, True) not in case and not any(kind == "key" and yes for kind, _, yes in case)


class Sections:
    """Reads sections into `self.policy`. The names are there already."""

    def read_rules(self, top):
        parts = (
            ("login", self.read_login),
            ("break_glass", self.read_break_glass),
            ("outside_policy", self.read_outside),
            ("grants", lambda node: self.read_grants(self.reader, node)),
            ("elevations", self.read_elevations),
            ("teams", self.read_teams),
            ("stack_access", self.read_stack_access),
            ("exclusive", self.read_exclusive),
            ("guardrails", self.read_guardrails),
        )
        for name, read in parts:
            if name in top:
                read(top[name])

    # ---- Tests ----

    def test(self, reader, node):
        """A `when` or `unless`: an expression over names of conditions."""
        if isinstance(node, yaml.Map):
            if not node.pairs:
                return reader.error(node, "an empty test")
            found = reader.fields(node, ("all", "any")) or {}
            parts = []
            for kind, value in found.items():
                inner = [self.test(reader, item) for item in reader.items(value, "conditions")]
                parts.append(None if None in inner or not inner else (kind, tuple(inner)))
            return None if None in parts or not parts else ("all", tuple(parts))
        if isinstance(node, yaml.Seq):
            items = reader.items(node, "conditions")
            if len(node.items) > 1:
                return reader.error(node, "a list of conditions needs `all` or `any`")
            return self.test(reader, items[0]) if items else None
        text = reader.string(node, "a condition")
        if text is None:
            return None
        if text not in self.policy.conditions:
            return unknown(reader, node, text, self.policy.conditions, "condition")
        return ("condition", text)

    def count(self, reader, node, found, test, positive):
        """An error where a subject and its test fall into too many cases together."""
        try:
            tests = 1 if test is None else len(cases(test, positive))
        except (TooMany, RecursionError):
            tests = MOST_CASES + 1
        if found is not None and len(found) * tests > MOST_CASES:
            reader.error(node, "too many cases")

    def who(self, reader, node):
        return self.subjects.cases(reader, node, self.subjects.read(reader, node))

    def external_in(self, found):
        """The external groups that a subject asks for."""
        return sorted({value for case in found for kind, value, positive in case if kind == "group" and positive} & self.external)

    # ---- Login ----

    def read_login(self, node):
        reader, policy = self.reader, self.policy
        fields = ("require", "no_grants", "no_groups", "admin", "deny", "deny_admin", "offboarded", "slack")
        found = reader.fields(node, fields) or {}
        if "require" in found:
            policy.require = self.who(reader, found["require"])
            if policy.require is not None and not any(could_hold(case, self.subjects.keys) for case in policy.require):
                reader.error(found["require"], "a gate that nobody could pass")
        if "no_grants" in found:
            policy.admit = reader.word(found["no_grants"], ("refuse", "admit")) == "admit"
        if "no_groups" in found:
            policy.known = reader.word(found["no_groups"], ("unknown", "known")) == "known"
        for entry in reader.items(found["admin"], "entries") if "admin" in found else []:
            self.read_admin(reader, entry)
        for name, entries in (("deny", policy.deny), ("deny_admin", policy.deny_admin)):
            for entry in reader.items(found[name], "entries") if name in found else []:
                self.read_denial(reader, entry, entries)
        if "offboarded" in found:
            self.read_offboarded(reader, found["offboarded"])
        if "slack" in found:
            self.read_slack(reader, found["slack"])

    def entry(self, reader, node, test, other):
        """An entry of `admin`, `deny`, `deny_admin` or `add`: its subject's node, or None, and its test."""
        keys = {key.value for key, _ in node.pairs if isinstance(key, yaml.Scalar)} if isinstance(node, yaml.Map) else set()
        if not keys & {"who", "when", "unless"}:
            return node, None
        found = reader.fields(node, ("who", "when", "unless"))
        if other in keys:
            reader.error(node, f"`{other}` does not belong here, but `{test}`")
        read = self.test(reader, found[test]) if test in found else None
        return found.get("who"), read

    def read_admin(self, reader, node):
        subject, test = self.entry(reader, node, "when", "unless")
        if subject is None:
            reader.error(node, "`who` is missing")
            return
        found = self.who(reader, subject)
        if found is None:
            return
        for name in self.external_in(found):
            reader.error(subject, f"`{name}` is external and cannot administer the account")
        self.count(reader, node, found, test, True)
        self.policy.admin.append(([only_people(case) for case in found], test))

    def read_denial(self, reader, node, entries):
        subject, test = self.entry(reader, node, "unless", "when")
        found = [frozenset()] if subject is None else self.who(reader, subject)
        self.count(reader, node, found, test, False)
        entries.append((found or [], test))

    def read_offboarded(self, reader, node):
        for entry in reader.items(node, "logins", True):
            nodes = [entry]
            if isinstance(entry, yaml.Map):
                found = reader.fields(entry, ("login", "aliases"), ("login",)) or {}
                nodes = [found["login"]] if "login" in found else []
                nodes += reader.items(found["aliases"], "logins", True) if "aliases" in found else []
            for one in nodes:
                login = reader.login(one)
                if login is not None and fold(login) in self.policy.offboarded:
                    reader.error(one, f"`{login}` stands here twice")
                if login is not None:
                    self.policy.offboarded.add(fold(login))

    def read_slack(self, reader, node):
        for entry in reader.items(node, "channels", True):
            names = ("workspace", "channel", "space_roles")
            found = reader.fields(entry, names, names) or {}
            place = tuple(self.slack_id(reader, found[name]) if name in found else None for name in names[:2])
            if None not in place and place in self.policy.slack:
                reader.error(entry, f"`{place[1]}` has an entry already")
            roles = {}
            if "space_roles" in found:
                listed = reader.named(found["space_roles"], "roles by space", reader.string)
                if isinstance(found["space_roles"], yaml.Map) and not found["space_roles"].pairs:
                    reader.error(found["space_roles"], "no roles")
                for space, key, value in listed:
                    slugs = self.read_roles_of(reader, value)
                    if self.spaces.known(reader, key, space):
                        roles[space] = slugs
                        for slug in self.administers(slugs) if space in BUILT_IN else []:
                            reader.error(value, f"`{slug}` may administer `{space}`, and a channel must not")
            self.policy.slack[place] = roles

    @staticmethod
    def slack_id(reader, node):
        text = reader.value(node)
        if text is not None and not (text.isascii() and text.isalnum()):
            return reader.error(node, f"`{text[:80]}` is no id of Slack's")
        return text

    def read_outside(self, node):
        reader, seen = self.reader, set()
        for entry in reader.items(node, "logins", True):
            found = reader.fields(entry, ("login", "because"), ("login", "because")) or {}
            login = reader.login(found["login"]) if "login" in found else None
            if login in seen:
                reader.error(entry, f"`{login}` stands here twice")
            seen.add(login)
            seen.discard(None)
            if "because" in found:
                reader.word(found["because"], BECAUSE)

    # ---- Grants ----

    def read_roles_of(self, reader, node):
        """The slugs of a grant, each once."""
        found = []
        for text, item in reader.strings(node, "roles"):
            if text in self.roles:
                found.append(text)
            else:
                unknown(reader, item, text, self.roles, "role")
        return list(dict.fromkeys(found))

    def administers(self, slugs):
        return [slug for slug in slugs if self.roles[slug].administers]

    def read_grants(self, reader, node, bounds=None):
        for entry in reader.items(node, "grants", True):
            self.read_grant(reader, entry, GRANT, bounds)

    def read_grant(self, reader, node, fields, bounds=None):
        """One grant: taken into the policy if it is right, and returned with its fields."""
        found = reader.fields(node, fields, ("who", "roles", "spaces"))
        if found is None:
            return None, {}
        if "unless" in found:
            reader.error(found["unless"], "`unless` does not belong on a grant, but `when`")
        for name in ("reason", "owner"):
            text = reader.string(found[name]) if name in found else None
            if name in self.required and (name not in found or (text is not None and not text.strip())):
                reader.error(node, f"`{name}` is missing, which every grant must have")
        who = self.who(reader, found["who"]) if "who" in found else None
        roles = self.read_roles_of(reader, found["roles"]) if "roles" in found else []
        target = self.spaces.choose(reader, found["spaces"], star=True, at_login=True) if "spaces" in found else None
        when = self.test(reader, found["when"]) if "when" in found else None
        starts = self.moment(reader, found["starts"], False) if "starts" in found else None
        ends = self.moment(reader, found["ends"], True) if "ends" in found else None
        self.count(reader, node, who, when, True)
        if None not in (starts, ends) and starts >= ends:
            reader.error(node, "this ends before it begins")
        for name in self.external_in(who or []) if "ends" not in found else []:
            reader.error(node, f"`{name}` is external, and this grant has no `ends`")
        if target and target[0] == "labels":
            for slug in self.administers(roles):
                reader.error(node, f"`{slug}` may administer, and cannot be given by labels at sign-in")
        grant = Grant([spoken_to(case) for case in who or []], roles, target, when, starts, ends)
        if bounds:
            bounds.check(reader, node, grant, found)
        if who is not None and target is not None:
            self.policy.grants.append(grant)
        return grant, found

    def read_elevations(self, node):
        reader = self.reader
        for entry in reader.items(node, "elevations", True):
            grant, found = self.read_grant(reader, entry, (*GRANT, "approved_by"))
            if grant is None:
                continue
            for name in ("starts", "ends", "reason", "approved_by"):
                if name not in found:
                    reader.error(entry, f"`{name}` is missing, which an elevation must have")
            if "reason" in found and not (getattr(found["reason"], "value", "") or "").strip():
                reader.error(found["reason"], "an elevation needs a reason")
            if "approved_by" in found:
                for text, item in reader.strings(found["approved_by"], "people"):
                    if not text.strip():
                        reader.error(item, "this names nobody")
            if grant.starts is not None and grant.ends is not None and grant.ends - grant.starts > self.max_elevation:
                reader.error(entry, "this elevation is longer than `defaults.max_elevation`")
            for case in grant.cases:
                if not names_somebody(case):
                    reader.error(entry, "an elevation must name a login in every way of meeting `who`")
                    break

    # ---- Conventions ----

    def read_naming(self, node):
        reader, made = self.reader, set()
        for entry in reader.items(node, "conventions", True):
            found = reader.fields(entry, ("group", "suffix", "spaces"), ("group", "suffix", "spaces")) or {}
            shape = reader.value(found["group"]) if "group" in found else None
            if shape is not None and (shape.count("{space}") != 1 or shape.count("{suffix}") != 1):
                reader.error(found["group"], "`{space}` and `{suffix}` must both stand here once")
                shape = None
            suffixes = []
            if "suffix" in found:
                if isinstance(found["suffix"], yaml.Map) and not found["suffix"].pairs:
                    reader.error(found["suffix"], "no suffix")
                for suffix, _, value in reader.named(found["suffix"], "suffixes", reader.value):
                    suffixes.append((suffix, self.read_roles_of(reader, value)))
            target = self.spaces.choose(reader, found["spaces"], every=True) if "spaces" in found else None
            for space in target[1] if target and shape else []:
                for suffix, roles in suffixes:
                    value = _fill(shape, space, suffix)
                    group = self.take_result(reader, entry, value, made)
                    if group is not None:
                        case = spoken_to(frozenset([("group", group, True)]))
                        self.policy.grants.append(Grant([case], roles, ("ids", [space])))

    def take_result(self, reader, node, value, made):
        """The group that a result of a convention stands for."""
        if value in made:
            return reader.error(node, f"`{value}` is made twice")
        made.add(value)
        if len(value.encode()) > 512:
            return reader.error(node, "a name of more than 512 bytes is made")
        if value not in self.policy.values:
            if value in self.subjects.groups or value in self.subjects.people or value in RESERVED:
                return reader.error(node, f"`{value}` is a name of something else")
            self.policy.values[value] = (value, None)
            self.subjects.groups[value] = False
        group, ends = self.policy.values[value]
        if ends is not None:
            return reader.error(node, f"`{value}` is what `{group}` was sent as before")
        if group in self.borrowed:
            return reader.error(node, f"`{value}` is one of several values of `{group}`, which somebody else declares")
        if group in self.external:
            return reader.error(node, f"`{value}` is external, and what a convention gives has no end")
        return group

    # ---- Teams ----

    def read_teams(self, node):
        reader, policy = self.reader, self.policy
        found = reader.fields(node, ("keep", "add"), ("keep",)) or {}
        policy.keep = reader.truth(found["keep"]) if "keep" in found else False
        if "add" in found and isinstance(found["add"], yaml.Map) and not found["add"].pairs:
            reader.error(found["add"], "no teams")
        elif policy.keep and "add" not in found:
            reader.error(node, "everything is kept and nothing added")
        for name, key, value in reader.named(found["add"], "teams", reader.value) if "add" in found else []:
            subject, when = self.entry(reader, value, "when", "unless")
            if subject is None:
                reader.error(value, "`who` is missing")
            who = self.who(reader, subject) if subject is not None else None
            self.count(reader, value, who, when, True)
            policy.add[name] = ([spoken_to(case) for case in who or []], when)
            if name == MARKER:
                reader.error(key, f"`{name}` is the mark of nothing")
        for value in sorted(self.reserved_teams()):
            if value in policy.values:
                reader.error(node, f"`{value}` is what `{policy.values[value][0]}` is sent as")

    def reserved_teams(self):
        """The names that only rewritten teams may have, where teams are rewritten."""
        return {*self.policy.add, MARKER} if self.policy.keep is not None else set()

    # ---- What only checks names ----

    def read_exclusive(self, node):
        reader = self.reader
        for entry in reader.items(node, "sets of groups", True):
            listed = reader.strings(entry, "groups", alone=False)
            for text, item in listed:
                self.subjects.group(reader, item, text)
            if len({text for text, _ in listed}) != len(getattr(entry, "items", ())) or len(listed) < 2:
                reader.error(entry, "two groups or more, each once")

    def read_guardrails(self, node):
        reader = self.reader
        names = set()
        for entry in reader.items(node, "guardrails", True):
            fields = ("name", "can", "only", "who", "never_can", "in")
            found = reader.fields(entry, fields, ("name", "in")) or {}
            named = getattr(found.get("name"), "value", None)
            if named is not None and named in names:
                reader.error(entry, f"`{named}` is declared twice")
            names.add(named)
            if "name" in found:
                reader.text(found["name"])
            pairs = ({"can", "only"}, {"who", "never_can"})
            given = found.keys() & (pairs[0] | pairs[1])
            if given not in pairs:
                reader.error(entry, "a guardrail has `can` and `only`, or `who` and `never_can`")
            for name in ("can", "never_can"):
                if name in found:
                    reader.strings(found[name], "actions", lambda item: self.action(reader, item))
            for name in ("only", "who"):
                if name in found:
                    self.who(reader, found[name])
            if "in" in found:
                self.spaces.choose(reader, found["in"], star=True)


def _fill(shape, space, suffix):
    """A convention's name for a space and a suffix. Neither is looked into for the other's sign."""
    values = {"{space}": space, "{suffix}": suffix}
    first, second = sorted(values, key=shape.index)
    head, rest = shape.split(first)
    middle, tail = rest.split(second)
    return head + values[first] + middle + values[second] + tail
