"""What the tests of the rows share: a small mapping, and sessions to decide."""

import json
import unittest

import times
from decide import Decider
from mapping import read

HEAD = """\
version: 1
account: acme
identity_provider: okta
spaces:
  prod: {parent: root, labels: ["env:prod"]}
  pay: {parent: root}
  pay-dev: {parent: pay, labels: ["env:dev"]}
  pay-prod: {parent: pay, labels: ["env:prod"]}
  pay-prod-eu: {parent: pay-prod}
roles:
  deployer: {actions: ["run:confirm"]}
  boss: {actions: ["space:admin"]}
  auditor: {external: true}
groups:
  a: A
  b: B
  ext: {sent_as: X, external: true}
conditions:
  office: {ip: 203.0.113.0/24}
  day: {days: [mon, tue, wed, thu, fri], hours: "09:00-17:00", timezone: America/Los_Angeles}
"""
SPACES = [
    {"id": name, "name": name, "labels": labels}
    for name, labels in (
        ("root", ["live"]), ("legacy", ["live"]), ("prod", ["live"]), ("pay", []), ("pay-dev", ["env:dev"]),
        ("pay-prod", None), ("new", ["other", "live"]),
    )
]  # fmt: skip
OFFICE, HOME = "203.0.113.9", "198.51.100.7"
# A Wednesday, ten in the morning in Los Angeles.
NOW = times.moment("2026-12-02T10:00:00-08:00", False)


class Rows(unittest.TestCase):
    """Tests of rows of the language."""

    def policy(self, rest, files=None, head=HEAD):
        found, refused = read({"access.yaml": head + rest, **(files or {})}, "access.yaml")
        self.assertEqual(refused, [])
        return Decider(found)

    def refused(self, rest, expected, files=None, head=HEAD):
        """That the mapping is refused, with these words among the reasons."""
        _, refused = read({"access.yaml": head + rest, **(files or {})}, "access.yaml")
        self.assertTrue(any(expected in line for line in refused), f"{expected!r} is not in {refused}")

    def decide(self, policy, slack=None, spaces=SPACES, ip=OFFICE, at=NOW, **session):
        """The decision about a member called `u@x.example` in group A, in the office, unless something else is said."""
        given = {"login": "u@x.example", "member": True, "teams": ["A"], **session}
        request = {key: value for key, value in (("remote_ip", ip), ("timestamp_ns", at)) if value is not None}
        whole = {"request": request, "session": {k: v for k, v in given.items() if v != "absent"}, "spaces": spaces}
        if slack:
            whole = {"request": request, "slack": slack, "spaces": spaces}
        return policy.decide(json.loads(json.dumps(whole)))

    def login(self, rest, **session):
        return self.decide(self.policy(rest), **session)["login"]

    def roles(self, rest, **session):
        return self.decide(self.policy(rest), **session)["roles"]

    def gets(self, grant, **session):
        """Whether one grant, in flow style and without its role and space, gives anything."""
        return self.gets_more(f"grants: [{{roles: deployer, spaces: prod, {grant}}}]\n", **session)

    def gets_more(self, rest, **session):
        return self.roles(rest, **session) == {"prod": ["deployer"]}
