package spacelift

developer if input.session.login == "bob"

allow if developer

space_read contains place.id if {
	some place in input.spaces
	developer
}

space_write contains place.id if {
	some place in input.spaces
	"developers-are-writers" in place.labels
	developer
}

space_admin contains "root" if "admin" in input.session.teams
