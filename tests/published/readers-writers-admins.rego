package spacelift

admins := {"team1", "team2", "team3"}

writers := {"team4", "team5", "team6"}

readers := {"team7", "team8", "team9"}

space_admin contains place.id if {
	some place in input.spaces
	some sent in input.session.teams
	sent in admins
}

space_write contains place.id if {
	some place in input.spaces
	some sent in input.session.teams
	sent in writers
	not sent in admins
}

space_read contains place.id if {
	some place in input.spaces
	some sent in input.session.teams
	sent in readers
	not sent in admins
	not sent in writers
}

# It is published without this line, and by itself lets nobody in.
allow if input.session.member
