"""Rows 65 to 72 as far as reading goes, and the parts of a mapping of other owners, for a time, or by convention."""

import json
import subprocess
import sys
import unittest
from pathlib import Path

import times
import yaml
from mapping import read
from support import HEAD, SPACES, Rows

INCLUDE = "include: [{file: t.yaml, owner: me, spaces: {under: pay, except: [pay-prod]}, never_can: [run:confirm]%s}]\n"


class Included(Rows):
    def grant(self, grant, more="", include=INCLUDE):
        return include % more, {"t.yaml": f"groups: {{new: New}}\ngrants: [{{{grant}}}]\n"}

    def wrong(self, grant, expected, more="", include=INCLUDE):
        rest, files = self.grant(grant, more, include)
        self.refused(rest, expected, files)

    def test_row_65_bounds_are_by_action(self):
        rest, files = self.grant("who: new, roles: space-reader, spaces: pay-dev")
        self.assertEqual(self.decide(self.policy(rest, files), teams=["New"])["roles"], {"pay-dev": ["space-reader"]})
        for role in ("deployer", "boss", "auditor", "space-writer", "space-admin"):
            self.wrong(f"who: new, roles: {role}, spaces: pay-dev", "out of bounds")

    def test_bounds_of_spaces(self):
        for spaces in ("pay", "pay-prod", "pay-prod-eu", "prod", "root"):
            self.wrong(f"who: new, roles: space-reader, spaces: {spaces}", "out of bounds")
        for spaces in ('"*"', "{label: live, at_login: true}"):
            self.wrong(f"who: new, roles: space-reader, spaces: {spaces}", "no bound")
            self.wrong(f"who: new, roles: space-reader, spaces: {spaces}", "no bound", "", "include: [{file: t.yaml}%s]\n")
        self.wrong("who: new, roles: space-reader, spaces: root", "out of bounds", "", "include: [{file: t.yaml}%s]\n")

    def test_bounds_of_time(self):
        line = 'who: new, roles: space-reader, spaces: pay-dev, starts: "2026-01-01", ends: "%s"'
        rest, files = self.grant(line % "2026-01-30", ", must_end_within: 30d")
        self.policy(rest, files)
        self.wrong(line % "2026-01-31", "longer", ", must_end_within: 30d")
        self.wrong('who: new, roles: space-reader, spaces: pay-dev, ends: "2026-01-02"', "`starts` is missing", ", must_end_within: 9d")

    def test_row_69_files(self):
        self.refused("include: [{file: u.yaml}]\n", "no file", {"t.yaml": "groups: {new: New}\n"})
        self.refused("include: [{file: ../t.yaml}]\n", "no path", {"../t.yaml": "groups: {new: New}\n"})
        self.refused("include: [{file: t.yaml}]\n", "unknown field", {"t.yaml": "include: [{file: t.yaml}]\n"})
        two = {"teams/a.yaml": "groups: {new: New}\n", "teams/b.yaml": "groups: {more: More}\n", "teams/x/c.yaml": "wrong: 1\n"}
        self.policy('include: [{file: "teams/*.yaml"}]\n', two)
        self.refused('include: [{file: "teams/*.yaml"}, {file: teams/a.yaml}]\n', "read already", two)
        self.refused('include: [{file: "teams/*.yaml"}]\n', "declared twice", {**two, "teams/d.yaml": "people: {new: a}\n"})
        _, refused = read({"access.yaml": HEAD + "include: [{file: t.yaml}]\n", "t.yaml": "a"}, "access.yaml")
        self.assertEqual(refused, ["t.yaml: line 1: an included file is expected here"])

    def test_row_70_an_included_file_has_no_head(self):
        for line in ("version: 1", "account: acme", "identity_provider: okta"):
            self.refused("include: [{file: t.yaml}]\n", "unknown field", {"t.yaml": line + "\n"})

    def test_names_of_included_files_are_names_of_all(self):
        files = {"t.yaml": "groups: {new: New}\npeople: {p: [new, a]}\ngrants: [{who: q, roles: deployer, spaces: prod}]\n"}
        rest = "people: {q: p}\ninclude: [{file: t.yaml}]\nlogin: {admin: [new]}\n"
        decision = self.decide(self.policy(rest, files), teams=["New"])
        self.assertEqual((decision["login"], decision["roles"]), ("admin", {"prod": ["deployer"]}))


