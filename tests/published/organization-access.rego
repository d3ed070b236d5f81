package spacelift

admin if "DevOps" in input.session.teams

allow if input.session.member

deny if not allow
