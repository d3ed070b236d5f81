# The login policy of a Spacelift account, made by liftgate from a mapping. Change the mapping, not this text.
#
# account: "https://spacelift.acme.example"
# mapping: "access.yaml"
# seal: format=1 policy=sha256:c6b14cfb0085526d0710977548ec5d98208fe0ab0a31af6252c248c7a9f05dc7 text=sha256:b49641b78e588218ede6e3b9514a19c8019ba51491c350260f0677f4cca12686
#
# First come the tables, which are what the mapping says; then the rules, which are the same for every mapping.
package spacelift

# Switches: what becomes of somebody without a role, what it means that a session lists no teams, which decisions are recorded,
# and what becomes of a session's teams.
settings := {"no_grants": "admit", "no_groups": "unknown", "sample": "none", "teams": "none"}

# Roles that hold, or may hold, space:admin.
admin_roles := []

# Values that the identity provider sends, and the group of the mapping that each stands for.
groups := {}

# API keys, and the login of their sessions.
api_keys := {}

# Patterns of logins, as anchored regular expressions.
patterns := {}

# Conditions: one holds where one of its cases does.
conditions := {}

# The gate: nobody passes without it.
gate := {"member": [{"id": "gate"}]}

# Identities that no denial touches.
break_glass := []

# Who has left: every login in lower case, and whose it is.
offboarded := {}

# Denials of the login.
denials := {}

# Denials of administrative rights.
admin_denials := {}

# Account admins.
admins := {}

# Grants that ask for one fact only, under that fact.
grants := {}

# Grants that ask for more.
guarded_grants := {}

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
