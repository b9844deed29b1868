"""Sends the monthly letter of the allotment society. Written by Piet Hoogland <p.hoogland@volkstuinbrief.nl>."""

import smtplib
from email.message import EmailMessage

SENDER = "brief@volkstuinbrief.nl"
# Complaints go to Wil (wil.aerts+klachten@volkstuinbrief.nl), she answers on Thursdays.
BOARD = ["p.hoogland@volkstuinbrief.nl", "wil.aerts@volkstuinbrief.nl", "SANNE_DEBOER@polderpost.nl"]


def letter(subject, body, reply_to=SENDER):
    message = EmailMessage()
    message["From"], message["Subject"], message["Reply-To"] = SENDER, subject, reply_to
    message.set_content(body)
    return message


def send(message, members, host="localhost"):
    """Each member gets a letter of their own, so that nobody sees the list."""
    refused = {}
    with smtplib.SMTP(host) as server:
        for member in members:
            try:
                server.send_message(message, to_addrs=[member])
            except smtplib.SMTPRecipientsRefused as error:
                refused.update(error.recipients)
    if refused:
        report = letter("Not delivered", "\n".join(sorted(refused)))
        with smtplib.SMTP(host) as server:
            server.send_message(report, to_addrs=BOARD)
    return refused
