"""Rows 21 to 34: who may sign in."""

from support import HOME, OFFICE, Rows

GRANT = "grants: [{who: a, roles: deployer, spaces: prod}]\n"
GLASS = "break_glass: [{login: bg@x.example, owner: me, why: because}]\n"
GLASS_GRANT = "grants: [{who: {login: bg@x.example}, roles: space-admin, spaces: root}]\n"


class Login(Rows):
    def test_row_21_a_grant_lets_in_where_it_gives_a_role(self):
        self.assertEqual(self.login(GRANT), "allow")
        self.assertEqual(self.login(GRANT, teams=["B"]), "deny")
        self.assertEqual(self.login(GRANT, member=False), "deny")
        star = 'grants: [{who: a, roles: deployer, spaces: "*"}]\n'
        self.assertEqual(self.login(star), "allow")
        for spaces in ([], None, [{"id": "root"}, {"id": "legacy"}], [{"id": 7}, "x"]):
            self.assertEqual(self.login(star, spaces=spaces), "deny")

    def test_row_22_the_gate_is_for_everyone(self):
        gate = "login: {require: {group: b}, no_grants: admit, admin: [a]}\n" + GRANT
        self.assertEqual(self.login(gate), "deny")
        self.assertEqual(self.login(gate, teams=["A", "B"]), "admin")
        self.assertEqual(self.login(gate, teams=["B"]), "allow")
        self.assertEqual(self.login("login: {no_grants: refuse}\n"), "deny")
        self.assertEqual(self.login("login: {no_grants: admit}\n"), "allow")
        self.assertEqual(self.login("login: {no_grants: admit}\n", member=None), "deny")
        for login in ("absent", None, "", 7, ["u"]):
            self.assertEqual(self.login("login: {require: everyone, no_grants: admit}\n", login=login), "deny")
        for require in ("{group: a, none: [a]}", "{member: true, all: [{member: false}]}", "{none: [everyone]}"):
            self.refused(f"login: {{require: {require}}}\n", "nobody could pass")

    def test_row_23_any_denial_denies(self):
        rest = "login: {deny: [b, {login: u@x.example}]}\n" + GRANT
        self.assertEqual(self.login(rest), "deny")
        self.assertEqual(self.login(rest, login="v@x.example"), "allow")
        self.assertEqual(self.login(rest, login="v@x.example", teams=["A", "B"]), "deny")

    def test_row_24_when_and_unless_have_their_places(self):
        for login in ("deny: [{who: a, when: office}]", "deny_admin: [{when: office}]", "admin: [{who: a, unless: office}]"):
            self.refused(f"login: {{{login}}}\n", "does not belong here")
        self.refused("grants: [{who: a, roles: deployer, spaces: prod, unless: office}]\n", "does not belong")
        self.assertEqual(self.login("login: {admin: [{who: a, when: office}]}\n"), "admin")
        self.assertEqual(self.login("login: {admin: [{who: a, when: office}]}\n", ip=HOME), "deny")

    def test_row_25_deny_admin_strips_what_administers_root_and_legacy(self):
        rest = (
            "login: {deny_admin: [{unless: office}], admin: [a]}\n"
            "grants: [{who: a, roles: [space-admin, boss, auditor, space-reader], spaces: [root, legacy, prod]}]\n"
        )
        every = ["auditor", "boss", "space-admin", "space-reader"]
        inside, outside = self.decide(self.policy(rest)), self.decide(self.policy(rest), ip=HOME)
        self.assertEqual(inside["roles"], {"root": every, "legacy": every, "prod": every})
        self.assertEqual((inside["login"], inside["deny_admin"]), ("admin", False))
        self.assertEqual(outside["roles"], {"root": ["space-reader"], "legacy": ["space-reader"], "prod": every})
        self.assertEqual((outside["login"], outside["deny_admin"]), ("allow", True))

    def test_row_26_a_stripped_admin_without_roles(self):
        rest = "login: {deny_admin: [b], no_grants: %s}\ngrants: [{who: a, roles: space-admin, spaces: root}]\n"
        for no_grants, login in (("refuse", "deny"), ("admit", "allow")):
            decision = self.decide(self.policy(rest % no_grants), teams=["A", "B"])
            self.assertEqual((decision["login"], decision["roles"]), (login, {}))

    def test_row_27_admins_are_people_who_are_members(self):
        rest = "login: {require: everyone, no_grants: admit, admin: [%s]}\n"
        for who in ("a", "{machine: true}", "{group: a, machine: true}"):
            self.assertEqual(self.login(rest % who, machine=True), "allow")
        self.assertEqual(self.login(rest % "a", member=False), "allow")
        self.assertEqual(self.login(rest % "{member: false}", member=False), "allow")
        self.assertEqual(self.login(rest % "a"), "admin")

    def test_row_28_offboarded(self):
        rest = "login: {offboarded: [bob@x.example, {login: eve@x.example, aliases: [eve2@x.example]}]}\n" + GRANT
        for login in ("bob@x.example", "BOB@X.EXAMPLE", "eve@x.example", "Eve2@x.example"):
            self.assertEqual(self.login(rest, login=login), "deny")
        self.assertEqual(self.login(rest, login="bobby@x.example"), "allow")
        alone = "login: {offboarded: [{login: eve@x.example, aliases: []}]}\n" + GRANT
        self.assertEqual(self.login(alone, login="eve@x.example"), "deny")
        self.refused('login: {offboarded: ["*@x.example"]}\n', "pattern")
        self.refused("login: {offboarded: [bob@x.example, Bob@x.example]}\n", "twice")

    def test_row_29_break_glass_is_exempt_from_denials_alone(self):
        login = "login: {deny: [everyone], deny_admin: [everyone], offboarded: [bg@x.example]}\n"
        rest = login + GLASS + GLASS_GRANT
        decision = self.decide(self.policy(rest), login="bg@x.example", teams=None, ip=None, at=None)
        self.assertEqual((decision["login"], decision["roles"]), ("allow", {"root": ["space-admin"]}))
        self.assertFalse(decision["deny_admin"])
        self.assertEqual(self.login(rest, login="BG@x.example"), "deny")
        self.assertEqual(self.login(rest, login="bg@x.example", member=False), "deny")
        for grant in (
            "{group: a, login: bg@x.example}, roles: space-admin, spaces: root",
            "{login: bg@x.example}, when: office, roles: space-admin, spaces: root",
            '{login: bg@x.example}, ends: "2099-01-01", roles: space-admin, spaces: root',
            "{login: BG@x.example}, roles: space-admin, spaces: root",
        ):
            self.refused(GLASS + f"grants: [{{who: {grant}}}]\n", "nothing is granted")
        self.refused("login: {require: {login: v@x.example}}\n" + GLASS + GLASS_GRANT, "cannot pass")
        self.refused("login: {require: {member: true, none: [{login: BG@x.example}]}}\n" + GLASS + GLASS_GRANT, "cannot pass")
        self.policy("login: {require: {group: a}}\n" + GLASS + GLASS_GRANT)
        # A login that is no key's is a person's, of whom no machine's grant speaks; whoever is no machine is an account admin.
        machine = "{machine: true}, roles: space-admin, spaces: root"
        self.refused(GLASS + f"grants: [{{who: {machine}}}]\n", "nothing is granted")
        self.policy("login: {admin: [{none: [{machine: true}]}]}\n" + GLASS)
        self.refused("login: {admin: [{who: everyone, when: office}]}\n" + GLASS, "nothing is granted")

    def test_row_30_outside_policy_decides_nothing(self):
        rest = "outside_policy: [{login: u@x.example, because: sso_admin}]\n"
        self.assertEqual(self.login(rest + GRANT), "allow")
        self.assertEqual(self.login(rest), "deny")
        self.refused("outside_policy: [{login: u@x.example, because: friend}]\n", "is none of")

    def test_row_31_slack_is_its_own_kind_of_input(self):
        rest = (
            "login: {no_grants: admit, deny: [everyone],"
            " slack: [{workspace: T1, channel: C1, space_roles: {pay-dev: [space-reader]}}]}\n"
        )
        policy = self.policy(rest)
        met = {"team": {"id": "T1"}, "channel": {"id": "C1", "name": "x"}}
        decision = self.decide(policy, slack=met)
        self.assertEqual((decision["login"], decision["roles"]), ("allow", {"pay-dev": ["space-reader"]}))
        self.assertEqual((decision["teams"], decision["deny_admin"]), ([], False))
        for slack in ({"team": {"id": "T1"}, "channel": {"id": "C2"}}, {"team": {"id": "t1"}, "channel": {"id": "C1"}}, {"a": 1}):
            self.assertEqual(self.decide(policy, slack=slack)["login"], "deny")
        self.assertEqual(policy.decide({"session": None, "slack": met})["login"], "allow")
        # With a session it is a session, whatever that is.
        for session in ({}, {"login": "u", "member": True}, "x", 0):
            self.assertEqual(policy.decide({"session": session, "slack": met})["login"], "deny")
        self.assertEqual(policy.decide({"slack": "x"})["login"], "deny")
        slack = "login: {slack: [{workspace: T1, channel: C1, space_roles: {%s}}]}\n"
        for roles in ("root: space-admin", "legacy: [auditor]", "root: boss"):
            self.refused(slack % roles, "may administer")
        self.refused(slack % '"*": space-reader', "no space")
        self.policy(slack % "root: space-reader")
        entry = "{workspace: T1, channel: C1, space_roles: {prod: deployer}}"
        self.refused(f"login: {{slack: [{entry}, {entry}]}}\n", "already")

    def test_row_32_login_stands_in_the_main_file(self):
        self.refused("include: [{file: t.yaml}]\n", "unknown field", {"t.yaml": "login: {no_grants: admit}\n"})

    def test_row_34_admin_and_roles_together(self):
        decision = self.decide(self.policy("login: {admin: [a]}\n" + GRANT))
        self.assertEqual((decision["login"], decision["roles"]), ("admin", {"prod": ["deployer"]}))


class Samples(Rows):
    def test_samples(self):
        for word, denied, allowed in (("none", False, False), ("denied", True, False), ("all", True, True)):
            policy = self.policy(f"sample: {word}\n" + GRANT)
            self.assertEqual(self.decide(policy)["sample"], allowed)
            self.assertEqual(self.decide(policy, teams=["B"])["sample"], denied)
            self.assertEqual(self.decide(policy, slack={"team": {"id": "T"}})["sample"], denied)
        self.assertFalse(self.decide(self.policy(GRANT), ip=OFFICE)["sample"])
