package spacelift

allow if input.session.member

roles["production"] contains "prod-deployer" if {
	some sent in input.session.teams
	sent in {"DevOps", "SRE", "Platform"}
	"Senior-Engineers" in input.session.teams
}
