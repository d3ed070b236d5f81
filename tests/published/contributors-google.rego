package spacelift

admins := {"alice@example.com"}

admin if input.session.login in admins

allow if endswith(input.session.login, "@example.com")

deny if {
	not admins[input.session.login]
	not allow
}
