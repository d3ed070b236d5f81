# An access policy of a Spacelift account, made by liftgate from a mapping. Change the mapping, not this text.
#
# account: "https://spacelift.acme.example"
# mapping: "access.yaml"
# entry: "repositories"
# seal: format=1 policy=sha256:9bd53d9403568284c1d6af3363ce13091752813b708ca6db8d4c2eb039f56132 text=sha256:0026cf5091b0d54a4f16b86e3fe3121151f8aa723f4e851d2efbbb7766022412
#
# First come the tables, which are what the mapping says; then the rules, which are the same for every mapping.
package spacelift

# Switches: what it means that a session lists no teams, and which decisions are recorded.
settings := {"no_groups": "unknown", "sample": "none"}

# Values in a session's teams, and the group or added team of the mapping that each stands for.
groups := {
	"TeamA": {"group": "team_a"},
	"TeamB": {"group": "team_b"},
}

# API keys, and the login of their sessions.
api_keys := {}

# Patterns of logins, as anchored regular expressions.
patterns := {}

# What is asked of logins: none of it can be ruled out of a session that does not say its own.
logins := []

# Conditions: one holds where one of its cases does.
conditions := {}

# Attributes of a stack or module: where each stands, and what is asked of it.
attributes := {
	"kind": {"kind": "thing", "name": "kind", "of": ["module", "stack"], "facts": ["stack kind stack"]},
	"repository": {"kind": "text", "name": "repository", "of": ["module", "stack"], "facts": ["stack repository team-a-infra", "stack repository team-b-infra"]},
}

# Who may read.
readers := {}

# Who may write, and so read.
writers := {
	"group team_a": [{"all": ["stack kind stack", "stack repository team-a-infra"], "id": "write-adfc7531e43c"}],
	"group team_b": [{"all": ["stack kind stack", "stack repository team-b-infra"], "id": "write-2abf75e019d8"}],
}

# Denials of everything.
denials := {}

# Denials of writing.
write_denials := {}

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

holds contains fact if some fact in slack_holds

holds contains fact if some fact in stack_holds

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

possible contains "machine" if nameless

possible contains fact if {
	nameless
	some fact in logins
}

possible contains fact if some fact in stack_possible

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

meant(_) if ordinary

meant(row) if object.get(row, "anyone", false)

# A session without a login may be anybody's, but for a stack's own: that is a machine's, and has none.
nameless if {
	session_given
	not identified
	not of_stack
}

of_stack if {
	input.session.machine == true
	object.get(input.session, "login", null) == null
}

# ---- A request from Slack: without a session, and known by its workspace and channel. ----

slack_holds contains concat(" ", ["slack", concat("/", [input.slack.team.id, input.slack.channel.id])]) if {
	object.get(input, "session", null) == null
	is_string(input.slack.team.id)
	is_string(input.slack.channel.id)
}

# ---- The stack or module. What is absent or malformed is unknown, and the unknown never helps whoever asks. ----

stack_given if is_object(input.stack)

module_given if {
	not stack_given
	is_object(input.module)
}

thing := input.stack if stack_given

thing := input.module if module_given

thing_kind := "stack" if stack_given

thing_kind := "module" if module_given

# Whether what is asked for has such an attribute at all.
has(asked) if thing_kind in asked.of

holder(asked) := thing if object.get(asked, "within", null) == null

holder(asked) := part if {
	within := object.get(asked, "within", null)
	is_string(within)
	part := object.get(thing, within, null)
	is_object(part)
}

said[attribute] := value if {
	some attribute, asked in attributes
	has(asked)
	part := holder(asked)
	value := object.get(part, asked.name, null)
}

texts[attribute] contains value if {
	some attribute, asked in attributes
	asked.kind == "text"
	value := said[attribute]
	is_string(value)
}

texts[attribute] contains value if {
	some attribute, asked in attributes
	asked.kind == "texts"
	is_array(said[attribute])
	some value in said[attribute]
	is_string(value)
}

whole(number) if {
	is_number(number)
	format_int(number, 10) == json.marshal(number)
}

# Attributes of which it is known what they say, or that they are not there.
known contains attribute if {
	is_string(thing_kind)
	some attribute, asked in attributes
	not has(asked)
}

known contains attribute if {
	some attribute, asked in attributes
	asked.kind in ["lock", "text"]
	is_string(said[attribute])
}

known contains attribute if {
	some attribute, asked in attributes
	asked.kind == "texts"
	is_array(said[attribute])
	count([value | some value in said[attribute]; is_string(value)]) == count(said[attribute])
}

known contains attribute if {
	some attribute, asked in attributes
	asked.kind == "texts"
	has(asked)
	part := holder(asked)
	object.get(part, asked.name, 0) == null
}

