package spacelift

admin if "DevOps" in input.session.teams

allow if "Engineering" in input.session.teams

deny if not input.session.member
