package spacelift

team contains sent if some sent in input.session.teams

team contains "Superwriter" if {
	inside
	"DevOps" in input.session.teams
	not contractor
}

contractor if "Contractors" in input.session.teams

inside if net.cidr_contains("203.0.113.0/24", input.request.remote_ip)

# It is published without this line: rewriting teams says nothing of who gets in.
allow if input.session.member
