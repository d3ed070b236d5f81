package spacelift

allow if input.session.member

roles["project-alpha"] contains "developer" if "Project-Alpha-Team" in input.session.teams

roles["project-beta"] contains "developer" if "Project-Beta-Team" in input.session.teams

roles["infrastructure"] contains "platform" if "Platform-Engineers" in input.session.teams

roles[place.id] contains "security" if {
	some place in input.spaces
	"Security-Champions" in input.session.teams
}
