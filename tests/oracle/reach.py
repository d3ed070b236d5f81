"""What an entry of `stack_access` decides about an input: `Reach(decider, name).decide(input)`.

What a stack says is true, false, or None where it cannot be known. Reading and writing need what is true; a denial needs no more
than that it is not false.
"""

import re
from dataclasses import replace
from functools import lru_cache

from decide import Session, _map, _may, _surely
from shapes import fold
from stacks import ATTRIBUTES, RULES

UNKNOWN, NOTHING = object(), object()


class Reach:
    """An entry made ready for many decisions."""

    def __init__(self, decider, name):
        self.decider = decider
        policy = decider.policy
        entry = policy.stacks[name]
        # A team that sessions were given is a group by its own name.
        self.policy = replace(policy, values={**policy.values, **{team: (team, None) for team in policy.add}})
        self.rules = {
            rule: [
                (who, None if who is None else decider.ready(who), place, test, stack)
                for who, place, test, stack in entry.rules[rule]
            ]
            for rule in RULES
        }
        for label, (rule, group) in entry.labels.items():
            who = [frozenset([("group", group, True)])]
            if rule in ("read", "write"):
                who = [case | {("machine", False, True), ("member", True, True)} for case in who]
            self.rules[rule].append((who, decider.ready(who), None, None, ("stack", "labels", ("is", label))))

    def decide(self, given):
        given = given if isinstance(given, dict) else {}
        has_session = isinstance(given.get("session"), dict)
        s = Session(self.policy, _map(given.get("session")), _map(given.get("request")))
        thing = Thing(given, s.login)
        said = _map(given.get("session"))
        if s.login is None and said.get("machine") is True and said.get("login") is None:
            # A stack's own session has no login at all, so that no rule about logins means it.
            s.login = s.folded = ""
        channel = None if given.get("session") is not None else _channel(given.get("slack"))

        def gives(rule):
            _, ready, place, test, stack = rule
            meant = place == channel if place else has_session and _surely(ready, s)
            return meant and self.decider.holds(test, s) and (stack is None or thing.says(stack) is True)

        def takes(rule):
            who, ready, place, test, stack = rule
            if place:
                meant = place == channel
            else:
                meant = _may(ready, s) if has_session else any(map(_nobody, who))
            lifted = test is not None and self.decider.holds(test, s)
            return meant and not lifted and (stack is None or thing.says(stack) is not False)

        write = any(map(gives, self.rules["write"]))
        read = write or any(map(gives, self.rules["read"]))
        deny = any(map(takes, self.rules["deny"]))
        sample = self.policy.sample == "all" or (self.policy.sample == "denied" and (deny or not read))
        return {
            "read": read,
            "write": write,
            "deny": deny,
            "deny_write": any(map(takes, self.rules["deny_write"])),
            "sample": sample,
        }


def _channel(slack):
    slack = _map(slack)
    place = (_map(slack.get("team")).get("id"), _map(slack.get("channel")).get("id"))
    return place if all(isinstance(part, str) for part in place) else None


def _nobody(case):
    """Whether a case speaks of a request without a session: it does unless it names somebody."""
    return all((value != positive) if kind in ("member", "machine") else not positive for kind, value, positive in case)


class Thing:
    """The stack of an input, or else its module."""

    def __init__(self, given, login):
        self.login = login
        self.kind = self.part = None
        for kind in ("module", "stack"):
            if isinstance(given.get(kind), dict):
                self.kind, self.part = kind, given[kind]

    def says(self, test):
        """Whether a test holds: True, False, or None."""
        kind = test[0]
        if kind == "not":
            inner = self.says(test[1])
            return None if inner is None else not inner
        if kind in ("all", "any"):
            return _together([self.says(part) for part in test[1]], kind == "all")
        path, (how, wanted) = test[1:]
        held = ATTRIBUTES[path][0]
        if self.kind is None:
            return None
        if held == "thing":
            return self.kind == wanted
        value = self.attribute(path)
        if value is UNKNOWN:
            return None
        if held == "lock":
            return self.lock(value, wanted)
        if value is NOTHING:
            return False
        if held == "texts":
            return _together([_is(one, how, wanted) if isinstance(one, str) else None for one in value], False)
        return _is(value, how, wanted)

    def attribute(self, path):
        """What an attribute says, NOTHING where there is nothing to say, UNKNOWN where that cannot be told."""
        held, whose, lacking = ATTRIBUTES[path]
        if whose not in ("both", self.kind):
            return NOTHING
        within, _, name = path.rpartition(".")
        holder = self.part.get(within) if within else self.part
        if within == "tracked_commit" and within in self.part and holder is None:
            return NOTHING
        if not isinstance(holder, dict):
            return UNKNOWN
        name = "locked_by" if held == "lock" else name
        value = holder.get(name)
        if value is None:
            null_list = held == "texts" and name in holder
            return NOTHING if lacking or null_list else UNKNOWN
        types = {"texts": list, "flag": bool, "number": int, "time": int}
        return value if type(value) is types.get(held, str) else UNKNOWN

    def lock(self, value, wanted):
        holder = None if value is NOTHING or value == "" else value
        if wanted == "nobody" or holder is None:
            return holder is None if wanted == "nobody" else False
        if self.login is None:
            own = None
        elif holder == self.login:
            own = True
        else:
            own = None if fold(holder) == fold(self.login) else False
        if wanted == "caller":
            return own
        return None if own is None else not own


def _together(truths, every):
    """All or any of several, each of which may be unknown."""
    decisive = not every
    if decisive in truths:
        return decisive
    return None if None in truths else every


def _is(value, how, wanted):
    if how == "given":
        return value != ""
    if how == "from":
        return value >= wanted
    if how == "until":
        return value < wanted
    if how == "like":
        return _pattern(wanted).fullmatch(value) is not None
    return value == wanted


@lru_cache(maxsize=4096)
def _pattern(text):
    return re.compile(".*".join(re.escape(part) for part in re.split(r"\*+", text)), re.DOTALL)
