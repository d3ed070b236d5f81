package spacelift

# What the team had before: hand-written, and a little wider than the mapping.
allow {
	input.session.member
	input.session.teams[_] == "Developers"
}

admin {
	input.session.teams[_] == "Platform Engineering"
}

deny {
	not net.cidr_contains("203.0.113.0/24", input.request.remote_ip)
}

roles["app-dev"]["space-writer"] {
	input.session.teams[_] == "Developers"
}

roles["app-prod"]["space-reader"] {
	input.session.teams[_] == "Developers"
}
