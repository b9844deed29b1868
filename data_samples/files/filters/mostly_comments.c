/*
 * Why the watchdog is fed from the main loop and not from the timer
 * ------------------------------------------------------------------
 *
 * The first version of this firmware fed the watchdog in the timer interrupt. That looks attractive: the
 * interrupt comes every millisecond, so the watchdog never bites by mistake. It also never bites when it
 * should. In the winter of the second year three stations hung in the radio driver, waiting for an answer
 * that the modem would never send, and because interrupts were still enabled the timer went on telling the
 * watchdog that everything was well. Somebody had to ride out on a snow scooter and pull the battery.
 *
 * The second version fed it in the main loop only. Now the radio could legitimately take longer than the
 * watchdog allowed, namely when the mast was iced over and the modem searched for a network, and the
 * stations restarted in the middle of sending. Restarting empties the queue, so they lost the very
 * readings that were worth having.
 *
 * The third version, this one, keeps a small promise for each part of the program: a part says how long it
 * may be silent, and the main loop feeds the watchdog only if no part has broken its promise. The radio
 * promises ninety seconds, the sensors two, the card writer ten. A hang in any of them is noticed after
 * its own time and a slow network hurts nobody.
 *
 * If you add a part, choose a promise that is twice the longest time you have seen, and write down where
 * you saw it. If you remove one, remove its promise too: a promise that nobody renews is always broken.
 */
static unsigned deadline[4];

void promise(int part, unsigned now, unsigned seconds) { deadline[part] = now + seconds; }

int all_alive(unsigned now)
{
    for (int i = 0; i < 4; i++)
        if (now > deadline[i])
            return 0;
    return 1;
}
