"""Sending one message: whatever goes wrong, there is a reply."""

from __future__ import annotations

from typing import Final

from rulewright.errors import ConfigurationError, RulewrightError
from rulewright.outbox.letters import Letter
from rulewright.ports import Forwarder, Reply, Sending

# A message whose target is not configured here may be another deliverer's; it is looked at again.
_UNCONFIGURED_PAUSE: Final = 60.0


def send_letter(forwarder: Forwarder, letter: Letter) -> Reply:
    """Send a message and return what came of it."""
    sending = Sending(
        names=letter.names,
        method=letter.method,
        url=letter.url,
        headers=letter.headers,
        body=letter.body,
        idempotency_key=letter.idempotency_key,
    )
    try:
        reply: object = forwarder.send(sending)
    except ConfigurationError as error:
        return Reply(None, error=str(error), retry_after=_UNCONFIGURED_PAUSE, tried=False)
    except RulewrightError as error:
        return Reply(None, error=str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # A forwarder's own mistake must not end the others' sending. Its words may hold a secret.
        return Reply(None, error=f"the forwarder failed with {type(error).__name__}")
    if not isinstance(reply, Reply):
        return Reply(None, error=f"the forwarder gave {type(reply).__name__}, not a Reply")
    return reply
