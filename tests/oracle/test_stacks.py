"""Rows 55 to 62 of access to stacks, and what an entry may not say."""

import json

from decide import Decider
from mapping import read
from reach import Reach
from support import HEAD, HOME, NOW, OFFICE, Rows

HEAD = HEAD.replace("account: acme", 'account: {endpoint: "https://spacelift.acme.example"}')
ENTRY = "stack_access: [{name: x, attach: all, %s}]\n"
STACK = {
    "id": "s-1", "name": "S", "labels": ["prod"], "administrative": False, "branch": "main", "namespace": "acme",
    "locked_by": None, "tracked_commit": {"created_at": NOW, "pull_request_id": 7, "tag": None},
    "space": {"id": "legacy"}, "worker_pool": {"id": None, "public": True},
}  # fmt: skip


class Stacks(Rows):
    def access(self, rest, slack=None, whole=None, stack=STACK, module=None, ip=OFFICE, at=NOW, **session):
        """What an entry decides, in words, about a member in group A in the office who asks for a stack."""
        policy = self.policy(rest, head=HEAD)
        given = {"login": "u@x.example", "member": True, "teams": ["A"], **session}
        request = {key: value for key, value in (("remote_ip", ip), ("timestamp_ns", at)) if value is not None}
        asked = {"request": request, "session": {k: v for k, v in given.items() if v != "absent"}}
        if slack:
            asked = {"request": request, "slack": {"team": {"id": slack[0]}, "channel": {"id": slack[1]}}}
        if stack is not None:
            asked["stack"] = stack
        if module is not None:
            asked["module"] = module
        asked = asked if whole is None else whole
        name = next(iter(policy.policy.stacks))
        decided = Reach(policy, name).decide(json.loads(json.dumps(asked)))
        return " ".join(word for word, yes in decided.items() if yes) or "nothing"

    def reads(self, test, **said):
        """Whether a test of stacks, in flow style, lets somebody read; and whether a denial by it holds."""
        rest = ENTRY % f"read: [{{who: a, stack: {test}}}], deny: [{{stack: {test}}}]"
        stack = {key: value for key, value in {**STACK, **said}.items() if value != "absent"}
        return self.access(rest, stack=stack)

    def error(self, entry, expected):
        self.refused(entry if "stack_access" in entry else ENTRY % entry, expected, head=HEAD)


