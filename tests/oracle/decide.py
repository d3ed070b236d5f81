"""What a policy decides about an input: `Decider(policy).decide(input)`.

Every fact is asked for in two ways: what a session surely is, and what cannot be ruled out. What helps needs the first, and the
absence of the second in what it excludes; a denial needs the second, and the absence of the first. So the unknown never helps.
"""

from model import MARKER
from shapes import fold
from subjects import pattern
from times import address, in_window, known, wall

NOWHERE = ("root", "legacy")


class Session:
    """The facts of one input."""

    __slots__ = (
        "login", "folded", "member", "machine", "may_be_machine", "says_machine", "now", "address", "teams", "groups",
        "may_groups", "any_group", "conditions",
    )  # fmt: skip

    def __init__(self, policy, given, request):
        login = given.get("login")
        self.login = login if isinstance(login, str) and login else None
        self.folded = fold(self.login) if self.login else None
        member = given.get("member")
        self.member = member if isinstance(member, bool) else None
        machine = given.get("machine")
        malformed = machine is not None and not isinstance(machine, bool)
        self.says_machine = machine is True
        self.machine = machine is True or (self.login or "").startswith("api::")
        # A login that nobody knows may be a key's.
        self.may_be_machine = self.machine or malformed or (self.folded or "api::").startswith("api::")
        self.now = known(request.get("timestamp_ns"))
        ip = request.get("remote_ip")
        self.address = address(ip) if isinstance(ip, str) else None
        self.conditions = {}
        self.read_teams(policy, given.get("teams"))

    def read_teams(self, policy, teams):
        listed = teams if isinstance(teams, list) else []
        self.teams = [team for team in listed if isinstance(team, str)]
        if teams is None:
            self.any_group = not policy.known
        elif teams == []:
            self.any_group = not policy.known and not self.machine
        else:
            self.any_group = not isinstance(teams, list) or len(self.teams) < len(teams)
        groups, may, now = set(), set(), self.now
        for team in self.teams:
            found = policy.values.get(team)
            if found is None:
                continue
            group, ends = found
            if ends is None or (now is not None and now < ends):
                groups.add(group)
                may.add(group)
            elif now is None:
                may.add(group)
        self.groups, self.may_groups = groups, may


# ---- Literals: two questions to a session, what it surely is and what it may be ----


def _login(text):
    loose = pattern(text, False).fullmatch
    if "*" in text:
        exact = pattern(text, True).fullmatch
        return (
            lambda s: s.login is not None and exact(s.login) is not None,
            lambda s: s.login is None or loose(s.folded) is not None,
        )
    folded = fold(text)
    return lambda s: s.login == text, lambda s: s.login is None or s.folded == folded


def _key(name, identifier):
    full = f"api::{identifier}"
    folded, folded_name = fold(full), fold(name)
    return (
        lambda s: s.login == full or (s.says_machine and s.login == name),
        lambda s: s.login is None or s.folded == folded or (s.folded == folded_name and s.may_be_machine),
    )


def _member(wanted):
    return lambda s: s.member is wanted, lambda s: s.member is not (not wanted)


def _machine(wanted):
    if wanted:
        return lambda s: s.machine, lambda s: s.may_be_machine
    return lambda s: not s.may_be_machine, lambda s: not s.machine


def _compile_case(case, keys):
    """Of a case: the groups that it needs and excludes, and its other literals with both of their questions."""
    needs = frozenset(value for kind, value, positive in case if kind == "group" and positive)
    excludes = frozenset(value for kind, value, positive in case if kind == "group" and not positive)
    sure, may = [], []
    for kind, value, positive in sorted(case, key=repr):
        if kind == "group":
            continue
        if kind == "login":
            surely, maybe = _login(value)
        elif kind == "key":
            surely, maybe = _key(value, keys[value])
        else:
            surely, maybe = _member(value) if kind == "member" else _machine(value)
        sure.append((surely, True) if positive else (maybe, False))
        may.append((maybe, True) if positive else (surely, False))
    return needs, excludes, sure, may


def _surely(compiled, s):
    for needs, excludes, sure, _ in compiled:
        if (
            needs <= s.groups
            and (not excludes or not (s.any_group or not excludes.isdisjoint(s.may_groups)))
            and all(question(s) == answer for question, answer in sure)
        ):
            return True
    return False


def _may(compiled, s):
    for needs, excludes, _, may in compiled:
        if (
            (s.any_group or needs <= s.may_groups)
            and excludes.isdisjoint(s.groups)
            and all(question(s) == answer for question, answer in may)
        ):
            return True
    return False


