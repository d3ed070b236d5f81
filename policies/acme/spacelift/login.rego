# The login policy of a Spacelift account, made by liftgate from a mapping. Change the mapping, not this text.
#
# account: "acme"
# mapping: "access.yaml"
# seal: format=1 policy=sha256:20ba15db254f185eab97f53b04ab0a15a446c9ab1b75c2076c00257caedf754b text=sha256:37f39d0f10b4656818e270fb507f02d851f4df7c3c4b72d925b80a7405f99101
#
# First come the tables, which are what the mapping says; then the rules, which are the same for every mapping.
package spacelift

# Switches: what becomes of somebody without a role, what it means that a session lists no teams, which decisions are recorded,
# and what becomes of a session's teams.
settings := {"no_grants": "refuse", "no_groups": "unknown", "sample": "none", "teams": "none"}

# Roles that hold, or may hold, space:admin.
admin_roles := [
	"auditor",
	"space-admin",
]

# Values that the identity provider sends, and the group of the mapping that each stands for.
groups := {
	"0aaa91d2-5e6f-4b83-a1c7-f3d8e2b40956": {"ends": 1814400000000000000, "group": "payments"},
	"1b9e5c3a-70d4-4f21-b6a8-4d2f0c9713e5": {"group": "payments"},
	"38d9e1f7-05ac-4b62-9c74-b2f6a8e0d351": {"group": "security"},
	"55aa7e19-c86d-4023-97f1-de4b60a3c825": {"group": "seniors"},
	"64a2f8c0-d91b-4e37-8b5d-13c7e0f9a486": {"group": "auditors"},
	"7c0f2c1e-6d1b-4c55-9a3f-2b7d0d1c9e11": {"group": "platform"},
	"9d21b6f4-48e3-4a5c-86d0-c719f5a2e03b": {"group": "contractors"},
	"a41d7f60-22b8-4a0e-8f57-90c1b6de3a72": {"group": "network"},
	"c5f0846b-9a13-4d7e-8e02-61b7a9d3f548": {"group": "data"},
	"d2830b7f-e4c6-4519-93ad-7f5e1c08b264": {"group": "data"},
	"e6b17d94-3f52-4c8a-b0e9-258a4f6dc713": {"group": "analysts"},
	"f83c2a05-b71e-4696-a5d4-0e9d7c13b86f": {"group": "sre"},
}

# API keys, and the login of their sessions.
api_keys := {}

# Patterns of logins, as anchored regular expressions.
patterns := {"*@acme.example": "^[^@:]*@acme\\.example$"}