class Metadata(Rows):
    def test_row_67_what_is_absent_is_absent(self):
        policy = self.policy("grants: [{who: a, roles: deployer, spaces: prod, when: day}, {who: a, roles: boss, spaces: pay}]\n")
        self.assertEqual(self.decide(policy, ip=None, at=None)["roles"], {"pay": ["boss"]})

    def test_row_71_words_for_people_decide_nothing(self):
        plain = self.policy("grants: [{who: a, roles: deployer, spaces: prod}]\n").policy
        words = self.policy("grants: [{who: a, roles: deployer, spaces: prod, reason: x, owner: z}] # z\n").policy
        self.assertEqual(plain, words)
        self.refused("defaults: {require: [reason]}\ngrants: [{who: a, roles: deployer, spaces: prod, reason: ' '}]\n", "`reason`")

    def test_row_72_what_yaml_reads_otherwise_needs_quotes(self):
        head = "version: 1\naccount: acme\nidentity_provider: okta\n"
        for text in (
            "no", "Yes", "y", "ON", "true", "0123", "0o17", "0x1F", "1e9", "1_000", "12:30", "1.5", ".5", "-3", ".inf", "2026-01-01",
            "2026-01-01T10:00Z", "=", "0b1", "1:20:30.5",
        ):  # fmt: skip
            self.refused(f"groups: {{g: {text}}}\n", "needs quotes", head=head)
            self.refused(f"login:\n  offboarded:\n    - {text}\n", "needs quotes", head=head)
            self.refused(f"groups: {{{text}: g}}\n", "needs quotes", head=head)
            self.policy(f'groups: {{"{text}": "{text}"}}\n', head=head)
            self.policy(f"groups: {{g: !!str {text}}}\n", head=head)
        for text in ("null", "~", "Null", ""):
            self.refused(f"groups: {{g: {text}}}\n", "no value", head=head)
        for text in ("1.2.3.4", "1e9-x", "nope", "v1", "0x1G", "a:b", "-x"):
            self.policy(f"groups: {{g: {text}}}\n", head=head)
        self.refused("spaces: {s: {parent: root, inherit: 'true'}}\n", "`true` or `false`", head=head)


class Temporary(Rows):
    LINE = "elevations: [{who: %s, roles: space-admin, spaces: prod, reason: INC-1, approved_by: [\"@c\"], starts: \"%s\", ends: \"%s\"}]\n"
    TIMES = ("2026-12-03T10:00Z", "2026-12-03T14:00Z")

    def test_elevations(self):
        policy = self.policy(self.LINE % ("{login: u@x.example, none: [b]}", *self.TIMES))
        inside = times.moment("2026-12-03T13:59:59Z", False)
        self.assertEqual(self.decide(policy, at=inside)["roles"], {"prod": ["space-admin"]})
        for session in ({"at": inside + 10**9}, {"at": inside, "teams": ["B"]}, {"at": inside, "login": "v@x.example"}):
            self.assertEqual(self.decide(policy, **session)["roles"], {})
        for who in ("a", "{any: [{login: u@x.example}, a]}", "everyone"):
            self.refused(self.LINE % (who, *self.TIMES), "name a login")
        self.refused(self.LINE % ("{login: u}", self.TIMES[0], "2026-12-03T22:00:01Z"), "longer")
        self.policy("defaults: {max_elevation: 1d}\n" + self.LINE % ("{login: u}", self.TIMES[0], "2026-12-03T22:00:01Z"))
        self.refused("elevations: [{who: {login: u}, roles: deployer, spaces: prod}]\n", "`reason` is missing")