class Who(Stacks):
    def test_row_56_added_teams_are_names(self):
        rest = "teams: {keep: true, add: {T: b}}\n" + ENTRY % "read: [a], write: [T]"
        self.assertEqual(self.access(rest, teams=["T"]), "read write")
        self.assertEqual(self.access(rest), "read")
        self.assertEqual(self.access(rest, teams=["t"]), "nothing")
        replaced = "teams: {keep: false, add: {T: b}}\n"
        self.error(replaced + ENTRY % "read: [a]", "no team of a session")
        self.error(replaced + ENTRY % "deny: [{none: [b]}]", "no team of a session")
        self.assertEqual(self.access(replaced + ENTRY % "read: [T]", teams=["T"]), "read")
        both = "teams: {keep: true, add: {b: a}}\n"
        self.error(both + ENTRY % "read: [b]", "something else as well")
        self.error(both + ENTRY % 'by_label: "{level}:{group}"', "a group and a team")
        everyone = "teams: {keep: true, add: {everyone: a}}\n"
        self.error(everyone + ENTRY % "read: [everyone]", "something else as well")
        self.assertEqual(self.access(everyone + ENTRY % "read: [{group: everyone}]", teams=["everyone"]), "read")
        self.error(ENTRY % "read: [T]", "is no group")

    def test_row_61_each_rule_adds(self):
        rest = ENTRY % "read: [a], write: [{who: a, when: office}], deny_write: [{unless: office}], deny: [b]"
        self.assertEqual(self.access(rest), "read write")
        for ip in (HOME, None):
            self.assertEqual(self.access(rest, ip=ip), "read deny_write")
        self.assertEqual(self.access(rest, teams=["A", "B"]), "read write deny")
        self.assertEqual(self.access(rest, teams=["A", 5]), "read write deny")
        self.assertEqual(self.access(rest, member=False), "nothing")
        self.assertEqual(self.access(rest, login="api::1"), "nothing")
        sampled = "sample: denied\n" + ENTRY % "read: [a], deny: [b]"
        self.assertEqual(self.access(sampled), "read")
        self.assertEqual(self.access(sampled, teams=["A", "B"]), "read deny sample")

    def test_slack_is_of_everyone_and_of_nobody_named(self):
        rest = ENTRY % "read: [everyone, {slack: {workspace: T1, channel: C1}}], deny: [b, {machine: true}, {member: true}, {login: u@x.example}]"
        self.assertEqual(self.access(rest, slack=("T1", "C1")), "read")
        self.assertEqual(self.access(rest, slack=("T1", "C2")), "nothing")
        for who in ("everyone", "{none: [a]}", "{machine: false}", "{member: false}", "{slack: {workspace: T1, channel: C1}}"):
            self.assertEqual(self.access(ENTRY % f"deny: [{who}]", slack=("T1", "C1")), "deny", who)
        # Beside a session a channel is nothing.
        both = {"session": {}, "slack": {"team": {"id": "T1"}, "channel": {"id": "C1"}}, "stack": STACK}
        self.assertEqual(self.access(ENTRY % "read: [{slack: {workspace: T1, channel: C1}}]", whole=both), "nothing")
        self.error("read: [{who: a, slack: {workspace: T1, channel: C1}}]", "not both")
        self.error("read: [{slack: {workspace: T1}}]", "`channel` is missing")
        self.error("read: [{slack: {workspace: T-1, channel: C1}}]", "no id of Slack's")

    def test_a_login_that_is_not_said(self):
        rest = 'api_keys: {ci: {id: "01", owner: o, rotate_by: "2027-01-01"}}\n' + ENTRY % (
            "read: [{machine: true, none: [{login: v@x.example}]}], deny: [{login: v@x.example}], deny_write: [{api_key: ci}]"
        )
        for session in ({"login": None}, {"login": "absent", "machine": "yes"}, {"login": "", "machine": True}, {"login": 5}):
            self.assertEqual(self.access(rest, **session), "deny deny_write", session)
        # A stack's own session is a machine's, and has no login at all.
        self.assertEqual(self.access(rest, login="absent", machine=True), "read")
        self.assertEqual(self.access(rest), "nothing")


