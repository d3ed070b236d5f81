package spacelift

roles["production"] contains "deployer" if "Deployment" in input.session.teams