class Conventions(Rows):
    NAMING = 'naming: [{group: "SL-{space}-{suffix}", suffix: {ro: space-reader, rw: [deployer, boss]}, spaces: %s}]\n'

    def test_conventions(self):
        policy = self.policy(self.NAMING % "{under: pay, except: [pay-prod-eu]}")
        teams = ["SL-pay-dev-ro", "SL-pay-dev-rw", "SL-pay-ro", "SL-pay-prod-ro", "SL-pay-prod-eu-ro"]
        self.assertEqual(self.decide(policy, teams=teams)["roles"], {"pay-dev": ["boss", "deployer", "space-reader"]})
        every = self.policy(self.NAMING % "{under: pay}")
        self.assertEqual(sorted(self.decide(every, teams=teams)["roles"]), ["pay", "pay-dev", "pay-prod", "pay-prod-eu"])
        self.assertEqual(self.decide(every, teams=teams, machine=True)["roles"], {})
        self.refused(self.NAMING % '"*"', "does not belong")
        self.refused(self.NAMING % "{label: live, at_login: true}", "do not belong")
        self.refused('naming: [{group: "SL-{space}", suffix: {ro: deployer}, spaces: prod}]\n', "once")
        self.refused(self.NAMING % "prod" + "teams: {keep: true, add: {SL-prod-ro: {who: a}}}\n", "is sent as")
        twice = 'naming: [{group: "{space}-{suffix}", suffix: {dev-ro: deployer}, spaces: pay}, '
        self.refused(twice + '{group: "{space}-{suffix}", suffix: {ro: deployer}, spaces: pay-dev}]\n', "made twice")

    def test_a_result_that_an_alias_has_stands_for_it(self):
        head = HEAD.replace("  a: A\n", '  a: {sent_as: [A, SL-prod-ro]}\n')
        policy = self.policy(self.NAMING % "prod", head=head)
        self.assertEqual(self.decide(policy)["roles"], {"prod": ["space-reader"]})
        self.refused(self.NAMING % "prod", "external", head=HEAD.replace("sent_as: X", "sent_as: SL-prod-ro"))


class Rest(Rows):
    def test_what_only_checks_names(self):
        self.policy(
            "exclusive: [[a, b]]\nrego: v0\nlints: {}\naccepted_policies: []\n"
            'guardrails: [{name: x, can: "space:admin", in: [root, legacy], only: a},'
            ' {name: z, who: b, never_can: ["run:confirm"], in: {label: "env:prod"}}]\n'
        )
        self.refused("exclusive: [[a, c]]\n", "is no group")
        self.refused("guardrails: [{name: x, can: 'space:admin', in: [rot], only: a}]\n", "is no space")
        self.refused("guardrails: [{name: '', can: 'space:admin', in: root, only: a}]\n", "empty string")
        self.refused("guardrails: [{name: x, can: 'space:admin', in: root, only: a, owner: o}]\n", "owner")
        self.refused("guardrails: [{name: x, can: 'space:admin', in: root, only: c}]\n", "is no group")
        self.policy(
            "lints: {expired: deny, expiring-soon: {level: warn, within: 14d}}\n"
            'defaults: {review_every: 180d, reviewed: "2026-11-02"}\n'
        )
        self.refused("lints: {expird: deny}\n", "unknown field")
        self.refused("lints: {expired: loud}\n", "is none of")
        self.refused("lints: {expired: {}}\n", "empty")
        self.refused("lints: {expired: {within: 14d}}\n", "cannot be")
        self.refused('defaults: {reviewed: "2026-11-02"}\n', "how often")
        self.refused("rego: v2\n", "is none of")
        self.refused("frobnicate: 1\n", "unknown field")

    def test_guards(self):
        self.policy("guards: {}\n")
        self.policy("guards: {max_people_losing_access: 5, max_admins_losing_access: 0, min_admins: 1000}\n")
        self.policy("guards: {max_people_losing_access: 10%, min_coverage: '100%', max_directory_age: 36h}\n")
        for wrong in ("max_people_losing_access: 1000001", "max_people_losing_access: 101%", "max_people_losing_access: '5'",
                      "max_people_losing_access: -1", "min_admins: 1001", "min_admins: 5%", "max_admins_losing_access: 01",
                      "min_coverage: 80", "min_coverage: 08%", "min_coverage: [80%]"):  # fmt: skip
            self.refused("guards: {%s}\n" % wrong, "may be")
        self.refused("guards: {max_directory_age: long}\n", "length")
        self.refused("guards: {min_admin: 2}\n", "unknown field")

    def test_jobs_over_lines(self):
        good = {"id": 1, "files": {"m": HEAD + "grants: [{who: a, roles: deployer, spaces: prod, ends: '2030-01-01'}]\n"}, "main": "m"}
        wrong = {"id": "two", "files": {"m": "version: 2\n"}, "main": "m", "inputs": [{}]}
        given = '{"session": {"login": "u", "member": true, "teams": ["A"]}, "request": {"timestamp_ns": %s}}'
        spelt = ("1764000000000000000", "1.764e18", "1764000000000000000.0", "9" * 5000)
        line = json.dumps({**good, "inputs": "HERE"}).replace('"HERE"', "[" + ",".join(given % one for one in spelt) + "]")
        program = [sys.executable, "-B", str(Path(__file__).with_name("oracle.py"))]
        for jobs in ([], ["--jobs", "2"]):
            text = f"{line}\n{json.dumps(wrong)}\n" * 3
            run = subprocess.run([*program, *jobs], input=text, capture_output=True, text=True, check=True)
            answers = [json.loads(answer) for answer in run.stdout.splitlines()]
            self.assertEqual([answer["id"] for answer in answers], [1, "two"] * 3)
            self.assertEqual([one["login"] for one in answers[0]["decisions"]], ["allow", "deny", "deny", "deny"])
            self.assertEqual((answers[0]["refused"], answers[1]["decisions"]), ([], []))
            self.assertIn("line 1: the version is `1`", answers[1]["refused"])

    def test_inputs_of_any_shape_are_decided(self):
        policy = self.policy("grants: [{who: a, roles: deployer, spaces: prod}]\n")
        for given in (None, 1, "x", [], {}, {"session": []}, {"session": {"login": []}, "request": 3, "spaces": {}}):
            self.assertEqual(policy.decide(given)["login"], "deny")
        whole = {"session": {"login": "u", "member": True, "teams": ["A"]}, "request": None, "spaces": SPACES}
        self.assertEqual(policy.decide(whole)["login"], "allow")


