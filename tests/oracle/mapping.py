"""A mapping as people write it, read and resolved into what is decided: `read(files, main)`.

Everything that is found wrong is told at once. The names of all files are collected first, so that where something is declared
does not matter; then subjects, choices of spaces and tests are resolved.
"""

import re

import times
import yaml
from include import Includes
from model import SYSTEM_ROLES, Policy, Role
from sections import Sections
from shapes import Reader, fold, parse
from spaces import Spaces
from stacks import Stacks
from subjects import RESERVED, Subjects, could_hold

PROVIDERS = ("okta", "entra", "google", "onelogin", "github", "gitlab", "saml", "oidc")
NOT_READ = ("accepted_policies",)
LEVELS = ("allow", "warn", "deny")
LINTS = (
    "unused-name", "access-policies", "duplicate-grant", "covered-grant", "grant-without-effect", "expired", "expiring-soon", "external-without-end",
    "individual-grant", "unguarded-admin", "admit-without-grants", "group-value", "names-not-sent", "too-many-groups",
    "google-groups", "transient-login", "role-without-read", "no-break-glass", "offboarded-break-glass", "review-overdue",
    "guardrail-unchecked",
)  # fmt: skip
FIELDS = (
    "version", "account", "identity_provider", "rego", "spaces", "space_sets", "roles", "groups", "people", "api_keys",
    "conditions", "login", "break_glass", "outside_policy", "grants", "naming", "teams", "include", "elevations", "guardrails",
    "exclusive", "stack_access", "defaults", "sample", "guards", "lints", *NOT_READ,
)  # fmt: skip


def read(files, main):
    """The policy of a mapping and what is wrong with it: `(policy, refused)`, of which one is nothing."""
    mapping = Mapping(files, main)
    policy = mapping.compile()
    refused = [line for reader in mapping.readers for line in reader.refused()]
    return (None, refused) if refused else (policy, [])


def is_of(case, login):
    """Whether a case may be about a login of which nothing else is known: without a key's login it is a person's."""
    machine = any(kind == "machine" and value == positive for kind, value, positive in case)
    asks_for_machine = machine or any(kind == "key" and positive for kind, _, positive in case)
    return fold(login).startswith("api::") or not asks_for_machine


