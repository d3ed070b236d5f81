package spacelift

default allow := false

allow if input.session.member

roles["apps"] contains "space-writer" if {
	some sent in input.session.teams
	sent in {"Frontend", "Backend"}
	not sent in {"Backend"}
}

roles["apps"] contains "space-reader" if "Everyone" in input.session.teams

deny if not input.session.member