class Yaml(unittest.TestCase):
    def plain(self, node):
        if isinstance(node, yaml.Scalar):
            return node.value
        if isinstance(node, yaml.Seq):
            return [self.plain(item) for item in node.items]
        return {self.plain(key): self.plain(value) for key, value in node.pairs}

    def test_what_is_read(self):
        for text, found in (
            ("a: b\nc:\n- d\n- e: f\n  g: h\ni: j", {"a": "b", "c": ["d", {"e": "f", "g": "h"}], "i": "j"}),
            ("- - a\n  - b\n-\n  c: d # e\n", [["a", "b"], {"c": "d"}]),
            ("{a: [b, 'it''s', \"\\u00e9\\x41\\\n  z\"], \"c\":d, e: {f: g},}", {"a": ["b", "it's", "éAz"], "c": "d", "e": {"f": "g"}}),
            ("a: one\n  two\n\n  three # x\nb: 'p\n  q'\n", {"a": "one two\nthree", "b": "p q"}),
            ("a: |\n  x\n   y\n\nb: >-\n  p\n  q\n\n  r\nc: |+\n  s\n\n", {"a": "x\n y\n", "b": "p q\nr", "c": "s\n\n"}),
            ("a: &x [1]\nb: *x\n*y : z\n".replace("*y : z\n", "&k c: d\n"), {"a": ["1"], "b": ["1"], "c": "d"}),
            ("%YAML 1.2\n---\na: 2001:db8::/32\nb: c#d\n...\n", {"a": "2001:db8::/32", "b": "c#d"}),
            ("\ufeffa: [b: c]\r\nd: e\r\n", {"a": [{"b": "c"}], "d": "e"}),
        ):
            node, errors = yaml.parse(text)
            self.assertEqual((self.plain(node), errors), (found, []))

    def test_what_is_not(self):
        for text in (
            "a: b: c", "a:\n\tb: c", "a: [b", "a: 'b", "a: b\n c: d", "a:\n  - b\n - c", "a\n---\nb", "a: *b", "- a\nb: c", "a: - b",
            "a: [b,,c]", "a: \"\\q\"", "a: \"\\ud800\"", "a: @b", "a: %b", "", "# only", "a: b\x00", "? a\n: b", "a: {b: c}}", "a:b: c d: e",
        ):  # fmt: skip
            with self.assertRaises(yaml.YamlError, msg=repr(text)):
                yaml.parse(text)
        for text in ("a: 1\na: 2", "<<: {}", "a: !!int 1", "a: !x b", "[a]: b", "{a: 1, 'a': 2}", "a: !!str []"):
            self.assertNotEqual(yaml.parse(text)[1], [], text)

    def test_limits(self):
        bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(8)
        )
        for text in (bomb, "[" * 65 + "]" * 65, "[" * 100_000, "- " * 5000, "a: " + "x" * yaml.MAX_BYTES):
            with self.assertRaises(yaml.YamlError):
                yaml.parse(text)
        yaml.parse("[" * 64 + "]" * 64)