class What(Stacks):
    def test_row_60_stack_or_else_module(self):
        rest = ENTRY % "read: [{who: a, stack: {branch: main}}], write: [{who: a, stack: {kind: module}}], deny: [{stack: {autodeploy: true}}]"
        self.assertEqual(self.access(rest, stack={"branch": "main", "autodeploy": False}), "read")
        self.assertEqual(self.access(rest, stack=None, module={"branch": "x", "autodeploy": True}), "read write")
        self.assertEqual(self.access(rest, stack="x", module={"branch": "x"}), "read write")
        self.assertEqual(self.access(rest, stack={"branch": "y", "autodeploy": False}, module={"branch": "main"}), "nothing")
        self.assertEqual(self.access(rest, stack=None), "deny")

    def test_texts(self):
        self.assertEqual(self.reads("{branch: main}"), "read deny")
        for branch in ("Main", "main ", "", "mai"):
            self.assertEqual(self.reads("{branch: main}", branch=branch), "nothing")
        for branch in ("absent", None, 5, ["main"]):
            self.assertEqual(self.reads("{branch: main}", branch=branch), "deny")
        self.assertEqual(self.reads('{branch: [x, "m*n"]}', branch="m\nx\u2028n"), "read deny")
        self.assertEqual(self.reads('{branch: "m*n"}', branch="Main"), "nothing")
        self.assertEqual(self.reads('{branch: "(m|x)*"}'), "nothing")
        for namespace in (None, "", "absent"):
            self.assertEqual(self.reads("{namespace: false}", namespace=namespace), "read deny")
            self.assertEqual(self.reads("{namespace: true}", namespace=namespace), "nothing")
            self.assertEqual(self.reads("{namespace: x}", namespace=namespace), "nothing")
        self.assertEqual(self.reads("{namespace: true}", namespace=5), "deny")
        for branch in ('""', "true", "5", "[]", '"*"', '"**"', "{a: b}", "x" * 513):
            self.error(f"read: [{{who: a, stack: {{branch: {branch}}}}}]", "line ")
        # Globs are compared to the letter.
        self.assertEqual(self.reads('{additional_project_globs: "*"}', additional_project_globs=["x"]), "nothing")
        self.assertEqual(self.reads('{additional_project_globs: "*"}', additional_project_globs=["*"]), "read deny")

    def test_lists(self):
        self.assertEqual(self.reads("{labels: [x, prod]}"), "read deny")
        self.assertEqual(self.reads("{labels: prod}", labels=["prod", 5]), "read deny")
        self.assertEqual(self.reads("{labels: prod}", labels=["x", 5]), "deny")
        for labels in ([], None, ["Prod"]):
            self.assertEqual(self.reads("{labels: prod}", labels=labels), "nothing")
        for labels in ("absent", "prod", {"0": "prod"}):
            self.assertEqual(self.reads("{labels: prod}", labels=labels), "deny")

    def test_flags_numbers_and_times(self):
        self.assertEqual(self.reads("{administrative: false}"), "read deny")
        for said in (None, 0, "false", "absent"):
            self.assertEqual(self.reads("{administrative: false}", administrative=said), "deny")

        def of(**commit):
            return {"tracked_commit": {**STACK["tracked_commit"], **commit}}

        self.assertEqual(self.reads("{tracked_commit: {pull_request_id: [1, 7]}}"), "read deny")
        for number in (7.0, "7", True):
            self.assertEqual(self.reads("{tracked_commit: {pull_request_id: 7}}", **of(pull_request_id=number)), "deny")
        self.assertEqual(self.reads("{tracked_commit: {pull_request_id: false}}", **of(pull_request_id=None)), "read deny")
        day = '{tracked_commit: {created_at: {from: "2026-12-02", until: "2026-12-02"}}}'
        first = NOW - 18 * 3600 * 10**9
        for at, told in ((first, "read deny"), (first - 1, "nothing"), (first + 86400 * 10**9 - 1, "read deny"), (first + 86400 * 10**9, "nothing")):
            self.assertEqual(self.reads(day, **of(created_at=at)), told)
        self.assertEqual(self.reads(day, **of(created_at=float(first))), "deny")
        self.assertEqual(self.reads(day, **of(created_at=None)), "deny")
        self.assertEqual(self.reads(day, tracked_commit=None), "nothing")
        self.assertEqual(self.reads(day, tracked_commit="absent"), "deny")
        self.error('deny: [{stack: {tracked_commit: {created_at: {from: "2026-12-02", until: "2026-12-01"}}}}]', "before it begins")
        for value in ("{}", "x", "{from: x}", "{since: x}"):
            self.error(f"deny: [{{stack: {{tracked_commit: {{created_at: {value}}}}}}}]", "line ")
        for value in ("07", '"7"', "[]", "-1", "1.0", "9223372036854775808"):
            self.error(f"deny: [{{stack: {{tracked_commit: {{pull_request_id: {value}}}}}}}]", "line ")

    def test_locks(self):
        rest = ENTRY % "read: [{who: everyone, stack: {lock: [nobody, caller]}}], deny_write: [{stack: {lock: other}}]"
        for holder, told in ((None, "read"), ("", "read"), ("u@x.example", "read"), ("U@x.example", "deny_write"), ("v", "deny_write"), (5, "deny_write")):
            self.assertEqual(self.access(rest, stack={"locked_by": holder}), told, holder)
        self.assertEqual(self.access(rest, stack=None, module={}), "read")
        self.error("deny: [{stack: {lock: me}}]", "is none of")

    def test_tests_within_tests(self):
        self.assertEqual(self.reads("{any: [{branch: x}, {labels: prod}]}"), "read deny")
        self.assertEqual(self.reads("{all: [{branch: main}, {labels: x}]}"), "nothing")
        self.assertEqual(self.reads("{branch: main, none: [{labels: x}, {name: T}]}"), "read deny")
        self.assertEqual(self.reads("{none: [{labels: x}]}", labels=["y", 5]), "deny")
        self.assertEqual(self.reads("{worker_pool: {id: false, public: true}, space: {id: legacy}}"), "read deny")
        self.assertEqual(self.reads("{worker_pool: {id: false}}", worker_pool=None), "deny")
        for test in ("{}", "{all: []}", "{any: {}}", "{space: {}}", "{space: legacy}", "{none: [{}]}", "[{branch: x}]", "main", "{space: {any: []}}"):
            self.error(f"deny: [{{stack: {test}}}]", "line ")

    def test_labels_that_say_so(self):
        rest = ENTRY % 'by_label: "access:{level}:{group}"'
        for label, told in (
            ("access:read:a", "read"), ("access:write:a", "read write"), ("access:deny_write:a", "deny_write"),
            ("access:read:b", "nothing"), ("access:read:A", "nothing"),
        ):  # fmt: skip
            self.assertEqual(self.access(rest, stack={"labels": [label]}), told, label)
        self.assertEqual(self.access(rest, stack={}), "deny deny_write")
        external = {"labels": ["access:read:ext"]}
        self.assertEqual(self.access(rest, stack=external, teams=["X"]), "nothing")
        self.assertEqual(self.access(rest, stack={"labels": ["access:deny:ext"]}, teams=["X"]), "deny")
        for template in ('"{level}"', '"{group}{group}{level}"', "5", '"{level}:{group}\\u200b"'):
            self.error(f"by_label: {template}", "line ")
        names = "groups: {a: A, _writea: C}\n"
        self.refused(names + ENTRY % 'by_label: "{level}{group}"', "two meanings", head=HEAD.replace("groups:\n  a: A\n  b: B\n  ext: {sent_as: X, external: true}\n", ""))


