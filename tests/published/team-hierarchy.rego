package spacelift

allow if input.session.member

roles["development"] contains "junior-developer" if "Junior-Developers" in input.session.teams

roles["development"] contains "senior-developer" if "Senior-Developers" in input.session.teams

roles["staging"] contains "senior-developer" if "Senior-Developers" in input.session.teams

roles["development"] contains "team-lead" if "Team-Leads" in input.session.teams

roles["staging"] contains "team-lead" if "Team-Leads" in input.session.teams

roles["production"] contains "team-lead" if "Team-Leads" in input.session.teams
