package spacelift

allow if input.session.member

roles["development"] contains "cross-environment" if input.session.login in {"backup-service", "monitoring-agent"}

roles["staging"] contains "cross-environment" if input.session.login in {"backup-service", "monitoring-agent"}

roles["production"] contains "cross-environment" if input.session.login in {"backup-service", "monitoring-agent"}
