package spacelift

allow if input.session.member

roles["production"] contains "deployer" if input.session.login == "ci-cd-production"

roles["infrastructure"] contains "provisioner" if input.session.login == "terraform-automation"
