"""Background work of the bank's side."""

from celery import shared_task

from payment_node.bakong import tokens


@shared_task
def token_renew_ahead() -> None:
    """Renew the token before it ends."""
    tokens.renew_ahead()
