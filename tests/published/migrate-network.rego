package spacelift

allow if input.session.member

roles["production"] contains "space-writer" if {
	"Contractors" in input.session.teams
	net.cidr_contains("203.0.113.0/24", input.session.creator_ip)
}

roles["production"] contains "space-reader" if "Contractors" in input.session.teams