class Mapping(Sections, Stacks):
    """One reading of a mapping. `Sections` has the parts that say who gets what, `Stacks` those of single stacks."""

    def __init__(self, files, main):
        self.files, self.main = files, main
        self.reader = Reader()
        self.readers = [self.reader]
        self.spaces, self.subjects, self.policy = Spaces(), Subjects(), Policy()
        self.roles = {}
        for slug, administers in SYSTEM_ROLES.items():
            self.roles[slug] = Role(administers, None if administers else frozenset())
        self.required, self.max_elevation = [], 12 * times.HOUR
        self.external = set()
        self.hosted = True  # whether the account is on Spacelift's own servers
        self.borrowed = set()  # groups of included files with several values
        self.glass = []

    def compile(self):
        if self.main not in self.files:
            self.reader.error(1, f"there is no file `{self.main}`")
            return None
        node = parse(self.reader, self.files[self.main])
        if node is None:
            return None
        top = self.reader.fields(node, FIELDS, ("version", "account", "identity_provider"), "a mapping")
        if top is None:
            return None
        self.read_head(top)
        self.read_names(top)
        includes = Includes(self)
        if "include" in top:
            includes.read(top["include"])
        self.read_values()
        if "naming" in top:
            self.read_naming(top["naming"])
        for reader, definitions in [(self.reader, top.get("people")), *includes.people()]:
            self.read_people(reader, definitions)
        self.read_rules(top)
        includes.read_grants()
        self.check_break_glass()
        self.policy.administering = {slug for slug, role in self.roles.items() if role.administers}
        return self.policy

    # ---- The head ----

    def read_head(self, top):
        reader = self.reader
        version = top.get("version")
        if version and not (isinstance(version, yaml.Scalar) and version.plain and version.value == "1"):
            reader.error(version, "the version is `1`")
        if "account" in top:
            self.read_account(top["account"])
        if "identity_provider" in top:
            reader.word(top["identity_provider"], PROVIDERS)
        if "rego" in top:
            reader.word(top["rego"], ("v0", "v1"))
        if "sample" in top:
            self.policy.sample = reader.word(top["sample"], ("none", "denied", "all"))
        for name in NOT_READ:
            part = top.get(name)
            empty = (isinstance(part, yaml.Seq) and not part.items) or (isinstance(part, yaml.Map) and not part.pairs)
            if part and not empty:
                reader.error(part, f"`{name}` is not read yet")
        if "lints" in top:
            self.read_lints(top["lints"])
        if "defaults" in top:
            self.read_defaults(top["defaults"])
        if "guards" in top:
            self.read_guards(top["guards"])

    def read_guards(self, node):
        """Limits of what one push takes away: no part of a decision, and checked for their form."""
        reader = self.reader
        numbers = {"max_people_losing_access": 1_000_000, "max_admins_losing_access": 1_000_000, "min_admins": 1_000}
        shares = ("max_people_losing_access", "min_coverage")
        found = reader.fields(node, (*numbers, "min_coverage", "max_directory_age")) or {}
        for name, value in found.items():
            text = value.value if isinstance(value, yaml.Scalar) else ""
            is_number = isinstance(value, yaml.Scalar) and value.plain and re.fullmatch("0|[1-9][0-9]{0,6}", text)
            if name == "max_directory_age":
                self.length(reader, value)
            elif name in shares and re.fullmatch("(?:0|[1-9][0-9]?|100)%", text):
                pass
            elif not (name in numbers and is_number and int(text) <= numbers[name]):
                reader.error(value, f"`{name}` is no number or share that it may be")

    def read_account(self, node):
        if isinstance(node, yaml.Map):
            found = self.reader.fields(node, ("endpoint",), ("endpoint",))
            text = self.reader.text(found["endpoint"]) if "endpoint" in found else None
            host = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?"
            local = r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?"
            if text is not None and not re.fullmatch(f"https://{host}|http://{local}", text):
                self.reader.error(found["endpoint"], "this is no address of an installation")
            host = re.match(r"https://([^:/]*)", text or "")
            self.hosted = host is not None and host[1].lower().endswith(".spacelift.io")
            return
        text = self.reader.string(node, "an account")
        if text is not None and not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", text):
            self.reader.error(node, f"`{text[:80]}` is no name of an account")

    def read_defaults(self, node):
        reader = self.reader
        found = reader.fields(node, ("require", "review_every", "reviewed", "max_elevation")) or {}
        if "require" in found:
            words = reader.strings(found["require"], "fields", lambda item: reader.word(item, ("reason", "owner")), False)
            self.required = [word for word, _ in words]
        for name in ("review_every", "max_elevation"):
            if name in found:
                length = self.length(reader, found[name])
                if name == "max_elevation" and length:
                    self.max_elevation = length

        if "reviewed" in found:
            self.moment(reader, found["reviewed"], False)
            if "review_every" not in found:
                reader.error(found["reviewed"], "`reviewed` says when, and nothing says how often")

    def read_lints(self, node):
        """They decide nothing, so no more is asked than that each is known and has a level."""
        reader = self.reader
        for name, part in (reader.fields(node, LINTS, (), "lints") or {}).items():
            if isinstance(part, yaml.Map):
                found = reader.fields(part, ("level", "within")) or {}
                if not found:
                    reader.error(part, "this is empty")
                if "level" in found:
                    reader.word(found["level"], LEVELS)
                if "within" in found and (name != "expiring-soon" or not self.length(reader, found["within"])):
                    reader.error(found["within"], "this cannot be `within` that")
            else:
                reader.word(part, LEVELS)

    def length(self, reader, node, hours_too=True):
        text = reader.string(node)
        if text is None:
            return None
        return times.length(text, hours_too) or reader.error(node, f"`{text[:80]}` is no length of time")

    def moment(self, reader, node, is_end):
        text = reader.string(node)
        if text is None:
            return None
        found = times.moment(text, is_end)
        return reader.error(node, f"`{text[:80]}` is no day and no time with an offset") if found is None else found

    # ---- Names ----

    def read_names(self, top):
        reader = self.reader
        if "spaces" in top:
            self.spaces.read(reader, top["spaces"])
        if "space_sets" in top:
            self.spaces.read_sets(reader, top["space_sets"])
        if "roles" in top:
            self.read_roles(top["roles"])
        if "api_keys" in top:
            self.read_keys(top["api_keys"])
        if "conditions" in top:
            self.read_conditions(top["conditions"])
        self.declare(reader, top.get("groups"), top.get("people"))

    def declare(self, reader, groups, people):
        """Takes the names of groups and people into their common set."""
        for node, what in ((groups, "groups"), (people, "names")):
            for name, key, value in reader.named(node, what, self.subject_name(reader)) if node else []:
                if name in self.subjects.groups or name in self.subjects.people:
                    reader.error(key, f"`{name}` is declared twice")
                elif node is groups:
                    self.subjects.groups[name] = (reader, value)
                else:
                    self.subjects.people[name] = (reader, value)

    @staticmethod
    def subject_name(reader):
        return lambda key: reader.name(key, RESERVED)

    def read_roles(self, node):
        reader = self.reader
        for slug, key, value in reader.named(node, "roles"):
            if slug in SYSTEM_ROLES:
                reader.error(key, f"`{slug}` is built in and is not declared")
                continue
            found = reader.fields(value, ("name", "actions", "external")) or {}
            if "name" in found:
                reader.string(found["name"])
            external = reader.truth(found["external"]) if "external" in found else False
            actions = None
            if "actions" in found:
                listed = reader.strings(found["actions"], "actions", lambda item: self.action(reader, item), False)
                actions = frozenset(action for action, _ in listed)
                if external:
                    reader.error(found["actions"], "the actions of an external role are not known here")
            elif external is False and isinstance(value, yaml.Map):
                reader.error(value, "`actions` is missing")
            administers = external or actions is None or "space:admin" in actions
            self.roles[slug] = Role(administers, None if administers else actions)

    @staticmethod
    def action(reader, node):
        text = reader.string(node)
        if text is not None and not re.fullmatch(r"[a-z][a-z0-9_-]*(?::[a-z][a-z0-9_-]*)+", text):
            return reader.error(node, f"`{text[:80]}` is no action")
        return text

    def read_keys(self, node):
        reader, ids, names = self.reader, set(), set()
        for name, key, value in reader.named(node, "API keys"):
            found = reader.fields(value, ("id", "owner", "rotate_by"), ("id",)) or {}
            if "owner" in found:
                reader.string(found["owner"])
            if "rotate_by" in found:
                self.moment(reader, found["rotate_by"], True)
            if fold(name) in names:
                reader.error(key, f"another key is called like `{name}`")
            names.add(fold(name))
            one = reader.name(found["id"]) if "id" in found else None
            if one is not None:
                if fold(one) in ids:
                    reader.error(found["id"], f"another key has the id `{one}`")
                if not re.fullmatch(r"[A-Za-z0-9_-]+", one):
                    reader.error(found["id"], f"`{one}` is no id of a key")
                ids.add(fold(one))
            self.subjects.keys[name] = one or ""
        self.policy.keys = self.subjects.keys

    def read_conditions(self, node):
        reader = self.reader
        for name, _, value in reader.named(node, "conditions"):
            found = reader.fields(value, ("ip", "days", "hours", "timezone"))
            self.policy.conditions[name] = None
            if found is None:
                continue
            if not {"ip", "days", "hours"} & found.keys():
                reader.error(value, "a condition without a field")
            networks = days = ranges = zone = None
            if "ip" in found:
                networks = []
                for text, item in reader.strings(found["ip"], "addresses and networks"):
                    one, complaint = times.network(text)
                    networks.append(one)
                    if complaint:
                        reader.error(item, f"`{text[:80]}`: {complaint}")
            if "days" in found:
                listed = reader.strings(found["days"], "days", lambda item: reader.word(item, times.DAYS), False)
                days = {times.DAYS.index(day) for day, _ in listed}
            if "hours" in found:
                ranges = []
                for text, item in reader.strings(found["hours"], "ranges of hours"):
                    ranges.append(times.hours(text) or reader.error(item, f"`{text[:80]}` is no range of hours"))
            if "timezone" in found:
                text = reader.string(found["timezone"])
                zone = times.zone(text) if text else None
                if text is not None and zone is None:
                    reader.error(found["timezone"], f"`{text[:80]}` is no zone of area and city")
            elif "days" in found or "hours" in found:
                reader.error(value, "`timezone` is missing")
            timed = days is not None or ranges is not None
            window = (days if days is not None else set(range(7)), ranges or [(0, 24 * 60)], zone) if timed else None
            self.policy.conditions[name] = (networks, window)

    # ---- What groups are sent as ----

    def read_values(self):
        """What all groups are sent as, and which of them are external."""
        for name, (reader, node) in self.subjects.groups.items():
            self.subjects.groups[name] = False
            if isinstance(node, yaml.Scalar):
                self.take_value(reader, node, name, None)
                continue
            found = reader.fields(node, ("sent_as", "name", "owner", "external", "formerly"), ("sent_as",)) or {}
            for text in ("name", "owner"):
                if text in found:
                    reader.string(found[text])
            if "external" in found and reader.truth(found["external"]):
                self.external.add(name)
                self.subjects.groups[name] = True
            values = reader.one_or_more(found["sent_as"], "values") if "sent_as" in found else []
            for item in values:
                self.take_value(reader, item, name, None)
            if reader is not self.reader and len(values) > 1:
                self.borrowed.add(name)
            for earlier in reader.items(found["formerly"], "earlier values", True) if "formerly" in found else []:
                parts = reader.fields(earlier, ("sent_as", "ends"), ("sent_as", "ends")) or {}
                ends = self.moment(reader, parts["ends"], True) if "ends" in parts else None
                for item in reader.one_or_more(parts["sent_as"], "values") if "sent_as" in parts else []:
                    self.take_value(reader, item, name, ends)

    def take_value(self, reader, node, name, ends):
        text = reader.value(node)
        if text is None:
            return
        if text in self.policy.values:
            reader.error(node, f"`{text}` stands for `{self.policy.values[text][0]}` already")
        else:
            self.policy.values[text] = (name, ends)

    def read_people(self, reader, node):
        """Reads every definition, also those that nothing uses."""
        for key, value in node.pairs if isinstance(node, yaml.Map) else []:
            name = getattr(key, "value", None)
            if name in self.subjects.people and self.subjects.people[name][1] is value:
                self.subjects.cases(reader, value, self.subjects.person(name))

    # ---- Break-glass ----

    def read_break_glass(self, node):
        reader = self.reader
        for entry in reader.items(node, "identities", True):
            found = reader.fields(entry, ("login", "owner", "why", "test_every"), ("login", "owner", "why")) or {}
            for text in ("owner", "why"):
                if text in found:
                    reader.text(found[text])
            if "test_every" in found:
                self.length(reader, found["test_every"], False)
            login = reader.login(found["login"]) if "login" in found else None
            if login is None:
                continue
            if login in self.policy.break_glass:
                reader.error(found["login"], f"`{login}` stands here twice")
            self.policy.break_glass.add(login)
            self.glass.append((login, found["login"]))

    def hangs_on_no_group(self, case):
        """Of somebody who lists no groups it may be known that they are in none."""
        return not any(kind == "group" and (positive or not self.policy.known) for kind, _, positive in case)

    def check_break_glass(self):
        """A break-glass identity has to get in without a group, a condition and a date."""
        keys, gate = self.subjects.keys, self.policy.require
        if self.reader.found or gate is None:
            return
        always = [
            case
            for grant in self.policy.grants
            if grant.when is None and grant.starts is None and grant.ends is None and grant.target[0] != "labels"
            for case in grant.cases
            if self.hangs_on_no_group(case)
        ]
        # Only people are account admins.
        admins = [
            case
            for cases, test in self.policy.admin
            if test is None
            for case in cases
            if self.hangs_on_no_group(case)
        ]
        for login, node in self.glass:
            is_key = fold(login).startswith("api::")
            passing = [case for case in gate if is_of(case, login) and could_hold(case, keys, login)]
            ways = [case for case in always if is_of(case, login)] + ([] if is_key else admins)
            if not passing:
                self.reader.error(node, f"`{login}` cannot pass `login.require`")
            elif not self.policy.admit:
                if not any(could_hold(one | other, keys, login) for one in passing for other in ways):
                    self.reader.error(node, f"nothing is granted to `{login}` without a group, a condition and a date")