# Conditions: one holds where one of its cases does.
conditions := {
	"business_hours": [{"window": {"days": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"], "from": 480, "until": 1080, "zone": "America/New_York"}}],
	"office": [{"networks": ["192.0.2.10/32", "198.51.100.64/26", "203.0.113.0/24", "2001:db8:40::/48"]}],
	"on_call": [
		{"window": {"days": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"], "from": 1080, "until": 1440, "zone": "America/New_York"}},
		{"window": {"days": ["Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"], "from": 0, "until": 480, "zone": "America/New_York"}},
	],
}

# The gate: nobody passes without it.
gate := {"member": [{"id": "gate"}]}

# Identities that no denial touches.
break_glass := ["breakglass-1@acme.example"]

# Who has left: every login in lower case, and whose it is.
offboarded := {
	"mallory.admin@acme.example": "mallory@acme.example",
	"mallory@acme.example": "mallory@acme.example",
	"oscar@acme.example": "oscar@acme.example",
}

# Denials of the login.
denials := {"group contractors": [{"id": "deny-7ef543c4cb94", "none": ["condition office"]}]}

# Denials of administrative rights.
admin_denials := {"everyone": [{"id": "deny-admin-332ef96072a9", "none": ["condition office"]}]}

# Account admins.
admins := {"group platform": [{"all": ["group seniors"], "id": "admin-c1fb12f87556", "none": ["group contractors"]}]}

# Grants that ask for one fact only, under that fact.
grants := {
	"group analysts": [{"id": "grant-11fc71c7be31", "roles": ["space-reader"], "spaces": ["data"]}],
	"group network": [{"id": "grant-43ff01c2f6d1", "roles": ["space-writer"], "spaces": ["network"]}],
	"group payments": [{"id": "grant-11936722e808", "roles": ["space-reader"], "spaces": ["payments"]}],
	"group platform": [
		{"id": "grant-02c7dd902409", "roles": ["space-reader"], "spaces": ["*"]},
		{"id": "grant-06918b1f84ef", "roles": ["space-admin"], "spaces": ["platform"]},
		{"id": "grant-43ff01c2f6d1", "roles": ["space-writer"], "spaces": ["network"]},
	],
	"group security": [
		{"id": "grant-02c7dd902409", "roles": ["space-reader"], "spaces": ["*"]},
		{"id": "grant-94b43773f6b4", "roles": ["auditor"], "spaces": ["root"]},
		{"id": "grant-e1f94044e12b", "roles": ["space-admin"], "spaces": ["security"]},
	],
	"group sre": [
		{"id": "grant-02c7dd902409", "roles": ["space-reader"], "spaces": ["*"]},
		{"id": "grant-bba75f65de67", "roles": ["deployer"], "spaces": ["data-dev", "payments-dev", "payments-staging"]},
	],
	"login breakglass-1@acme.example": [{"id": "grant-e5ed62e02bda", "roles": ["space-admin"], "spaces": ["root"]}],
}

# Grants that ask for more.
guarded_grants := {
	"group analysts": [{"all": ["condition business_hours", "group seniors"], "id": "grant-7f3e275ae1be", "none": ["group contractors"], "roles": ["deployer"], "spaces": ["data-prod"]}],
	"group auditors": [{"all": ["condition business_hours", "condition office"], "ends": 1803686400000000000, "id": "grant-b80b5b79a104", "roles": ["auditor"], "spaces": ["*"], "starts": 1801440000000000000}],
	"group contractors": [
		{"ends": 1830297600000000000, "id": "grant-429e7a44d900", "roles": ["space-reader"], "spaces": ["sandbox-vendors"]},
		{"all": ["group data"], "ends": 1814392800000000000, "id": "grant-5d4f5b7d6f66", "roles": ["space-writer"], "spaces": ["data-dev", "sandbox-vendors"], "starts": 1799020800000000000},
	],
	"group data": [
		{"id": "grant-2fd945e44a35", "none": ["group contractors"], "roles": ["space-writer"], "spaces": ["data-dev"]},
		{"ends": 1806537600000000000, "id": "grant-6f62a12d48dc", "none": ["group contractors"], "roles": ["space-writer"], "spaces": ["data-prod"], "starts": 1803859200000000000},
		{"all": ["condition business_hours", "group seniors"], "id": "grant-7f3e275ae1be", "none": ["group contractors"], "roles": ["deployer"], "spaces": ["data-prod"]},
		{"id": "grant-cf94fa196706", "none": ["group contractors"], "roles": ["space-writer"], "spaces": ["sandbox"]},
	],
	"group network": [
		{"all": ["condition business_hours", "condition office"], "id": "grant-ce596fc852a8", "roles": ["deployer"], "spaces": ["network"]},
		{"all": ["condition office", "condition on_call"], "id": "grant-ce596fc852a8", "roles": ["deployer"], "spaces": ["network"]},
		{"id": "grant-cf94fa196706", "none": ["group contractors"], "roles": ["space-writer"], "spaces": ["sandbox"]},
	],
	"group payments": [
		{"id": "grant-26cd8bcf9dda", "none": ["group contractors"], "roles": ["space-writer"], "spaces": ["payments-dev", "payments-staging"]},
		{"id": "grant-7c96127b4faa", "none": ["group contractors", "group seniors"], "roles": ["reviewer"], "spaces": ["payments-dev", "payments-staging"]},
		{"all": ["condition business_hours", "condition office", "group seniors"], "id": "grant-ab1fbe7088bc", "none": ["group contractors"], "roles": ["deployer", "reviewer"], "spaces": ["payments-prod"]},
		{"id": "grant-cf94fa196706", "none": ["group contractors"], "roles": ["space-writer"], "spaces": ["sandbox"]},
	],
	"group platform": [
		{"all": ["group seniors"], "id": "grant-46d9aa6e6ead", "none": ["group contractors"], "roles": ["space-admin"], "spaces": ["legacy", "root"]},
		{"ends": 1806537600000000000, "id": "grant-6f62a12d48dc", "none": ["group contractors"], "roles": ["space-writer"], "spaces": ["data-prod"], "starts": 1803859200000000000},
		{"id": "grant-cf94fa196706", "none": ["group contractors"], "roles": ["space-writer"], "spaces": ["sandbox"]},
		{"all": ["condition business_hours"], "id": "grant-d6fbcb4260bf", "roles": ["deployer"], "spaces": ["data-prod", "network"]},
	],
	"group sre": [
		{"id": "grant-26cd8bcf9dda", "none": ["group contractors"], "roles": ["space-writer"], "spaces": ["payments-dev", "payments-staging"]},
		{"all": ["condition on_call"], "id": "grant-a7306e8511eb", "none": ["group contractors"], "roles": ["deployer"], "spaces": ["data-prod", "payments-prod"]},
		{"id": "grant-cf94fa196706", "none": ["group contractors"], "roles": ["space-writer"], "spaces": ["sandbox"]},
	],
	"like *@acme.example": [{"id": "grant-0bbf0f74a699", "none": ["group contractors"], "roles": ["space-reader"], "spaces": ["sandbox"]}],
	"login alice@acme.example": [
		{"all": ["condition office"], "ends": 1810029600000000000, "id": "grant-499af1a07d16", "none": ["group contractors"], "roles": ["deployer"], "spaces": ["payments-prod"], "starts": 1809424800000000000},
		{"all": ["condition on_call"], "ends": 1810029600000000000, "id": "grant-499af1a07d16", "none": ["group contractors"], "roles": ["deployer"], "spaces": ["payments-prod"], "starts": 1809424800000000000},
	],
	"login api::01J9ZC4Q7M2N6P0R8S5T1V3W9Y": [{"all": ["machine", "member"], "anyone": true, "id": "grant-9fde3af697c7", "roles": ["deployer"], "spaces": ["data-dev", "payments-dev", "payments-staging", "sandbox"]}],
}

# What requests from a Slack workspace and channel are given: roles by space.
slack := {}

# Teams that only this policy may give.
own_teams := []

# Who is given which team.
additions := {}

# ---- The session. What is absent or malformed is unknown, and the unknown never helps whoever signs in. ----

session_given if is_object(input.session)

login_name := input.session.login if {
	is_string(input.session.login)
	input.session.login != ""
}

identified if is_string(login_name)

# Logins are compared without ASCII case where a match is against whoever signs in; other letters are left as they are,
# because engines differ in what their lower case is.
folded_login := strings.replace_n(ascii_lower, login_name)

ascii_lower := {
	"A": "a",
	"B": "b",
	"C": "c",
	"D": "d",
	"E": "e",
	"F": "f",
	"G": "g",
	"H": "h",
	"I": "i",
	"J": "j",
	"K": "k",
	"L": "l",
	"M": "m",
	"N": "n",
	"O": "o",
	"P": "p",
	"Q": "q",
	"R": "r",
	"S": "s",
	"T": "t",
	"U": "u",
	"V": "v",
	"W": "w",
	"X": "x",
	"Y": "y",
	"Z": "z",
}

machine if input.session.machine == true

machine if startswith(login_name, "api::")

# What might be meant for a key's login is against whoever signs in.
key_like if startswith(folded_login, "api::")

maybe_machine if machine

maybe_machine if key_like

maybe_machine if not machine_stated

machine_stated if is_boolean(object.get(input.session, "machine", false))

machine_stated if input.session.machine == null

person if {
	identified
	machine_stated
	not machine
	not key_like
}

member if input.session.member == true

outsider if input.session.member == false

ordinary if {
	person
	member
}

sent_teams contains sent if {
	is_array(input.session.teams)
	some sent in input.session.teams
	is_string(sent)
}

teams_listed if {
	is_array(input.session.teams)
	count([sent | some sent in input.session.teams; is_string(sent)]) == count(input.session.teams)
}

teams_known if {
	teams_listed
	count(input.session.teams) > 0
}

teams_known if {
	teams_listed
	machine
}

teams_known if {
	settings.no_groups == "known"
	teams_listed
}

teams_known if {
	settings.no_groups == "known"
	object.get(input.session, "teams", null) == null
}

# From 2020 on, so that a clock that was never set is no time; up to 2100, because engines differ in whether clocks change
# after it.
now := input.request.timestamp_ns if {
	is_number(input.request.timestamp_ns)
	format_int(input.request.timestamp_ns, 10) == json.marshal(input.request.timestamp_ns)
	input.request.timestamp_ns >= 1577836800000000000
	input.request.timestamp_ns < 4102444800000000000
}

now_known if is_number(now)

# An IPv4 address, also where it came inside an IPv6 one.
address := ip if {
	is_string(input.request.remote_ip)
	ip := trim_prefix(lower(input.request.remote_ip), "::ffff:")
	indexof(ip, ":") == -1
	indexof(ip, "/") == -1
	net.cidr_contains("0.0.0.0/0", ip)
}

# An IPv6 address, but for ::/80: other spellings of IPv4 and no client of the network.
address := ip if {
	is_string(input.request.remote_ip)
	ip := lower(input.request.remote_ip)
	indexof(ip, ".") == -1
	indexof(ip, "/") == -1
	net.cidr_contains("::/0", ip)
	not reserved_address
}

reserved_address if net.cidr_contains("::/80", input.request.remote_ip)

# ---- Facts that surely hold: what grants ask for, and what denials must find to stand back. ----

holds contains "everyone" if session_given

holds contains "person" if person

holds contains "machine" if machine

holds contains "member" if member

holds contains concat(" ", ["login", login_name])

holds contains concat(" ", ["key", named_key]) if {
	some named_key, key_login in api_keys
	login_name == key_login
}

holds contains concat(" ", ["key", login_name]) if {
	input.session.machine == true
	object.get(api_keys, login_name, null) != null
}

holds contains concat(" ", ["like", pattern]) if {
	some pattern, expression in patterns
	regex.match(expression, login_name)
}

holds contains concat(" ", ["group", entry.group]) if {
	some sent in sent_teams
	entry := object.get(groups, sent, null)
	current(entry)
}

holds contains concat(" ", ["condition", name]) if {
	some name, cases in conditions
	some case in cases
	address_fits(case)
	time_fits(case)
}

current(entry) if not_ending(entry)

current(entry) if now < entry.ends

not_ending(entry) if {
	is_object(entry)
	object.get(entry, "ends", null) == null
}

address_fits(case) if object.get(case, "networks", null) == null

address_fits(case) if {
	some network in case.networks
	net.cidr_contains(network, address)
}

time_fits(case) if object.get(case, "window", null) == null

time_fits(case) if {
	time.weekday([now, case.window.zone]) in case.window.days
	[hour, minute, _] := time.clock([now, case.window.zone])
	minute_of_day := (hour * 60) + minute
	minute_of_day >= case.window.from
	minute_of_day < case.window.until
}

# ---- Facts that cannot be ruled out: what denials ask for, and what grants must not find. ----

possible contains "everyone" if session_given

possible contains "person" if not machine

possible contains "machine" if maybe_machine

possible contains "member" if not outsider

possible contains concat(" ", ["login", folded_login])

possible contains concat(" ", ["key", named_key]) if {
	some named_key, key_login in api_keys
	folded_login == strings.replace_n(ascii_lower, key_login)
}

possible contains concat(" ", ["key", named_key]) if {
	maybe_machine
	some named_key, _ in api_keys
	folded_login == strings.replace_n(ascii_lower, named_key)
}

possible contains concat(" ", ["like", pattern]) if {
	some pattern, expression in patterns
	regex.match(expression, folded_login)
}

possible contains concat(" ", ["group", entry.group]) if {
	some sent in sent_teams
	entry := object.get(groups, sent, null)
	not_ended(entry)
}

possible contains concat(" ", ["group", entry.group]) if {
	not teams_known
	some entry in groups
}

not_ended(entry) if current(entry)

not_ended(entry) if {
	is_object(entry)
	not now_known
}

# ---- Rows. ----

surely(row) if {
	every fact in object.get(row, "all", []) {
		fact in holds
	}
	every fact in object.get(row, "none", []) {
		not fact in possible
	}
}

perhaps(row) if {
	every fact in object.get(row, "all", []) {
		fact in possible
	}
	every fact in object.get(row, "none", []) {
		not fact in holds
	}
}

started(row) if object.get(row, "starts", null) == null

started(row) if now >= row.starts

unfinished(row) if object.get(row, "ends", null) == null

unfinished(row) if now < row.ends

meant(_) if ordinary

meant(row) if object.get(row, "anyone", false)

gate_open if {
	some fact in holds
	some row in object.get(gate, fact, [])
	surely(row)
}

exempt if login_name in break_glass

# ---- Why not: everything that refuses this login, and everything that takes administrative rights. ----

refusals contains "unidentified" if {
	session_given
	not identified
}

refusals contains "gate" if {
	session_given
	not gate_open
}

refusals contains "offboarded" if {
	not exempt
	object.get(offboarded, folded_login, null) != null
}

refusals contains row.id if {
	session_given
	not exempt
	some fact in possible
	some row in object.get(denials, fact, [])
	perhaps(row)
}

admin_refusals contains row.id if {
	session_given
	not exempt
	some fact in possible
	some row in object.get(admin_denials, fact, [])
	perhaps(row)
}

# ---- Why: every entry that gives something. ----

admin_reasons contains row.id if {
	ordinary
	some fact in holds
	some row in object.get(admins, fact, [])
	surely(row)
}

live contains row if {
	ordinary
	some fact in holds
	some row in object.get(grants, fact, [])
}

live contains row if {
	some fact in holds
	some row in object.get(guarded_grants, fact, [])
	meant(row)
	surely(row)
	started(row)
	unfinished(row)
}

other_spaces contains entry.id if {
	is_array(input.spaces)
	some entry in input.spaces
	is_string(entry.id)
	not entry.id in ["root", "legacy"]
}

# Labels as the account says them now. Spaces of one label are looked up by it.
labelled[label] contains entry.id if {
	is_array(input.spaces)
	some entry in input.spaces
	is_string(entry.id)
	not entry.id in ["root", "legacy"]
	is_array(entry.labels)
	some label in entry.labels
	is_string(label)
}

pairs contains [place, slug] if {
	some row in live
	some place in row.spaces
	place != "*"
	some slug in row.roles
}

pairs contains [place, slug] if {
	some row in live
	"*" in row.spaces
	some place in other_spaces
	some slug in row.roles
}

pairs contains [place, slug] if {
	some row in live
	some label in object.get(row, "labels", [])
	some place in object.get(labelled, label, [])
	some slug in row.roles
}

administrative contains [place, slug] if {
	some [place, slug] in pairs
	place in ["root", "legacy"]
	slug in admin_roles
}

kept := pairs if not deny_admin

kept := pairs - administrative if deny_admin

# ---- Slack: a request without a session, of which only the table of channels speaks. ----

slack_roles := granted if {
	object.get(input, "session", null) == null
	is_string(input.slack.team.id)
	is_string(input.slack.channel.id)
	granted := object.get(slack, concat("/", [input.slack.team.id, input.slack.channel.id]), {})
}

# ---- The decision. ----

deny if some refusal in refusals

deny_admin if some refusal in admin_refusals

admitted if {
	gate_open
	not deny
}

admin if {
	admitted
	not deny_admin
	some reason in admin_reasons
}

allow if admin

allow if {
	admitted
	count(kept) > 0
}

allow if {
	admitted
	settings.no_grants == "admit"
}

allow if count(slack_roles) > 0

roles[place] contains slug if {
	admitted
	some [place, slug] in kept
}

roles[place] contains slug if {
	some place, slugs in slack_roles
	some slug in slugs
}

flag contains refusal if some refusal in refusals

sample if settings.sample == "all"

sample if {
	settings.sample == "denied"
	not allow
}

# ---- Teams of a session that is let in. An empty set would leave its own. ----

rewriting if {
	session_given
	allow
}

added_teams contains row.id if {
	rewriting
	some fact in holds
	some row in object.get(additions, fact, [])
	meant(row)
	surely(row)
}

kept_teams contains sent if {
	rewriting
	settings.teams == "keep"
	some sent in sent_teams
	not sent in own_teams
}

team contains added if some added in added_teams

team contains kept_team if some kept_team in kept_teams

team contains "liftgate:none" if {
	rewriting
	settings.teams == "replace"
	count(added_teams) == 0
}

team contains "liftgate:none" if {
	rewriting
	settings.teams == "keep"
	count(sent_teams) > 0
	count(kept_teams) == 0
	count(added_teams) == 0
}
