package spacelift

allow if input.session.member

roles["production"] contains "secure-deployer" if {
	input.session.login in {"production-deploy", "critical-automation"}
	inside
}

inside if {
	some network in {"203.0.113.0/24", "198.51.100.64/26"}
	net.cidr_contains(network, input.request.remote_ip)
}
