package spacelift

allow if input.session.member

roles["team-a"] contains "space-writer" if "TeamA" in input.session.teams

roles["team-b"] contains "space-writer" if "TeamB" in input.session.teams
