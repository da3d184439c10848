"""`slack`: a message by an incoming webhook. Source: Slack, Sending messages using incoming webhooks."""

from keptn.remediation.actions import chat

check, act, afterwards = chat.check, chat.tell, chat.tell_of_the_end