known contains attribute if {
	some attribute, asked in attributes
	asked.kind == "flag"
	is_boolean(said[attribute])
}

known contains attribute if {
	some attribute, asked in attributes
	asked.kind in ["number", "time"]
	whole(said[attribute])
}

known contains attribute if {
	is_string(thing_kind)
	some attribute, asked in attributes
	asked.kind == "thing"
}

known contains attribute if {
	some attribute, asked in attributes
	object.get(asked, "optional", false)
	said[attribute] == null
}

known contains attribute if {
	some attribute, asked in attributes
	has(asked)
	object.get(asked, "within_optional", false)
	object.get(thing, object.get(asked, "within", ""), 0) == null
}

# Who holds the lock.
lock_held if {
	some attribute, asked in attributes
	asked.kind == "lock"
	is_string(said[attribute])
	said[attribute] != ""
}

lock_holder := said.lock if lock_held

folded_holder := strings.replace_n(ascii_lower, lock_holder)

lock_of_caller if lock_holder == login_name

stack_holds contains concat(" ", ["stack", attribute, text]) if {
	some attribute, found in texts
	some text in found
}

stack_holds contains concat(" ", ["stack", attribute, text]) if {
	some attribute, asked in attributes
	asked.kind == "flag"
	is_boolean(said[attribute])
	text := json.marshal(said[attribute])
}

stack_holds contains concat(" ", ["stack", attribute, text]) if {
	some attribute, asked in attributes
	asked.kind == "number"
	whole(said[attribute])
	text := json.marshal(said[attribute])
}

stack_holds contains concat(" ", ["stack", attribute, thing_kind]) if {
	some attribute, asked in attributes
	asked.kind == "thing"
}

stack_holds contains concat(" ", ["stack-like", attribute, pattern]) if {
	some attribute, found in texts
	some pattern, expression in object.get(attributes[attribute], "like", {})
	some text in found
	regex.match(expression, text)
}

stack_holds contains concat(" ", ["stack-given", attribute]) if {
	some attribute, found in texts
	some text in found
	text != ""
}

stack_holds contains concat(" ", ["stack-given", attribute]) if {
	some attribute, asked in attributes
	asked.kind == "number"
	whole(said[attribute])
}

stack_holds contains concat(" ", ["stack-from", attribute, format_int(moment, 10)]) if {
	some attribute, asked in attributes
	asked.kind == "time"
	whole(said[attribute])
	some moment in object.get(asked, "times", [])
	said[attribute] >= moment
}

stack_holds contains concat(" ", ["stack-until", attribute, format_int(moment, 10)]) if {
	some attribute, asked in attributes
	asked.kind == "time"
	whole(said[attribute])
	some moment in object.get(asked, "times", [])
	said[attribute] < moment
}

stack_holds contains "stack lock nobody" if {
	"lock" in known
	not lock_held
}

stack_holds contains "stack lock caller" if lock_of_caller

stack_holds contains "stack lock other" if {
	identified
	folded_holder != folded_login
}

stack_possible contains fact if some fact in stack_holds

stack_possible contains fact if {
	some attribute, asked in attributes
	not attribute_known(attribute)
	some fact in asked.facts
}

stack_possible contains "stack lock caller" if folded_holder == folded_login

stack_possible contains "stack lock caller" if {
	lock_held
	not identified
}

stack_possible contains "stack lock other" if {
	lock_held
	not lock_of_caller
}

attribute_known(attribute) if attribute in known

# What denials are looked up by. A request without a session is of everyone, and of nobody whom a rule names.
at_issue contains fact if {
	session_given
	some fact in possible
}

at_issue contains "everyone"

at_issue contains fact if some fact in slack_holds

at_issue contains fact if some fact in stack_possible

# ---- Why: every entry that gives or takes something. ----

readings contains row.id if {
	some fact in holds
	some row in object.get(readers, fact, [])
	meant(row)
	surely(row)
}

writings contains row.id if {
	some fact in holds
	some row in object.get(writers, fact, [])
	meant(row)
	surely(row)
}

refusals contains row.id if {
	some fact in at_issue
	some row in object.get(denials, fact, [])
	perhaps(row)
}

write_refusals contains row.id if {
	some fact in at_issue
	some row in object.get(write_denials, fact, [])
	perhaps(row)
}

# ---- The decision. ----

deny if some refusal in refusals

deny_write if some refusal in write_refusals

write if some reason in writings

# Who may write may read, also while writing is denied.
read if some reason in readings

read if write

granted if {
	read
	not deny
}

sample if settings.sample == "all"

sample if {
	settings.sample == "denied"
	not granted
}
