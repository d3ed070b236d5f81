package spacelift

allow if input.session.member

roles["apps"] contains "platform-engineer" if "DevOps" in input.session.teams

roles["apps"] contains "developer" if "Frontend" in input.session.teams
