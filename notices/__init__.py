"""Notices: what people who are not at the desk are told of, by e-mail, webhook, Slack or SMS."""
