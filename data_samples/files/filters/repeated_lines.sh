#!/bin/bash
# Switches the lights of the shop window on and off, as it was recorded with a macro.

lamp() { curl --silent --request POST "http://lamp-$1.local/$2" > /dev/null; }

lamp 1 on
sleep 2
lamp 1 off
sleep 2
lamp 1 on
sleep 2
lamp 1 off
sleep 2
lamp 1 on
sleep 2
lamp 1 off
sleep 2
lamp 1 on
sleep 2
lamp 1 off
sleep 2
lamp 1 on
sleep 2
lamp 1 off
sleep 2
lamp 1 on
sleep 2
lamp 1 off
sleep 2
