package spacelift

allow if input.session.member

roles["apps"] contains "engineer" if "Engineering" in input.session.teams

roles["infrastructure"] contains "ops" if "Operations" in input.session.teams

roles[place.id] contains "security-auditor" if {
	some place in input.spaces
	"Security" in input.session.teams
}
