"""Rows 1 to 20: what is unknown, and who is meant."""

from support import HOME, NOW, Rows

DENY = "login: {no_grants: admit, deny: [%s]}\n"


class Unknown(Rows):
    def test_row_01_the_unknown_never_helps(self):
        self.assertTrue(self.gets("who: a, when: office"))
        for ip in (None, "", HOME, "203.0.113.9:443", 7):
            self.assertFalse(self.gets("who: a, when: office", ip=ip))
            self.assertEqual(self.login(DENY % "{who: a, unless: office}", ip=ip), "deny")
        self.assertEqual(self.login(DENY % "{who: a, unless: office}"), "allow")
        # A denial that means somebody else for certain does not apply.
        self.assertEqual(self.login(DENY % "{who: b, unless: office}", ip=None), "allow")

    def test_row_02_no_groups_are_unknown_for_people(self):
        for teams in ("absent", None, [], "A", {"A": 1}):
            self.assertFalse(self.gets("who: {member: true, none: [b]}", teams=teams))
            self.assertEqual(self.login(DENY % "b", teams=teams), "deny")
            self.assertFalse(self.gets("who: a", teams=teams))
        known = "login: {no_groups: known, no_grants: admit, deny: [b]}\n"
        for teams in ("absent", None, []):
            self.assertEqual(self.login(known, teams=teams), "allow")
        for teams in ("A", {}, [None]):
            self.assertEqual(self.login(known, teams=teams), "deny")
        # Of a machine an empty list is known, and nothing else.
        self.assertEqual(self.login(DENY % "b", teams=[], machine=True), "allow")
        self.assertEqual(self.login(DENY % "b", teams=[], machine="yes"), "deny")
        for teams in ("absent", None):
            self.assertEqual(self.login(DENY % "b", teams=teams, machine=True), "deny")
            self.assertEqual(self.login(known, teams=teams, machine=True), "allow")

    def test_row_03_membership_that_is_not_said(self):
        for member in ("absent", None, 1, "true"):
            self.assertFalse(self.gets("who: {member: true}", member=member))
            gate = "login: {require: everyone, no_grants: admit, deny: [{member: false}]}\n"
            self.assertEqual(self.login(gate, member=member), "deny")
        self.assertEqual(self.login(gate, member=True), "allow")

    def test_row_04_one_malformed_team(self):
        teams = ["A", 7, None]
        self.assertTrue(self.gets("who: a", teams=teams))
        self.assertFalse(self.gets("who: {group: a, none: [b]}", teams=teams))
        self.assertEqual(self.login(DENY % "b", teams=teams), "deny")

    def test_row_05_time_is_a_whole_number(self):
        line = 'who: a, starts: "2026-01-01"'
        self.assertTrue(self.gets(line))
        for at in (float(NOW), str(NOW), True, None, 0, 1577836799999999999, 4102444800000000000, -NOW):
            self.assertFalse(self.gets(line, at=at))
        self.assertTrue(self.gets('who: a, ends: "2026-12-31"', at=1577836800000000000))
        self.assertTrue(self.gets(line, at=4102444799999999999))


