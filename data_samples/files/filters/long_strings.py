"""Help texts of the ticket machine. Almost every line is one long string."""

HELP_BUY = "To buy a ticket, touch the name of the place that you want to go to on the map, choose how many people travel with you, and then hold your card against the reader until you hear a sound and the light turns green."
HELP_CHANGE = "You may change your ticket at any machine up to one minute before the train leaves, and at the counter also afterwards, if you can explain why you were late and the person behind the glass is in a good mood that day."
HELP_DOG = "Small dogs that fit into a bag travel free of charge in every train, while larger dogs need a ticket for a child, must be kept on a short lead, and may be asked to leave the carriage when other passengers are afraid of them."
HELP_BIKE = "A bicycle needs a ticket of its own between six and nine in the morning and between four and seven in the evening; at all other times, at weekends, and during the summer holidays it may come along without paying anything at all."
HELP_LOST = "If you have lost something on a train, write down as exactly as you can where you were sitting and when you got off, hand the form in at any station, and wait for a letter, which usually arrives within three weeks or not at all."

TEXTS = {"buy": HELP_BUY, "change": HELP_CHANGE, "dog": HELP_DOG, "bike": HELP_BIKE, "lost": HELP_LOST}


def help_text(topic):
    if topic not in TEXTS:
        topic = "buy"
    return TEXTS[topic]
