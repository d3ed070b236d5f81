package spacelift

allow if input.session.member

roles["production"] contains "deployer" if startswith(input.session.login, "ci-cd-")

roles["monitoring"] contains "space-reader" if endswith(input.session.login, "-monitoring")
