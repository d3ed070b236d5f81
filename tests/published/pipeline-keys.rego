package spacelift

allow if input.session.member

roles["applications"] contains "github-deployer" if input.session.login == "github-actions-deploy"

roles["applications"] contains "gitlab-deployer" if input.session.login == "gitlab-ci-deploy"

roles["applications"] contains "jenkins-deployer" if input.session.login == "jenkins-deploy"
