package spacelift

allow if input.session.member

roles["apps"] contains "developer" if {
	some sent in input.session.teams
	sent in {"Frontend", "Backend", "Mobile", "QA"}
}

roles["apps"] contains "platform" if {
	some sent in input.session.teams
	sent in {"DevOps", "SRE", "Platform"}
}
