package spacelift

allow if input.session.member

roles["development"] contains "full-deployer" if input.session.login in {"ci-cd-dev", "terraform-dev", "automation-dev"}

roles["production"] contains "limited-deployer" if input.session.login in {"ci-cd-prod", "terraform-prod"}
