package spacelift

read if "Engineering" in input.session.teams

write if "DevOps" in input.session.teams
