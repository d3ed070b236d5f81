package spacelift

allow if input.session.member

roles["infrastructure"] contains "terraform-cloud" if input.session.login == "terraform-cloud-integration"

roles["configuration"] contains "ansible" if input.session.login == "ansible-automation"

roles["kubernetes"] contains "k8s-operator" if input.session.login == "k8s-spacelift-operator"