class Entries(Stacks):
    def test_what_an_entry_needs(self):
        self.error("stack_access: [{attach: all, read: [a]}]", "`name` is missing")
        self.error("stack_access: [{name: x, read: [a]}]", "`attach` is missing")
        self.error("stack_access: [{name: x, attach: all}]", "says nothing")
        self.error("stack_access: [{name: x, attach: all, read: [a]}, {name: x, attach: all, read: [a]}]", "twice")
        for name in ("X", "a--b", "-a", "a_b", "x" * 65, "5"):
            self.error(f"stack_access: [{{name: {name}, attach: all, read: [a]}}]", "line ")
        self.error("read: []", "empty")
        self.error("deny: [{}]", "empty")
        self.error("write: [{stack: {branch: x}}]", "`who` is missing")
        self.error("deny: [{who: a, when: office}]", "`when` does not belong")
        self.error("read: [{who: a, unless: office}]", "`unless` does not belong")
        self.error("read: [ext]", "external")
        self.error("read: [{group: a, stack: {branch: x}}]", "unknown field `group`")

    def test_row_62_what_it_is_attached_to(self):
        for attach in ("all", '{label: "*"}', "{label: [x, y z]}", "{stacks: [a-1], modules: [B_2]}"):
            rest = f"stack_access: [{{name: x, attach: {attach}, read: [a]}}]\n"
            self.assertEqual(self.access(rest), "read")
        for attach in (
            "{}", "x", "[all]", "{label: []}", "{label: a*}", '{label: "autoattach:x"}', '{label: " x"}', '{label: ""}',
            "{stacks: a}", "{stacks: [a b]}", "{stacks: []}", "{space: x}", '{label: "a\\u200bb"}',
        ):  # fmt: skip
            self.error(f"stack_access: [{{name: x, attach: {attach}, read: [a]}}]", "line ")

    def test_spacelift_s_own_servers(self):
        for account, hosted in (
            ("acme", True), ('{endpoint: "https://acme.app.Spacelift.io:443"}', True),
            ('{endpoint: "https://spacelift.io.acme.example"}', False), ('{endpoint: "http://localhost:9000"}', False),
        ):  # fmt: skip
            head = HEAD.replace('account: {endpoint: "https://spacelift.acme.example"}', f"account: {account}")
            _, refused = read({"access.yaml": head + ENTRY % "read: [a]"}, "access.yaml")
            self.assertEqual(any("own servers" in line for line in refused), hosted, account)
            found, refused = read({"access.yaml": head + "stack_access: []\n"}, "access.yaml")
            self.assertEqual(refused, [])
            self.assertTrue(Decider(found))
