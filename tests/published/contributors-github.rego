package spacelift

admins := {"alice"}

admin if input.session.login in admins

guests := {"bob", "charlie", "danny"}

allow if input.session.login in guests

deny if {
	not admins[input.session.login]
	not guests[input.session.login]
}