class Decider:
    """A policy made ready for many decisions."""

    def __init__(self, policy):
        self.policy = policy
        self.require = self.ready(policy.require)
        self.deny = [(self.ready(cases), test) for cases, test in policy.deny]
        self.deny_admin = [(self.ready(cases), test) for cases, test in policy.deny_admin]
        self.admin = [(self.ready(cases), test) for cases, test in policy.admin]
        self.grants = [(self.ready(grant.cases), grant) for grant in policy.grants]
        self.add = [(name, self.ready(cases), test) for name, (cases, test) in policy.add.items()]

    def ready(self, cases):
        return [_compile_case(case, self.policy.keys) for case in cases]

    # ---- Tests ----

    def holds(self, test, s):
        """Whether a test surely holds. No test does."""
        if test is None:
            return True
        kind, value = test
        if kind == "all":
            return all(self.holds(part, s) for part in value)
        if kind == "any":
            return any(self.holds(part, s) for part in value)
        if value not in s.conditions:
            s.conditions[value] = self.condition(*self.policy.conditions[value], s)
        return s.conditions[value]

    @staticmethod
    def condition(networks, window, s):
        if networks is not None:
            if s.address is None:
                return False
            family, number = s.address
            if not any(one == family and number >> rest == first for one, first, rest in networks):
                return False
        if window is not None:
            days, ranges, zone = window
            if s.now is None or not in_window(*wall(s.now, zone), days, ranges):
                return False
        return True

    def denied(self, entries, s):
        """Whether an entry of a denial may mean a session, and is not surely lifted."""
        return any(_may(cases, s) and (test is None or not self.holds(test, s)) for cases, test in entries)

    # ---- Decisions ----

    def decide(self, given):
        """The decision about an input."""
        policy = self.policy
        given = given if isinstance(given, dict) else {}
        session, slack = given.get("session"), given.get("slack")
        if session is None and isinstance(slack, dict):
            return self.decide_slack(slack)
        request = given.get("request")
        s = Session(policy, _map(session), _map(request))
        glass = s.login in policy.break_glass
        stripped = not glass and self.denied(self.deny_admin, s)
        login, roles = "deny", {}
        if not self.refused(s, glass):
            roles = self.roles(s, given.get("spaces"), stripped)
            if not stripped and any(_surely(cases, s) and self.holds(test, s) for cases, test in self.admin):
                login = "admin"
            elif roles or policy.admit:
                login = "allow"
        return self.answer(login, roles, [] if login == "deny" else self.teams(s), stripped)

    def refused(self, s, glass):
        """Whether nobody lets this session in, whatever it holds."""
        if s.login is None or not _surely(self.require, s):
            return True
        return not glass and (s.folded in self.policy.offboarded or self.denied(self.deny, s))

    def decide_slack(self, slack):
        place = (_map(slack.get("team")).get("id"), _map(slack.get("channel")).get("id"))
        met = all(isinstance(part, str) for part in place) and place in self.policy.slack
        roles = {space: set(slugs) for space, slugs in self.policy.slack[place].items()} if met else {}
        return self.answer("allow" if met else "deny", roles, [], False)

    def answer(self, login, roles, teams, stripped):
        sample = self.policy.sample == "all" or (self.policy.sample == "denied" and login == "deny")
        return {
            "login": login,
            "roles": {space: sorted(slugs) for space, slugs in sorted(roles.items())} if login != "deny" else {},
            "teams": sorted(teams),
            "deny_admin": stripped,
            "sample": sample,
        }

    def roles(self, s, listed, stripped):
        """The roles that a session holds by its grants, by space."""
        roles, spaces, now = {}, None, s.now
        for cases, grant in self.grants:
            if grant.starts is not None and (now is None or now < grant.starts):
                continue
            if grant.ends is not None and (now is None or now >= grant.ends):
                continue
            if not _surely(cases, s) or (grant.when is not None and not self.holds(grant.when, s)):
                continue
            kind, chosen = grant.target
            if kind != "ids":
                spaces = _account(listed) if spaces is None else spaces
                chosen = [one for one, labels in spaces if kind == "star" or not labels.isdisjoint(chosen)]
            for space in chosen:
                roles.setdefault(space, set()).update(grant.roles)
        if stripped:
            for space in NOWHERE:
                if space in roles:
                    roles[space] -= self.policy.administering
                    if not roles[space]:
                        del roles[space]
        return roles

    def teams(self, s):
        """The teams of somebody who is let in; nothing where they stay as they are."""
        keep = self.policy.keep
        if keep is None:
            return []
        teams = {name for name, cases, test in self.add if _surely(cases, s) and self.holds(test, s)}
        if keep:
            teams.update(team for team in s.teams if team not in self.policy.add and team != MARKER)
        if teams or (keep and not s.teams):
            return teams
        return [MARKER]


def _map(value):
    return value if isinstance(value, dict) else {}


def _account(listed):
    """The spaces of an input but root and legacy, with their labels."""
    found = []
    for one in listed if isinstance(listed, list) else []:
        name, labels = _map(one).get("id"), _map(one).get("labels")
        if isinstance(name, str) and name not in NOWHERE:
            labels = labels if isinstance(labels, list) else []
            found.append((name, {label for label in labels if isinstance(label, str)}))
    return found
