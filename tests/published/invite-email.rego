package spacelift

admins := {"alice@example.com"}

admin if input.session.login in admins

allow if input.session.login == "bob@example.com"

deny if {
	not admin
	not allow
}