class Who(Rows):
    def test_row_06_all_keys_of_a_map(self):
        line = "who: {login: u@x.example, machine: true}"
        self.assertFalse(self.gets(line))
        self.assertTrue(self.gets(line, machine=True))
        self.assertFalse(self.gets(line, machine=True, login="v@x.example"))

    def test_row_07_bare_lists(self):
        self.assertTrue(self.gets("who: [b, a]"))
        self.assertTrue(self.gets("who: a, when: [office]"))
        self.refused("grants: [{who: a, roles: deployer, spaces: prod, when: [office, day]}]\n", "`all` or `any`")
        self.refused("login: {deny: [{who: a, unless: [office, day]}]}\n", "`all` or `any`")

    def test_row_08_unless_all(self):
        both = DENY % "{unless: {all: [office, day]}}"
        self.assertEqual(self.login(both), "allow")
        self.assertEqual(self.login(both, ip=HOME), "deny")
        self.assertEqual(self.login(both, at=NOW + 10 * 3600 * 10**9), "deny")
        either = DENY % "{unless: {any: [office, day]}}"
        self.assertEqual(self.login(either, ip=HOME), "allow")

    def test_row_09_empty_is_an_error(self):
        for who in ("[]", "{}", "{all: []}", "{any: []}", "{none: []}", "{group: []}", "{login: []}", '""', "~", ""):
            self.refused(f"grants:\n  - who: {who}\n    roles: deployer\n    spaces: prod\n", "line ")
        self.refused("login: {deny: [{}]}\n", "empty")
        self.refused("login: {deny: []}\n", "empty")
        self.assertEqual(self.login(DENY % "{who: everyone}"), "deny")
        self.assertEqual(self.login(DENY % "{unless: office}", ip=HOME), "deny")

    def test_row_10_bare_strings_are_names(self):
        self.refused("grants: [{who: u@x.example, roles: deployer, spaces: prod}]\n", "is no group")
        self.refused("grants: [{who: any, roles: deployer, spaces: prod}]\n", "is no group")
        self.assertTrue(self.gets("who: everyone"))
        for word in ("any", "all", "none", "everyone"):
            self.refused(f"people: {{{word}: a}}\n", "cannot be a name")
        self.assertTrue(self.gets_more("people: {p: [q], q: a}\ngrants: [{who: p, roles: deployer, spaces: prod}]\n"))
        self.refused("people: {p: [q], q: [p]}\n", "uses itself")
        self.refused("people: {p: a}\ngrants: [{who: {group: p}, roles: deployer, spaces: prod}]\n", "is no group")

    def test_row_11_grants_speak_of_people_and_denials_of_all(self):
        for who in ("a", "everyone", "{login: u@x.example}", "{member: true}"):
            self.assertFalse(self.gets(f"who: {who}", machine=True))
            self.assertEqual(self.login(DENY % f"{{who: {who}}}", machine=True), "deny")
        self.assertTrue(self.gets("who: {group: a, machine: true}", machine=True))
        # In `any` each part speaks for itself.
        parts = "who: {any: [{machine: true, group: b}, {group: a}]}"
        self.assertFalse(self.gets(parts, machine=True))
        self.assertTrue(self.gets(parts, machine=True, teams=["B"]))
        # Outsiders only where that is said.
        gate = "login: {require: everyone}\ngrants: [{who: %s, roles: deployer, spaces: prod}]\n"
        self.assertFalse(self.gets_more(gate % "everyone", member=False))
        self.assertTrue(self.gets_more(gate % "{member: false}", member=False))
        self.assertFalse(self.gets_more(gate % "{member: false}", member=False, machine=True))

    def test_row_12_machines(self):
        line = "who: {machine: true}"
        self.assertTrue(self.gets(line, machine=True))
        self.assertTrue(self.gets(line, login="api::01", machine=False))
        for login, machine in (("API::01", None), ("u", None), ("u", False), ("u", "yes"), ("u", 1)):
            self.assertFalse(self.gets(line, login=login, machine=machine))
        for login, machine in (("API::01", None), ("u", "yes"), ("api::1", False)):
            self.assertFalse(self.gets("who: {machine: false}", login=login, machine=machine))
            self.assertEqual(self.login(DENY % "{machine: true}", login=login, machine=machine), "deny")
        self.assertTrue(self.gets("who: {machine: false}", machine=None))

    def test_row_13_declared_keys(self):
        keys = "api_keys: {ci: {id: 01HZ, owner: me, rotate_by: \"2027-03-01\"}}\n"
        rest = keys + "grants: [{who: {api_key: ci}, roles: deployer, spaces: prod}]\n"
        self.assertTrue(self.gets_more(rest, login="api::01HZ"))
        self.assertTrue(self.gets_more(rest, login="ci", machine=True))
        for login, machine in (("ci", None), ("ci", "yes"), ("CI", True), ("api::01hz", None), ("api::ci", True)):
            self.assertFalse(self.gets_more(rest, login=login, machine=machine))
        self.assertFalse(self.gets_more(rest, login="api::01HZ", member=None))
        deny = keys + "login: {no_grants: admit, deny: [{api_key: ci}]}\n"
        for login, machine in (("API::01hz", None), ("CI", True), ("ci", "yes")):
            self.assertEqual(self.login(deny, login=login, machine=machine), "deny")
        self.assertEqual(self.login(deny, login="ci"), "allow")
        self.refused("api_keys: {ci: {id: A1}, CI: {id: B}}\n", "called like")
        self.refused("api_keys: {ci: {id: A1}, cd: {id: a1}}\n", "has the id")
        self.refused("grants: [{who: {api_key: ci}, roles: deployer, spaces: prod}]\n", "no API key")

    def test_row_14_a_star_stops_at_at_and_colon(self):
        line = 'who: {login: "u*@x.example"}'
        self.assertTrue(self.gets(line))
        self.assertTrue(self.gets(line, login="u.[x]?@x.example"))
        for login in ("u@v@x.example", "u:v@x.example", "u@xyexample", "u@x.example\n", "su@x.example"):
            self.assertFalse(self.gets(line, login=login))
        deny = DENY % '{who: {login: "*@p.example"}}'
        self.assertEqual(self.login(deny, login="u@v@p.example"), "deny")
        self.assertEqual(self.login(deny, login="u@p.example\n"), "allow")
        self.refused('grants: [{who: {login: "*"}, roles: deployer, spaces: prod}]\n', "lone")

    def test_row_15_case_of_logins(self):
        self.assertFalse(self.gets("who: {login: U@x.example}"))
        self.assertEqual(self.login(DENY % "{login: U@X.example}"), "deny")
        self.assertFalse(self.gets("who: {group: a, none: [{login: U@X.EXAMPLE}]}"))
        self.assertEqual(self.login("login: {no_grants: admit, offboarded: [U@x.example]}\n", login="u@X.example"), "deny")
        # Only the letters A to Z: the Kelvin sign is no k.
        self.assertEqual(self.login(DENY % "{login: k@x.example}", login="\u212a@x.example"), "allow")
        gate = "login: {no_grants: admit, require: {member: true, none: [{login: V@X.example}]}}\n"
        self.assertEqual(self.login(gate, login="v@x.example"), "deny")
        self.assertEqual(self.login(gate), "allow")

    def test_row_16_groups_are_exact(self):
        for team in ("a", " A", "A ", "\uff21"):
            self.assertFalse(self.gets("who: a", teams=[team]))
            self.assertEqual(self.login(DENY % "a", teams=[team]), "allow")

    def test_row_17_only_what_is_sent_matches(self):
        head = "version: 1\naccount: acme\nidentity_provider: entra\nspaces: {prod: {parent: root}}\n"
        rest = "groups: {g: {sent_as: id-1, name: Title}}\ngrants: [{who: g, roles: space-reader, spaces: prod}]\n"
        policy = self.policy(rest, head=head)
        for teams, roles in ((["id-1"], {"prod": ["space-reader"]}), (["Title"], {}), (["g"], {})):
            self.assertEqual(self.decide(policy, teams=teams)["roles"], roles)

    def test_row_18_one_value_stands_once(self):
        head = "version: 1\naccount: acme\nidentity_provider: entra\n"
        self.refused("groups: {a: X, b: X}\n", "already", head=head)
        self.refused("groups: {a: [X, X]}\n", "line", head=head)
        self.refused('groups: {a: {sent_as: X, formerly: [{sent_as: X, ends: "2027-01-01"}]}}\n', "already", head=head)

    def test_row_19_undeclared_groups(self):
        self.refused("grants: [{who: {group: a, none: [c]}, roles: deployer, spaces: prod}]\n", "is no group")
        self.assertTrue(self.gets("who: {group: a, none: [b]}", teams=["A", "Z", "b"]))

    def test_row_20_any_of_several_values(self):
        head = "version: 1\naccount: acme\nidentity_provider: entra\nspaces: {prod: {parent: root}}\n"
        rest = 'groups: {g: {sent_as: [P, Q], formerly: [{sent_as: O, ends: "2026-12-02"}]}}\n'
        policy = self.policy(rest + "grants: [{who: g, roles: space-reader, spaces: prod}]\n", head=head)
        for teams in (["P"], ["Q"], ["O"]):
            self.assertEqual(self.decide(policy, teams=teams)["login"], "allow")
        # The earlier value counts through its last day, and not where the time is unknown.
        for at in (NOW + 24 * 3600 * 10**9, None):
            self.assertEqual(self.decide(policy, teams=["O"], at=at)["login"], "deny")
        denial = self.policy(rest + "login: {no_grants: admit, deny: [g]}\n", head=head)
        self.assertEqual(self.decide(denial, teams=["O"], at=None)["login"], "deny")
        self.assertEqual(self.decide(denial, teams=["O"], at=NOW + 24 * 3600 * 10**9)["login"], "allow")


class External(Rows):
    def test_external_groups_need_an_end(self):
        self.refused("grants: [{who: ext, roles: deployer, spaces: prod}]\n", "external")
        self.refused("people: {p: [ext]}\ngrants: [{who: {any: [a, p]}, roles: deployer, spaces: prod}]\n", "external")
        self.refused("login: {admin: [ext]}\n", "external")
        self.assertTrue(self.gets("who: {group: a, none: [ext]}"))
        self.assertTrue(self.gets('who: ext, ends: "2026-12-31"', teams=["X"]))
