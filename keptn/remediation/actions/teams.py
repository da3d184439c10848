"""`teams`: an Adaptive Card by the webhook of a workflow.

Source: Microsoft Teams, Create incoming webhooks with Workflows.
"""

from keptn.remediation.actions import chat

check, act, afterwards = chat.check, chat.tell, chat.tell_of_the_end
