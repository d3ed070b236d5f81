package spacelift

read if "Engineering" in input.session.teams
