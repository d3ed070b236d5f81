"""Rows 35 to 43 and 55 to 59: which spaces, and rewritten teams."""

from support import HOME, Rows


class Targets(Rows):
    def bound(self, choice, **session):
        found = self.roles(f"grants: [{{who: a, roles: space-reader, spaces: {choice}}}]\n", **session)
        return sorted(found)

    def wrong(self, spaces, expected, roles="space-reader"):
        self.refused(f"grants: [{{who: a, roles: {roles}, spaces: {spaces}}}]\n", expected)

    def test_row_35_a_star_is_neither_root_nor_legacy(self):
        self.assertEqual(self.bound('"*"'), ["new", "pay", "pay-dev", "pay-prod", "prod"])
        self.assertEqual(self.bound("[root, prod]"), ["prod", "root"])
        self.wrong('["*"]', "does not belong")
        self.wrong('["*", root]', "does not belong")

    def test_row_36_roles_are_bound_where_they_are_written(self):
        self.assertEqual(self.bound("pay"), ["pay"])

    def test_row_37_under(self):
        self.assertEqual(self.bound("{under: pay}"), ["pay"])
        self.assertEqual(self.bound("{under: pay, except: [pay-prod]}"), ["pay-dev"])
        self.assertEqual(self.bound("{under: pay, except: [pay-prod-eu]}"), ["pay-dev"])
        self.wrong("{under: pay-prod, except: [pay-prod-eu]}", "no space fits")
        self.wrong("{under: pay, except: [prod]}", "does not lie below")

    def test_row_38_labels_are_the_declared_ones(self):
        self.assertEqual(self.bound('{label: "env:prod"}'), ["pay-prod", "prod"])
        self.wrong("{label: live}", "no space fits")
        self.assertEqual(self.bound("{label: live, at_login: true}"), ["new", "prod"])
        self.wrong('{label: "env:prod", at_login: false, under: prod, except: [prod]}', "no space fits")
        for roles in ("space-admin", "boss", "auditor"):
            self.wrong("{label: live, at_login: true}", "may administer", roles)
        self.wrong("{label: live, at_login: true, under: pay}", "alone")
        self.wrong("{label: live, at_login: true, except: [pay]}", "alone")

    def test_row_39_labels_of_the_account(self):
        for labels in (None, "live", {}, [None], [7]):
            self.assertEqual(self.bound("{label: live, at_login: true}", spaces=[{"id": "s", "labels": labels}]), [])
        mixed = [{"id": "s", "labels": [7, "live"]}, {"id": "t", "labels": ["Live"]}, {"labels": ["live"]}]
        self.assertEqual(self.bound("{label: [other, live], at_login: true}", spaces=mixed), ["s"])

    def test_row_40_label_and_under(self):
        self.assertEqual(self.bound('{label: "env:prod", under: pay}'), ["pay-prod"])
        self.assertEqual(self.bound('{label: ["env:prod", "env:dev"], except: [prod]}'), ["pay-dev", "pay-prod"])
        # Nor what lies above an excepted space.
        self.assertEqual(self.bound('{label: ["env:prod", "env:dev"], except: [pay-prod-eu]}'), ["pay-dev", "prod"])

    def test_row_41_under_root(self):
        self.wrong("{under: root}", "cannot be")
        self.wrong("{under: legacy}", "cannot be")

    def test_row_42_a_declared_space_is_written_whatever_the_account_has(self):
        self.assertEqual(self.bound("prod", spaces=[]), ["prod"])
        self.wrong("new", "is no space")

    def test_row_43_roles(self):
        found = self.roles("grants: [{who: a, roles: [deployer, space-reader], spaces: prod}]\n")
        self.assertEqual(found, {"prod": ["deployer", "space-reader"]})
        head = "version: 1\naccount: acme\nidentity_provider: okta\n"
        self.refused("roles: {space-admin: {actions: [space:read]}}\n", "built in", head=head)
        self.wrong("prod", "is no role", "operator")

    def test_sets(self):
        sets = "space_sets: {both: [pay-dev, prod]}\n"
        found = self.roles(sets + "grants: [{who: a, roles: deployer, spaces: [both, root]}]\n")
        self.assertEqual(sorted(found), ["pay-dev", "prod", "root"])
        self.refused("space_sets: {pay: [prod]}\n", "is a space")
        self.refused("space_sets: {x: []}\n", "empty")


class Teams(Rows):
    ADD = "grants: [{who: everyone, roles: deployer, spaces: prod}]\nteams: {keep: %s, add: {Super: {who: a, when: office}}}\n"

    def teams(self, keep, **session):
        return self.decide(self.policy(self.ADD % keep), **session)["teams"]

    def test_row_55_grants_see_the_original_teams(self):
        head = "grants: [{who: b, roles: deployer, spaces: prod}]\n"
        rest = head + "login: {no_grants: admit}\nteams: {keep: true, add: {Bee: {who: a}}}\n"
        self.assertEqual(self.decide(self.policy(rest))["roles"], {})

    def test_row_57_no_set_is_empty(self):
        self.assertEqual(self.teams("false"), ["Super"])
        self.assertEqual(self.teams("false", ip=HOME), ["liftgate:none"])
        self.assertEqual(self.teams("false", teams=None), ["liftgate:none"])
        self.assertEqual(self.teams("true", ip=HOME), ["A"])
        self.assertEqual(self.teams("true", teams=["A", "Z", 7]), ["A", "Super", "Z"])
        bare = self.policy("login: {no_grants: admit}\nteams: {keep: false, add: {Bee: b, Aye: [a]}}\n")
        self.assertEqual(self.decide(bare)["teams"], ["Aye"])
        self.assertEqual(self.decide(self.policy("login: {no_grants: admit}\nteams: {keep: false}\n"))["teams"], ["liftgate:none"])
        self.refused("teams: {add: {Aye: a}}\n", "`keep` is missing")
        # Nobody is rewritten who is not let in, and nothing where that is not asked for.
        self.assertEqual(self.teams("false", member=False), [])
        self.assertEqual(self.decide(self.policy("login: {no_grants: admit}\n"))["teams"], [])

    def test_row_58_a_provider_cannot_send_an_added_team(self):
        self.assertEqual(self.teams("true", teams=["Super", "B"]), ["B"])
        self.assertEqual(self.teams("true", teams=["Super"]), ["liftgate:none"])
        self.assertEqual(self.teams("true", teams=["liftgate:none", "B"]), ["B"])
        self.refused("teams: {keep: true, add: {A: {who: b}}}\n", "sent as")
        self.refused('teams: {keep: true, add: {"liftgate:none": {who: b}}}\n', "mark")

    def test_row_59_nothing_is_copied_from_nothing(self):
        for teams in (None, [], "absent", "A", [7]):
            self.assertEqual(self.teams("true", teams=teams), [])

    def test_additions_speak_of_people_who_are_members(self):
        self.assertEqual(self.decide(self.policy(
            "login: {no_grants: admit}\nteams: {keep: false, add: {S: {who: a}, T: {who: {machine: true}}}}\n"
        ), machine=True)["teams"], ["T"])  # fmt: skip
