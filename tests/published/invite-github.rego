package spacelift

admins := {"alice"}

admin if input.session.login in admins

allow if input.session.login in {"bob", "charlie", "danny"}

deny if {
	not admin
	not allow
}
