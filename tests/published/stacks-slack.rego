package spacelift

write if input.slack.channel.name == "dev-notifications"
